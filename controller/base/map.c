#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/memory.h"

struct map_slot {
	char *key;   /* NULL: never used, TOMBSTONE: removed */
	void *value;
	uint64_t hash;
};

#define LEAST_SIZE 4 /* there are many maps with one key */

static char tombstone_key;
#define TOMBSTONE (&tombstone_key)

static uint64_t seed;

void map_seed(uint64_t value)
{
	seed = value;
}

static uint64_t hash_of(const char *key)
{
	uint64_t hash = 0xcbf29ce484222325u ^ seed;

	for (; *key != '\0'; key++)
		hash = (hash ^ (unsigned char)*key) * 0x100000001b3u;
	return hash ^ (hash >> 29);
}

static bool slot_is_live(const struct map_slot *slot)
{
	return slot->key != NULL && slot->key != TOMBSTONE;
}

/* The slot that holds key, or NULL. */
static struct map_slot *find(const struct map *map, const char *key, uint64_t hash)
{
	if (map->size == 0)
		return NULL;
	for (size_t i = hash & (map->size - 1);; i = (i + 1) & (map->size - 1)) {
		struct map_slot *slot = &map->slots[i];

		if (slot->key == NULL)
			return NULL;
		if (slot->key != TOMBSTONE && slot->hash == hash && strcmp(slot->key, key) == 0)
			return slot;
	}
}

/* Puts a key that is known to be absent into the first free slot. */
static void insert(struct map *map, char *key, void *value, uint64_t hash)
{
	size_t i = hash & (map->size - 1);

	while (slot_is_live(&map->slots[i]))
		i = (i + 1) & (map->size - 1);
	if (map->slots[i].key == NULL)
		map->used++;
	map->slots[i] = (struct map_slot){ .key = key, .value = value, .hash = hash };
	map->len++;
}

static void grow(struct map *map)
{
	struct map old = *map;

	map->size = old.size < LEAST_SIZE ? LEAST_SIZE : old.size;
	while (map->size < old.len * 2)
		map->size *= 2;
	map->slots = memory_array(map->size, sizeof(*map->slots));
	map->len = 0;
	map->used = 0;
	for (size_t i = 0; i < old.size; i++) {
		if (slot_is_live(&old.slots[i]))
			insert(map, old.slots[i].key, old.slots[i].value, old.slots[i].hash);
	}
	free(old.slots);
}

void *map_get(const struct map *map, const char *key)
{
	struct map_slot *slot = find(map, key, hash_of(key));

	return slot == NULL ? NULL : slot->value;
}

void *map_put(struct map *map, const char *key, void *value)
{
	uint64_t hash = hash_of(key);
	struct map_slot *slot = find(map, key, hash);
	char *copy;

	CHECK(value != NULL);
	if (slot != NULL) {
		void *before = slot->value;

		slot->value = value;
		return before;
	}
	if ((map->used + 1) * 4 > map->size * 3)
		grow(map);
	copy = memory_strdup(key);
	insert(map, copy, value, hash);
	return NULL;
}

void *map_remove(struct map *map, const char *key)
{
	struct map_slot *slot = find(map, key, hash_of(key));
	void *value;

	if (slot == NULL)
		return NULL;
	value = slot->value;
	free(slot->key);
	slot->key = TOMBSTONE;
	slot->value = NULL;
	map->len--;
	return value;
}

bool map_next(const struct map *map, size_t *cursor, const char **ret_key, void **ret_value)
{
	while (*cursor < map->size) {
		const struct map_slot *slot = &map->slots[(*cursor)++];

		if (!slot_is_live(slot))
			continue;
		*ret_key = slot->key;
		*ret_value = slot->value;
		return true;
	}
	return false;
}

void map_finish(struct map *map)
{
	for (size_t i = 0; i < map->size; i++) {
		if (slot_is_live(&map->slots[i]))
			free(map->slots[i].key);
	}
	free(map->slots);
	*map = MAP_INIT;
}
