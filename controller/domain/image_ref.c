#include "domain/image_ref.h"

#include <string.h>

#include "domain/digest.h"

#define LONGEST_REPOSITORY 255

const char *image_ref_digest(const char *image)
{
	const char *at = image == NULL ? NULL : strchr(image, '@');

	return at != NULL && digest_is_valid(at + 1) ? at + 1 : NULL;
}

/* Is c one of the characters that separate or make up path components? */
static bool is_path_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strchr("._-/", c) != NULL;
}

/* The length of a "host:port/" or "host/" in front that may hold what a path may not; 0 without one. */
static size_t host_len(const char *text)
{
	size_t len = strcspn(text, "/");

	if (text[len] != '/' || len == 0)
		return 0;
	if (memchr(text, '.', len) == NULL && memchr(text, ':', len) == NULL &&
	    !(len == 9 && memcmp(text, "localhost", 9) == 0))
		return 0;
	return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]") >= len
		       ? len + 1
		       : 0;
}

bool image_ref_is_repository(const char *text)
{
	size_t len = text == NULL ? 0 : strlen(text);
	size_t at;

	if (len == 0 || len > LONGEST_REPOSITORY || text[len - 1] == '/')
		return false;
	at = host_len(text);
	if (at == len)
		return false;
	for (; at < len; at++) {
		if (!is_path_char(text[at]) || (text[at] == '/' && text[at + 1] == '/'))
			return false;
	}
	return true;
}

char *image_ref_pin(struct arena *arena, const char *repository, const char *digest)
{
	return arena_printf(arena, "%s@%s", repository, digest);
}
