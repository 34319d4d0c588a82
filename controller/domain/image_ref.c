#include "domain/image_ref.h"

#include <string.h>

#include "domain/digest.h"

const char *image_ref_digest(const char *image)
{
	const char *at = image == NULL ? NULL : strchr(image, '@');

	return at != NULL && digest_is_valid(at + 1) ? at + 1 : NULL;
}

char *image_ref_pin(struct arena *arena, const char *repository, const char *digest)
{
	return arena_printf(arena, "%s@%s", repository, digest);
}
