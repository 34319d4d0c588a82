#include "domain/metric.h"

#include <math.h>

#define VALUES_SHOWN 5

const char *metric_verdict_name(enum metric_verdict verdict)
{
	static const char *const names[] = { "Passed", "Failed", "Inconclusive", "Error" };

	return names[verdict];
}

const char *verification_result_name(enum verification_result result)
{
	static const char *const names[] = { "", "Running", "Passed", "Failed" };

	return names[result];
}

/* Comparisons with NaN are false, so it is within no bounds. */
static bool is_within(const struct bounds *bounds, double value)
{
	return !isnan(value) && (!bounds->has_min || value >= bounds->min) &&
	       (!bounds->has_max || value <= bounds->max);
}

static bool has_bounds(const struct bounds *bounds)
{
	return bounds->has_min || bounds->has_max;
}

static enum metric_verdict judge_value(const struct metric_spec *spec, double value)
{
	if (is_within(&spec->success, value))
		return VERDICT_PASSED;
	if (isnan(value) || (has_bounds(&spec->failure) && !is_within(&spec->failure, value)))
		return VERDICT_INCONCLUSIVE;
	return VERDICT_FAILED;
}

/* As Prometheus writes it. */
static const char *value_text(double value, struct arena *arena)
{
	if (isnan(value))
		return "NaN";
	return isinf(value) ? (value < 0 ? "-Inf" : "+Inf") : arena_printf(arena, "%.6g", value);
}

/* "0.99, 0.5 and 7 more" */
static const char *values_text(const double *values, size_t count, struct arena *arena)
{
	const char *text = "";
	size_t shown = count < VALUES_SHOWN ? count : VALUES_SHOWN;

	for (size_t i = 0; i < shown; i++)
		text = arena_printf(arena, "%s%s%s", text, i == 0 ? "" : ", ", value_text(values[i], arena));
	return shown == count ? text : arena_printf(arena, "%s and %zu more", text, count - shown);
}

struct measurement metric_judge(const struct metric_spec *spec, const double *values, size_t count, int64_t at_ms,
				struct arena *arena)
{
	struct measurement measurement = { .at_ms = at_ms, .verdict = VERDICT_PASSED };

	if (count == 0) {
		measurement.verdict = VERDICT_INCONCLUSIVE;
		measurement.message = "the query gave no data";
		return measurement;
	}
	measurement.value = values_text(values, count, arena);
	for (size_t i = 0; i < count; i++) {
		enum metric_verdict verdict = judge_value(spec, values[i]);

		if (verdict == VERDICT_FAILED)
			measurement.verdict = VERDICT_FAILED;
		else if (verdict == VERDICT_INCONCLUSIVE && measurement.verdict == VERDICT_PASSED)
			measurement.verdict = VERDICT_INCONCLUSIVE;
	}
	return measurement;
}
