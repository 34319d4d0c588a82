/*
 * base/buf: a growing run of bytes that cannot exist without an upper bound.
 *
 * The limit is part of the buffer, so that nobody who writes into it can be made to take all memory.
 * The bytes are always followed by a NUL that does not count, so text can be read as a C string.
 * May include: libc.
 */
#ifndef SLUICE_BASE_BUF_H
#define SLUICE_BASE_BUF_H

#include <stddef.h>

#include "base/err.h"

struct buf {
	char *data; /* NULL while nothing was ever written; use buf_text() to read as text */
	size_t len;
	size_t size;
	size_t limit; /* bytes that data may hold, without the NUL */
};

#define BUF_INIT(max) ((struct buf){ .data = NULL, .limit = (max) })

/* Appends len bytes. ERR_INPUT when the limit would be passed (nothing is appended), ERR_NOMEM. */
int buf_append(struct buf *buf, const void *bytes, size_t len, struct err *err)
	__attribute__((warn_unused_result));

/* Appends a C string. Errors as buf_append(). */
int buf_puts(struct buf *buf, const char *text, struct err *err) __attribute__((warn_unused_result));

/* Appends formatted text. Errors as buf_append(). */
int buf_printf(struct buf *buf, struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), warn_unused_result));

/* Appends text percent-encoded: what RFC 3986 calls unreserved stays. Errors as buf_append(). */
int buf_put_encoded(struct buf *buf, const char *text, struct err *err)
	__attribute__((warn_unused_result));

/* Drops the first len bytes (at most all) and keeps the rest. */
void buf_consume(struct buf *buf, size_t len);

/* Empties it and keeps the memory. */
void buf_reset(struct buf *buf);

/* The bytes as a C string, "" when empty. Valid until the next change. */
const char *buf_text(const struct buf *buf);

/* Takes the memory out as a malloc'd C string that the caller frees; the buffer is empty again.
 * Never NULL. */
char *buf_take(struct buf *buf);

/* Frees the memory; the buffer is as new. A zeroed buffer is fine. */
void buf_finish(struct buf *buf);

#define auto_buf __attribute__((cleanup(buf_finish))) struct buf

#endif
