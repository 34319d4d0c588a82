/*
 * fuzz/records: what holds of every record that a decoder lets pass. May include: wire/record.h.
 */
#ifndef SLUICE_FUZZ_RECORDS_H
#define SLUICE_FUZZ_RECORDS_H

#include "base/buf.h"
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
	CHECK(record->kind == kind && record->refs <= 1);
	CHECK((const void *)record->meta == record->object);
	CHECK(record->meta->name != NULL && record->meta->namespace != NULL);
	CHECK(record->meta->uid != NULL && record->meta->resource_version != NULL);
}

/* Writes down what is said of a record, or why there is none. */
static inline void fuzz_tell(struct buf *told, const struct record *record, const struct err *err)
{
	CHECK(buf_printf(told, NULL, "%d %s\n", err->class, err->text) == 0);
	if (record != NULL)
		CHECK(buf_printf(told, NULL, "%s/%s %s %zu\n", record->meta->namespace, record->meta->name,
				 record->meta->resource_version, arena_bytes(&record->arena)) == 0);
}

/* Calls feed with the bytes in pieces of this size. */
static inline void fuzz_feed(const char *bytes, size_t len, size_t piece, bool (*feed)(void *, const char *, size_t),
			     void *user)
{
	for (size_t at = 0; at < len; at += piece) {
		if (!feed(user, bytes + at, len - at < piece ? len - at : piece))
			return;
	}
}

/* The same at any border? */
static inline void fuzz_check_same_told(const struct buf *a, const struct buf *b)
{
	CHECK(a->len == b->len && memcmp(buf_text(a), buf_text(b), a->len) == 0);
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
