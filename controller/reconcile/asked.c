#include "reconcile/asked.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/vec.h"
#include "registry/tagfilter.h"
#include "registry/verdicts.h"

struct asked_reference { /* a tag or a digest that was asked for */
	int64_t asked_ms;
	char text[];
};

struct entry {
	char *key;
	char *namespace;
	char *repository;
	char id[SHA256_HEX_SIZE]; /* of the credentials that the answers were got with; "":
				     anonymous */
	struct err failure;       /* of the pull secret */
	int64_t failure_until_ms;
	struct vec references;    /* struct asked_reference * */
	struct map channels;      /* name → the entry itself: a set */
	int64_t asked_ms;
};

struct asked {
	struct registry *registry;
	struct map entries; /* "namespace repository secret" → struct entry * */
};

struct asked *asked_create(struct registry *registry)
{
	struct asked *asked = memory_alloc(sizeof(*asked));

	asked->registry = registry;
	return asked;
}

static void entry_free(struct entry *entry)
{
	if (entry == NULL)
		return;
	for (size_t i = 0; i < entry->references.len; i++)
		free(entry->references.items[i]);
	vec_finish(&entry->references);
	map_finish(&entry->channels);
	free(entry->key);
	free(entry->namespace);
	free(entry->repository);
	free(entry);
}

void asked_destroy(struct asked *asked)
{
	size_t cursor = 0;
	const char *key;
	void *value;

	if (asked == NULL)
		return;
	while (map_next(&asked->entries, &cursor, &key, &value))
		entry_free(value);
	map_finish(&asked->entries);
	free(asked);
}

/* The entry's key as a malloc'd text: none of the three may hold a space. */
static char *place_key(const struct asked_place *place)
{
	return memory_printf("%s %s %s", place->namespace, place->repository, place->secret == NULL ? "" : place->secret);
}

static struct entry *entry_find(const struct asked *asked, const struct asked_place *place)
{
	char *key = place_key(place);
	struct entry *entry = map_get(&asked->entries, key);

	free(key);
	return entry;
}

static struct entry *entry_make(struct asked *asked, const struct asked_place *place)
{
	struct entry *entry = entry_find(asked, place);

	if (entry != NULL)
		return entry;
	entry = memory_alloc(sizeof(*entry));
	entry->key = place_key(place);
	entry->namespace = memory_strdup(place->namespace);
	entry->repository = memory_strdup(place->repository);
	map_put(&asked->entries, entry->key, entry);
	return entry;
}

static void drop_oldest_reference(struct entry *entry)
{
	size_t oldest = 0;

	for (size_t i = 1; i < entry->references.len; i++) {
		const struct asked_reference *a = entry->references.items[i];
		const struct asked_reference *b = entry->references.items[oldest];

		if (a->asked_ms < b->asked_ms)
			oldest = i;
	}
	free(entry->references.items[oldest]);
	vec_remove_unordered(&entry->references, oldest);
}

static void note_reference(struct entry *entry, const char *text, int64_t now_ms)
{
	size_t size = strlen(text) + 1;
	struct asked_reference *reference;

	for (size_t i = 0; i < entry->references.len; i++) {
		reference = entry->references.items[i];
		if (str_equal(reference->text, text)) {
			reference->asked_ms = now_ms;
			return;
		}
	}
	if (entry->references.len == ASKED_REFERENCES_MAX)
		drop_oldest_reference(entry);
	reference = memory_alloc(sizeof(*reference) + size);
	reference->asked_ms = now_ms;
	memcpy(reference->text, text, size);
	vec_push(&entry->references, reference);
}

void asked_note(struct asked *asked, const struct asked_place *place, const char *channel,
		const char *reference, int64_t now_ms)
{
	struct entry *entry = entry_make(asked, place);

	entry->asked_ms = now_ms;
	map_put(&entry->channels, channel, entry);
	if (reference != NULL)
		note_reference(entry, reference, now_ms);
}

void asked_set_credentials(struct asked *asked, const struct asked_place *place, const char *id)
{
	struct entry *entry = entry_make(asked, place);

	(void)snprintf(entry->id, sizeof(entry->id), "%s", id);
	err_clear(&entry->failure);
}

void asked_set_failure(struct asked *asked, const struct asked_place *place, const struct err *err, int64_t now_ms)
{
	struct entry *entry = entry_make(asked, place);

	entry->failure = *err;
	entry->failure_until_ms = now_ms + ASKED_FAILURE_MS;
}

