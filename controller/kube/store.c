#include "kube/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"
#include "base/str.h"

struct entry {
	struct record *record;
	unsigned generation; /* of the last list that named it */
	bool is_deleted;     /* by us, and the watch has not told anything newer yet */
};

/* The objects of one kind in one namespace. */
struct shard {
	struct map entries; /* name → struct entry */
};

struct shelf {             /* the objects of one kind */
	struct map shards; /* namespace → struct shard; none is empty */
	unsigned generation;
	size_t count;
	size_t bytes;
	char position[64];
};

struct store {
	struct shelf shelves[KIND_COUNT];
	store_change_fn on_change;
	void *user;
	bool is_telling;
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

static struct shelf *shelf_to_change(struct store *store, enum kind kind)
{
	CHECK(!store->is_telling);
	return &store->shelves[kind];
}

static struct entry *find(const struct shelf *shelf, const char *namespace, const char *name)
{
	const struct shard *shard = map_get(&shelf->shards, namespace);

	return shard == NULL ? NULL : map_get(&shard->entries, name);
}

/* The weight of a record in store_bytes(). */
static size_t weight(const struct record *record)
{
	return arena_bytes(&record->arena);
}

static struct entry *insert(struct shelf *shelf, struct record *record)
{
	const struct meta *meta = record->meta;
	struct shard *shard = map_get(&shelf->shards, meta->namespace);
	struct entry *entry = memory_alloc(sizeof(*entry));

