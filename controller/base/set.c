#include "base/set.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/memory.h"

#define SLOTS_MIN 4

static char tombstone; /* where something was removed */

static uint64_t seed;

void set_seed(uint64_t value)
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

static bool is_live(const void *item)
{
	return item != NULL && item != &tombstone;
}

/* The slot of what is found by key, or NULL. */
static void **find(const struct set *set, set_key_fn key_of, const char *key)
{
	if (set->size == 0)
		return NULL;
	for (size_t i = hash_of(key) & (set->size - 1);; i = (i + 1) & (set->size - 1)) {
		void **slot = &set->items[i];

		if (*slot == NULL)
			return NULL;
		if (*slot != &tombstone && strcmp(key_of(*slot), key) == 0)
			return slot;
	}
}

/* Puts an item whose key is known to be absent into the first free slot. */
static void insert(struct set *set, set_key_fn key_of, void *item)
{
	size_t i = hash_of(key_of(item)) & (set->size - 1);

	while (is_live(set->items[i]))
		i = (i + 1) & (set->size - 1);
	if (set->items[i] == NULL)
		set->used++;
	set->items[i] = item;
	set->len++;
}

/* Room for one more. Without tombstones it becomes twice as large. */
static void grow(struct set *set, set_key_fn key_of)
{
	struct set old = *set;

	*set = (struct set){ .size = SLOTS_MIN };
	while (set->size < old.len * 2)
		set->size *= 2;
	set->items = memory_array(set->size, sizeof(*set->items));
	for (size_t i = 0; i < old.size; i++) {
		if (is_live(old.items[i]))
			insert(set, key_of, old.items[i]);
	}
	free(old.items);
}

void *set_get(const struct set *set, set_key_fn key_of, const char *key)
{
	void **slot = find(set, key_of, key);

	return slot == NULL ? NULL : *slot;
}

void *set_put(struct set *set, set_key_fn key_of, void *item)
{
	void **slot;

	CHECK(item != NULL);
	slot = find(set, key_of, key_of(item));
	if (slot != NULL) {
		void *before = *slot;

		*slot = item;
		return before;
	}
	if ((set->used + 1) * 4 > set->size * 3)
		grow(set, key_of);
	insert(set, key_of, item);
	return NULL;
}

void *set_remove(struct set *set, set_key_fn key_of, const char *key)
{
	void **slot = find(set, key_of, key);
	void *item;

	if (slot == NULL)
		return NULL;
	item = *slot;
	*slot = &tombstone;
	set->len--;
	return item;
}

bool set_next(const struct set *set, size_t *cursor, void **ret_item)
{
	while (*cursor < set->size) {
		void *item = set->items[(*cursor)++];

		if (!is_live(item))
			continue;
		*ret_item = item;
		return true;
	}
	return false;
}

void set_finish(struct set *set)
{
	free(set->items);
	*set = SET_INIT;
}
