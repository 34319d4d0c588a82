#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "wire/json_scan_internal.h"

/* Bytes that do not stand for themselves in a text. */
static const bool stops_text[256] = {
	[0x00 ... 0x1f] = true,
	['"'] = true,
	['\\'] = true,
};

/* Bytes that matter to what is skipped, beyond its texts. */
static const bool stops_skipping[256] = {
	['"'] = true, ['{'] = true, ['}'] = true, ['['] = true, [']'] = true, ['\n'] = true,
};

static const bool is_of_number[256] = {
	['0' ... '9'] = true, ['-'] = true, ['+'] = true, ['.'] = true, ['e'] = true, ['E'] = true,
};

/* ---- texts ---- */

enum scan_found scan_begin_text(struct scan *scan, struct piece *piece, bool is_key)
{
	piece->at++;
	scan->at = SCAN_IN_TEXT;
	scan->is_key = is_key;
	scan->is_high = false;
	scan->surrogate = 0;
	scan->text_from = scan->tree.text_len;
	return SCAN_NOTHING;
}

/* Are the terminated bytes UTF-8? */
static bool is_utf8(const char *text)
{
	while (*text != '\0') {
		size_t len = str_char_len(text);

		if (len == 0)
			return false;
		text += len;
	}
	return true;
}

static enum scan_found end_text(struct scan *scan, struct piece *piece)
{
	struct tree *tree = &scan->tree;

	if (tree_append(tree, "", 1, &scan->err) < 0)
		return scan_refuse(scan);
	if (scan->is_high && !is_utf8(tree->text + scan->text_from))
		return scan_refuse_for(scan, piece, "a string that is not UTF-8");
	if (scan->is_key) {
		if (tree_add_key(tree, scan->text_from, &scan->err) < 0)
			return scan_refuse(scan);
		scan->at = SCAN_AT_COLON;
		piece->at++;
		return SCAN_NOTHING;
	}
	if (tree_add(tree, TREE_TEXT, scan->text_from, &scan->err) < 0)
		return scan_refuse(scan);
	piece->at++;
	return scan_end_value(scan);
}

enum scan_found scan_in_text(struct scan *scan, struct piece *piece)
{
	const unsigned char *at = piece->at;
	unsigned char high = 0;

	while (at < piece->end && !stops_text[*at])
		high |= *at++;
	if (scan->surrogate != 0 && (at > piece->at || *at != '\\'))
		return scan_refuse_for(scan, piece, "half a surrogate");
	scan->is_high = scan->is_high || high >= 0x80;
	if (at > piece->at &&
	    tree_append(&scan->tree, (const char *)piece->at, (size_t)(at - piece->at), &scan->err) < 0)
		return scan_refuse(scan);
	piece->at = at;
	if (at == piece->end)
		return SCAN_NOTHING;
	if (*at == '"')
		return end_text(scan, piece);
	if (*at != '\\')
		return scan_malformed(scan, piece, "a control character in a string");
	piece->at++;
	scan->at = SCAN_IN_ESCAPE;
	return SCAN_NOTHING;
}

enum scan_found scan_in_escape(struct scan *scan, struct piece *piece)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";
	const char *found = memchr(from, *piece->at, sizeof(from) - 1);

	if (*piece->at == 'u') {
		piece->at++;
		scan->at = SCAN_IN_UNICODE;
		scan->digits = 0;
		scan->code = 0;
		return SCAN_NOTHING;
	}
	if (found == NULL)
		return scan_malformed(scan, piece, "an escape that there is not");
	if (scan->surrogate != 0)
		return scan_refuse_for(scan, piece, "half a surrogate");
	if (tree_append(&scan->tree, to + (found - from), 1, &scan->err) < 0)
		return scan_refuse(scan);
	piece->at++;
	scan->at = SCAN_IN_TEXT;
	return SCAN_NOTHING;
}

/* Writes a code point as UTF-8. */
static int append_code(struct scan *scan, unsigned code)
{
	char bytes[4];
	size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = len - 1; i > 0; i--) {
		bytes[i] = (char)(0x80 | (code & 0x3f));
		code >>= 6;
	}
	bytes[0] = (char)(lead[len] | code);
	return tree_append(&scan->tree, bytes, len, &scan->err);
}

/* Four digits are there. A character beyond the first 65536 comes as two of them. */
static enum scan_found end_unicode(struct scan *scan, const struct piece *piece)
{
	bool is_first = scan->code >= 0xd800 && scan->code < 0xdc00;
	bool is_second = scan->code >= 0xdc00 && scan->code < 0xe000;

	scan->at = SCAN_IN_TEXT;
	if (scan->code == 0)
		return scan_refuse_for(scan, piece, "\\u0000 is not allowed");
	if (is_second != (scan->surrogate != 0))
		return scan_refuse_for(scan, piece, "half a surrogate");
	if (is_first) {
		scan->surrogate = scan->code;
		return SCAN_NOTHING;
	}
	if (is_second)
		scan->code = 0x10000 + ((scan->surrogate - 0xd800) << 10) + (scan->code - 0xdc00);
	scan->surrogate = 0;
	return append_code(scan, scan->code) < 0 ? scan_refuse(scan) : SCAN_NOTHING;
}

