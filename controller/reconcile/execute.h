/*
 * reconcile/execute: carries out orders, one after the other, and stops at the first that fails.
 *
 * What the apiserver answers to a write goes into the store at once, so that the next look sees it;
 * what is learned otherwise goes into the looks, and questions to registries into asked. Nothing
 * decides here: an answer that needs a decision is an observation, and the outcome says that
 * another look is worth it.
 *
 * Orders of one key never run side by side (the queue sees to that); orders of several keys do, but
 * two writes to one object never. May include: base, kube, registry, telemetry, wire, reconcile.
 */
#ifndef SLUICE_RECONCILE_EXECUTE_H
#define SLUICE_RECONCILE_EXECUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "kube/client.h"
#include "kube/event.h"
#include "kube/store.h"
#include "reconcile/asked.h"
#include "reconcile/keys.h"
#include "reconcile/looks.h"
#include "reconcile/measured.h"
#include "reconcile/order.h"
#include "reconcile/unapplied.h"
#include "registry/observed.h"
#include "telemetry/metrics.h"

struct executor;

/* What an executor works with; all of it outlives it. */
struct executor_tools {
	struct client *client;
	struct store *store;
	struct registry *registry;
	const struct prometheus *prometheus;
	struct event_sender *events;
	struct metrics *metrics;
	struct looks *looks;
	struct unapplied *unapplied;
	struct asked *asked;
	struct measured *measured;
	struct keys *keys;
	int64_t (*now_ms)(void); /* wall clock; NULL: clock_now_ms */
	/* May this replica write at this moment? Asked before each order; NULL: always. */
	bool (*may_write)(void *user);
	void *user;
	/* What key waited for is over: it wants a look. May be NULL. */
	void (*wake)(void *user, const char *key);
	void *wake_user;
};

struct outcome {
	const struct order *failed; /* the order that failed, the last one or one that the others do not rest on; NULL: all were carried out */
	struct err err;
	bool is_cut_short; /* orders are left; without a failure the key is woken when it is time */
	bool is_news;      /* something was learned that the next look should see at once */
	int64_t again_ms;  /* look again after so long, for nobody will tell; CLOCK_NEVER: no need */
};

/* The end, exactly once; it may come from inside execute_start(). outcome is valid during the
 * call. */
typedef void (*execute_done_fn)(void *user, const char *key, const struct outcome *outcome);

/* Makes an executor. Ends the process without memory. */
struct executor *executor_create(const struct executor_tools *tools);

/* Carries out orders (taken over, also when it ends at once) for key. */
void execute_start(struct executor *executor, const char *key, struct orders *orders_take,
		   execute_done_fn done, void *user);

/* From now on no further order is begun; those under way end by their answers, with CONFLICT where
 * orders are left. true again: work goes on. */
void executor_set_working(struct executor *executor, bool is_working);

/* Keys whose orders are under way. */
size_t executor_active(const struct executor *executor);

/* Frees it. Whatever was under way must have ended. NULL is fine. */
void executor_destroy(struct executor *executor);

#endif
