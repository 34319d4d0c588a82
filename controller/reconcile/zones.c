#include "reconcile/zones.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/memory.h"
#include "wire/zone_tzif.h"

#define FILE_MAX ((size_t)64 * 1024) /* the largest has 4 KiB */
#define NAME_LEN_MAX 64

struct zones {
	const char *folder;
	struct arena arena;
	struct map known; /* name → struct zone *; of the good ones, so that strangers' names fill nothing */
};

struct zones *zones_create(const char *folder)
{
	struct zones *zones = memory_alloc(sizeof(*zones));

	zones->folder = folder;
	return zones;
}

/* Names come from strangers, and must not lead out of the folder: a zone's name has no dot. */
static bool is_name(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
	size_t len = strlen(name);

	return len > 0 && len <= NAME_LEN_MAX && strspn(name, letters) == len && name[0] != '/' &&
	       name[len - 1] != '/' && strstr(name, "//") == NULL;
}

/* The bytes of the file, or none. */
static size_t read_file(const struct zones *zones, const char *name, char bytes[static FILE_MAX])
{
	char path[512];
	FILE *file;
	size_t len = 0;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", zones->folder, name) >= sizeof(path))
		return 0;
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	len = fread(bytes, 1, FILE_MAX, file);
	(void)fclose(file);
	return len;
}

/* The zone, or NULL. */
static struct zone *read_zone(struct zones *zones, const char *name)
{
	char *bytes = memory_alloc(FILE_MAX);
	struct err err = ERR_INIT;
	struct zone zone;
	struct zone *kept = NULL;

	if (zone_from_tzif(bytes, read_file(zones, name, bytes), &zones->arena, &zone, &err) == 0) {
		kept = arena_new(&zones->arena, struct zone);
		*kept = zone;
		kept->name = arena_strdup(&zones->arena, name);
		map_put(&zones->known, name, kept);
	}
	free(bytes);
	return kept;
}

const struct zone *zones_get(struct zones *zones, const char *name)
{
	const struct zone *zone;

	if (!is_name(name))
		return NULL;
	zone = map_get(&zones->known, name);
	return zone != NULL ? zone : read_zone(zones, name);
}

void zones_destroy(struct zones *zones)
{
	if (zones == NULL)
		return;
	map_finish(&zones->known);
	arena_finish(&zones->arena);
	free(zones);
}
