#include "domain/digest.h"

#include <string.h>

#include "base/str.h"

static const char algorithm[] = "sha256:";

bool digest_is_valid(const char *text)
{
	size_t prefix = strlen(algorithm);

	return text != NULL && str_has_prefix(text, algorithm) && strlen(text) == DIGEST_SIZE - 1 &&
	       strspn(text + prefix, "0123456789abcdef") == 64;
}

const char *digest_shorten(const char *digest, char ret[static DIGEST_SHORT_SIZE])
{
	size_t len = strlen(digest);

	len = len < DIGEST_SHORT_SIZE - 1 ? len : DIGEST_SHORT_SIZE - 1;
	memcpy(ret, digest, len);
	ret[len] = '\0';
	return ret;
}
