/*
 * test/model/table: a set of byte strings that is never asked for its strings again.
 *
 * Of each string only a hash of 128 bits is kept, and the number under which it came: 0, 1, 2, … With ten million
 * strings the chance that two of them share a hash is below 10^-24. May include: libc.
 */
#ifndef SLUICE_MODEL_TABLE_H
#define SLUICE_MODEL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash {
	uint64_t a;
	uint64_t b;
};

struct table {
	struct hash *hashes; /* by number */
	uint32_t *slots;     /* number + 1; 0: free */
	size_t count;
	size_t hashes_size;
	size_t slots_size; /* a power of two */
};

/* Looks the bytes up and adds them when they are new (returns true). Ends the process without memory. */
bool table_add(struct table *table, const void *bytes, size_t len, uint32_t *ret_number);

/* Is it there? */
bool table_has(const struct table *table, const void *bytes, size_t len);

/* Makes room in an array that grows along with a table: at least count items of size bytes, new ones zeroed. */
void *table_grow(void *items, size_t *items_size, size_t count, size_t size);

/* Frees it. A zeroed table is fine. */
void table_finish(struct table *table);

#endif
