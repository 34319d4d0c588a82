/*
 * fuzz/records: what holds of every record that a decoder lets pass. May include: wire/record.h.
 */
#ifndef SLUICE_FUZZ_RECORDS_H
#define SLUICE_FUZZ_RECORDS_H

#include "base/str.h"
#include "fuzz.h"
#include "wire/record.h"

/* What a decoder gets: the first line names the kind ("Deployment"), the rest is JSON. */
struct fuzz_object {
	enum kind kind;
	const char *json;
	size_t len;
};

/* A name that is none means a channel. */
static inline struct fuzz_object fuzz_read_object(const uint8_t *bytes, size_t len)
{
	const uint8_t *end = memchr(bytes, '\n', len);
	size_t name_len = end == NULL ? 0 : (size_t)(end - bytes);
	size_t head = end == NULL ? 0 : name_len + 1;
	struct fuzz_object object = { KIND_CHANNEL, (const char *)bytes + head, len - head };
	int kind;

	for (kind = 0; kind < KIND_COUNT; kind++) {
		const char *name = kind_info((enum kind)kind)->name;

		if (strlen(name) == name_len && memcmp(name, bytes, name_len) == 0)
			object.kind = (enum kind)kind;
	}
	return object;
}

static inline void fuzz_check_record(const struct record *record, enum kind kind)
{
	CHECK(record->kind == kind && record->refs == 1);
	CHECK((const void *)record->meta == record->object);
	CHECK(record->meta->name != NULL && record->meta->namespace != NULL);
	CHECK(record->meta->uid != NULL && record->meta->resource_version != NULL);
}

/* Two readings of the same bytes. */
static inline void fuzz_check_same_record(const struct record *a, const struct record *b)
{
	CHECK((a == NULL) == (b == NULL));
	if (a == NULL)
		return;
	CHECK(arena_bytes(&a->arena) == arena_bytes(&b->arena));
	CHECK(str_equal(a->meta->namespace, b->meta->namespace) && str_equal(a->meta->name, b->meta->name));
	CHECK(str_equal(a->meta->uid, b->meta->uid));
	CHECK(str_equal(a->meta->resource_version, b->meta->resource_version));
	CHECK(str_equal(a->meta->channel, b->meta->channel));
	CHECK(str_equal(a->meta->owner_uid, b->meta->owner_uid));
	CHECK(a->meta->created_ms == b->meta->created_ms && a->meta->generation == b->meta->generation);
}

#endif
