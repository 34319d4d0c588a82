/*
 * domain/promotion: a Promotion as data: the request (spec, immutable) and what became of it (status).
 *
 * Field by field as in crds/promotions.yaml. May include: base, the structs it is made of.
 */
#ifndef SLUICE_DOMAIN_PROMOTION_H
#define SLUICE_DOMAIN_PROMOTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/channel.h"
#include "domain/condition.h"
#include "domain/meta.h"
#include "domain/release.h"

enum promotion_source { SOURCE_FROM, SOURCE_RELEASE, SOURCE_ARTIFACTS, SOURCE_ROLLBACK };

struct promotion_artifact {
	const char *name;
	const char *digest; /* NULL: by tag */
	const char *tag;    /* NULL: by digest alone */
};

enum promotion_phase {
	PHASE_NONE, /* not looked at yet */
	PHASE_PENDING,
	PHASE_RESOLVING,
	PHASE_WAITING,
	PHASE_ROLLING_OUT,
	PHASE_VERIFYING,
	PHASE_SUCCEEDED,
	PHASE_FAILED,
	PHASE_ABORTED,
	PHASE_SUPERSEDED,
};

enum approval_decision { DECISION_APPROVE, DECISION_REJECT };

struct approval { /* what somebody who may approve said */
	const char *user;
	enum approval_decision decision;
	bool is_override;   /* APPROVE: upstream and soak are skipped */
	const char *reason; /* spec: NULL when none was given */
	int64_t at_ms;      /* status: when the operator saw it first */
};

struct waiting_for {
	const char *gate;
	int64_t until_ms; /* CLOCK_NEVER: not known */
	const char *message;
};

struct step {
	const char *name;
	int64_t started_ms;
	int64_t finished_ms; /* 0: under way */
	const char *message;
};

struct promotion_status {
	int64_t observed_generation;
	enum promotion_phase phase;
	struct release release;
	struct release previous; /* what the channel ran before; id NULL: nothing */
	struct waiting_for *waiting;
	size_t waiting_count;
	struct step *steps;
	size_t step_count;
	struct approval *approvals; /* those of the spec, without their reasons, with their times */
	size_t approval_count;
	int64_t closed_since_ms; /* the channel is closed to it (window, stop, suspension, hold) since then; 0: it is open */
	int64_t closed_ms;       /* how long it was before, in all */
	int64_t started_ms;
	int64_t finished_ms;
	struct conditions conditions;
};

struct promotion {
	struct meta meta;
	const char *channel;
	enum promotion_source source;
	struct channel_ref from;                /* SOURCE_FROM */
	const char *release;                    /* SOURCE_RELEASE */
	struct promotion_artifact *artifacts;   /* SOURCE_ARTIFACTS */
	size_t artifact_count;
	const char *rollback_to;                /* SOURCE_ROLLBACK: "Previous" or a release id */
	int64_t ttl_ms;                         /* spec.ttlAfterFinished; 0: it stays */
	const char *requested_by;               /* "" when no policy stamped it */
	struct approval *approvals;             /* grows only; no two alike */
	size_t approval_count;
	bool is_aborted;                        /* spec.abort: once true, never false again */
	const char *aborted_by;                 /* "" when no policy stamped it */
	bool is_automatic;                      /* the label sluice.dev/automatic: Sluice created it */
	struct promotion_status status;
};

/* "Pending", …; "" for PHASE_NONE. */
const char *promotion_phase_name(enum promotion_phase phase);

/* Succeeded, Failed, Aborted, Superseded: no phase follows. */
bool promotion_phase_is_final(enum promotion_phase phase);

/* Is its phase final? Then it never changes again. */
bool promotion_is_finished(const struct promotion *promotion);

/* "Approve", "Reject". */
const char *approval_decision_name(enum approval_decision decision);

/* Its pins may have been written: RollingOut, Verifying. */
bool promotion_has_started(const struct promotion *promotion);

#endif
