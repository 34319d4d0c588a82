#include "kube/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "kube/shelf.h"

struct store {
	struct shelf shelves[KIND_COUNT];
	store_change_fn on_change;
	void *user;
	bool is_telling;
	struct arena opened; /* what was unpacked for the present change */
};

int store_compare_versions(const char *a, const char *b)
{
	size_t a_len = strlen(a);
	size_t b_len = strlen(b);

	if (a_len != b_len)
		return a_len < b_len ? -1 : 1;
	return strcmp(a, b);
}

struct store *store_create(void)
{
	struct store *store = memory_alloc(sizeof(*store));

	return store;
}

void store_on_change(struct store *store, store_change_fn fn, void *user)
{
	store->on_change = fn;
	store->user = user;
}

static void tell(struct store *store, enum kind kind, const struct record *old,
		 const struct record *new)
{
	if (store->on_change == NULL)
		return;
	store->is_telling = true;
	store->on_change(store->user, kind, old, new);
	store->is_telling = false;
}

/* A change begins. */
static struct shelf *shelf_to_change(struct store *store, enum kind kind)
{
	CHECK(!store->is_telling);
	arena_reset(&store->opened);
	return &store->shelves[kind];
}

/* Nobody shall see the entry any more. */
static void hide(struct store *store, struct entry *entry, const struct record *record)
{
	shelf_hide(&store->shelves[record->kind], entry);
	tell(store, record->kind, record, NULL);
}

static void take_out(struct store *store, struct entry *entry, const struct record *record)
{
	if (!entry->is_deleted)
		hide(store, entry, record);
	shelf_remove(&store->shelves[record->kind], record->meta->namespace, record->meta->name);
}

/* old is what was there, or NULL. */
static void replace(struct store *store, const struct record *old, const struct record *record, unsigned generation)
{
	if (!shelf_put(&store->shelves[record->kind], record, generation))
		old = NULL;
	if (old != NULL && !str_equal(old->meta->uid, record->meta->uid)) {
		tell(store, record->kind, old, NULL);
		old = NULL;
	}
	tell(store, record->kind, old, record);
}

bool store_confirm(struct store *store, enum kind kind, const char *namespace, const char *name,
		   const char *uid, const char *version)
{
	struct shelf *shelf = shelf_to_change(store, kind);
	struct entry *entry = shelf_find(shelf, namespace, name);
	const struct meta *meta = entry == NULL ? NULL : shelf_open(shelf, entry, &store->opened)->meta;

	if (meta == NULL || !str_equal(meta->uid, uid) || !str_equal(meta->resource_version, version))
		return false;
	entry->generation = shelf->generation;
	return true;
}

bool store_put(struct store *store, const struct record *record)
{
	struct shelf *shelf = shelf_to_change(store, record->kind);
	struct entry *entry = shelf_find(shelf, record->meta->namespace, record->meta->name);
	const struct record *old = entry == NULL ? NULL : shelf_open(shelf, entry, &store->opened);

	if (old != NULL && str_equal(old->meta->uid, record->meta->uid))
		entry->generation = shelf->generation;
	if (old != NULL &&
	    store_compare_versions(record->meta->resource_version, old->meta->resource_version) <= 0)
		return false;
	replace(store, old, record, shelf->generation);
	return true;
}

bool store_put_written(struct store *store, const struct record *record)
{
	struct shelf *shelf = shelf_to_change(store, record->kind);
	struct entry *entry = shelf_find(shelf, record->meta->namespace, record->meta->name);
	const struct record *old = entry == NULL ? NULL : shelf_open(shelf, entry, &store->opened);
	const char *version = record->meta->resource_version;

	/* Without one: the watch is past this version and does not know the object, so it has gone since. */
	if (store_compare_versions(version, old == NULL ? shelf->position : old->meta->resource_version) <= 0)
		return false;
	/* A new one is not of the present generation: only a list or an event can confirm it. */
	replace(store, old, record, entry == NULL ? shelf->generation - 1 : entry->generation);
	return true;
}

