#include "registry/quote.h"

#include <stddef.h>
#include <string.h>

const char *quote(const char *text, char ret[static QUOTE_SIZE])
{
	size_t i;

	for (i = 0; text[i] != '\0' && i < QUOTE_SIZE - 1; i++)
		ret[i] = text[i] >= 0x20 && text[i] < 0x7f ? text[i] : '?';
	ret[i] = '\0';
	if (text[i] != '\0')
		memcpy(ret + QUOTE_SIZE - 4, "...", 3);
	return ret;
}
