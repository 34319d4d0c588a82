/*
 * registry/verdicts: who has signed which digest, remembered as observations.
 *
 * A verdict is kept by repository, digest, policy (its id is a hash over the keys, the threshold and the options) and
 * credentials; never by tag: what a tag leads to can change after it was looked at (CVE-2026-122321). As with
 * registry/observed many who ask the same share one search, a failure is an observation too, with the moment from which
 * asking again makes sense, and whoever needs a newer verdict asks at the time.
 *
 * The room's struct registry owns one (registry_verdicts()). May include: base, domain, registry.
 */
#ifndef SLUICE_REGISTRY_VERDICTS_H
#define SLUICE_REGISTRY_VERDICTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "registry/hosts.h"
#include "registry/observed.h"
#include "registry/secret.h"
#include "registry/verify.h"

#define VERDICTS_MAX 4096 /* the least recently used one goes first */

struct verdicts;

/* A good answer survives a later failure, as in registry/observed. */
struct verdict_observation {
	enum observed_state state;
	bool is_asking;
	struct verdict verdict; /* of the last good answer */
	int64_t at_ms;          /* its wall clock; 0: there is none */
	struct err err;         /* FAILED: why */
	int64_t retry_at_ms;    /* FAILED: wall clock from which asking again does something */
};

/* An empty memory. After each answer on_observed (may be NULL) is called with the repository, never from inside
 * verdicts_ask(). Never NULL. */
struct verdicts *verdicts_create(struct hosts *hosts, int64_t (*now_ms)(void),
				 void (*on_observed)(void *user, const char *repository), void *user);

/* Looks for signatures of digest (a valid one), unless the verdict is younger than max_age_ms, a search is under way, or
 * a failure's back-off still runs. credentials NULL: anonymous; they and policy are copied. */
void verdicts_ask(struct verdicts *verdicts, const char *repository, const char *digest,
		  const struct signature_policy *policy, const struct credentials *credentials, int64_t max_age_ms);

/* What is known. Never NULL; valid until the next call of anything here. */
const struct verdict_observation *verdicts_find(struct verdicts *verdicts, const char *repository, const char *digest,
						const char *policy_id, const struct credentials *credentials);

/* Ends what is under way (without on_observed) and frees everything. NULL is fine. */
void verdicts_destroy(struct verdicts *verdicts);

#endif
