#include "registry/observed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "registry/patience.h"
#include "registry/hosts.h"
#include "registry/mirror.h"
#include "registry/observation.h"
#include "registry/reference.h"
#include "registry/resolve.h"
#include "registry/tags.h"
#include "registry/verdicts.h"

#define DEFAULT_OBSERVATIONS 16384
#define DEFAULT_BYTES ((size_t)32 << 20)

struct registry {
	struct hosts hosts;
	struct observations store;
	struct verdicts *verdicts;
	void (*on_observed)(void *user, const char *repository);
	void *user;
	int64_t (*now_ms)(void);
	struct inquiry *inquiries; /* all that are under way */
	uint64_t answers;
	uint64_t failures;
	struct tags_observation tags; /* what registry_tags() returned last */
	struct digest_observation digest;
};

/* A question under way. It knows its observation by the key alone. */
struct inquiry {
	struct inquiry *next;
	struct inquiry *previous;
	struct registry *registry;
	char *key;
	char *repository;
	struct tags *tags;       /* one of both */
	struct resolve *resolve;
};

/* ---- inquiries ---- */

static struct inquiry *inquiry_create(struct registry *registry, const char *key, const char *repository)
{
	struct inquiry *inquiry = memory_alloc(sizeof(*inquiry));

	inquiry->registry = registry;
	inquiry->key = memory_strdup(key);
	inquiry->repository = memory_strdup(repository);
	inquiry->next = registry->inquiries;
	if (inquiry->next != NULL)
		inquiry->next->previous = inquiry;
	registry->inquiries = inquiry;
	return inquiry;
}

/* Takes it off the list, and off its observation. */
static void inquiry_destroy(struct inquiry *inquiry)
{
	struct registry *registry = inquiry->registry;
	struct observation *observation = observations_find(&registry->store, inquiry->key);

	CHECK(observation != NULL);
	observation->inquiry = NULL;
	if (inquiry->previous != NULL)
		inquiry->previous->next = inquiry->next;
	else
		registry->inquiries = inquiry->next;
	if (inquiry->next != NULL)
		inquiry->next->previous = inquiry->previous;
	free(inquiry->key);
	free(inquiry->repository);
	free(inquiry);
}

/* ---- answers ---- */

static void fail(struct registry *registry, struct observation *observation, const struct err *why)
{
	int64_t delay_ms = patience_ms(why, observation->failures);

	observation->retry_ms = registry->hosts.monotonic_ms() + delay_ms;
	observation->retry_at_ms = registry->now_ms() + delay_ms;
	observation_fail(&registry->store, observation, why);
	registry->failures++;
}

static void succeed(struct registry *registry, struct observation *observation,
		    const struct validator *validator)
{
	observation_succeed(&registry->store, observation, validator, registry->hosts.monotonic_ms(),
			    registry->now_ms());
	registry->answers++;
}

/* Ends an inquiry whose observation is up to date, and tells. */
static void tell(struct inquiry *inquiry)
{
	struct registry *registry = inquiry->registry;
	char *repository = memory_strdup(inquiry->repository);

	inquiry_destroy(inquiry);
	if (registry->on_observed != NULL)
		registry->on_observed(registry->user, repository);
	free(repository);
}

static void on_tags(void *user, const struct tags_list *list, const struct err *err)
{
	struct inquiry *inquiry = user;
	struct registry *registry = inquiry->registry;
	struct observation *observation = observations_find(&registry->store, inquiry->key);
	struct err why = ERR_INIT;

	if (err_is_set(err))
		fail(registry, observation, err);
	else if (!list->is_unchanged &&
		 observation_set_names(&registry->store, observation, list->names, list->count, list->size,
				       &why) < 0)
		fail(registry, observation, &why);
	else
		succeed(registry, observation, list->validator);
	tell(inquiry);
}

