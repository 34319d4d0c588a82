/*
 * domain/channel: a ReleaseChannel as data: what was asked for (spec) and what was last written (status).
 *
 * Field by field as in crds/releasechannels.yaml; the names there are the names here. Strings are never
 * owned by these structs. May include: base, the structs it is made of.
 */
#ifndef SLUICE_DOMAIN_CHANNEL_H
#define SLUICE_DOMAIN_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/condition.h"
#include "domain/meta.h"
#include "domain/metric.h"
#include "domain/release.h"
#include "domain/window.h"

struct artifact {
	const char *name;
	const char *image;       /* repository, no tag, no digest */
	const char *pull_secret; /* name of a dockerconfigjson Secret in the namespace; NULL: anonymous */
};

enum upstream_match { UPSTREAM_ANY, UPSTREAM_ALL };

struct channel_ref {
	const char *namespace;
	const char *name;
};

struct upstream {
	enum upstream_match match;
	struct channel_ref *channels;
	size_t count; /* 0: this is an entry channel */
};

enum intake_policy { INTAKE_NONE, INTAKE_SEMVER, INTAKE_NEWEST, INTAKE_TAG };

struct intake {
	enum intake_policy policy;
	const char *artifact; /* whose repository is looked at */
	const char *pattern;  /* semver range, regular expression or tag, by policy */
	int64_t interval_ms;
};

struct signature_key { /* an entry of a ConfigMap in the namespace: PEM, one signer's keys */
	const char *config_map;
	const char *entry;
};

#define SIGNATURE_KEYS_MAX 8

struct signatures {
	struct signature_key *keys;
	uint32_t count;     /* 0: no such gate */
	uint16_t threshold; /* so many of the keys have to sign */
	bool must_match_repository;
};

enum promotion_mode { MODE_MANUAL, MODE_AUTOMATIC };
enum promotion_select { SELECT_NEWEST, SELECT_MATCH_UPSTREAM };

enum workload_kind { WORKLOAD_DEPLOYMENT, WORKLOAD_STATEFULSET, WORKLOAD_DAEMONSET, WORKLOAD_CRONJOB };
#define WORKLOAD_KIND_COUNT 4

struct workload_container {
	const char *container;
	const char *artifact;
};

struct workload_spec {
	enum workload_kind kind;
	const char *name;
	struct workload_container *containers;
	size_t count;
};

enum on_failure { ON_FAILURE_ROLLBACK, ON_FAILURE_HOLD };

struct autoscaling {
	const char *workload;
	int64_t min_replicas; /* 0: not given */
	int64_t max_replicas;
	const char *metrics;  /* JSON, passed through; NULL when absent */
	const char *behavior; /* JSON, passed through; NULL when absent */
};

struct service_port {
	const char *name; /* NULL when not given */
	int64_t port;
	const char *target_port; /* number or name as text; NULL: as port */
	const char *protocol;    /* NULL: TCP */
};

struct service_spec {
	const char *name; /* NULL: no service */
	const char *workload;
	struct service_port *ports;
	size_t count;
};

struct release_stay { /* current, desired, and an entry of the history */
	struct release release;
	const char *promotion; /* name of the Promotion that brought it */
	const char *promotion_uid; /* desired: and its uid, for the name may be given again; NULL: not told */
	int64_t since_ms;
	int64_t until_ms;    /* history: when it left; 0 while it is there */
	bool has_failed;     /* history: its rollout did not come to its end here */
	bool is_aborted;     /* history: because somebody aborted it */
	const char *signature_policy; /* of the keys that it was checked with when it came; NULL: with none */
};

struct stay { /* a time without a break during which a verified release was the current one */
	int64_t since_ms;
	int64_t until_ms; /* 0: it goes on */
};

struct verified {
	struct release release;
	int64_t since_ms;
	bool is_revoked;
	const char *reason; /* why it was revoked */
	struct stay *stays; /* the one that goes on, and the longest that is over */
	size_t stay_count;
};

struct available {
	const char *release;
	struct channel_ref *from;
	size_t count;
};

struct hold {
	const char *by; /* NULL: no hold */
	int64_t at_ms;
	const char *reason;
};

struct lifting { /* of a hold, the last time that somebody asked for it */
	const char *request; /* what the annotation said; NULL: nobody ever asked */
	const char *by;
	int64_t at_ms;
	const char *reason; /* the hold that it was, in words */
};

