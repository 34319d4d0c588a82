#include "wire/yaml_scalar.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define DIGITS "0123456789"
#define NUMBER_SIZE 128

static bool is_one_of(const char *text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (str_equal(text, words[i]))
			return true;
	}
	return false;
}

#define IS_ONE_OF(text, words) is_one_of((text), (words), sizeof(words) / sizeof((words)[0]))

/* The parts of a decimal number: [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
struct decimal {
	bool is_negative;
	bool has_point;
	const char *whole;
	size_t whole_len;
	const char *fraction;
	size_t fraction_len;
	const char *exponent; /* from its e on; "" without one */
};

static bool split_decimal(const char *text, struct decimal *d)
{
	const char *at = text;

	d->is_negative = *at == '-';
	at += *at == '-' || *at == '+';
	d->whole = at;
	d->whole_len = strspn(at, DIGITS);
	at += d->whole_len;
	d->has_point = *at == '.';
	at += d->has_point;
	d->fraction = at;
	d->fraction_len = d->has_point ? strspn(at, DIGITS) : 0;
	at += d->fraction_len;
	d->exponent = at;
	if (d->whole_len + d->fraction_len == 0)
		return false;
	if (*at == '\0')
		return true;
	if (*at != 'e' && *at != 'E')
		return false;
	at++;
	at += *at == '-' || *at == '+';
	return *at != '\0' && at[strspn(at, DIGITS)] == '\0';
}

/* JSON knows neither a plus sign in front, nor zeros in front, nor a point without digits around it. */
static void write_decimal(struct writer *writer, const char *key, struct decimal d)
{
	char number[NUMBER_SIZE];

	while (d.whole_len > 1 && *d.whole == '0') {
		d.whole++;
		d.whole_len--;
	}
	(void)snprintf(number, sizeof(number), "%s%.*s%s%.*s%s%s", d.is_negative ? "-" : "",
		       d.whole_len == 0 ? 1 : (int)d.whole_len, d.whole_len == 0 ? "0" : d.whole,
		       d.has_point ? "." : "", (int)d.fraction_len, d.fraction,
		       d.has_point && d.fraction_len == 0 ? "0" : "", d.exponent);
	write_raw(writer, key, number);
}

/* 0o17 and 0x1F. Returns whether text is one; *ret_why says so when it is too large. */
static bool write_prefixed(struct writer *writer, const char *key, const char *text,
			   const char **ret_why)
{
	bool is_octal = str_has_prefix(text, "0o");
	const char *digits = text + 2;
	long long value;

	if (!is_octal && !str_has_prefix(text, "0x"))
		return false;
	if (digits[0] == '\0' ||
	    digits[strspn(digits, is_octal ? "01234567" : "0123456789abcdefABCDEF")] != '\0')
		return false;
	errno = 0;
	value = strtoll(digits, NULL, is_octal ? 8 : 16);
	if (errno == ERANGE)
		*ret_why = "a number of more than 64 bits";
	else
		write_int(writer, key, value);
	return true;
}

const char *yaml_scalar_write(struct writer *writer, const char *key, const char *text)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };
	static const char *const trues[] = { "true", "True", "TRUE" };
	static const char *const falses[] = { "false", "False", "FALSE" };
	static const char *const no_numbers[] = { ".inf",  ".Inf",  ".INF",  "+.inf", "+.Inf", "+.INF",
						  "-.inf", "-.Inf", "-.INF", ".nan",  ".NaN",  ".NAN" };
	struct decimal decimal;
	const char *why = NULL;

	if (IS_ONE_OF(text, no_numbers))
		return "JSON has no infinity and no NaN";
	if (IS_ONE_OF(text, nulls))
		write_raw(writer, key, "null");
	else if (IS_ONE_OF(text, trues) || IS_ONE_OF(text, falses))
		write_flag(writer, key, IS_ONE_OF(text, trues));
	else if (strlen(text) < NUMBER_SIZE - 8 && split_decimal(text, &decimal))
		write_decimal(writer, key, decimal);
	else if (!write_prefixed(writer, key, text, &why))
		write_text(writer, key, text);
	return why;
}
