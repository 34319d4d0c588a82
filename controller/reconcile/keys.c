#include "reconcile/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"

struct entry {
	struct signer signer;
	int64_t at_ms;      /* when the signer was read; 0: never */
	struct err failure; /* the last answer, when it was not usable */
	int64_t retry_ms;
	int64_t used_ms;
};

struct keys {
	struct map entries; /* "namespace configmap entry" → struct entry * */
};

struct keys *keys_create(void)
{
	struct keys *keys = memory_alloc(sizeof(*keys));

	return keys;
}

/* A space is in none of the three. */
static char *make_text(const char *namespace, const struct signature_key *key)
{
	return memory_printf("%s %s %s", namespace, key->config_map, key->entry);
}

static struct entry *find(struct keys *keys, const char *namespace, const struct signature_key *key)
{
	char *text = make_text(namespace, key);
	struct entry *entry = map_get(&keys->entries, text);

	free(text);
	return entry;
}

static struct entry *make(struct keys *keys, const char *namespace, const struct signature_key *key, int64_t now_ms)
{
	struct entry *entry = find(keys, namespace, key);
	char *text;

	if (entry == NULL) {
		text = make_text(namespace, key);
		entry = memory_alloc(sizeof(*entry));
		map_put(&keys->entries, text, entry);
		free(text);
	}
	entry->used_ms = now_ms;
	return entry;
}

void keys_fail(struct keys *keys, const char *namespace, const struct signature_key *key, const struct err *err,
	       int64_t now_ms)
{
	struct entry *entry = make(keys, namespace, key, now_ms);

	entry->failure = *err;
	entry->retry_ms = now_ms + KEYS_FAILURE_MS;
}

void keys_take(struct keys *keys, const char *namespace, const struct signature_key *key, const char *text, int64_t now_ms)
{
	struct signer signer = { .count = 0 };
	struct err err = ERR_INIT;
	struct entry *entry;

	if (public_keys_parse(text, strlen(text), signer.keys, &signer.count, &err) < 0) {
		keys_fail(keys, namespace, key, &err, now_ms);
		return;
	}
	entry = make(keys, namespace, key, now_ms);
	entry->signer = signer;
	entry->at_ms = now_ms;
	err_clear(&entry->failure);
}

void keys_fill(struct keys *keys, const char *namespace, const struct signature_key *key, int64_t now_ms,
	       struct arena *arena, struct key_look *ret_look)
{
	struct entry *entry = find(keys, namespace, key);
	const char **ids;

	*ret_look = (struct key_look){ .state = KNOWLEDGE_NONE };
	if (entry == NULL)
		return;
	entry->used_ms = now_ms;
	if (err_is_set(&entry->failure)) {
		ret_look->state = KNOWLEDGE_FAILED;
		ret_look->failure = (struct lookup_failure){ .class = entry->failure.class,
							     .message = arena_strdup(arena, entry->failure.text),
							     .retry_ms = entry->retry_ms };
		return;
	}
	ids = arena_new_array(arena, entry->signer.count, const char *);
	for (size_t i = 0; i < entry->signer.count; i++)
		ids[i] = arena_strdup(arena, entry->signer.keys[i].id);
	*ret_look = (struct key_look){ .state = KNOWLEDGE_KNOWN,
				       .ids = ids,
				       .id_count = entry->signer.count,
				       .at_ms = entry->at_ms };
}

bool keys_policy(struct keys *keys, const char *namespace, const struct signatures *wanted,
		 struct signature_policy *ret_policy)
{
	struct arena arena = ARENA_INIT;
	struct key_look looks[SIGNATURE_KEYS_MAX];
	bool is_whole;

	*ret_policy = (struct signature_policy){ .count = wanted->count,
						 .threshold = wanted->threshold,
						 .must_match_repository = wanted->must_match_repository };
	for (size_t i = 0; i < wanted->count; i++) {
		const struct entry *entry = find(keys, namespace, &wanted->keys[i]);

		keys_fill(keys, namespace, &wanted->keys[i], entry == NULL ? 0 : entry->used_ms, &arena, &looks[i]);
		if (entry != NULL)
			ret_policy->signers[i] = entry->signer;
	}
	is_whole = world_signature_policy(wanted, looks, ret_policy->id);
	arena_finish(&arena);
	return is_whole;
}

void keys_sweep(struct keys *keys, int64_t now_ms)
{
	size_t cursor = 0;
	const char *text;
	void *value;

	while (map_next(&keys->entries, &cursor, &text, &value)) {
		struct entry *entry = value;

		if (now_ms - entry->used_ms < KEYS_LIFE_MS)
			continue;
		map_remove(&keys->entries, text);
		free(entry);
	}
}

void keys_destroy(struct keys *keys)
{
	size_t cursor = 0;
	const char *text;
	void *value;

	if (keys == NULL)
		return;
	while (map_next(&keys->entries, &cursor, &text, &value))
		free(value);
	map_finish(&keys->entries);
	free(keys);
}
