/*
 * base/map: text → pointer: a base/set whose things have a copy of the key, and the value.
 *
 * Keys are copied in; values are the caller's. A put does not fail softly: see memory.h. May include: libc.
 */
#ifndef SLUICE_BASE_MAP_H
#define SLUICE_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/set.h"

struct map {
	struct set items;
};

#define MAP_INIT ((struct map){ .items = SET_INIT })

/* The value under key, or NULL. */
void *map_get(const struct map *map, const char *key);

/* Sets key to value (not NULL) and returns the value that was there before, or NULL. */
void *map_put(struct map *map, const char *key, void *value);

/* Removes key and returns its value, or NULL if it was not there. */
void *map_remove(struct map *map, const char *key);

/* How many keys there are. */
size_t map_len(const struct map *map);

/* Walks the map in no order: start with *cursor = 0; false at the end. During a walk, the entry just
 * returned may be removed, nothing else may change. ret_key stays the map's. */
bool map_next(const struct map *map, size_t *cursor, const char **ret_key, void **ret_value);

/* Frees keys and slots, not the values; the map is as new. A zeroed map is fine. */
void map_finish(struct map *map);

#endif
