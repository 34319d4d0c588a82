/*
 * wire/json_write: writes JSON text, member by member, in the order of the calls.
 *
 * So the same struct is always the same text, and an apply that changes nothing is the same bytes. The
 * first error is kept and stops the writing; whoever began looks once, at the end. Members whose value is
 * absent are left out: NULL texts, and times and numbers through the functions that say so. Bytes that are
 * not UTF-8 (a message from a registry may have them) are written as U+FFFD, since the apiserver would
 * refuse the whole text.
 *
 * May include: base. Deliberately absent: trees; none is needed to write.
 */
#ifndef SLUICE_WIRE_JSON_WRITE_H
#define SLUICE_WIRE_JSON_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct writer {
	struct buf *buf;
	struct err err;
	bool needs_comma;
};

#define WRITER_INIT(to) ((struct writer){ .buf = (to) })

/* Opens an object or a list; key NULL within a list and at the top. */
void write_object(struct writer *writer, const char *key);
void write_list(struct writer *writer, const char *key);

/* Closes what was opened last: with '}' or ']'. */
void write_object_end(struct writer *writer);
void write_list_end(struct writer *writer);

/* A text; NULL is left out. */
void write_text(struct writer *writer, const char *key, const char *value);

/* A text of at most max bytes (at least 3): of a longer one the beginning and "…". NULL is left out. */
void write_brief(struct writer *writer, const char *key, const char *value, size_t max);

/* len bytes of text that ends there in a NUL and may hold others. */
void write_bytes(struct writer *writer, const char *key, const char *value, size_t len);

/* A whole number. */
void write_int(struct writer *writer, const char *key, int64_t value);

/* A whole number; 0 is left out. */
void write_count(struct writer *writer, const char *key, int64_t value);

/* true or false. */
void write_flag(struct writer *writer, const char *key, bool value);

/* A moment as RFC 3339; 0 and CLOCK_NEVER are left out. */
void write_time(struct writer *writer, const char *key, int64_t ms);

/* JSON text as it is; NULL is left out. */
void write_raw(struct writer *writer, const char *key, const char *json);

/* Ends the writing. 0 and the text, malloc'd, in *ret_json; or the first error. The buffer is empty
 * afterwards in both cases. */
int write_take(struct writer *writer, char **ret_json, struct err *err)
	__attribute__((warn_unused_result));

#endif
