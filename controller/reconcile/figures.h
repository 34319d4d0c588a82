/*
 * reconcile/figures: gauges for the metrics, counted from the store when somebody looks.
 * May include: kube/store.h, telemetry/metrics.h.
 */
#ifndef SLUICE_RECONCILE_FIGURES_H
#define SLUICE_RECONCILE_FIGURES_H

#include "kube/store.h"
#include "telemetry/metrics.h"

/* Sets channels by state (stalled, reconciling, ready, waiting: by their conditions), whether the
 * guard is there, and what the store holds of each kind. */
void figures_collect(const struct store *store, struct metrics *metrics);

#endif
