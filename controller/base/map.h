/*
 * base/map: text → pointer, by open addressing.
 *
 * Keys are copied in; values are the caller's. The hash is FNV-1a mixed with a seed that the process
 * draws at its start (map_seed), because names of objects come from strangers. A put does
 * not fail softly: see memory.h. May include: libc.
 */
#ifndef SLUICE_BASE_MAP_H
#define SLUICE_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_slot;

struct map {
	struct map_slot *slots;
	size_t len;  /* keys in it */
	size_t used; /* keys and tombstones */
	size_t size; /* slots, a power of two */
};

#define MAP_INIT ((struct map){ .slots = NULL })

/* Mixes value into every hash from now on; call once, before the first map is used. */
void map_seed(uint64_t value);

/* The value under key, or NULL. */
void *map_get(const struct map *map, const char *key);

/* Sets key to value (not NULL) and returns the value that was there before, or NULL. */
void *map_put(struct map *map, const char *key, void *value);

/* Removes key and returns its value, or NULL if it was not there. */
void *map_remove(struct map *map, const char *key);

/* Walks the map in no order: start with *cursor = 0; false at the end. During a walk, the entry just
 * returned may be removed, nothing else may change. ret_key stays the map's. */
bool map_next(const struct map *map, size_t *cursor, const char **ret_key, void **ret_value);

/* Frees keys and slots, not the values; the map is as new. A zeroed map is fine. */
void map_finish(struct map *map);

#endif