struct takeovers { /* taking the image field back, where the pin guard does not protect it */
	int64_t count;
	int64_t since_ms;
	const char *manager; /* NULL: none counted */
};

struct workload_status {
	enum workload_kind kind;
	const char *name;
	int64_t ready;
	int64_t desired;
	const char *image; /* the pinned container's images, "name=image@digest" joined by "," */
};

struct intake_status {
	const char *tag;     /* the tag chosen last; NULL: none yet */
	const char *release; /* the release that it made */
	const char *moved;   /* sentence about a tag that moved; NULL: none */
	const char *superseded; /* builds that came and went since the choice before, "v3, v2"; NULL: none */
};

struct window_status { /* of all windows together */
	bool is_set; /* there are windows, and they can be read */
	bool is_open;
	const char *name; /* the window that it is open or closed by, or that opens or closes it next; NULL */
	int64_t next_ms;  /* when that changes; CLOCK_NEVER: not within sight */
	const char *message;
};

enum guard { GUARD_UNKNOWN, GUARD_ENFORCED, GUARD_FIELD_OWNERSHIP };

struct channel_status {
	int64_t observed_generation;
	struct release_stay current;
	struct release_stay desired;
	enum guard guard;
	struct verified *verified; /* newest first */
	size_t verified_count;
	struct available *available;
	size_t available_count;
	struct release_stay *history; /* newest first */
	size_t history_count;
	struct hold hold;
	struct lifting lifted;
	struct window_status window;
	struct takeovers takeovers;
	struct intake_status intake;
	struct workload_status *workloads;
	size_t workload_count;
	struct verification_status verification;
	const char *promotion; /* the promotion that runs, else the last that ran; NULL: none yet */
	const char *image;     /* release_label() of current; NULL: none */
	const char *upstream;  /* "shop-staging/shop" or "a/x, b/y"; NULL: entry channel */
	struct conditions conditions;
};

struct channel {
	struct meta meta;
	const char *labels; /* "team=shop,tier=web"; NULL without any */
	struct artifact *artifacts;
	size_t artifact_count;
	struct upstream upstream;
	struct intake intake;
	enum promotion_mode mode;
	enum promotion_select select;
	int64_t deadline_ms; /* 0: none */
	size_t keep_count;   /* finished promotions that Sluice made: so many stay, */
	int64_t keep_age_ms; /* and all that finished less than this ago */
	int64_t soak_ms;     /* how long a release has to stay upstream; 0: no such gate */
	struct window *windows;
	size_t window_count;
	struct metric_spec *metrics; /* of the verification; none: a complete rollout verifies */
	size_t metric_count;
	const char *verify_request; /* the annotation sluice.dev/verify: another value asks for it once more; NULL */
	const char *lift_request; /* the annotation sluice.dev/lift-hold: another value lifts the hold; NULL */
	const char *lifted_by;    /* the annotation sluice.dev/lifted-by: who asked for that, as the policy wrote it; NULL */
	struct signatures signatures;
	struct workload_spec *workloads;
	size_t workload_count;
	int64_t progress_deadline_ms;
	enum on_failure on_failure;
	int approvals_required;  /* how many people have to approve; 0: no such gate */
	struct autoscaling *autoscaling;
	size_t autoscaling_count;
	struct service_spec service;
	bool is_suspended;
	bool excludes_requester; /* the requester's own approval does not count */
	struct channel_status status;
};

#define CHANNEL_HISTORY_MAX 20
#define CHANNEL_VERIFIED_MAX 20
#define VERIFIED_STAYS_MAX 2
#define APPROVALS_REQUIRED_MAX 10

/* The artifact called name, or NULL. */
const struct artifact *channel_find_artifact(const struct channel *channel, const char *name);

/* The verified entry of release id that is not revoked, or NULL. */
const struct verified *channel_find_verified(const struct channel *channel, const char *id);

/* The newest entry of the history whose release is id, or NULL. */
const struct release_stay *channel_find_history(const struct channel *channel, const char *id);

/* The release called id wherever this channel's status names it (current, verified, history), or NULL. */
const struct release *channel_find_release(const struct channel *channel, const char *id);

/* "Deployment", "StatefulSet", "DaemonSet", "CronJob". */
const char *workload_kind_name(enum workload_kind kind);

/* "Enforced", "FieldOwnership", NULL when unknown. */
const char *guard_name(enum guard guard);

#endif
