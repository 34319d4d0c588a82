/*
 * reconcile/figures: gauges for the metrics: channels are counted as they change, the rest is taken from the store when
 * somebody looks. May include: domain, kube/store.h, telemetry/metrics.h.
 */
#ifndef SLUICE_RECONCILE_FIGURES_H
#define SLUICE_RECONCILE_FIGURES_H

#include "domain/channel.h"
#include "kube/store.h"
#include "telemetry/metrics.h"

#define FIGURES_STATES 4

struct figures {
	size_t channels[FIGURES_STATES]; /* stalled, reconciling, ready, waiting: by their conditions */
};

/* A channel changed from before to after; NULL: it was, or is, not there. */
void figures_see(struct figures *figures, const struct channel *before, const struct channel *after);

/* Sets channels by state, whether the guard is there, and what the store holds of each kind. */
void figures_collect(const struct figures *figures, const struct store *store, struct metrics *metrics);

#endif
