#include "kube/linesplit.h"

#include <string.h>

static bool emit(const char *line, size_t len, linesplit_fn fn, void *user)
{
	static const struct err none = { .class = ERR_NONE };

	if (len > 0 && line[len - 1] == '\r')
		len--;
	return len == 0 || fn(user, line, len, &none);
}

/* Keeps the beginning of a line. On failure the line is given up. */
static bool keep(struct linesplit *split, const char *bytes, size_t len, linesplit_fn fn,
		 void *user)
{
	struct err err = ERR_INIT;

	if (split->is_skipping || buf_append(&split->rest, bytes, len, &err) == 0)
		return true;
	split->is_skipping = true;
	buf_reset(&split->rest);
	err_prefix(&err, "a line of the stream");
	return fn(user, NULL, 0, &err);
}

/* The end of a line has come: len bytes, without the line break. */
static bool complete(struct linesplit *split, const char *bytes, size_t len, linesplit_fn fn,
		     void *user)
{
	bool goes_on = true;

	if (split->rest.len > 0 || len > split->rest.limit) {
		goes_on = keep(split, bytes, len, fn, user);
		bytes = split->rest.data;
		len = split->rest.len;
	}
	if (goes_on && !split->is_skipping)
		goes_on = emit(bytes, len, fn, user);
	split->is_skipping = false;
	buf_reset(&split->rest);
	return goes_on;
}

bool linesplit_feed(struct linesplit *split, const char *bytes, size_t len, linesplit_fn fn,
		    void *user)
{
	while (len > 0) {
		const char *end = memchr(bytes, '\n', len);

		if (end == NULL)
			return keep(split, bytes, len, fn, user);
		if (!complete(split, bytes, (size_t)(end - bytes), fn, user))
			return false;
		len -= (size_t)(end - bytes) + 1;
		bytes = end + 1;
	}
	return true;
}

void linesplit_reset(struct linesplit *split)
{
	split->is_skipping = false;
	buf_reset(&split->rest);
}

void linesplit_finish(struct linesplit *split)
{
	buf_finish(&split->rest);
}
