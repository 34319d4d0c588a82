/*
 * registry/observation: answers by key, with a limit on their number and size.
 *
 * When there are too many, or they are too large together, the least recently used one is forgotten, but
 * never one that is being asked for. May include: base, registry/manifest.h, registry/query.h.
 * Deliberately absent: requests.
 */
#ifndef SLUICE_REGISTRY_OBSERVATION_H
#define SLUICE_REGISTRY_OBSERVATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/map.h"
#include "registry/manifest.h"
#include "registry/query.h"

struct inquiry;

struct observation {
	struct observation *newer;
	struct observation *older;
	char *key;
	size_t bytes;            /* counted for it */
	size_t content;          /* of these, names */
	struct validator *validator; /* owned; of the good answer; NULL: it has none */
	struct inquiry *inquiry; /* the request under way; NULL: none */
	int64_t known_ms;        /* monotonic: when the good answer came */
	int64_t at_ms;           /* the same by the wall clock; 0: there is no good answer */
	struct err *failure;     /* owned; NULL: the last answer was good, or there was none */
	int failures;            /* in a row */
	int64_t retry_ms;        /* monotonic: end of the back-off */
	int64_t retry_at_ms;     /* the same by the wall clock */
	char **names;            /* tags: owned, one block with what it points to */
	size_t name_count;
	struct manifest_facts facts; /* a digest */
};

struct observations {
	struct map by_key;
	struct observation *newest;
	struct observation *oldest;
	size_t bytes;
	size_t max_count;
	size_t max_bytes;
};

/* The keys of what is observed: malloc'd texts. credentials NULL: anonymous. */
char *observation_tags_key(const char *repository, const struct credentials *credentials);
char *observation_digest_key(const char *repository, const char *reference,
			     const struct credentials *credentials);

/* Manifests are known by repository and digest. Who may see them does not matter: the key comes from an
 * answer that the asker was given. */
char *observation_manifest_key(const struct reference *reference, const char *digest);

/* The observation under key, which becomes the most recently used; NULL when there is none. */
struct observation *observations_find(struct observations *store, const char *key);

/* The same; made empty when there is none. Others may be forgotten for it. */
struct observation *observations_make(struct observations *store, const char *key);

/* A good answer without content; the caller sets facts. validator NULL: it has none. */
void observation_succeed(struct observations *store, struct observation *observation,
			 const struct validator *validator, int64_t monotonic_ms, int64_t now_ms);

/* Takes count names (each with its NUL, size bytes in all) as the content of a good answer. ERR_NOMEM:
 * nothing has changed. */
int observation_set_names(struct observations *store, struct observation *observation, const char *names,
			  size_t count, size_t size, struct err *err) __attribute__((warn_unused_result));

/* A bad answer: the good one before it stays. */
void observation_fail(struct observations *store, struct observation *observation, const struct err *why);

/* Frees everything; no inquiry may be left. A zeroed store is fine. */
void observations_finish(struct observations *store);

#endif
