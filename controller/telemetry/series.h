/*
 * telemetry/series: the values of one metric, one series for each set of label values.
 *
 * The number of series is bounded: what comes when a family is full is counted under the label values
 * "other", so that sums stay right and nobody who chooses a label's value can take all memory.
 * The text form is Prometheus' text exposition format 0.0.4, written by hand.
 * May include: base, telemetry/metric_table.h.
 */
#ifndef SLUICE_TELEMETRY_SERIES_H
#define SLUICE_TELEMETRY_SERIES_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "telemetry/metric_table.h"

#define SERIES_MAX 200 /* series of one family, "other" included */

struct series {
	char *labels[METRIC_LABELS]; /* values; NULL: no more */
	double value;                /* counters and gauges */
	double sum;                  /* histograms, as all below */
	uint64_t count;
	uint64_t *buckets;           /* observations up to bounds[i] that are in no smaller bucket */
};

struct family {
	const struct metric_info *info;
	struct map by_labels; /* joined label values → struct series */
	struct vec all;       /* the same in the order of their coming */
};

void family_init(struct family *family, const struct metric_info *info);
void family_finish(struct family *family);

/* The series with these label values (as many as the metric has labels; NULL counts as ""), made if it
 * is new. Values longer than 128 bytes are cut. */
struct series *family_series(struct family *family, const char *const labels[METRIC_LABELS]);

/* Counts value into the series' histogram. */
void series_observe(const struct family *family, struct series *series, double value);

/* Appends HELP, TYPE and all series; nothing when there are none. Errors as buf_append(). */
int family_write(const struct family *family, struct buf *buf, struct err *err)
	__attribute__((warn_unused_result));

#endif
