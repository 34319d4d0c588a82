#include "telemetry/text.h"

#include <stdbool.h>

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

size_t text_char_len(const char *text)
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
