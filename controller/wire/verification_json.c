#include "wire/verification_json.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "wire/release_json.h"

#define DEFAULT_INTERVAL_MS (60 * 1000)
#define DEFAULT_ERROR_LIMIT 3
#define LIMIT_MAX 1000

/* A number, which JSON may write as a whole one or not. */
static bool read_number(const struct read_node *node, const char *key, double *ret)
{
	const char *text = read_raw(node, key);
	char *end = NULL;

	if (text == NULL)
		return false;
	*ret = strtod(text, &end);
	if (end != text && *end == '\0' && isfinite(*ret))
		return true;
	read_complain(node, "%s is not a number", key);
	return false;
}

static void read_bounds(const struct read_node *metric, const char *key, struct bounds *bounds)
{
	struct read_node object = read_object(metric, key);

	bounds->has_min = read_number(&object, "min", &bounds->min);
	bounds->has_max = read_number(&object, "max", &bounds->max);
}

static void read_metric(const struct read_node *item, struct metric_spec *metric)
{
	struct read_node prometheus = read_object(item, "prometheus");
	struct read_node secret = read_object(&prometheus, "credentialsRef");

	metric->name = read_needed_text(item, "name");
	metric->url = read_text(&prometheus, "url");
	metric->query = read_needed_text(&prometheus, "query");
	metric->secret = read_is_present(&secret) ? read_needed_text(&secret, "name") : NULL;
	metric->initial_delay_ms = read_duration(item, "initialDelay", 0);
	metric->interval_ms = read_duration(item, "interval", DEFAULT_INTERVAL_MS);
	metric->count = read_int(item, "count", 1, LIMIT_MAX, 1);
	read_bounds(item, "success", &metric->success);
	read_bounds(item, "failure", &metric->failure);
	if (!metric->success.has_min && !metric->success.has_max)
		read_complain(item, "success needs min, max, or both");
	metric->failure_limit = read_int(item, "failureLimit", 0, LIMIT_MAX, 0);
	metric->inconclusive_limit = read_int(item, "inconclusiveLimit", 0, LIMIT_MAX, 0);
	metric->error_limit = read_int(item, "consecutiveErrorLimit", 0, LIMIT_MAX, DEFAULT_ERROR_LIMIT);
}

void verification_spec_read(const struct read_node *spec, struct channel *channel)
{
	struct read_node object = read_object(spec, "verification");
	struct read_node list = read_list(&object, "metrics");

	channel->metric_count = read_count(&list);
	channel->metrics = arena_new_array(spec->reader->arena, channel->metric_count, struct metric_spec);
	for (size_t i = 0; i < channel->metric_count; i++) {
		struct read_node item = read_item(&list, i);

		read_metric(&item, &channel->metrics[i]);
	}
}

static void read_measurements(const struct read_node *item, struct metric_status *metric)
{
	static const char *const verdicts[] = { "Passed", "Failed", "Inconclusive", "Error" };
	struct read_node list = read_list(item, "measurements");
	size_t count = read_count(&list);

	metric->latest = arena_new_array(item->reader->arena, count, struct measurement);
	for (size_t i = 0; i < count; i++) {
		struct read_node one = read_item(&list, i);
		struct measurement *m = &metric->latest[metric->latest_count++];

		m->at_ms = read_time(&one, "at", 0);
		m->verdict = (enum metric_verdict)read_choice(&one, "verdict", verdicts, 4, VERDICT_ERROR);
		m->value = read_text(&one, "value");
		m->message = read_text(&one, "message");
	}
}

static void read_metrics(const struct read_node *object, struct verification_status *v)
{
	struct read_node list = read_list(object, "metrics");
	size_t count = read_count(&list);

	v->metrics = arena_new_array(object->reader->arena, count, struct metric_status);
	for (size_t i = 0; i < count; i++) {
		struct read_node item = read_item(&list, i);
		struct metric_status *metric = &v->metrics[v->metric_count];

		metric->name = read_text(&item, "name");
		metric->passed = read_int(&item, "passed", 0, INT32_MAX, 0);
		metric->failed = read_int(&item, "failed", 0, INT32_MAX, 0);
		metric->inconclusive = read_int(&item, "inconclusive", 0, INT32_MAX, 0);
		metric->errors = read_int(&item, "errors", 0, INT32_MAX, 0);
		metric->errors_in_a_row = read_int(&item, "errorsInARow", 0, INT32_MAX, 0);
		read_measurements(&item, metric);
		v->metric_count += !str_is_empty(metric->name);
	}
}

void verification_status_read(const struct read_node *status, struct verification_status *v)
{
	static const char *const results[] = { NULL, "Running", "Passed", "Failed" };
	struct read_node object = read_object(status, "verification");

	v->result = (enum verification_result)read_choice(&object, "result", results, 4, VERIFICATION_NONE);
	v->release = read_text(&object, "release");
	v->promotion = read_text(&object, "promotion");
	v->request = read_text(&object, "request");
	v->started_ms = read_time(&object, "startedAt", 0);
	v->finished_ms = read_time(&object, "finishedAt", 0);
	v->message = read_text(&object, "message");
	read_metrics(&object, v);
}

static void write_metric(struct writer *writer, const struct metric_status *metric)
{
	write_object(writer, NULL);
	write_text(writer, "name", metric->name);
	write_int(writer, "passed", metric->passed);
	write_int(writer, "failed", metric->failed);
	write_int(writer, "inconclusive", metric->inconclusive);
	write_int(writer, "errors", metric->errors);
	write_int(writer, "errorsInARow", metric->errors_in_a_row);
	write_list(writer, "measurements");
	for (size_t i = 0; i < metric->latest_count; i++) {
		const struct measurement *m = &metric->latest[i];

		write_object(writer, NULL);
		write_time(writer, "at", m->at_ms);
		write_text(writer, "verdict", metric_verdict_name(m->verdict));
		write_text(writer, "value", m->value);
		write_brief(writer, "message", m->message, STATUS_MESSAGE_MAX);
		write_object_end(writer);
	}
	write_list_end(writer);
	write_object_end(writer);
}

void verification_status_write(struct writer *writer, const struct verification_status *v)
{
	if (v->result == VERIFICATION_NONE)
		return;
	write_object(writer, "verification");
	write_text(writer, "result", verification_result_name(v->result));
	write_text(writer, "release", v->release);
	write_text(writer, "promotion", v->promotion);
	write_text(writer, "request", v->request);
	write_time(writer, "startedAt", v->started_ms);
	write_time(writer, "finishedAt", v->finished_ms);
	write_brief(writer, "message", v->message, STATUS_MESSAGE_MAX);
	write_list(writer, "metrics");
	for (size_t i = 0; i < v->metric_count; i++)
		write_metric(writer, &v->metrics[i]);
	write_list_end(writer);
	write_object_end(writer);
}