bool store_remove_written(struct store *store, enum kind kind, const char *namespace,
			  const char *name, const char *uid, const char *version)
{
	struct shelf *shelf = shelf_to_change(store, kind);
	struct entry *entry = shelf_find(shelf, namespace, name);
	const struct record *record;

	if (entry == NULL || entry->is_deleted)
		return false;
	record = shelf_open(shelf, entry, &store->opened);
	if (!str_equal(record->meta->uid, uid) || store_compare_versions(record->meta->resource_version, version) > 0)
		return false;
	hide(store, entry, record);
	return true;
}

bool store_remove(struct store *store, const struct record *last)
{
	struct shelf *shelf = shelf_to_change(store, last->kind);
	const struct meta *meta = last->meta;
	struct entry *entry = shelf_find(shelf, meta->namespace, meta->name);
	const struct record *record = entry == NULL ? NULL : shelf_open(shelf, entry, &store->opened);

	if (record == NULL || store_compare_versions(meta->resource_version, record->meta->resource_version) < 0)
		return false;
	take_out(store, entry, record);
	shelf_tidy(shelf, meta->namespace);
	return true;
}

void store_begin(struct store *store, enum kind kind)
{
	shelf_to_change(store, kind)->generation++;
}

/* Takes out what a list of version did not name, and what is not newer. version NULL: all. */
static size_t sweep(struct store *store, enum kind kind, const char *version)
{
	struct shelf *shelf = shelf_to_change(store, kind);
	struct store_cursor cursor = STORE_CURSOR_INIT;
	size_t removed = 0;

	while (shelf_next(shelf, NULL, &cursor)) {
		const struct record *record;

		if (version != NULL && cursor.found->generation == shelf->generation)
			continue;
		arena_reset(&store->opened);
		record = shelf_open(shelf, cursor.found, &store->opened);
		if (version != NULL && store_compare_versions(record->meta->resource_version, version) > 0)
			continue;
		take_out(store, cursor.found, record);
		removed++;
	}
	shelf_tidy(shelf, NULL);
	return removed;
}

size_t store_sweep(struct store *store, enum kind kind, const char *version)
{
	size_t removed = sweep(store, kind, version);

	store_advance(store, kind, version);
	return removed;
}

void store_clear(struct store *store, enum kind kind)
{
	(void)sweep(store, kind, NULL);
	store->shelves[kind].position[0] = '\0';
}

void store_advance(struct store *store, enum kind kind, const char *version)
{
	struct shelf *shelf = shelf_to_change(store, kind);

	if (strlen(version) < sizeof(shelf->position) &&
	    store_compare_versions(version, shelf->position) > 0)
		(void)snprintf(shelf->position, sizeof(shelf->position), "%s", version);
}

const char *store_position(const struct store *store, enum kind kind)
{
	return store->shelves[kind].position;
}

static const struct entry *find_shown(const struct shelf *shelf, const char *namespace, const char *name)
{
	const struct entry *entry = shelf_find(shelf, namespace, name);

	return entry == NULL || entry->is_deleted ? NULL : entry;
}

const struct record *store_get(const struct store *store, enum kind kind, const char *namespace,
			       const char *name, struct arena *arena)
{
	const struct shelf *shelf = &store->shelves[kind];
	const struct entry *entry = find_shown(shelf, namespace, name);

	return entry == NULL ? NULL : shelf_open(shelf, entry, arena);
}

bool store_has(const struct store *store, enum kind kind, const char *namespace, const char *name)
{
	return find_shown(&store->shelves[kind], namespace, name) != NULL;
}

bool store_next(const struct store *store, enum kind kind, const char *namespace, struct store_cursor *cursor)
{
	while (shelf_next(&store->shelves[kind], namespace, cursor)) {
		if (!cursor->found->is_deleted)
			return true;
	}
	return false;
}

const struct record *store_at(const struct store *store, enum kind kind, const struct store_cursor *cursor,
			      struct arena *arena)
{
	return shelf_open(&store->shelves[kind], cursor->found, arena);
}

size_t store_count(const struct store *store, enum kind kind)
{
	return store->shelves[kind].count;
}

size_t store_bytes(const struct store *store, enum kind kind)
{
	return store->shelves[kind].bytes;
}

void store_destroy(struct store *store)
{
	if (store == NULL)
		return;
	for (int kind = 0; kind < KIND_COUNT; kind++)
		shelf_finish(&store->shelves[kind]);
	arena_finish(&store->opened);
	free(store);
}
