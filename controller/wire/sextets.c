#include "wire/sextets.h"

#include <stdint.h>

/* The six bits of a character, or -1. */
static int sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* The bits of the last character that no byte takes. */
static uint32_t spare_bits(uint32_t bits, size_t padding)
{
	return padding == 0 ? 0 : bits & (padding == 1 ? 0x3 : 0xf);
}

bool sextets_decode(const char *text, size_t len, char *ret, size_t *ret_len)
{
	size_t padding = 0;
	size_t n = 0;
	uint32_t bits = 0;

	if (len % 4 != 0)
		return false;
	while (padding < 2 && padding < len && text[len - 1 - padding] == '=')
		padding++;
	for (size_t i = 0; i < len - padding; i++) {
		int value = sextet(text[i]);

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		if (i % 4 > 0)
			ret[n++] = (char)(bits >> (6 - 2 * (i % 4)) & 0xff);
	}
	ret[n] = '\0';
	*ret_len = n;
	return spare_bits(bits, padding) == 0;
}
