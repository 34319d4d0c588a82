#include "wire/json_write.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

#define ELLIPSIS "\xE2\x80\xA6" /* … */

static void put(struct writer *writer, const char *bytes, size_t len)
{
	if (!err_is_set(&writer->err) && buf_append(writer->buf, bytes, len, &writer->err) < 0)
		CHECK(err_is_set(&writer->err));
}

static void put_text(struct writer *writer, const char *text)
{
	put(writer, text, strlen(text));
}

static void put_escaped(struct writer *writer, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char text[] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
	const char *shorter = c == '"' ? "\\\"" : c == '\\' ? "\\\\" : c == '\n' ? "\\n" :
			      c == '\t' ? "\\t" : c == '\r' ? "\\r" : NULL;

	if (shorter != NULL)
		put(writer, shorter, 2);
	else
		put(writer, text, sizeof(text));
}

/* Must this byte be written in another way than as it is? */
static bool is_special(char c)
{
	return (unsigned char)c < 0x20 || c == '"' || c == '\\';
}

static void put_characters(struct writer *writer, const char *value, size_t len)
{
	size_t from = 0;
	size_t at = 0;

	while (at < len) {
		size_t step = is_special(value[at]) ? 0 : str_char_len(value + at);

		if (step > 0) {
			at += step;
			continue;
		}
		put(writer, value + from, at - from);
		if (is_special(value[at]))
			put_escaped(writer, (unsigned char)value[at]);
		else
			put_text(writer, STR_REPLACEMENT);
		from = ++at;
	}
	put(writer, value + from, at - from);
}

static void put_string(struct writer *writer, const char *value, size_t len)
{
	put_text(writer, "\"");
	put_characters(writer, value, len);
	put_text(writer, "\"");
}

/* What stands before a value: a comma and the key. */
static void begin(struct writer *writer, const char *key)
{
	if (writer->needs_comma)
		put_text(writer, ",");
	writer->needs_comma = true;
	if (key == NULL)
		return;
	put_string(writer, key, strlen(key));
	put_text(writer, ":");
}

static void open_with(struct writer *writer, const char *key, const char *bracket)
{
	begin(writer, key);
	put_text(writer, bracket);
	writer->needs_comma = false;
}

static void close_with(struct writer *writer, const char *bracket)
{
	put_text(writer, bracket);
	writer->needs_comma = true;
}

void write_object(struct writer *writer, const char *key)
{
	open_with(writer, key, "{");
}

void write_list(struct writer *writer, const char *key)
{
	open_with(writer, key, "[");
}

void write_object_end(struct writer *writer)
{
	close_with(writer, "}");
}

void write_list_end(struct writer *writer)
{
	close_with(writer, "]");
}

void write_bytes(struct writer *writer, const char *key, const char *value, size_t len)
{
	begin(writer, key);
	put_string(writer, value, len);
}

void write_text(struct writer *writer, const char *key, const char *value)
{
	if (value != NULL)
		write_bytes(writer, key, value, strlen(value));
}

void write_brief(struct writer *writer, const char *key, const char *value, size_t max)
{
	size_t kept;

	if (value == NULL || strlen(value) <= max) {
		write_text(writer, key, value);
		return;
	}
	kept = str_cut_utf8(value, max - strlen(ELLIPSIS));
	begin(writer, key);
	put_text(writer, "\"");
	put_characters(writer, value, kept);
	put_text(writer, ELLIPSIS "\"");
}

void write_int(struct writer *writer, const char *key, int64_t value)
{
	char text[24];

	begin(writer, key);
	(void)snprintf(text, sizeof(text), "%jd", (intmax_t)value);
	put_text(writer, text);
}

void write_count(struct writer *writer, const char *key, int64_t value)
{
	if (value != 0)
		write_int(writer, key, value);
}

void write_flag(struct writer *writer, const char *key, bool value)
{
	begin(writer, key);
	put_text(writer, value ? "true" : "false");
}

void write_time(struct writer *writer, const char *key, int64_t ms)
{
	char text[CLOCK_TEXT_SIZE];

	if (ms != 0 && ms != CLOCK_NEVER)
		write_text(writer, key, clock_format(ms, text));
}

void write_raw(struct writer *writer, const char *key, const char *json)
{
	if (json == NULL)
		return;
	begin(writer, key);
	put_text(writer, json);
}

int write_take(struct writer *writer, char **ret_json, struct err *err)
{
	if (err_is_set(&writer->err)) {
		buf_finish(writer->buf);
		return err_set(err, writer->err.class, "%s", writer->err.text);
	}
	*ret_json = buf_take(writer->buf);
	return 0;
}
