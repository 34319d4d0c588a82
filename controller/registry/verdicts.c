#include "registry/verdicts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"
#include "registry/patience.h"
#include "registry/reference.h"

struct search { /* one question, and what is known of its answer */
	struct verdicts *verdicts;
	char *key;
	char *repository;
	struct verify *verify; /* under way; NULL: none */
	int64_t used;          /* when it was asked for last, in asks */
	int64_t known_ms;      /* monotonic: when the good answer came */
	int64_t retry_ms;      /* monotonic: end of the back-off */
	int failures;          /* in a row; 0: the last answer was good, or there was none */
	struct verdict_observation seen;
};

struct verdicts {
	struct hosts *hosts;
	int64_t (*now_ms)(void);
	void (*on_observed)(void *user, const char *repository);
	void *user;
	struct map searches; /* key → struct search * */
	int64_t asks;
	struct verdict_observation nothing;
};

struct verdicts *verdicts_create(struct hosts *hosts, int64_t (*now_ms)(void),
				 void (*on_observed)(void *user, const char *repository), void *user)
{
	struct verdicts *verdicts = memory_alloc(sizeof(*verdicts));

	*verdicts = (struct verdicts){ .hosts = hosts, .now_ms = now_ms, .on_observed = on_observed, .user = user };
	return verdicts;
}

/* A newline is in none of the four. */
static char *make_key(const char *repository, const char *digest, const char *policy_id,
		      const struct credentials *credentials)
{
	return memory_printf("%s\n%s\n%s\n%s", repository, digest, policy_id,
			     credentials == NULL ? "" : credentials->id);
}

static void search_free(struct search *search)
{
	free(search->key);
	free(search->repository);
	free(search);
}

/* Forgets the one that was asked for longest ago and is not under way. */
static void make_room(struct verdicts *verdicts)
{
	struct search *oldest = NULL;
	size_t cursor = 0;
	const char *key;
	void *value;

	if (map_len(&verdicts->searches) < VERDICTS_MAX)
		return;
	while (map_next(&verdicts->searches, &cursor, &key, &value)) {
		struct search *search = value;

		if (search->verify == NULL && (oldest == NULL || search->used < oldest->used))
			oldest = search;
	}
	if (oldest == NULL)
		return;
	map_remove(&verdicts->searches, oldest->key);
	search_free(oldest);
}

/* The search under key, which is taken over. */
static struct search *search_make(struct verdicts *verdicts, char *key, const char *repository)
{
	struct search *search = map_get(&verdicts->searches, key);

	if (search != NULL) {
		free(key);
		return search;
	}
	make_room(verdicts);
	search = memory_alloc(sizeof(*search));
	*search = (struct search){ .verdicts = verdicts, .key = key, .repository = memory_strdup(repository) };
	map_put(&verdicts->searches, search->key, search);
	return search;
}

/* ---- answers ---- */

static void fail(struct search *search, const struct err *why)
{
	int64_t delay_ms = patience_ms(why, search->failures++);

	search->retry_ms = search->verdicts->hosts->monotonic_ms() + delay_ms;
	search->seen.retry_at_ms = search->verdicts->now_ms() + delay_ms;
	search->seen.state = OBSERVED_FAILED;
	search->seen.err = *why;
}

static void succeed(struct search *search, const struct verdict *verdict)
{
	search->failures = 0;
	search->known_ms = search->verdicts->hosts->monotonic_ms();
	search->seen = (struct verdict_observation){ .state = OBSERVED_KNOWN,
						     .verdict = *verdict,
						     .at_ms = search->verdicts->now_ms() };
}

static void on_verified(void *user, const struct verdict *verdict, const struct err *err)
{
	struct search *search = user;
	const struct verdicts *verdicts = search->verdicts;
	char *repository;

	search->verify = NULL;
	if (err_is_set(err))
		fail(search, err);
	else
		succeed(search, verdict);
	if (verdicts->on_observed == NULL)
		return;
	repository = memory_strdup(search->repository); /* who is told may ask, and so make room */
	verdicts->on_observed(verdicts->user, repository);
	free(repository);
}

/* ---- questions ---- */

static bool is_due(const struct search *search, int64_t max_age_ms)
{
	int64_t now_ms = search->verdicts->hosts->monotonic_ms();
	int64_t age_ms = max_age_ms < REGISTRY_MIN_AGE_MS ? REGISTRY_MIN_AGE_MS : max_age_ms;

	if (search->verify != NULL)
		return false;
	if (search->failures > 0)
		return now_ms >= search->retry_ms;
	return search->seen.at_ms == 0 || now_ms - search->known_ms >= age_ms;
}

void verdicts_ask(struct verdicts *verdicts, const char *repository, const char *digest,
		  const struct signature_policy *policy, const struct credentials *credentials, int64_t max_age_ms)
{
	struct search *search =
		search_make(verdicts, make_key(repository, digest, policy->id, credentials), repository);
	struct reference reference;
	struct err err = ERR_INIT;
	int r;

	search->used = ++verdicts->asks;
	if (!is_due(search, max_age_ms))
		return;
	r = reference_parse(repository, &reference, &err);
	if (r == 0)
		r = verify_start(verdicts->hosts, &reference, digest, policy, credentials, on_verified, search,
				 &search->verify, &err);
	if (r < 0)
		fail(search, &err);
	else if (search->seen.state == OBSERVED_NONE)
		search->seen.state = OBSERVED_PENDING;
}

const struct verdict_observation *verdicts_find(struct verdicts *verdicts, const char *repository, const char *digest,
						const char *policy_id, const struct credentials *credentials)
{
	char *key = make_key(repository, digest, policy_id, credentials);
	struct search *search = map_get(&verdicts->searches, key);

	free(key);
	if (search == NULL)
		return &verdicts->nothing;
	search->used = ++verdicts->asks;
	search->seen.is_asking = search->verify != NULL;
	return &search->seen;
}

void verdicts_destroy(struct verdicts *verdicts)
{
	size_t cursor = 0;
	const char *key;
	void *value;

	if (verdicts == NULL)
		return;
	while (map_next(&verdicts->searches, &cursor, &key, &value)) {
		struct search *search = value;

		if (search->verify != NULL)
			verify_cancel(search->verify);
		search_free(search);
	}
	map_finish(&verdicts->searches);
	free(verdicts);
}
