/*
 * wire/packer: records at rest.
 *
 * A record is made to be read: structs full of pointers, most of them NULL. A store of tens of thousands of them is read a few at a time, so it
 * keeps them packed: the pointers as distances, and all of it compressed (LZ4) beside a dictionary of what records of that kind have in common.
 * Reading one puts it into the reader's arena, in about a microsecond; it is the same record then, apart from its place.
 *
 * The dictionary is learned: a record that packs badly is added to it as long as there is room. Nothing is ever taken out of it, so what was packed
 * with less of it can still be read.
 *
 * May include: base, wire/record.h. liblz4 is seen here alone.
 */
#ifndef SLUICE_WIRE_PACKER_H
#define SLUICE_WIRE_PACKER_H

#include <stddef.h>
#include <stdint.h>

#include "wire/record.h"

struct packer {
	char *dictionary;
	size_t dictionary_len;
	char *room; /* of the record that is packed now */
	size_t room_size;
};

#define PACKER_INIT ((struct packer){ .dictionary = NULL })

/* What has to be known of a packed record beside its bytes. */
struct packing {
	uint32_t size;           /* of the record, in bytes */
	uint32_t len;            /* of it packed, in bytes */
	uint32_t dictionary_len; /* as much of the dictionary was used */
};

/* Packs the record. The bytes are the packer's, until it packs the next one. */
const char *packer_pack(struct packer *packer, const struct record *record, struct packing *ret_packing)
	__attribute__((returns_nonnull));

/* The record that bytes were packed from, by this packer: in arena, and without references, since it goes with the arena. */
const struct record *packer_unpack(const struct packer *packer, const struct packing *packing, const char *bytes,
				   struct arena *arena) __attribute__((returns_nonnull));

/* Frees what it has; it is as new. What was packed can not be read any more. */
void packer_finish(struct packer *packer);

#endif
