#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/memory.h"

struct map_item {
	void *value;
	char key[];
};

static const char *key_of(const void *item)
{
	return ((const struct map_item *)item)->key;
}

static struct map_item *find(const struct map *map, const char *key)
{
	return set_get(&map->items, key_of, key);
}

void *map_get(const struct map *map, const char *key)
{
	const struct map_item *item = find(map, key);

	return item == NULL ? NULL : item->value;
}

void *map_put(struct map *map, const char *key, void *value)
{
	struct map_item *item = find(map, key);
	size_t size = strlen(key) + 1;
	void *before;

	CHECK(value != NULL);
	if (item == NULL) {
		item = memory_alloc(sizeof(*item) + size);
		memcpy(item->key, key, size);
		(void)set_put(&map->items, key_of, item);
	}
	before = item->value;
	item->value = value;
	return before;
}

void *map_remove(struct map *map, const char *key)
{
	struct map_item *item = set_remove(&map->items, key_of, key);
	void *value = item == NULL ? NULL : item->value;

	free(item);
	return value;
}

size_t map_len(const struct map *map)
{
	return map->items.len;
}

bool map_next(const struct map *map, size_t *cursor, const char **ret_key, void **ret_value)
{
	void *found;

	if (!set_next(&map->items, cursor, &found))
		return false;
	*ret_key = key_of(found);
	*ret_value = ((const struct map_item *)found)->value;
	return true;
}

void map_finish(struct map *map)
{
	size_t cursor = 0;
	void *item;

	while (set_next(&map->items, &cursor, &item))
		free(item);
	set_finish(&map->items);
}
