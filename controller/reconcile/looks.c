#include "reconcile/looks.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/memory.h"
#include "base/str.h"

/* A Kubernetes name has at most 253 bytes, a namespace 63; a field manager 128. */
#define KEY_SIZE 384
#define MANAGER_SIZE 129

struct entry {
	struct record *record; /* the workload that was read; NULL */
	bool has_read_failed;
	bool is_refused;
	struct err err; /* of the failed read, else of the refused apply */
	int64_t err_until_ms;
	int64_t err_again_ms; /* when what failed may be tried again */
	int64_t record_until_ms;
	char manager[MANAGER_SIZE];
	int64_t manager_until_ms;
	int64_t manager_again_ms;
	int64_t mismatch_ms; /* since when applies are answered with other images; 0: they are not
			      */
	int64_t trouble_ms; /* since when applies are not answered; 0: they are */
};

struct looks {
	struct map entries; /* "Kind/namespace/name" → struct entry * */
};

struct looks *looks_create(void)
{
	struct looks *looks = memory_alloc(sizeof(*looks));

	return looks;
}

static void entry_free(struct entry *entry)
{
	if (entry == NULL)
		return;
	record_unref(entry->record);
	free(entry);
}

void looks_destroy(struct looks *looks)
{
	size_t cursor = 0;
	const char *key;
	void *value;

	if (looks == NULL)
		return;
	while (map_next(&looks->entries, &cursor, &key, &value))
		entry_free(value);
	map_finish(&looks->entries);
	free(looks);
}

static const char *entry_key(char key[static KEY_SIZE], enum workload_kind kind,
			     const char *namespace, const char *name)
{
	(void)snprintf(key, KEY_SIZE, "%s/%s/%s", workload_kind_name(kind), namespace, name);
	return key;
}

static struct entry *entry_make(struct looks *looks, enum workload_kind kind, const char *namespace,
				const char *name)
{
	char key[KEY_SIZE];
	struct entry *entry = map_get(&looks->entries, entry_key(key, kind, namespace, name));

	if (entry != NULL)
		return entry;
	entry = memory_alloc(sizeof(*entry));
	map_put(&looks->entries, key, entry);
	return entry;
}

/* Of an apply that was answered, whatever the answer was. */
static struct entry *entry_answered(struct looks *looks, enum workload_kind kind, const char *namespace,
				    const char *name)
{
	struct entry *entry = entry_make(looks, kind, namespace, name);

	entry->trouble_ms = 0;
	return entry;
}

bool looks_found(struct looks *looks, enum workload_kind kind, const char *namespace,
		 const char *name, struct record *record, int64_t now_ms)
{
	struct entry *entry = entry_make(looks, kind, namespace, name);
	bool is_news =
		entry->record == NULL || entry->record_until_ms <= now_ms ||
		!str_equal(entry->record->meta->resource_version, record->meta->resource_version);

	record_ref(record);
	record_unref(entry->record);
	entry->record = record;
	entry->record_until_ms = now_ms + LOOKS_LIFE_MS;
	entry->has_read_failed = false;
	return is_news;
}

static bool entry_set_err(struct entry *entry, const struct err *err, bool is_read, int64_t now_ms,
			  int64_t life_ms, int64_t again_ms)
{
	bool is_same_kind = is_read ? entry->has_read_failed : entry->is_refused;
	bool is_news = !is_same_kind || entry->err_until_ms <= now_ms ||
		       !err_is_same(&entry->err, err);

	entry->has_read_failed = is_read;
	entry->is_refused = !is_read;
	entry->err = *err;
	entry->err_until_ms = now_ms + life_ms;
	entry->err_again_ms = now_ms + again_ms;
	return is_news;
}

bool looks_not_read(struct looks *looks, enum workload_kind kind, const char *namespace,
		    const char *name, const struct err *err, int64_t now_ms)
{
	struct entry *entry = entry_make(looks, kind, namespace, name);
	int64_t life_ms = err_is_answer(err) ? LOOKS_LIFE_MS : LOOKS_UNANSWERED_LIFE_MS;

	record_unref(entry->record);
	entry->record = NULL;
	return entry_set_err(entry, err, true, now_ms, life_ms, life_ms);
}

int64_t looks_refusal_ms(const struct err *err)
{
	return err->class == ERR_DENIED ? LOOKS_LIFE_MS : LOOKS_REFUSAL_MS;
}

bool looks_refused(struct looks *looks, enum workload_kind kind, const char *namespace,
		   const char *name, const struct err *err, int64_t now_ms)
{
	return entry_set_err(entry_answered(looks, kind, namespace, name), err, false, now_ms,
			     LOOKS_TOLD_MS, looks_refusal_ms(err));
}

