#include "kube/shelf.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* The objects of one namespace. */
struct shard {
	struct set entries;
};

static const char *name_of(const void *entry)
{
	return ((const struct entry *)entry)->bytes;
}

static const char *channel_of(const struct entry *entry)
{
	return entry->bytes + strlen(entry->bytes) + 1;
}

struct entry *shelf_find(const struct shelf *shelf, const char *namespace, const char *name)
{
	const struct shard *shard = map_get(&shelf->shards, namespace);

	return shard == NULL ? NULL : set_get(&shard->entries, name_of, name);
}

const struct record *shelf_open(const struct shelf *shelf, const struct entry *entry, struct arena *arena)
{
	const char *channel = channel_of(entry);

	return packer_unpack(&shelf->packer, &entry->packing, channel + strlen(channel) + 1, arena);
}

static struct entry *pack(struct shelf *shelf, const struct record *record)
{
	const char *channel = record_channel(record);
	size_t name_size = strlen(record->meta->name) + 1;
	size_t channel_size = strlen(channel) + 1;
	struct packing packing;
	const char *packed = packer_pack(&shelf->packer, record, &packing);
	struct entry *entry = memory_alloc(sizeof(*entry) + name_size + channel_size + packing.len);

	entry->packing = packing;
	memcpy(entry->bytes, record->meta->name, name_size);
	memcpy(entry->bytes + name_size, channel, channel_size);
	memcpy(entry->bytes + name_size + channel_size, packed, packing.len);
	return entry;
}

static struct shard *shard_of(struct shelf *shelf, const char *namespace)
{
	struct shard *shard = map_get(&shelf->shards, namespace);

	if (shard == NULL) {
		shard = memory_alloc(sizeof(*shard));
		(void)map_put(&shelf->shards, namespace, shard);
	}
	return shard;
}

static void count_out(struct shelf *shelf, const struct entry *entry)
{
	shelf->count--;
	shelf->bytes -= entry->packing.len;
}

bool shelf_put(struct shelf *shelf, const struct record *record, unsigned generation)
{
	struct entry *entry = pack(shelf, record);
	struct entry *before = set_put(&shard_of(shelf, record->meta->namespace)->entries, name_of, entry);
	bool was_shown = before != NULL && !before->is_deleted;

	entry->generation = generation;
	if (was_shown)
		count_out(shelf, before);
	shelf->count++;
	shelf->bytes += entry->packing.len;
	free(before);
	return was_shown;
}

void shelf_hide(struct shelf *shelf, struct entry *entry)
{
	count_out(shelf, entry);
	entry->is_deleted = true;
}

void shelf_remove(struct shelf *shelf, const char *namespace, const char *name)
{
	struct shard *shard = map_get(&shelf->shards, namespace);
	struct entry *entry = set_remove(&shard->entries, name_of, name);

	if (!entry->is_deleted)
		count_out(shelf, entry);
	free(entry);
}

static void tidy(struct shelf *shelf, const char *namespace, struct shard *shard)
{
	if (shard->entries.len > 0)
		return;
	(void)map_remove(&shelf->shards, namespace);
	set_finish(&shard->entries);
	free(shard);
}

void shelf_tidy(struct shelf *shelf, const char *namespace)
{
	const char *key;
	size_t cursor = 0;
	void *shard = namespace == NULL ? NULL : map_get(&shelf->shards, namespace);

	if (shard != NULL)
		tidy(shelf, namespace, shard);
	while (namespace == NULL && map_next(&shelf->shards, &cursor, &key, &shard))
		tidy(shelf, key, shard);
}

/* The shard that the walk is to go on in; NULL at the end. */
static const struct shard *next_shard(const struct shelf *shelf, const char *namespace, struct store_cursor *cursor)
{
	void *shard = NULL;

	if (namespace == NULL)
		return map_next(&shelf->shards, &cursor->shard, &cursor->namespace, &shard) ? shard : NULL;
	cursor->namespace = namespace;
	return cursor->shard++ == 0 ? map_get(&shelf->shards, namespace) : NULL;
}

bool shelf_next(const struct shelf *shelf, const char *namespace, struct store_cursor *cursor)
{
	void *item;

	for (;;) {
		const struct shard *shard = cursor->within;

		if (shard != NULL && set_next(&shard->entries, &cursor->entry, &item)) {
			cursor->found = item;
			cursor->name = name_of(item);
			cursor->channel = channel_of(item);
			return true;
		}
		cursor->within = next_shard(shelf, namespace, cursor);
		cursor->entry = 0;
		if (cursor->within == NULL)
			return false;
	}
}

void shelf_finish(struct shelf *shelf)
{
	struct store_cursor cursor = STORE_CURSOR_INIT;

	while (shelf_next(shelf, NULL, &cursor))
		shelf_remove(shelf, cursor.namespace, cursor.name);
	shelf_tidy(shelf, NULL);
	map_finish(&shelf->shards);
	packer_finish(&shelf->packer);
}