/* Remembers that this repository has shown these bytes. */
static void keep_manifest(struct registry *registry, const char *repository,
			  const struct manifest_facts *facts)
{
	struct reference reference;
	struct err ignored = ERR_INIT;
	struct observation *observation;
	char *key;

	if (reference_parse(repository, &reference, &ignored) < 0)
		return;
	key = observation_manifest_key(&reference, facts->digest);
	observation = observations_make(&registry->store, key);
	observation->facts = *facts;
	observation_succeed(&registry->store, observation, NULL, registry->hosts.monotonic_ms(),
			    registry->now_ms());
	free(key);
}

static const struct manifest_facts *recall_manifest(void *user, const struct reference *reference,
						     const char *digest)
{
	struct inquiry *inquiry = user;
	char *key = observation_manifest_key(reference, digest);
	struct observation *observation = observations_find(&inquiry->registry->store, key);

	free(key);
	return observation == NULL ? NULL : &observation->facts;
}

static void on_resolved(void *user, const struct manifest_facts *facts,
			const struct validator *validator, const struct err *err)
{
	struct inquiry *inquiry = user;
	struct registry *registry = inquiry->registry;
	struct observation *observation = observations_find(&registry->store, inquiry->key);

	if (err_is_set(err)) {
		fail(registry, observation, err);
	} else {
		if (facts != NULL)
			observation->facts = *facts;
		succeed(registry, observation, validator);
		keep_manifest(registry, inquiry->repository, &observation->facts);
	}
	tell(inquiry);
}

/* ---- questions ---- */

/* Does it make sense to ask now? */
static bool is_due(const struct registry *registry, const struct observation *observation,
		   int64_t max_age_ms)
{
	int64_t now_ms = registry->hosts.monotonic_ms();
	int64_t age_ms = max_age_ms < REGISTRY_MIN_AGE_MS ? REGISTRY_MIN_AGE_MS : max_age_ms;

	if (observation->inquiry != NULL)
		return false;
	if (observation->failure != NULL)
		return now_ms >= observation->retry_ms;
	return observation->at_ms == 0 || now_ms - observation->known_ms >= age_ms;
}

/* Asks the question that belongs to key; reference NULL: for the tags. */
static void inquire(struct registry *registry, const char *key, const char *repository,
		    const char *reference, const struct credentials *credentials, int64_t max_age_ms)
{
	struct observation *observation = observations_make(&registry->store, key);
	struct reference parsed;
	struct err err = ERR_INIT;
	struct inquiry *inquiry;
	int r;

	if (!is_due(registry, observation, max_age_ms))
		return;
	inquiry = inquiry_create(registry, key, repository);
	observation->inquiry = inquiry;
	r = reference_parse(repository, &parsed, &err);
	if (r == 0 && reference == NULL)
		r = tags_start(&registry->hosts, &parsed, credentials, observation->validator, on_tags, inquiry,
			       &inquiry->tags, &err);
	else if (r == 0)
		r = resolve_start(&registry->hosts, &parsed, reference, credentials, observation->validator,
				  recall_manifest, on_resolved, inquiry, &inquiry->resolve, &err);
	if (r < 0) {
		fail(registry, observation, &err);
		inquiry_destroy(inquiry);
	}
}

void registry_list_tags(struct registry *registry, const char *repository,
			const struct credentials *credentials, int64_t max_age_ms)
{
	char *key = observation_tags_key(repository, credentials);

	inquire(registry, key, repository, NULL, credentials, max_age_ms);
	free(key);
}

void registry_resolve(struct registry *registry, const char *repository, const char *reference,
		      const struct credentials *credentials, int64_t max_age_ms)
{
	char *key = observation_digest_key(repository, reference, credentials);

	inquire(registry, key, repository, reference, credentials, max_age_ms);
	free(key);
}

/* ---- what is known ---- */

static enum observed_state state_of(const struct observation *observation)
{
	if (observation == NULL)
		return OBSERVED_NONE;
	if (observation->failure != NULL)
		return OBSERVED_FAILED;
	if (observation->at_ms != 0)
		return OBSERVED_KNOWN;
	return observation->inquiry != NULL ? OBSERVED_PENDING : OBSERVED_NONE;
}

