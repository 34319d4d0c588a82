/*
 * telemetry/metric_table: the list of all metrics: name, type, help, labels.
 *
 * The one place where a metric is named; the exposition and the reference page both come from it. Names
 * of controller-runtime, client-go and the Prometheus client libraries are used where they exist, so
 * that common dashboards work. May include: libc.
 */
#ifndef SLUICE_TELEMETRY_METRIC_TABLE_H
#define SLUICE_TELEMETRY_METRIC_TABLE_H

#include <stddef.h>

#define METRIC_LABELS 3 /* the most that a metric has */

enum metric {
	METRIC_RECONCILE_TOTAL,
	METRIC_RECONCILE_ERRORS,
	METRIC_RECONCILE_TIME,
	METRIC_QUEUE_DEPTH,
	METRIC_QUEUE_ADDS,
	METRIC_QUEUE_DURATION,
	METRIC_QUEUE_RETRIES,
	METRIC_REQUESTS,
	METRIC_REQUEST_DURATION,
	METRIC_LIMITER_DURATION,
	METRIC_LEADER,
	METRIC_RESIDENT_MEMORY,
	METRIC_CPU_SECONDS,
	METRIC_OPEN_FDS,
	METRIC_START_TIME,
	METRIC_BUILD_INFO,
	METRIC_WATCH_EVENTS,
	METRIC_WATCH_RELISTS,
	METRIC_WATCH_AGE,
	METRIC_STORE_OBJECTS,
	METRIC_STORE_BYTES,
	METRIC_PROMOTIONS,
	METRIC_CHANNELS,
	METRIC_QUARANTINED,
	METRIC_REGISTRY_REQUESTS,
	METRIC_CREDENTIAL_RENEWALS,
	METRIC_PLAN_ACTIONS,
	METRIC_GUARD_ENFORCED,
	METRIC_EVENTS_DROPPED,
	METRIC_COUNT
};

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metric_info {
	const char *name;
	enum metric_type type;
	const char *help;                  /* one sentence */
	const char *labels[METRIC_LABELS]; /* the first ones; NULL: no more */
	const double *bounds;              /* histograms: upper bounds in rising order, without +Inf */
	size_t bound_count;
};

/* The row of a metric. */
const struct metric_info *metric_info(enum metric metric);

/* "counter", "gauge", "histogram" */
const char *metric_type_name(enum metric_type type);

#endif
