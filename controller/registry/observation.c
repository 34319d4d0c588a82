#include "registry/observation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* ---- keys: kind, what, who; a newline is in none of them ---- */

static char *make_key(char kind, const char *repository, const char *reference, const char *id)
{
	return memory_printf("%c\n%s\n%s\n%s", kind, repository, reference, id);
}

char *observation_tags_key(const char *repository, const struct credentials *credentials)
{
	return make_key('T', repository, "", credentials == NULL ? "" : credentials->id);
}

char *observation_digest_key(const char *repository, const char *reference,
			     const struct credentials *credentials)
{
	return make_key('D', repository, reference, credentials == NULL ? "" : credentials->id);
}

char *observation_manifest_key(const struct reference *reference, const char *digest)
{
	char place[REFERENCE_HOST_SIZE + REFERENCE_NAME_SIZE];

	snprintf(place, sizeof(place), "%s/%s", reference->host, reference->name);
	return make_key('M', place, digest, "");
}

/* ---- the store ---- */

static void unlink_one(struct observations *store, struct observation *observation)
{
	if (observation->newer != NULL)
		observation->newer->older = observation->older;
	else
		store->newest = observation->older;
	if (observation->older != NULL)
		observation->older->newer = observation->newer;
	else
		store->oldest = observation->newer;
	observation->newer = NULL;
	observation->older = NULL;
}

static void link_newest(struct observations *store, struct observation *observation)
{
	observation->older = store->newest;
	if (store->newest != NULL)
		store->newest->newer = observation;
	else
		store->oldest = observation;
	store->newest = observation;
}

/* Counts an observation's size anew. */
static void weigh(struct observations *store, struct observation *observation)
{
	store->bytes -= observation->bytes;
	observation->bytes = sizeof(*observation) + 2 * strlen(observation->key) + observation->content +
			     (observation->validator == NULL ? 0 : sizeof(*observation->validator)) +
			     (observation->failure == NULL ? 0 : sizeof(*observation->failure));
	store->bytes += observation->bytes;
}

static void forget(struct observations *store, struct observation *observation)
{
	CHECK(observation->inquiry == NULL);
	map_remove(&store->by_key, observation->key);
	unlink_one(store, observation);
	store->bytes -= observation->bytes;
	free(observation->failure);
	free(observation->names);
	free(observation->validator);
	free(observation->key);
	free(observation);
}

/* Forgets the least recently used until the limits are kept; not keep, nor what is being asked for. */
static void make_room(struct observations *store, const struct observation *keep)
{
	struct observation *next = store->oldest;

	while (next != NULL && (map_len(&store->by_key) > store->max_count || store->bytes > store->max_bytes)) {
		struct observation *observation = next;

		next = observation->newer;
		if (observation != keep && observation->inquiry == NULL)
			forget(store, observation);
	}
}

struct observation *observations_find(struct observations *store, const char *key)
{
	struct observation *observation = map_get(&store->by_key, key);

	if (observation != NULL && observation != store->newest) {
		unlink_one(store, observation);
		link_newest(store, observation);
	}
	return observation;
}

struct observation *observations_make(struct observations *store, const char *key)
{
	struct observation *observation = observations_find(store, key);

	if (observation != NULL)
		return observation;
	observation = memory_alloc(sizeof(*observation));
	observation->key = memory_strdup(key);
	map_put(&store->by_key, key, observation);
	link_newest(store, observation);
	weigh(store, observation);
	make_room(store, observation);
	return observation;
}

/* Keeps a copy of validator, which may be the one that is there. */
static void keep_validator(struct observation *observation, const struct validator *validator)
{
	struct validator *copy = NULL;

	if (validator != NULL && validator->etag[0] != '\0') {
		copy = memory_alloc(sizeof(*copy));
		*copy = *validator;
	}
	free(observation->validator);
	observation->validator = copy;
}

void observation_succeed(struct observations *store, struct observation *observation,
			 const struct validator *validator, int64_t monotonic_ms, int64_t now_ms)
{
	keep_validator(observation, validator);
	free(observation->failure);
	observation->failure = NULL;
	observation->failures = 0;
	observation->known_ms = monotonic_ms;
	observation->at_ms = now_ms;
	weigh(store, observation);
}

int observation_set_names(struct observations *store, struct observation *observation, const char *names,
			  size_t count, size_t size, struct err *err)
{
	size_t content = count * sizeof(char *) + size;
	char **block = malloc(content > 0 ? content : 1);
	char *at;
	size_t i;

	if (block == NULL)
		return err_set(err, ERR_NOMEM, "no memory for %zu tags", count);
	at = (char *)(block + count);
	memcpy(at, names, size);
	for (i = 0; i < count; i++) {
		block[i] = at;
		at += strlen(at) + 1;
	}
	free(observation->names);
	observation->names = block;
	observation->name_count = count;
	observation->content = content;
	weigh(store, observation);
	make_room(store, observation);
	return 0;
}

void observation_fail(struct observations *store, struct observation *observation, const struct err *why)
{
	if (observation->failure == NULL) {
		observation->failure = memory_alloc(sizeof(*observation->failure));
	}
	*observation->failure = *why;
	observation->failures++;
	weigh(store, observation);
	make_room(store, observation);
}

void observations_finish(struct observations *store)
{
	while (store->newest != NULL)
		forget(store, store->newest);
	map_finish(&store->by_key);
	*store = (struct observations){ .bytes = 0 };
}
