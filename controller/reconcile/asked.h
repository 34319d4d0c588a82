/*
 * reconcile/asked: which questions the channels have put to the registries, and with whose
 * credentials.
 *
 * The registry room remembers answers; it does not know who wants them. Here stands, for each
 * (namespace, repository, pull secret): which references were asked for, which channels wait, which
 * credentials (by their hash alone) the answers were got with, and whether the pull secret itself
 * was unusable. A channel is shown only answers that were got with its own secret's credentials.
 *
 * Like the answers this is a memory of the process that may be lost at any moment; what nobody has
 * asked for an hour is forgotten, and what only channels asked that are gone. Times are wall clock.
 * May include: base, domain, registry.
 */
#ifndef SLUICE_RECONCILE_ASKED_H
#define SLUICE_RECONCILE_ASKED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "domain/world.h"
#include "registry/observed.h"

#define ASKED_LIFE_MS (60 * 60 * 1000)
#define ASKED_FAILURE_MS (30 * 1000) /* an unusable pull secret is read again after this */
#define ASKED_REFERENCES_MAX 64      /* of one entry; the oldest goes first */

struct asked;

/* What a question is about. */
struct asked_place {
	const char *namespace;
	const char *repository;
	const char *secret; /* NULL: anonymous */
};

/* Makes an empty memory over the answers of registry, which outlives it. Never NULL. */
struct asked *asked_create(struct registry *registry);

/* channel (a name in place's namespace) asks for reference, or for the tags when that is NULL. */
void asked_note(struct asked *asked, const struct asked_place *place, const char *channel,
		const char *reference, int64_t now_ms);

/* The pull secret was read and is good: its credentials' id (struct credentials). */
void asked_set_credentials(struct asked *asked, const struct asked_place *place, const char *id);

/* The pull secret is missing or unusable. That is said until it was read and is good, also while it
 * is read again. */
void asked_set_failure(struct asked *asked, const struct asked_place *place, const struct err *err,
		       int64_t now_ms);

/* Calls fn with namespace and name of every channel that has asked about repository. */
typedef void (*asked_channel_fn)(void *user, const char *namespace, const char *channel);
void asked_each_channel(const struct asked *asked, const char *repository, asked_channel_fn fn,
			void *user);

/* What is known of the tags, with those that intake's pattern takes; as world.h describes it. */
void asked_fill_tags(struct asked *asked, const struct asked_place *place,
		     const struct intake *intake, const char *last_tag, struct arena *arena,
		     struct tags_look *ret_look);

/* Calls fn with a struct digest_look (in arena) for every reference asked for. */
void asked_each_digest(struct asked *asked, const struct asked_place *place, struct arena *arena,
		       void (*fn)(void *user, const void *digest_look), void *user);

/* What is known of the signatures of digest under a policy (its id); repository and digest are left to the caller. A good
 * answer is not asked for again, so that looking at it counts as asking. */
void asked_fill_signature(struct asked *asked, const struct asked_place *place, const char *digest, const char *policy,
			  int64_t now_ms, struct arena *arena, struct signature_look *ret_look);

/* Forgets what nobody has asked for long, and channels of which is_there() says no. */
typedef bool (*asked_is_there_fn)(const void *user, const char *namespace, const char *channel);
void asked_sweep(struct asked *asked, int64_t now_ms, asked_is_there_fn is_there, const void *user);

/* Frees it. NULL is fine. */
void asked_destroy(struct asked *asked);

#endif