bool looks_trouble(struct looks *looks, enum workload_kind kind, const char *namespace,
		   const char *name, const struct err *err, int64_t now_ms)
{
	struct entry *entry = entry_make(looks, kind, namespace, name);

	if (entry->trouble_ms == 0)
		entry->trouble_ms = now_ms;
	if (now_ms - entry->trouble_ms < LOOKS_TROUBLE_MS)
		return false;
	return entry_set_err(entry, err, false, now_ms, LOOKS_TOLD_MS, 0);
}

bool looks_conflict(struct looks *looks, enum workload_kind kind, const char *namespace,
		    const char *name, const char *manager, int64_t now_ms)
{
	struct entry *entry = entry_answered(looks, kind, namespace, name);
	bool is_news = entry->manager_until_ms <= now_ms || !str_equal(entry->manager, manager);

	(void)snprintf(entry->manager, sizeof(entry->manager), "%s", manager);
	entry->manager_until_ms = now_ms + LOOKS_TOLD_MS;
	entry->manager_again_ms = now_ms + LOOKS_LIFE_MS;
	return is_news;
}

int64_t looks_mismatch(struct looks *looks, enum workload_kind kind, const char *namespace,
		       const char *name, int64_t now_ms)
{
	struct entry *entry = entry_answered(looks, kind, namespace, name);

	if (entry->mismatch_ms == 0)
		entry->mismatch_ms = now_ms;
	return entry->mismatch_ms;
}

bool looks_forget(struct looks *looks, enum workload_kind kind, const char *namespace,
		  const char *name)
{
	char key[KEY_SIZE];
	struct entry *entry = map_remove(&looks->entries, entry_key(key, kind, namespace, name));
	bool was_there = entry != NULL;

	entry_free(entry);
	return was_there;
}

static void keep_earlier(int64_t *ret_until_ms, int64_t until_ms)
{
	if (until_ms < *ret_until_ms)
		*ret_until_ms = until_ms;
}

static void keep_next(int64_t *ret_until_ms, int64_t now_ms, int64_t again_ms, int64_t until_ms)
{
	keep_earlier(ret_until_ms, again_ms > now_ms ? again_ms : until_ms);
}

void looks_fill(const struct looks *looks, enum workload_kind kind, const char *namespace,
		const char *name, int64_t now_ms, struct arena *arena, struct workload_look *look,
		int64_t *ret_until_ms)
{
	char key[KEY_SIZE];
	const struct entry *entry = map_get(&looks->entries, entry_key(key, kind, namespace, name));

	if (entry == NULL)
		return;
	if (entry->record != NULL && entry->record_until_ms > now_ms) {
		look->state = KNOWLEDGE_KNOWN;
		look->workload = entry->record->object;
		keep_earlier(ret_until_ms, entry->record_until_ms);
	}
	if ((entry->has_read_failed || entry->is_refused) && entry->err_until_ms > now_ms) {
		if (entry->has_read_failed)
			look->state = KNOWLEDGE_FAILED;
		look->failure.class = entry->err.class;
		look->failure.message = arena_strdup(arena, entry->err.text);
		look->failure.retry_ms = entry->err_again_ms;
		keep_next(ret_until_ms, now_ms, entry->err_again_ms, entry->err_until_ms);
	}
	if (entry->manager_until_ms > now_ms) {
		look->conflict_manager = arena_strdup(arena, entry->manager);
		look->conflict_retry_ms = entry->manager_again_ms;
		keep_next(ret_until_ms, now_ms, entry->manager_again_ms, entry->manager_until_ms);
	}
}

static bool entry_is_old(const struct entry *entry, int64_t now_ms)
{
	return (entry->record == NULL || entry->record_until_ms <= now_ms) &&
	       entry->err_until_ms <= now_ms && entry->manager_until_ms <= now_ms &&
	       (entry->mismatch_ms == 0 || entry->mismatch_ms + LOOKS_REFUSAL_MS <= now_ms) &&
	       (entry->trouble_ms == 0 || entry->trouble_ms + LOOKS_TOLD_MS <= now_ms);
}

void looks_sweep(struct looks *looks, int64_t now_ms)
{
	size_t cursor = 0;
	const char *key;
	void *value;

	while (map_next(&looks->entries, &cursor, &key, &value)) {
		if (entry_is_old(value, now_ms))
			entry_free(map_remove(&looks->entries, key));
	}
}
