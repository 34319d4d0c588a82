#include "domain/release.h"

#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "base/str.h"
#include "domain/digest.h"

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct release_artifact *)a)->name,
		      ((const struct release_artifact *)b)->name);
}

void release_seal(struct release *release, struct arena *arena)
{
	char hex[SHA256_HEX_SIZE];
	const char *lines = "";

	if (release->count == 0)
		return;
	qsort(release->artifacts, release->count, sizeof(*release->artifacts), compare_names);
	for (size_t i = 0; i < release->count; i++) {
		const struct release_artifact *a = &release->artifacts[i];

		lines = arena_printf(arena, "%s%s %s@%s\n", lines, a->name, a->image, a->digest);
	}
	sha256_hex(lines, strlen(lines), hex);
	release->id = arena_printf(arena, "r-%.10s", hex);
}

const struct release_artifact *release_find(const struct release *release, const char *name)
{
	for (size_t i = 0; i < release->count; i++) {
		if (str_equal(release->artifacts[i].name, name))
			return &release->artifacts[i];
	}
	return NULL;
}

bool release_is(const struct release *release, const char *id)
{
	return release->id != NULL && str_equal(release->id, id);
}

bool release_equal(const struct release *a, const struct release *b)
{
	return release_is(a, b->id);
}

bool release_id_is_valid(const char *text)
{
	return text != NULL && str_has_prefix(text, "r-") && strlen(text) == RELEASE_ID_SIZE - 1 &&
	       strspn(text + 2, "0123456789abcdef") == RELEASE_ID_SIZE - 3;
}

const char *release_label(const struct release *release, struct arena *arena)
{
	char text[DIGEST_SHORT_SIZE];

	if (release->id == NULL || release->count == 0)
		return "";
	for (size_t i = 0; i < release->count; i++) {
		const char *tag = release->artifacts[i].tag;

		if (tag == NULL || !str_equal(tag, release->artifacts[0].tag))
			return arena_strdup(arena, digest_shorten(release->artifacts[0].digest, text));
	}
	return arena_strdup(arena, release->artifacts[0].tag);
}