void asked_each_channel(const struct asked *asked, const char *repository, asked_channel_fn fn, void *user)
{
	size_t cursor = 0;
	const char *key;
	void *value;

	while (map_next(&asked->entries, &cursor, &key, &value)) {
		const struct entry *entry = value;
		size_t inner = 0;

		if (!str_equal(entry->repository, repository))
			continue;
		while (map_next(&entry->channels, &inner, &key, &value))
			fn(user, entry->namespace, key);
	}
}

static void set_failure(struct lookup_failure *failure, const struct err *err, int64_t retry_ms, struct arena *arena)
{
	failure->class = err->class;
	failure->message = arena_strdup(arena, err->text);
	failure->retry_ms = retry_ms;
}

/* Whose answers the entry may see. The registry room looks at the id alone. */
static struct credentials entry_credentials(const struct entry *entry)
{
	struct credentials credentials = CREDENTIALS_INIT;

	memcpy(credentials.id, entry->id, sizeof(credentials.id));
	return credentials;
}

static enum knowledge knowledge_of(enum observed_state state)
{
	static const enum knowledge knowledge[] = {
		[OBSERVED_NONE] = KNOWLEDGE_NONE,
		[OBSERVED_PENDING] = KNOWLEDGE_PENDING,
		[OBSERVED_KNOWN] = KNOWLEDGE_KNOWN,
		[OBSERVED_FAILED] = KNOWLEDGE_FAILED,
	};

	return knowledge[state];
}

/* ---- tags ---- */

static void add_tags(struct tags_look *look, const struct tags_observation *seen,
		     struct arena *arena)
{
	look->tags = arena_new_array(arena, seen->count, struct tag);
	look->count = seen->count;
	for (size_t i = 0; i < seen->count; i++) {
		look->tags[i].name = arena_strdup(arena, seen->names[i]);
		look->tags[i].key = look->tags[i].name;
	}
}

static void add_matching_tags(struct tags_look *look, const struct tags_observation *seen,
			      const char *pattern, struct arena *arena)
{
	struct tagfilter_match *matches = NULL;
	struct err err = ERR_INIT;
	size_t count = 0;

	if (tagfilter_apply(pattern, seen->names, seen->count, arena, &matches, &count, &err) < 0) {
		look->pattern_error = arena_strdup(arena, err.text);
		return;
	}
	look->tags = arena_new_array(arena, count, struct tag);
	look->count = count;
	for (size_t i = 0; i < count; i++)
		look->tags[i] = (struct tag){ .name = matches[i].name, .key = matches[i].key };
}

/* What the pattern says of itself and of the tag chosen last needs no answer of a registry. */
static void judge_pattern(struct tags_look *look, const char *pattern, const char *last_tag,
			  struct arena *arena)
{
	struct tagfilter_match *matches = NULL;
	struct err err = ERR_INIT;
	size_t count = 0;

	if (tagfilter_check(pattern, &err) < 0) {
		look->pattern_error = arena_strdup(arena, err.text);
		return;
	}
	if (last_tag != NULL &&
	    tagfilter_apply(pattern, &last_tag, 1, arena, &matches, &count, &err) == 0 &&
	    count == 1)
		look->last_key = matches[0].key;
}

void asked_fill_tags(struct asked *asked, const struct asked_place *place,
		     const struct intake *intake, const char *last_tag, struct arena *arena,
		     struct tags_look *ret_look)
{
	const struct entry *entry = entry_find(asked, place);
	const struct tags_observation *seen;
	struct credentials credentials;

	*ret_look = (struct tags_look){ .state = KNOWLEDGE_NONE };
	if (intake->policy == INTAKE_NEWEST)
		judge_pattern(ret_look, intake->pattern, last_tag, arena);
	else
		ret_look->last_key = last_tag;
	if (entry == NULL)
		return;
	credentials = entry_credentials(entry);
	seen = registry_tags(asked->registry, place->repository, &credentials);
	ret_look->state = knowledge_of(seen->state);
	ret_look->at_ms = seen->at_ms;
	if (seen->state == OBSERVED_FAILED)
		set_failure(&ret_look->failure, &seen->err, seen->retry_at_ms, arena);
	if (intake->policy != INTAKE_NEWEST)
		add_tags(ret_look, seen, arena);
	else if (ret_look->pattern_error == NULL)
		add_matching_tags(ret_look, seen, intake->pattern, arena);
	if (err_is_set(&entry->failure)) {
		ret_look->state = KNOWLEDGE_FAILED;
		set_failure(&ret_look->failure, &entry->failure, entry->failure_until_ms, arena);
	}
}

