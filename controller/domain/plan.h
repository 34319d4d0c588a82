/*
 * domain/plan: the list of actions that one look at the world calls for. Empty = done.
 *
 * plan_make() is the whole decision: world in, plan out, no I/O, no clock, no globals; the same world gives
 * the same plan. Actions are carried out in order and stop at the first that fails; the next look plans
 * the rest again. The text form (plan_text) is what tests, logs and documents show:
 *
 *   channel shop-beta/shop  promotion shop-r-0a1b2c3d4e
 *     gate    upstream     open     verified in shop-staging/shop
 *     pins    sluice-pins  Deployment.web.web → registry.example.com/shop/web@sha256:604b…
 *     pin     Deployment shop-beta/web  web → registry.example.com/shop/web@sha256:604b…
 *     status  promotion shop-r-0a1b2c3d4e  RollingOut
 *     wake    2026-11-24T15:10:00Z  progress deadline
 *
 * May include: base, world and what it is made of.
 */
#ifndef SLUICE_DOMAIN_PLAN_H
#define SLUICE_DOMAIN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/vec.h"
#include "domain/world.h"

enum action_kind {
	ACTION_LIST_TAGS,        /* ask the registry for the tags of a repository */
	ACTION_RESOLVE,          /* ask the registry for the digest behind a reference */
	ACTION_MEASURE,          /* ask Prometheus for a metric of the verification */
	ACTION_CHECK_SIGNATURES,           /* ask the registry for the signatures of a digest, and check them */
	ACTION_READ_KEY,         /* read the public keys in an entry of a ConfigMap */
	ACTION_FIND_WORKLOAD,    /* read a workload by name */
	ACTION_CREATE_PROMOTION, /* automatic mode: create a Promotion */
	ACTION_STATE_PINS,       /* apply the ConfigMap sluice-pins */
	ACTION_PIN,              /* apply images and our label to a workload */
	ACTION_APPLY_SCALER,     /* apply a HorizontalPodAutoscaler */
	ACTION_APPLY_SERVICE,    /* apply a Service */
	ACTION_DELETE,           /* delete an object of ours, a gated pod, or an old promotion */
	ACTION_CHANNEL_STATUS,   /* apply the channel's status */
	ACTION_PROMOTION_STATUS, /* apply a promotion's status */
	ACTION_NOTICE,           /* put conditions into the status of an object that is not read any further */
	ACTION_EVENT,            /* tell people what changed */
};

struct action_lookup { /* LIST_TAGS, RESOLVE, CHECK_SIGNATURES */
	const char *repository;
	const char *reference;   /* RESOLVE: tag or digest; CHECK_SIGNATURES: digest */
	const char *pull_secret; /* NULL: anonymous */
	int64_t not_before_ms;   /* an answer from before this moment is too old; 0: any will do */
};

struct action_measure { /* MEASURE */
	const struct metric_spec *spec;
	int64_t not_before_ms; /* an answer from before this moment is too old */
};

struct action_workload { /* FIND_WORKLOAD, PIN */
	enum workload_kind kind;
	const char *name;
	const char *uid;              /* PIN: of the object that was looked at */
	const struct container *containers; /* PIN: all images that Sluice owns in it */
	size_t count;
	bool force;                   /* PIN: take the fields from another manager */
};

struct action_create { /* CREATE_PROMOTION */
	const char *name;
	struct release release; /* with digests; becomes spec.artifacts */
};

struct action_pins { /* STATE_PINS */
	const struct pin *items; /* all keys that the ConfigMap shall hold, sorted */
	size_t count;
	const char *resource_version; /* NULL: it does not exist yet */
	const char *uid;
	const struct pin *changed; /* for the text: what is new or different; image NULL: goes */
	size_t changed_count;
	bool is_renewal; /* of what is there already, for a new version */
};

struct action_scaler { /* APPLY_SCALER */
	enum workload_kind kind;
	const struct autoscaling *spec;
	const char *applied; /* the annotation's value: hash of what is applied */
};

struct action_service { /* APPLY_SERVICE */
	const struct service_spec *spec;
	const struct label *selector;
	size_t selector_count;
	const char *applied;
};

enum delete_kind { DELETE_SCALER, DELETE_SERVICE, DELETE_POD, DELETE_PROMOTION };

struct action_delete {
	enum delete_kind kind;
	const char *name;
	const char *uid;
	const char *resource_version;
};

struct action_promotion_status {
	const char *name;
	const char *uid;
	const char *resource_version; /* of the promotion that was looked at */
	struct promotion_status status;
};

enum event_subject { EVENT_ON_CHANNEL, EVENT_ON_PROMOTION };

struct action_notice {
	enum event_subject subject;
	const char *name;
	const char *uid;
	struct conditions conditions;
};

struct action_event {
	enum event_subject subject;
	const char *name;
	const char *uid;
	bool is_warning;
	const char *reason;
	const char *note;
	enum action_kind after; /* what it tells of: it is sent when that is written, and not when that failed */
};

struct action {
	enum action_kind kind;
	union {
		struct action_lookup lookup;
		struct action_measure measure;
		struct signature_key key; /* READ_KEY */
		struct action_workload workload;
		struct action_create create;
		struct action_pins pins;
		struct action_scaler scaler;
		struct action_service service;
		struct action_delete delete;
		struct channel_status channel_status;
		struct action_promotion_status promotion_status;
		struct action_notice notice;
		struct action_event event;
	};
};

struct gate_row { /* what the text shows of the gates */
	const char *promotion;
	const char *gate;
	bool is_open;
	const char *message;
};

struct plan {
	const char *namespace;
	const char *name;
	const char *promotion; /* the one that runs or runs next; NULL */
	struct vec gates;      /* struct gate_row * */
	struct vec actions;    /* struct action * */
	int64_t wake_ms;       /* look again then; CLOCK_NEVER: only when something changes */
	const char *wake_reason;
};

/* The decision. What the plan points to lies in arena or in world; plan's own vectors are freed by
 * plan_finish(). */
void plan_make(const struct world *world, struct arena *arena, struct plan *ret_plan);

/* Appends a zeroed action of the kind and returns it for filling in. */
struct action *plan_add(struct plan *plan, struct arena *arena, enum action_kind kind);

/* Asks for a look at at_ms; the earliest wish wins. */
void plan_wake(struct plan *plan, int64_t at_ms, const char *reason);

/* Is there nothing to do? (A wake is not something to do.) */
bool plan_is_empty(const struct plan *plan);

/* Frees the vectors. */
void plan_finish(struct plan *plan);

/* "pin", "resolve", … as in the text form and in metrics. */
const char *action_name(enum action_kind kind);

/* The text form of a plan. ERR_INPUT when it does not fit into out. */
int plan_text(const struct plan *plan, struct buf *out, struct err *err)
	__attribute__((warn_unused_result));

/* One action as one line of the text form, without indent and newline (several lines for STATE_PINS and
 * PIN of several containers). */
int action_text(const struct plan *plan, const struct action *action, struct buf *out, struct err *err)
	__attribute__((warn_unused_result));

#endif
