/*
 * reconcile/order: a plan's actions, written out for the road.
 *
 * A plan points into the store and into an arena that are good for this turn of the loop only;
 * carrying it out takes many turns. So each action is turned into an order that owns its text:
 * which object, which bytes, and what the answer must say. May include: base, domain, wire.
 */
#ifndef SLUICE_RECONCILE_ORDER_H
#define SLUICE_RECONCILE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "domain/plan.h"
#include "wire/kind.h"

struct order {
	enum action_kind action;
	const char *text;      /* the action's line in the plan's text form */
	const char *namespace;
	const char *channel;   /* whose look called for it; "" for a namespace's sweep */
	const struct err *err; /* it could not even be written out: it fails when its turn comes; NULL */

	/* ---- the object that is read, written, deleted or told about ---- */
	enum kind kind;
	const char *name;
	const char *uid;
	const char *resource_version; /* DELETE, STATE_PINS: of what was looked at */
	char *body;                   /* what is applied; NULL: nothing is */
	bool is_status;               /* the apply goes to /status */
	bool force;                   /* the apply takes fields from other managers */

	/* ---- by action ---- */
	enum workload_kind workload;        /* FIND_WORKLOAD, PIN */
	const struct container *containers; /* PIN: what the answer must carry */
	size_t container_count;
	struct action_lookup lookup; /* LIST_TAGS, RESOLVE, CHECK_SIGNATURES */
	struct signatures signatures; /* CHECK_SIGNATURES: what the channel asks for */
	struct signature_key key;     /* READ_KEY */
	struct metric_spec metric;   /* MEASURE: name, url, query and secret */
	struct conditions conditions; /* NOTICE */
	const char *ended;           /* PROMOTION_STATUS: the final phase, NULL: it goes on */
	enum action_kind after;      /* EVENT: what it tells of */
	bool is_warning;
	const char *reason;
	const char *note;
};

struct orders {
	struct arena arena;
	struct order *items;
	size_t count;
};

/* Writes out all actions of the plan that was made from world. */
void orders_init(struct orders *orders, const struct world *world, const struct plan *plan);

/* Frees them. A zeroed one is fine. */
void orders_finish(struct orders *orders);

/* The names of the actions, for a log line: "pins pin status". Returns text. */
const char *orders_summary(const struct orders *orders, char *text, size_t size);

#endif
