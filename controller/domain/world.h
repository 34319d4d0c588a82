/*
 * domain/world: everything that one look at a channel may know, as plain data.
 *
 * reconcile/world gathers it from the store and from what the registry room has observed; a world file
 * (test/golden, a bug report) holds the same in YAML. The rules read it and nothing else: the time is in
 * it, so a rule can be tried at any moment. Nothing here is owned; all of it outlives the plan made from it.
 *
 * May include: base, the structs it is made of.
 */
#ifndef SLUICE_DOMAIN_WORLD_H
#define SLUICE_DOMAIN_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/sha256.h"
#include "domain/channel.h"
#include "domain/promotion.h"
#include "domain/quarantine.h"
#include "domain/stop.h"
#include "domain/workload.h"
#include "domain/zone.h"

/* What is known of something that has to be asked for. */
enum knowledge {
	KNOWLEDGE_NONE,    /* nobody asked yet */
	KNOWLEDGE_PENDING, /* asked, no answer yet */
	KNOWLEDGE_KNOWN,
	KNOWLEDGE_FAILED, /* the answer was an error: class, message, retry_ms */
};

struct lookup_failure {
	enum err_class class;
	const char *message;
	int64_t retry_ms; /* the moment from which it may be asked again */
};

struct tag {
	const char *name;
	const char *key; /* what "newest" sorts by; the name itself for the other policies */
};

struct tags_look { /* the tags of the intake artifact's repository */
	enum knowledge state;
	struct tag *tags; /* for policy newest: those that match the pattern */
	size_t count;
	const char *last_key; /* key of status.intake.tag under today's pattern; NULL: it does not match */
	int64_t at_ms;
	const char *pattern_error; /* the regular expression is bad: why; NULL: it is good */
	struct lookup_failure failure;
};

struct digest_look {
	const char *repository;
	const char *reference; /* a tag or a digest */
	enum knowledge state;
	const char *digest;
	int64_t at_ms;
	struct lookup_failure failure;
};

struct metric_look { /* the channel's i-th metric: the last answer to its query */
	enum knowledge state;
	const double *values; /* KNOWN: one for each sample */
	size_t count;
	int64_t at_ms; /* of the answer, a good one or not */
	struct lookup_failure failure;
};

struct key_look { /* the i-th of spec.gates.signatures.keys */
	enum knowledge state; /* NONE, KNOWN or FAILED */
	const char **ids;     /* KNOWN: of the public keys in it */
	size_t id_count;
	int64_t at_ms;
	struct lookup_failure failure;
};

struct signature_look { /* the signatures of one digest, checked with the keys of the channel */
	const char *repository;
	const char *digest;
	enum knowledge state;
	uint32_t signers; /* bit i: the i-th key has signed; of the last good answer, as the next two */
	size_t found;     /* signatures that are there, good or not */
	const char *note; /* why one of them does not count; NULL: nothing to say */
	int64_t at_ms;
	struct lookup_failure failure;
};

struct workload_look { /* the channel's i-th workload */
	enum knowledge state;            /* FAILED with ERR_NOTFOUND: it does not exist */
	const struct workload *workload; /* KNOWN */
	const char *conflict_manager;    /* another field manager refused our last apply; NULL */
	int64_t conflict_retry_ms;       /* the moment from which it may be tried whether the field is free */
	struct lookup_failure failure;   /* of the last read or the last apply */
};

struct write_failure {
	const char *what; /* "Service web"; NULL: nothing failed */
	enum err_class class;
	const char *message;
};

struct unapplied_look { /* what the apiserver has not taken of this channel's look */
	struct write_failure made;       /* of the HPAs and the Service one that was refused, or not answered */
	struct write_failure deletion;   /* of an HPA, a Service or a gated pod */
	struct write_failure pins;       /* the namespace's pins */
	struct write_failure promotion;  /* that automation wants */
	struct write_failure collection; /* the deletion of a finished promotion */
};

struct channel_look { /* a channel somewhere upstream of this one, or upstream of those */
	struct channel_ref ref;
	const struct channel *channel; /* NULL: it does not exist */
};

struct claim { /* one of the channel's workloads, which another channel of the namespace lists as well */
	enum workload_kind kind;
	const char *name;
	const char *channel; /* the other one */
	int64_t channel_created_ms;
};

struct world {
	int64_t now_ms;
	const char *namespace;
	const char *name;
	const struct channel *channel; /* NULL: it does not exist (any more) */
	const struct promotion **promotions; /* of this channel's name, any order */
	size_t promotion_count;
	bool may_lack_promotions; /* the channel is newer than what is known of promotions */
	struct channel_look *upstreams; /* every channel that can be reached upstream, direct ones included */
	size_t upstream_count;
	const struct zone **zones; /* parallel to channel->windows; NULL: there is none of that name */
	struct workload_look *workloads; /* parallel to channel->workloads */
	struct metric_look *metrics;     /* parallel to channel->metrics */
	const struct pins *pins;         /* NULL: the ConfigMap does not exist */
	bool *are_claimed;               /* parallel to pins->items: does another channel list the workload? */
	struct claim *claims;
	size_t claim_count;
	const struct made **scalers; /* HPAs that carry this channel's label */
	size_t scaler_count;
	const struct made **services; /* Services that carry this channel's label */
	size_t service_count;
	const struct gated_pod **gated_pods; /* of this namespace */
	size_t gated_pod_count;
	const struct stop **stops; /* all there are, of the whole cluster */
	size_t stop_count;
	const struct quarantine **left_out; /* what cannot be read: of this namespace, of none, and channels upstream */
	size_t left_out_count;
	struct tags_look tags; /* entry channels with intake */
	struct digest_look *digests; /* all that is known of the channel's repositories */
	size_t digest_count;
	struct key_look *keys;           /* parallel to channel->signatures.keys */
	const char *signature_policy;    /* world_signature_policy(); NULL: not all keys are known */
	struct signature_look *signatures; /* under that policy, of the digests that unfinished promotions ask for */
	size_t signature_count;
	bool is_guard_installed; /* policy and binding are there */
	bool is_guard_off_here;  /* an admin switched it off for this namespace */
	bool is_who_may_missing; /* the policy on who may promote is not installed */
	struct unapplied_look unapplied;
};

/* The look at (repository, reference), or NULL when nobody asked yet. */
const struct digest_look *world_find_digest(const struct world *world, const char *repository,
					    const char *reference);

/* The look at the signatures of (repository, digest), or NULL when nobody asked yet. */
const struct signature_look *world_find_signature(const struct world *world, const char *repository,
						  const char *digest);

/* Writes the id of what the channel demands of signatures: a hash over its keys as they are, the threshold and the options.
 * false when a key is not known. */
bool world_signature_policy(const struct signatures *wanted, const struct key_look *keys,
			    char ret_id[static SHA256_HEX_SIZE]);

/* The channel called ref among the upstreams; NULL when it does not exist. */
const struct channel *world_find_channel(const struct world *world, const struct channel_ref *ref);

/* The promotion called name, or NULL. */
const struct promotion *world_find_promotion(const struct world *world, const char *name);

/* The object of this namespace, or of none, that cannot be read, or NULL; name NULL: any of the kind. */
const struct quarantine *world_find_left_out(const struct world *world, const char *kind, const char *name);

/* The channel called ref, of whatever namespace, as one that cannot be read, or NULL. */
const struct quarantine *world_find_left_out_channel(const struct world *world, const struct channel_ref *ref);

/* What protects the pins in this world. */
enum guard world_guard(const struct world *world);

#endif