const struct tags_observation *registry_tags(struct registry *registry, const char *repository,
					     const struct credentials *credentials)
{
	char *key = observation_tags_key(repository, credentials);
	const struct observation *observation = observations_find(&registry->store, key);

	registry->tags = (struct tags_observation){ .state = state_of(observation) };
	free(key);
	if (observation == NULL)
		return &registry->tags;
	registry->tags.is_asking = observation->inquiry != NULL;
	registry->tags.names = (const char *const *)observation->names;
	registry->tags.count = observation->name_count;
	registry->tags.at_ms = observation->at_ms;
	if (observation->failure != NULL) {
		registry->tags.err = *observation->failure;
		registry->tags.retry_at_ms = observation->retry_at_ms;
	}
	return &registry->tags;
}

const struct digest_observation *registry_digest(struct registry *registry, const char *repository,
						 const char *reference,
						 const struct credentials *credentials)
{
	char *key = observation_digest_key(repository, reference, credentials);
	const struct observation *observation = observations_find(&registry->store, key);
	struct digest_observation *digest = &registry->digest;

	*digest = (struct digest_observation){ .state = state_of(observation) };
	free(key);
	if (observation == NULL)
		return digest;
	digest->is_asking = observation->inquiry != NULL;
	memcpy(digest->digest, observation->facts.digest, sizeof(digest->digest));
	memcpy(digest->media_type, observation->facts.media_type, sizeof(digest->media_type));
	digest->is_index = observation->facts.is_index;
	digest->at_ms = observation->at_ms;
	if (observation->failure != NULL) {
		digest->err = *observation->failure;
		digest->retry_at_ms = observation->retry_at_ms;
	}
	return digest;
}

struct registry_stats registry_stats(const struct registry *registry)
{
	return (struct registry_stats){
		.requests = registry->hosts.requests,
		.answers = registry->answers,
		.failures = registry->failures,
		.observations = map_len(&registry->store.by_key),
		.bytes = registry->store.bytes,
		.hosts = map_len(&registry->hosts.by_authority),
	};
}

/* ---- lifetime ---- */

struct verdicts *registry_verdicts(struct registry *registry)
{
	return registry->verdicts;
}

int registry_credentials(const struct registry *registry, const char *json, size_t len,
			 const char *repository, struct credentials *ret_credentials, struct err *err)
{
	return mirrors_credentials(&registry->hosts, json, len, repository, ret_credentials, err);
}

int registry_create(struct http *http, const struct registry_options *options,
		    struct registry **ret_registry, struct err *err)
{
	struct registry *registry = calloc(1, sizeof(*registry));
	int r;

	if (registry == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the registry room");
	r = hosts_init(&registry->hosts, http, options, err);
	if (r < 0) {
		free(registry);
		return r;
	}
	registry->hosts.on_request = options->on_request;
	registry->hosts.user = options->user;
	registry->on_observed = options->on_observed;
	registry->user = options->user;
	registry->now_ms = options->now_ms == NULL ? clock_now_ms : options->now_ms;
	registry->store.max_count =
		options->max_observations == 0 ? DEFAULT_OBSERVATIONS : options->max_observations;
	registry->store.max_bytes = options->max_bytes == 0 ? DEFAULT_BYTES : options->max_bytes;
	registry->verdicts =
		verdicts_create(&registry->hosts, registry->now_ms, options->on_observed, options->user);
	*ret_registry = registry;
	return 0;
}

bool registry_set_authorities(struct registry *registry, const struct registry_options *options)
{
	return hosts_set_authorities(&registry->hosts, options);
}

void registry_destroy(struct registry *registry)
{
	if (registry == NULL)
		return;
	while (registry->inquiries != NULL) {
		struct inquiry *inquiry = registry->inquiries;

		if (inquiry->tags != NULL)
			tags_cancel(inquiry->tags);
		else
			resolve_cancel(inquiry->resolve);
		inquiry_destroy(inquiry);
	}
	verdicts_destroy(registry->verdicts);
	observations_finish(&registry->store);
	hosts_finish(&registry->hosts);
	free(registry);
}