	if (shard == NULL) {
		shard = memory_alloc(sizeof(*shard));
		(void)map_put(&shelf->shards, meta->namespace, shard);
	}
	entry->record = record_ref(record);
	(void)map_put(&shard->entries, meta->name, entry);
	shelf->count++;
	shelf->bytes += weight(record);
	return entry;
}

static void drop_shard_if_empty(struct shelf *shelf, const char *namespace)
{
	struct shard *shard = map_get(&shelf->shards, namespace);

	if (shard == NULL || shard->entries.len > 0)
		return;
	(void)map_remove(&shelf->shards, namespace);
	map_finish(&shard->entries);
	free(shard);
}

/* Nobody shall see the entry any more. */
static void hide(struct store *store, enum kind kind, struct entry *entry)
{
	struct shelf *shelf = &store->shelves[kind];

	entry->is_deleted = true;
	shelf->count--;
	shelf->bytes -= weight(entry->record);
	tell(store, kind, entry->record, NULL);
}

/* Takes the entry out of its shard and tells; the shard stays, even when it is empty now. */
static void take_out(struct store *store, enum kind kind, struct shard *shard, struct entry *entry)
{
	struct record *record = entry->record;

	(void)map_remove(&shard->entries, record->meta->name);
	if (!entry->is_deleted)
		hide(store, kind, entry);
	free(entry);
	record_unref(record);
}

static void replace(struct store *store, struct entry *entry, struct record *record)
{
	struct shelf *shelf = &store->shelves[record->kind];
	struct record *old = entry->record;
	bool was_deleted = entry->is_deleted;

	if (was_deleted)
		shelf->count++;
	else
		shelf->bytes -= weight(old);
	shelf->bytes += weight(record);
	entry->record = record_ref(record);
	entry->is_deleted = false;
	if (!was_deleted && str_equal(old->meta->uid, record->meta->uid)) {
		tell(store, record->kind, old, record);
	} else {
		if (!was_deleted)
			tell(store, record->kind, old, NULL);
		tell(store, record->kind, NULL, record);
	}
	record_unref(old);
}

bool store_confirm(struct store *store, enum kind kind, const char *namespace, const char *name,
		   const char *uid, const char *version)
{
	struct shelf *shelf = shelf_to_change(store, kind);
	struct entry *entry = find(shelf, namespace, name);

	if (entry == NULL || !str_equal(entry->record->meta->uid, uid) ||
	    !str_equal(entry->record->meta->resource_version, version))
		return false;
	entry->generation = shelf->generation;
	return true;
}

bool store_put(struct store *store, struct record *record)
{
	struct shelf *shelf = shelf_to_change(store, record->kind);
	struct entry *entry = find(shelf, record->meta->namespace, record->meta->name);

	if (entry == NULL) {
		insert(shelf, record)->generation = shelf->generation;
		tell(store, record->kind, NULL, record);
		return true;
	}
	if (str_equal(entry->record->meta->uid, record->meta->uid))
		entry->generation = shelf->generation;
	if (store_compare_versions(record->meta->resource_version,
				   entry->record->meta->resource_version) <= 0)
		return false;
	entry->generation = shelf->generation;
	replace(store, entry, record);
	return true;
}

bool store_put_written(struct store *store, struct record *record)
{
	struct shelf *shelf = shelf_to_change(store, record->kind);
	struct entry *entry = find(shelf, record->meta->namespace, record->meta->name);
	const char *version = record->meta->resource_version;

	if (entry == NULL) {
		/* The watch is past this version and does not know the object: it has gone
		 * since. */
		if (store_compare_versions(version, shelf->position) <= 0)
			return false;
		/* Not of the present generation: only a list or an event can confirm it. */
		insert(shelf, record)->generation = shelf->generation - 1;
		tell(store, record->kind, NULL, record);
		return true;
	}
	if (store_compare_versions(version, entry->record->meta->resource_version) <= 0)
		return false;
	replace(store, entry, record);
	return true;
}

bool store_remove_written(struct store *store, enum kind kind, const char *namespace,
			  const char *name, const char *uid, const char *version)
{
	struct entry *entry = find(shelf_to_change(store, kind), namespace, name);

	if (entry == NULL || entry->is_deleted || !str_equal(entry->record->meta->uid, uid) ||
	    store_compare_versions(entry->record->meta->resource_version, version) > 0)
		return false;
	hide(store, kind, entry);
	return true;
}

bool store_remove(struct store *store, const struct record *last)
{
	struct shelf *shelf = shelf_to_change(store, last->kind);
	const struct meta *meta = last->meta;
	struct entry *entry = find(shelf, meta->namespace, meta->name);

	if (entry == NULL || store_compare_versions(meta->resource_version,
						    entry->record->meta->resource_version) < 0)
		return false;
	take_out(store, last->kind, map_get(&shelf->shards, meta->namespace), entry);
	drop_shard_if_empty(shelf, meta->namespace);
	return true;
}

void store_begin(struct store *store, enum kind kind)
{
	shelf_to_change(store, kind)->generation++;
}

/* Removes the entries that a list of version did not name. version NULL: all entries. */
static size_t sweep(struct store *store, enum kind kind, const char *version)
{
	struct shelf *shelf = shelf_to_change(store, kind);
	const char *namespace;
	size_t removed = 0;
	size_t at_shard = 0;
	void *shard;

	while (map_next(&shelf->shards, &at_shard, &namespace, &shard)) {
		struct map *entries = &((struct shard *)shard)->entries;
		const char *name;
		size_t at_entry = 0;
		void *item;

		while (map_next(entries, &at_entry, &name, &item)) {
			struct entry *entry = item;

			if (version != NULL &&
			    (entry->generation == shelf->generation ||
			     store_compare_versions(entry->record->meta->resource_version,
						    version) > 0))
				continue;
			take_out(store, kind, shard, entry);
			removed++;
		}
		drop_shard_if_empty(shelf, namespace);
	}
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

const struct record *store_get(const struct store *store, enum kind kind, const char *namespace,
			       const char *name)
{
	const struct entry *entry = find(&store->shelves[kind], namespace, name);

	return entry == NULL || entry->is_deleted ? NULL : entry->record;
}

/* The shard that the walk is to go on in; NULL at the end. */
static const struct shard *next_shard(const struct shelf *shelf, const char *namespace,
				      struct store_cursor *cursor)
{
	const char *key;
	void *shard = NULL;

	if (namespace == NULL)
		return map_next(&shelf->shards, &cursor->shard, &key, &shard) ? shard : NULL;
	return cursor->shard++ == 0 ? map_get(&shelf->shards, namespace) : NULL;
}

bool store_next(const struct store *store, enum kind kind, const char *namespace,
		struct store_cursor *cursor, const struct record **ret_record)
{
	const struct shelf *shelf = &store->shelves[kind];
	const char *name;
	void *item;

	for (;;) {
		const struct shard *shard = cursor->within;

		if (shard != NULL && map_next(&shard->entries, &cursor->entry, &name, &item)) {
			const struct entry *entry = item;

			if (entry->is_deleted)
				continue;
			*ret_record = entry->record;
			return true;
		}
		cursor->within = next_shard(shelf, namespace, cursor);
		cursor->entry = 0;
		if (cursor->within == NULL)
			return false;
	}
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
	store->on_change = NULL;
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		store_clear(store, (enum kind)kind);
		map_finish(&store->shelves[kind].shards);
	}
	free(store);
}
