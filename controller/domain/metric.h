/*
 * domain/metric: what a channel measures of a release that has been rolled out, and what was measured.
 *
 * Field by field as in crds/releasechannels.yaml, spec.verification and status.verification. May include: base.
 * Deliberately absent: who is asked, and how (the room prometheus).
 */
#ifndef SLUICE_DOMAIN_METRIC_H
#define SLUICE_DOMAIN_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define METRIC_LATEST_MAX 5 /* measurements that a status keeps of each metric */

struct bounds {
	bool has_min;
	bool has_max;
	double min;
	double max;
};

struct metric_spec {
	const char *name;
	const char *url; /* of the Prometheus server; NULL: the one that the operator was given */
	const char *query;
	const char *secret; /* credentialsRef; NULL: none */
	int64_t initial_delay_ms;
	int64_t interval_ms;
	int64_t count;         /* measurements that say something, until the metric is done */
	struct bounds success; /* at least one of its two is given */
	struct bounds failure; /* none: what is no success is a failure */
	int64_t failure_limit; /* more of the kind end the verification */
	int64_t inconclusive_limit;
	int64_t error_limit; /* in a row */
};

enum metric_verdict { VERDICT_PASSED, VERDICT_FAILED, VERDICT_INCONCLUSIVE, VERDICT_ERROR };

struct measurement {
	int64_t at_ms;
	enum metric_verdict verdict;
	const char *value;   /* as text, of several samples all; NULL: there is none */
	const char *message; /* why it is what it is; NULL: the value says it */
};

struct metric_status {
	const char *name;
	int64_t passed;
	int64_t failed;
	int64_t inconclusive;
	int64_t errors;
	int64_t errors_in_a_row;
	struct measurement *latest; /* newest first */
	size_t latest_count;
};

enum verification_result { VERIFICATION_NONE, VERIFICATION_RUNNING, VERIFICATION_PASSED, VERIFICATION_FAILED };

struct verification_status {
	enum verification_result result; /* NONE: there was none yet */
	const char *release;             /* which release is verified */
	const char *promotion;           /* that brought it */
	const char *request;             /* the annotation's value when it began; NULL: there was none */
	int64_t started_ms;
	int64_t finished_ms;
	const char *message;
	struct metric_status *metrics; /* in the order of the spec */
	size_t metric_count;
};

/* "Passed", "Failed", "Inconclusive", "Error". */
const char *metric_verdict_name(enum metric_verdict verdict);

/* "Running", "Passed", "Failed"; "" for NONE. */
const char *verification_result_name(enum verification_result result);

/* Judges the samples of one answer by a metric's bounds. All of several samples have to pass; one that fails fails
 * them all. No sample, and a value that is not a number, say nothing: Inconclusive. Texts lie in arena. */
struct measurement metric_judge(const struct metric_spec *spec, const double *values, size_t count, int64_t at_ms,
				struct arena *arena);

#endif
