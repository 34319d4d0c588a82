#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Makes room for len more bytes and the NUL. */
static int reserve(struct buf *buf, size_t len, struct err *err)
{
	size_t want;
	size_t size;
	char *data;

	if (len > buf->limit - buf->len)
		return err_set(err, ERR_INPUT, "more than %zu bytes", buf->limit);
	want = buf->len + len + 1;
	if (want <= buf->size)
		return 0;
	size = buf->size * 2 > want ? buf->size * 2 : want;
	size = size < 64 ? 64 : size;
	if (size - 1 > buf->limit)
		size = buf->limit + 1;
	data = realloc(buf->data, size);
	if (data == NULL)
		return err_set(err, ERR_NOMEM, "no memory for %zu bytes", size);
	buf->data = data;
	buf->size = size;
	return 0;
}

int buf_append(struct buf *buf, const void *bytes, size_t len, struct err *err)
{
	int r = reserve(buf, len, err);

	if (r < 0)
		return r;
	if (len > 0)
		memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
	return 0;
}

int buf_puts(struct buf *buf, const char *text, struct err *err)
{
	return buf_append(buf, text, strlen(text), err);
}

int buf_printf(struct buf *buf, struct err *err, const char *fmt, ...)
{
	va_list ap;
	int len;
	int r;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		return err_set(err, ERR_BUG, "cannot format \"%s\"", fmt);
	r = reserve(buf, (size_t)len, err);
	if (r < 0)
		return r;
	va_start(ap, fmt);
	(void)vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, ap);
	va_end(ap);
	buf->len += (size_t)len;
	return 0;
}

static bool is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("-._~", c) != NULL);
}

int buf_put_encoded(struct buf *buf, const char *text, struct err *err)
{
	int r = 0;

	for (; r == 0 && *text != '\0'; text++)
		r = is_unreserved(*text) ? buf_append(buf, text, 1, err)
					 : buf_printf(buf, err, "%%%02X", (unsigned char)*text);
	return r;
}

void buf_consume(struct buf *buf, size_t len)
{
	if (len >= buf->len) {
		buf_reset(buf);
		return;
	}
	buf->len -= len;
	memmove(buf->data, buf->data + len, buf->len + 1);
}

void buf_reset(struct buf *buf)
{
	buf->len = 0;
	if (buf->data != NULL)
		buf->data[0] = '\0';
}

const char *buf_text(const struct buf *buf)
{
	return buf->data == NULL ? "" : buf->data;
}

char *buf_take(struct buf *buf)
{
	char *data = buf->data == NULL ? memory_alloc(1) : buf->data;

	buf->data = NULL;
	buf->len = 0;
	buf->size = 0;
	return data;
}

void buf_finish(struct buf *buf)
{
	free(buf->data);
	buf->data = NULL;
	buf->len = 0;
	buf->size = 0;
}
