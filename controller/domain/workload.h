/*
 * domain/workload: what Sluice reads of the objects of others: workloads, and the few things it makes.
 * May include: base, the structs it is made of.
 */
#ifndef SLUICE_DOMAIN_WORKLOAD_H
#define SLUICE_DOMAIN_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/channel.h"
#include "domain/meta.h"

struct container {
	const char *name;
	const char *image; /* "" when it has none */
	bool is_init;
};

struct label {
	const char *key;
	const char *value;
};

struct workload {
	struct meta meta;
	enum workload_kind kind;
	struct container *containers;
	size_t count;
	bool is_paused;         /* Deployment: spec.paused; CronJob: spec.suspend */
	bool is_gated;          /* the pod template carries the gate sluice.dev/no-release */
	bool is_on_delete;      /* updateStrategy OnDelete: pods change only when somebody deletes them */
	int64_t partition;      /* StatefulSet: pods below this ordinal keep the old template */
	bool has_expressions;   /* selector.matchExpressions is not empty */
	struct label *selector; /* selector.matchLabels */
	size_t selector_count;
	int64_t desired;        /* spec.replicas (1 when absent), or desiredNumberScheduled */
	int64_t updated;        /* status.updatedReplicas, updatedNumberScheduled */
	int64_t total;          /* status.replicas, currentNumberScheduled */
	int64_t ready;          /* status.readyReplicas, numberReady */
	int64_t available;      /* status.availableReplicas, numberAvailable */
	int64_t observed_generation;
	const char *current_revision; /* StatefulSet; "" otherwise */
	const char *update_revision;
	const char *progress_message; /* Deployment's ReplicaFailure or Progressing=False message, or NULL */
};

struct pin {
	const char *key;   /* "Deployment.web.web" */
	const char *image; /* "repository@sha256:…" */
};

struct pins { /* the ConfigMap sluice-pins of a namespace */
	struct meta meta; /* resource_version NULL: it does not exist */
	struct pin *items; /* sorted by key */
	size_t count;
};

struct made { /* an object that Sluice applies whole: HorizontalPodAutoscaler, Service */
	struct meta meta;
	const char *applied; /* annotation sluice.dev/applied: hash of what was applied last; NULL */
	const char *summary; /* the live fields that Sluice set, in one line, as in domain/made.h */
};

struct gated_pod {
	struct meta meta; /* owner_kind and owner_name say whose it is */
	bool is_gated;    /* spec.schedulingGates still names sluice.dev/no-release */
};

/* Do both say the same of one object? Of its versions only the resourceVersion may differ. */
bool workload_is_same(const struct workload *a, const struct workload *b);

/* The container called name, or NULL. */
const struct container *workload_find_container(const struct workload *workload, const char *name);

/* The pin's key for a container of a workload: "Kind.name.container". */
char *pin_key(struct arena *arena, enum workload_kind kind, const char *name, const char *container);

/* Whose pin a key is, whatever its container. */
struct pin_owner {
	enum workload_kind kind;
	const char *name; /* the first name_len bytes of it, which are the key's */
	size_t name_len;
};

/* Reads a key as pin_key() makes it. false: no workload has such a pin. */
bool pin_key_read(const char *key, struct pin_owner *ret);

/* The image pinned under key, or NULL. */
const char *pins_find(const struct pins *pins, const char *key);

#endif
