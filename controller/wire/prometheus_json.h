/*
 * wire/prometheus_json: the answer of Prometheus to an instant query.
 *
 * Format: the HTTP API of Prometheus, /api/v1/query: status, errorType, error, data.resultType and data.result; a sample
 * is [seconds, "value"], where the value is a number as Go writes it, NaN and +Inf included. May include: base.
 */
#ifndef SLUICE_WIRE_PROMETHEUS_JSON_H
#define SLUICE_WIRE_PROMETHEUS_JSON_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

#define PROMETHEUS_SAMPLES_MAX 1000

/* Reads the samples of a vector, or the one of a scalar, into arena. ERR_INPUT: the server's own complaint, or an answer
 * that gives no number (a string, a range, a histogram), or more than PROMETHEUS_SAMPLES_MAX. */
int prometheus_samples_from_json(const char *json, size_t len, struct arena *arena, double **ret_values,
				 size_t *ret_count, struct err *err) __attribute__((warn_unused_result));

#endif
