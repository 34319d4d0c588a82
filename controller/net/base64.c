#include "net/base64.h"

#include <limits.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/err.h"

char *base64_decode(struct arena *arena, const char *text, size_t *ret_len)
{
	size_t len = strlen(text);
	char *digits = arena_alloc(arena, len + 1);
	char *bytes = arena_alloc(arena, len / 4 * 3 + 4);
	size_t count = 0;
	size_t padding = 0;
	int decoded;

	for (size_t i = 0; i < len; i++) {
		if (strchr(" \t\r\n", text[i]) == NULL)
			digits[count++] = text[i];
	}
	digits[count] = '\0';
	while (padding < 2 && padding < count && digits[count - 1 - padding] == '=')
		padding++;
	/* OpenSSL skips white space and takes '=' for a zero digit anywhere: both are checked
	 * here. */
	if (count > INT_MAX || count % 4 != 0 || memchr(digits, '=', count - padding) != NULL)
		return NULL;
	decoded =
		EVP_DecodeBlock((unsigned char *)bytes, (const unsigned char *)digits, (int)count);
	if (decoded < 0 || (size_t)decoded < padding)
		return NULL;
	*ret_len = (size_t)decoded - padding;
	bytes[*ret_len] = '\0';
	return bytes;
}

char *base64_encode(struct arena *arena, const char *bytes, size_t len)
{
	char *text = arena_alloc(arena, (len + 2) / 3 * 4 + 1);

	CHECK(len <= INT_MAX);
	(void)EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)bytes, (int)len);
	return text;
}
