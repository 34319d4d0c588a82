#include "reconcile/writing.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/str.h"

/* One who waits. */
struct place {
	struct place *next;
	char *key;
};

/* An object that is taken, or for which somebody was called. */
struct entry {
	bool is_taken;
	char *called;       /* who was called and has not come yet; NULL: nobody */
	struct map in_line; /* key → its place; who has left the line is not in it any more */
	struct place *first;
	struct place **end;
};

struct writing {
	struct map objects; /* object → struct entry * */
};

struct writing *writing_create(void)
{
	struct writing *writing = memory_alloc(sizeof(*writing));

	return writing;
}

static void line_up(struct entry *entry, const char *key)
{
	struct place *place;

	if (map_get(&entry->in_line, key) != NULL)
		return;
	place = memory_alloc(sizeof(*place));
	place->key = memory_strdup(key);
	*entry->end = place;
	entry->end = &place->next;
	map_put(&entry->in_line, key, place);
}

/* Takes the first out of the line; its key is the caller's to free. NULL: nobody waits. */
static char *line_take(struct entry *entry)
{
	while (entry->first != NULL) {
		struct place *place = entry->first;
		char *key = place->key;
		bool is_in_line = map_get(&entry->in_line, key) == place;

		entry->first = place->next;
		if (entry->first == NULL)
			entry->end = &entry->first;
		free(place);
		if (is_in_line) {
			map_remove(&entry->in_line, key);
			return key;
		}
		free(key);
	}
	return NULL;
}

static void set_called(struct entry *entry, char *key)
{
	free(entry->called);
	entry->called = key;
}

static struct entry *entry_create(void)
{
	struct entry *entry = memory_alloc(sizeof(*entry));

	entry->end = &entry->first;
	return entry;
}

static void entry_destroy(struct entry *entry)
{
	char *key;

	while ((key = line_take(entry)) != NULL)
		free(key);
	map_finish(&entry->in_line);
	free(entry->called);
	free(entry);
}

bool writing_take(struct writing *writing, const char *object, const char *key)
{
	struct entry *entry = map_get(&writing->objects, object);

	if (entry == NULL) {
		entry = entry_create();
		map_put(&writing->objects, object, entry);
	}
	if (str_equal(entry->called, key))
		set_called(entry, NULL);
	if (entry->is_taken) {
		line_up(entry, key);
		return false;
	}
	entry->is_taken = true;
	map_remove(&entry->in_line, key);
	return true;
}

/* The object is free: calls the next, or forgets it. */
static void call_next(struct writing *writing, const char *object, struct entry *entry, writing_fn fn, void *user)
{
	set_called(entry, line_take(entry));
	if (entry->called != NULL) {
		fn(user, entry->called);
		return;
	}
	map_remove(&writing->objects, object);
	entry_destroy(entry);
}

void writing_release(struct writing *writing, const char *object, writing_fn fn, void *user)
{
	struct entry *entry = map_get(&writing->objects, object);

	CHECK(entry != NULL && entry->is_taken);
	entry->is_taken = false;
	if (entry->called == NULL)
		call_next(writing, object, entry, fn, user);
}

void writing_pass(struct writing *writing, const char *key, writing_fn fn, void *user)
{
	size_t cursor = 0;
	const char *object;
	void *value;

	while (map_next(&writing->objects, &cursor, &object, &value)) {
		struct entry *entry = value;

		if (!str_equal(entry->called, key))
			continue;
		set_called(entry, NULL);
		if (!entry->is_taken)
			call_next(writing, object, entry, fn, user);
	}
}

void writing_destroy(struct writing *writing)
{
	size_t cursor = 0;
	const char *object;
	void *entry;

	if (writing == NULL)
		return;
	while (map_next(&writing->objects, &cursor, &object, &entry))
		entry_destroy(entry);
	map_finish(&writing->objects);
	free(writing);
}
