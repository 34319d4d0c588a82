/*
 * registry/observed: what the registries have answered, remembered as observations.
 *
 * Two questions are here, asked asynchronously: which tags does a repository have, and which digest does a tag (or
 * a digest) of it have. An answer is an observation that stays until it is too old for somebody; many
 * channels that look at one repository with the same credentials share one request and one answer, those
 * with other credentials never see it. A failed answer is an observation too: a class, a sentence for
 * a person, and the moment from which asking again makes sense (back-off with jitter, Retry-After). A
 * registry that answers 429 is left alone, by everybody, for as long as it asked for.
 *
 * Everything here is a question or a memory; nothing decides. There are no timers: whoever needs a fresh
 * answer asks at the time, and retry_at_ms says when that is worth it.
 *
 * May include: base, domain, wire, net. Deliberately absent: Kubernetes, policies, semver.
 */
#ifndef SLUICE_REGISTRY_OBSERVED_H
#define SLUICE_REGISTRY_OBSERVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "domain/digest.h"
#include "net/http.h"
#include "registry/secret.h"

#define REGISTRY_MAX_TAGS 10000          /* of one repository */
#define REGISTRY_MAX_MANIFEST (4u << 20) /* bytes; what the OCI distribution spec asks clients to take */
#define REGISTRY_MIN_AGE_MS 1000         /* an answer younger than this is fresh for everybody */

struct registry;
struct verdicts;

enum observed_state {
	OBSERVED_NONE,    /* nobody asked, or the answer has been forgotten */
	OBSERVED_PENDING, /* asked, and there was never an answer */
	OBSERVED_KNOWN,   /* the last answer was a good one */
	OBSERVED_FAILED,  /* the last answer was an error */
};

/* What is known of a repository's tags. A good answer survives a later failure: names and at_ms are
 * those of the last good one. */
struct tags_observation {
	enum observed_state state;
	bool is_asking;           /* a request is under way */
	const char *const *names; /* in the registry's order; each a valid tag */
	size_t count;
	int64_t at_ms;       /* wall clock of the last good answer; 0: there is none */
	struct err err;      /* FAILED: why */
	int64_t retry_at_ms; /* FAILED: wall clock from which asking again does something */
};

/* What is known of one reference's digest. A good answer survives a later failure, as above. */
struct digest_observation {
	enum observed_state state;
	bool is_asking;
	char digest[DIGEST_SIZE]; /* "" without a good answer. Its bytes were fetched and hashed */
	char media_type[80];      /* what those bytes say they are */
	bool is_index;            /* an image index or manifest list: several platforms under one digest */
	int64_t at_ms;
	struct err err;
	int64_t retry_at_ms;
};

struct registry_ca { /* of one host */
	const char *host; /* "host[:port]" */
	const char *pem;
};

struct registry_options {
	const char *const *insecure_hosts; /* "host:port" each, NULL at the end: these speak plain HTTP */
	const char *const *realm_hosts;    /* token servers allowed on private addresses, NULL at the end */
	const char *const *mirrors;        /* "HOST=URL" each (registry/mirror.h), NULL at the end */
	const struct registry_ca *cas;     /* instead of ca_pem at these hosts; a NULL host at the end */
	const char *ca_pem;                /* instead of the system's CAs; NULL: those */
	const char *user_agent;            /* NULL: sluice/<version> */
	int64_t timeout_ms;                /* of one request, its answer included; 0: 60 s */
	size_t max_observations;           /* 0: 16384. The least recently used one goes first */
	size_t max_bytes;                  /* of all observations; 0: 32 MiB */
	/* Called after each answer, good or bad, never from inside registry_list_tags() and
	 * registry_resolve(). May call everything here but registry_destroy(). May be NULL. */
	void (*on_observed)(void *user, const char *repository);
	/* Called at the end of each HTTP request, status 0 when no answer came. May be NULL. */
	void (*on_request)(void *user, int status);
	void *user;
	int64_t (*monotonic_ms)(void); /* NULL: clock_monotonic_ms */
	int64_t (*now_ms)(void);       /* NULL: clock_now_ms */
};

struct registry_stats {
	uint64_t requests; /* HTTP requests begun, token servers included */
	uint64_t answers;  /* good observations made */
	uint64_t failures; /* bad ones */
	size_t observations;
	size_t bytes; /* of all observations */
	size_t hosts; /* of which something is known: queues, tokens, times to wait */
};

/* Makes the room's state. options is copied, http is used until registry_destroy(). ERR_INPUT when a
 * host in the options is not one. */
int registry_create(struct http *http, const struct registry_options *options,
		    struct registry **ret_registry, struct err *err)
	__attribute__((warn_unused_result));

/* From now on requests verify with these authorities (cas and ca_pem of options; nothing else of it counts), copied. Hosts
 * have to be those that registry_create() took. false: they are the same as before. */
bool registry_set_authorities(struct registry *registry, const struct registry_options *options);

/* Takes from the text of a .dockerconfigjson the credentials for repository, and for the mirrors of its registry.
 * Errors as secret_credentials(). */
int registry_credentials(const struct registry *registry, const char *json, size_t len,
			 const char *repository, struct credentials *ret_credentials, struct err *err)
	__attribute__((warn_unused_result));

/* Asks for the tags of repository ("host[:port]/path") unless the answer is younger than max_age_ms, a
 * request is under way, or a failure's back-off still runs. credentials NULL: anonymous; copied. What
 * cannot even be asked (a bad repository, a host that wants to be left alone) is FAILED on return. */
void registry_list_tags(struct registry *registry, const char *repository,
			const struct credentials *credentials, int64_t max_age_ms);

/* The same for the digest of reference, a tag or a digest. */
void registry_resolve(struct registry *registry, const char *repository, const char *reference,
		      const struct credentials *credentials, int64_t max_age_ms);

/* What is known. Never NULL. Valid until the next call of anything here, and not after control goes
 * back to the loop: copy what is needed. */
const struct tags_observation *registry_tags(struct registry *registry, const char *repository,
					     const struct credentials *credentials);
const struct digest_observation *registry_digest(struct registry *registry, const char *repository,
						 const char *reference,
						 const struct credentials *credentials);

/* The room's memory of who has signed what: registry/verdicts.h. Lives as long as registry. */
struct verdicts *registry_verdicts(struct registry *registry);

/* Figures for the metrics. */
struct registry_stats registry_stats(const struct registry *registry);

/* Ends what is under way (without on_observed) and frees everything; before http_destroy(). NULL is
 * fine. */
void registry_destroy(struct registry *registry);

#endif
