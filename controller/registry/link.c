#include "registry/link.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

struct reader {
	const char *at;
	const char *end;
};

static bool is_at_end(const struct reader *reader)
{
	return reader->at == reader->end;
}

static void skip(struct reader *reader, const char *chars)
{
	while (!is_at_end(reader) && *reader->at != '\0' && strchr(chars, *reader->at) != NULL)
		reader->at++;
}

static int refuse(struct err *err)
{
	return err_set(err, ERR_INPUT, "the Link header does not follow its grammar");
}

/* Is one of the words of a rel value "next"? */
static bool has_next(const char *value, size_t len)
{
	const char *end = value + len;

	while (value < end) {
		const char *space = memchr(value, ' ', (size_t)(end - value));
		const char *word_end = space == NULL ? end : space;

		if (word_end - value == 4 && strncasecmp(value, "next", 4) == 0)
			return true;
		value = word_end == end ? end : word_end + 1;
	}
	return false;
}

/* Reads a value, quoted or not, without undoing escapes: no value that matters has any. */
static int read_value(struct reader *reader, const char **ret_value, size_t *ret_len, struct err *err)
{
	const char *start = reader->at;

	if (is_at_end(reader) || *start != '"') {
		while (!is_at_end(reader) && memchr(" \t;,", *reader->at, 4) == NULL)
			reader->at++;
		*ret_value = start;
		*ret_len = (size_t)(reader->at - start);
		return 0;
	}
	for (reader->at++; !is_at_end(reader) && *reader->at != '"'; reader->at++) {
		if (*reader->at == '\\' && ++reader->at == reader->end)
			return refuse(err);
	}
	if (is_at_end(reader))
		return refuse(err);
	*ret_value = start + 1;
	*ret_len = (size_t)(reader->at++ - start) - 1;
	return 0;
}

/* Reads the parameters behind a target, and whether they make it the next page. */
static int read_params(struct reader *reader, bool *ret_is_next, struct err *err)
{
	*ret_is_next = false;
	for (;;) {
		const char *name;
		const char *value = "";
		size_t name_len;
		size_t len = 0;
		int r;

		skip(reader, " \t");
		if (is_at_end(reader) || *reader->at == ',')
			return 0;
		if (*reader->at++ != ';')
			return refuse(err);
		skip(reader, " \t");
		name = reader->at;
		while (!is_at_end(reader) && memchr(" \t;,=", *reader->at, 5) == NULL)
			reader->at++;
		name_len = (size_t)(reader->at - name);
		skip(reader, " \t");
		if (!is_at_end(reader) && *reader->at == '=') {
			reader->at++;
			skip(reader, " \t");
			r = read_value(reader, &value, &len, err);
			if (r < 0)
				return r;
		}
		if (name_len == 3 && strncasecmp(name, "rel", 3) == 0)
			*ret_is_next |= has_next(value, len);
	}
}

int link_next(const char *text, size_t len, char ret_target[static ORIGIN_PATH_SIZE], struct err *err)
{
	struct reader reader = { .at = text, .end = text + len };

	ret_target[0] = '\0';
	for (;;) {
		const char *target;
		const char *close;
		bool is_next;
		int r;

		skip(&reader, " \t,");
		if (is_at_end(&reader))
			return 0;
		target = reader.at + 1;
		close = memchr(reader.at, '>', (size_t)(reader.end - reader.at));
		if (*reader.at != '<' || close == NULL)
			return refuse(err);
		reader.at = close + 1;
		r = read_params(&reader, &is_next, err);
		if (r < 0)
			return r;
		if (!is_next)
			continue;
		if (close - target >= ORIGIN_PATH_SIZE || memchr(target, '\0', (size_t)(close - target)))
			return err_set(err, ERR_INPUT, "the Link header names a URL that is too long");
		memcpy(ret_target, target, (size_t)(close - target));
		ret_target[close - target] = '\0';
		return 0;
	}
}