/* ---- digests ---- */

static struct digest_look *digest_look(struct asked *asked, const struct entry *entry,
				       const char *reference, struct arena *arena)
{
	struct digest_look *look = arena_new(arena, struct digest_look);
	const struct credentials credentials = entry_credentials(entry);
	const struct digest_observation *seen =
		registry_digest(asked->registry, entry->repository, reference, &credentials);

	look->repository = arena_strdup(arena, entry->repository);
	look->reference = arena_strdup(arena, reference);
	look->state = knowledge_of(seen->state);
	look->digest = seen->digest[0] == '\0' ? NULL : arena_strdup(arena, seen->digest);
	look->at_ms = seen->at_ms;
	if (seen->state == OBSERVED_FAILED)
		set_failure(&look->failure, &seen->err, seen->retry_at_ms, arena);
	if (err_is_set(&entry->failure)) {
		look->state = KNOWLEDGE_FAILED;
		set_failure(&look->failure, &entry->failure, entry->failure_until_ms, arena);
	}
	return look;
}

void asked_each_digest(struct asked *asked, const struct asked_place *place, struct arena *arena,
		       void (*fn)(void *user, const void *digest_look), void *user)
{
	const struct entry *entry = entry_find(asked, place);

	for (size_t i = 0; entry != NULL && i < entry->references.len; i++) {
		const struct asked_reference *reference = entry->references.items[i];

		fn(user, digest_look(asked, entry, reference->text, arena));
	}
}

/* ---- signatures ---- */

void asked_fill_signature(struct asked *asked, const struct asked_place *place, const char *digest, const char *policy,
			  int64_t now_ms, struct arena *arena, struct signature_look *ret_look)
{
	struct entry *entry = entry_find(asked, place);
	const struct verdict_observation *seen;
	struct credentials credentials;

	*ret_look = (struct signature_look){ .state = KNOWLEDGE_NONE };
	if (entry == NULL)
		return;
	entry->asked_ms = now_ms;
	credentials = entry_credentials(entry);
	seen = verdicts_find(registry_verdicts(asked->registry), place->repository, digest, policy, &credentials);
	ret_look->state = knowledge_of(seen->state);
	ret_look->signers = seen->verdict.signers;
	ret_look->found = seen->verdict.found;
	ret_look->note = seen->verdict.note[0] == '\0' ? NULL : arena_strdup(arena, seen->verdict.note);
	ret_look->at_ms = seen->at_ms;
	if (seen->state == OBSERVED_FAILED)
		set_failure(&ret_look->failure, &seen->err, seen->retry_at_ms, arena);
	if (err_is_set(&entry->failure)) {
		ret_look->state = KNOWLEDGE_FAILED;
		set_failure(&ret_look->failure, &entry->failure, entry->failure_until_ms, arena);
	}
}

static void sweep_references(struct entry *entry, int64_t before_ms)
{
	size_t i = 0;

	while (i < entry->references.len) {
		struct asked_reference *reference = entry->references.items[i];

		if (reference->asked_ms >= before_ms) {
			i++;
			continue;
		}
		free(reference);
		vec_remove_unordered(&entry->references, i);
	}
}

static void sweep_channels(struct entry *entry, asked_is_there_fn is_there, const void *user)
{
	size_t cursor = 0;
	const char *channel;
	void *value;

	while (map_next(&entry->channels, &cursor, &channel, &value)) {
		if (!is_there(user, entry->namespace, channel))
			map_remove(&entry->channels, channel);
	}
}

void asked_sweep(struct asked *asked, int64_t now_ms, asked_is_there_fn is_there, const void *user)
{
	int64_t before_ms = now_ms - ASKED_LIFE_MS;
	size_t cursor = 0;
	const char *key;
	void *value;

	while (map_next(&asked->entries, &cursor, &key, &value)) {
		struct entry *entry = value;

		sweep_channels(entry, is_there, user);
		if (entry->asked_ms < before_ms || map_len(&entry->channels) == 0) {
			map_remove(&asked->entries, key);
			entry_free(entry);
		} else {
			sweep_references(entry, before_ms);
		}
	}
}
