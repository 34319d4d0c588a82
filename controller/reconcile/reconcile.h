/*
 * reconcile/reconcile: the loop that makes every channel what it should be.
 *
 * A change is mapped to keys, a key waits in the queue, its turn is a look: gather the world, make
 * the plan, carry it out; what comes back is a change again, until the plan is empty. Nothing is
 * looked at before the watches have synced, and nothing while another replica leads: then only the
 * memory is kept up to date.
 *
 * May include: base, net/loop.h, kube, registry, telemetry, reconcile.
 */
#ifndef SLUICE_RECONCILE_RECONCILE_H
#define SLUICE_RECONCILE_RECONCILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/crash_page.h"
#include "net/loop.h"
#include "reconcile/execute.h"

struct reconciler;

struct reconciler_options {
	struct loop *loop;
	struct executor_tools tools; /* looks, unapplied, asked, measured and keys are the reconciler's own: leave them NULL */
	struct crash_page *crash_page; /* where looks are noted; NULL: nowhere */
	size_t concurrency;          /* keys under way at once; 0: 16 */
	uint64_t seed;               /* of the back-off's jitter */
};

/* Makes a reconciler that does nothing yet. Ends the process without memory. */
struct reconciler *reconciler_create(const struct reconciler_options *options);

/* A record of the store has changed; has the form that store_on_change() wants. */
void reconciler_on_change(void *user, enum kind kind, const struct record *old,
			  const struct record *new);

/* A registry has answered about repository. */
void reconciler_on_observed(struct reconciler *reconciler, const char *repository);

/* An object was met in quarantine, or is not in quarantine any more; has the form that crash_page_on_change() wants. */
void reconciler_on_quarantine(void *user, const struct crash_entry *entry, bool is_met);

/* The wall clock was set, so that windows, soaks and deadlines may have begun or ended: everything is looked at. Has the form that loop_on_clock_set() wants. */
void reconciler_on_clock_set(void *user);

/* All watches hold all objects: from now on the store can be believed. */
void reconciler_set_synced(struct reconciler *reconciler);

/* This replica leads, or does not any more. Both may come often. */
void reconciler_set_leading(struct reconciler *reconciler, bool is_leading);

/* Stops for good, and calls fn (unless NULL) once the write under way of each key has been answered; fn
 * may be called from inside. */
void reconciler_stop(struct reconciler *reconciler, void (*fn)(void *user), void *user);

/* Sets the gauges of the metrics from what is held; has the form that metrics_on_collect()
 * wants. */
void reconciler_on_collect(void *user);

/* Frees it; nothing may be under way. NULL is fine. */
void reconciler_destroy(struct reconciler *reconciler);

#endif