enum scan_found scan_in_unicode(struct scan *scan, struct piece *piece)
{
	unsigned char c = *piece->at;
	unsigned char lower = c | 0x20;
	bool is_digit = c >= '0' && c <= '9';

	if (!is_digit && (lower < 'a' || lower > 'f'))
		return scan_malformed(scan, piece, "an escape that there is not");
	scan->code = scan->code << 4 | (unsigned)(is_digit ? c - '0' : lower - 'a' + 10);
	piece->at++;
	return ++scan->digits < 4 ? SCAN_NOTHING : end_unicode(scan, piece);
}

/* ---- numbers and words ---- */

static const char *skip_digits(const char *at)
{
	while (*at >= '0' && *at <= '9')
		at++;
	return at;
}

/* Is it a number as RFC 8259, section 6 has it? */
static bool is_number(const char *text, bool *ret_is_real)
{
	const char *at = text[0] == '-' ? text + 1 : text;
	const char *from = at;

	at = skip_digits(at);
	if (at == from || (from[0] == '0' && at > from + 1))
		return false;
	*ret_is_real = *at != '\0';
	if (*at == '.') {
		from = ++at;
		at = skip_digits(at);
		if (at == from)
			return false;
	}
	if (*at == 'e' || *at == 'E') {
		at += at[1] == '+' || at[1] == '-' ? 2 : 1;
		from = at;
		at = skip_digits(at);
		if (at == from)
			return false;
	}
	return *at == '\0';
}

static enum scan_found end_number(struct scan *scan, const struct piece *piece)
{
	struct tree *tree = &scan->tree;
	const char *text;
	bool is_real;
	int64_t value;

	if (tree_append(tree, "", 1, &scan->err) < 0)
		return scan_refuse(scan);
	text = tree->text + scan->text_from;
	if (!is_number(text, &is_real))
		return scan_malformed(scan, piece, "a number that is none");
	if (!is_real && !str_to_int(text, INT64_MIN, INT64_MAX, &value))
		return scan_refuse_for(scan, piece, "too big integer");
	if (is_real && isinf(strtod(text, NULL)))
		return scan_refuse_for(scan, piece, "real number overflow");
	if (tree_add(tree, is_real ? TREE_REAL : TREE_INTEGER, scan->text_from, &scan->err) < 0)
		return scan_refuse(scan);
	return scan_end_value(scan);
}

enum scan_found scan_in_number(struct scan *scan, struct piece *piece)
{
	const unsigned char *from = piece->at;

	while (piece->at < piece->end && is_of_number[*piece->at])
		piece->at++;
	if (piece->at > from &&
	    tree_append(&scan->tree, (const char *)from, (size_t)(piece->at - from), &scan->err) < 0)
		return scan_refuse(scan);
	return piece->at == piece->end ? SCAN_NOTHING : end_number(scan, piece);
}

enum scan_found scan_in_word(struct scan *scan, struct piece *piece)
{
	while (piece->at < piece->end && *scan->word != '\0') {
		if (*piece->at != (unsigned char)*scan->word)
			return scan_malformed(scan, piece, "a value was expected");
		piece->at++;
		scan->word++;
	}
	if (*scan->word != '\0')
		return SCAN_NOTHING;
	if (tree_add(&scan->tree, scan->word_type, 0, &scan->err) < 0)
		return scan_refuse(scan);
	return scan_end_value(scan);
}

/* ---- what is not kept ---- */

/* Is the value that is skipped over? */
static bool skip_byte(struct scan *scan, unsigned char c)
{
	if (scan->skips_escape)
		scan->skips_escape = false;
	else if (scan->skips_text && c == '\\')
		scan->skips_escape = true;
	else if (c == '"')
		scan->skips_text = !scan->skips_text;
	else if (!scan->skips_text && (c == '{' || c == '['))
		scan->skip_depth++;
	else if (!scan->skips_text && (c == '}' || c == ']'))
		scan->skip_depth--;
	return scan->skip_depth == 0 && !scan->skips_text;
}

enum scan_found scan_in_skipped(struct scan *scan, struct piece *piece)
{
	while (piece->at < piece->end) {
		const bool *stops = scan->skips_text ? stops_text : stops_skipping;

		while (!scan->skips_escape && piece->at < piece->end && !stops[*piece->at])
			piece->at++;
		if (piece->at == piece->end)
			return SCAN_NOTHING;
		if (*piece->at < 0x20 && (scan->skips_text || scan->shape == SCAN_LINES))
			return scan_malformed(scan, piece, "a control character where none may be");
		if (skip_byte(scan, *piece->at++)) {
			scan->at = SCAN_AT_NEXT;
			if (scan->is_refused)
				scan->held_from = scan_offset(scan, piece);
			return SCAN_NOTHING;
		}
	}
	return SCAN_NOTHING;
}

enum scan_found scan_in_line(struct scan *scan, struct piece *piece)
{
	const unsigned char *end = memchr(piece->at, '\n', (size_t)(piece->end - piece->at));

	piece->at = end == NULL ? piece->end : end + 1;
	if (end != NULL)
		scan->at = SCAN_AT_START;
	return SCAN_NOTHING;
}
