#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

bool str_has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t digits_at(const char *text)
{
	size_t n = 0;

	while (is_digit(text[n]))
		n++;
	return n;
}

/* Compares two runs of digits by value: without leading zeros the longer one is greater. */
static int compare_numbers(const char *a, size_t a_len, const char *b, size_t b_len)
{
	for (; a_len > 1 && *a == '0'; a_len--)
		a++;
	for (; b_len > 1 && *b == '0'; b_len--)
		b++;
	if (a_len != b_len)
		return a_len < b_len ? -1 : 1;
	return strncmp(a, b, a_len);
}

int str_compare_natural(const char *a, const char *b)
{
	while (*a != '\0' && *b != '\0') {
		if (is_digit(*a) && is_digit(*b)) {
			size_t a_len = digits_at(a);
			size_t b_len = digits_at(b);
			int order = compare_numbers(a, a_len, b, b_len);

			if (order != 0)
				return order;
			a += a_len;
			b += b_len;
		} else if (*a != *b) {
			break;
		} else {
			a++;
			b++;
		}
	}
	return (int)(unsigned char)*a - (int)(unsigned char)*b;
}

bool str_to_int(const char *text, int64_t min, int64_t max, int64_t *ret)
{
	char *end;
	long long value;

	/* strtoll would take blanks and a plus sign. */
	if (text[0] != '-' && !isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0' || value < min || value > max)
		return false;
	*ret = value;
	return true;
}

/* How many bytes a UTF-8 character has that begins with this byte; 1 for what begins none. */
static size_t utf8_length(unsigned char lead)
{
	if (lead >= 0xF0 && lead < 0xF8)
		return 4;
	if (lead >= 0xE0 && lead < 0xF0)
		return 3;
	return lead >= 0xC0 && lead < 0xE0 ? 2 : 1;
}

size_t str_cut_utf8(const char *text, size_t max)
{
	size_t len = strnlen(text, max);

	for (size_t back = 1; back <= 3 && back <= len; back++) {
		unsigned char byte = (unsigned char)text[len - back];

		if ((byte & 0xC0) != 0x80)
			return utf8_length(byte) > back ? len - back : len;
	}
	return len;
}

static bool is_tail(unsigned char byte)
{
	return (byte & 0xC0) == 0x80;
}

/* May second follow lead? The table of RFC 3629, section 4. */
static bool second_is_valid(unsigned char lead, unsigned char second)
{
	switch (lead) {
	case 0xE0:
		return second >= 0xA0 && second <= 0xBF;
	case 0xED:
		return second >= 0x80 && second <= 0x9F;
	case 0xF0:
		return second >= 0x90 && second <= 0xBF;
	case 0xF4:
		return second >= 0x80 && second <= 0x8F;
	default:
		return is_tail(second);
	}
}

size_t str_char_len(const char *text)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t len;

	if (bytes[0] < 0x80)
		return 1;
	if (bytes[0] < 0xC2 || bytes[0] > 0xF4)
		return 0;
	len = bytes[0] < 0xE0 ? 2 : bytes[0] < 0xF0 ? 3 : 4;
	if (!second_is_valid(bytes[0], bytes[1]))
		return 0;
	for (size_t i = 2; i < len; i++) {
		if (!is_tail(bytes[i]))
			return 0;
	}
	return len;
}

int str_compare_items(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void str_wipe(const char *text)
{
	if (text != NULL)
		explicit_bzero((char *)(uintptr_t)text, strlen(text));
}

void str_wipe_free(char *text)
{
	str_wipe(text);
	free(text);
}
