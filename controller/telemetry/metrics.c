#include "telemetry/metrics.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/str.h"
#include "telemetry/process.h"
#include "telemetry/series.h"

#define COLLECTORS 8

struct collector {
	void (*fn)(void *user);
	void *user;
};

struct metrics {
	struct family families[METRIC_COUNT];
	struct collector collectors[COLLECTORS];
	size_t collector_count;
};

#define LABELS(...) ((const char *const[METRIC_LABELS]){ __VA_ARGS__ })

static struct series *find(struct metrics *metrics, enum metric metric, const char *const *labels)
{
	return family_series(&metrics->families[metric], labels);
}

static void count(struct metrics *metrics, enum metric metric, const char *const *labels)
{
	find(metrics, metric, labels)->value++;
}

static void set(struct metrics *metrics, enum metric metric, const char *const *labels, double value)
{
	find(metrics, metric, labels)->value = value;
}

static void observe(struct metrics *metrics, enum metric metric, const char *const *labels,
		    double seconds)
{
	series_observe(&metrics->families[metric], find(metrics, metric, labels), seconds);
}

struct metrics *metrics_create(const char *version)
{
	struct metrics *metrics = memory_alloc(sizeof(*metrics));

	for (size_t i = 0; i < METRIC_COUNT; i++)
		family_init(&metrics->families[i], metric_info((enum metric)i));
	set(metrics, METRIC_BUILD_INFO, LABELS(version), 1);
	return metrics;
}

void metrics_destroy(struct metrics *metrics)
{
	if (metrics == NULL)
		return;
	for (size_t i = 0; i < METRIC_COUNT; i++)
		family_finish(&metrics->families[i]);
	free(metrics);
}

void metrics_on_collect(struct metrics *metrics, void (*fn)(void *user), void *user)
{
	CHECK(metrics->collector_count < COLLECTORS);
	metrics->collectors[metrics->collector_count++] = (struct collector){ fn, user };
}

static void collect_process(struct metrics *metrics)
{
	struct process_usage usage;

	if (!process_read(&usage))
		return;
	set(metrics, METRIC_RESIDENT_MEMORY, LABELS(NULL), usage.resident_bytes);
	set(metrics, METRIC_CPU_SECONDS, LABELS(NULL), usage.cpu_seconds);
	set(metrics, METRIC_OPEN_FDS, LABELS(NULL), usage.open_fds);
	set(metrics, METRIC_START_TIME, LABELS(NULL), usage.start_seconds);
}

int metrics_write(struct metrics *metrics, struct buf *buf, struct err *err)
{
	int r = 0;

	collect_process(metrics);
	for (size_t i = 0; i < metrics->collector_count; i++)
		metrics->collectors[i].fn(metrics->collectors[i].user);
	for (size_t i = 0; r == 0 && i < METRIC_COUNT; i++)
		r = family_write(&metrics->families[i], buf, err);
	return r;
}

const struct metric_info *metrics_describe(size_t index)
{
	return index < METRIC_COUNT ? metric_info((enum metric)index) : NULL;
}

void metrics_reconciled(struct metrics *metrics, const char *controller, const char *result,
			double seconds)
{
	struct series *errors = find(metrics, METRIC_RECONCILE_ERRORS, LABELS(controller));

	count(metrics, METRIC_RECONCILE_TOTAL, LABELS(controller, result));
	observe(metrics, METRIC_RECONCILE_TIME, LABELS(controller), seconds);
	if (str_equal(result, "error"))
		errors->value++;
}

void metrics_queue_added(struct metrics *metrics, const char *name)
{
	count(metrics, METRIC_QUEUE_ADDS, LABELS(name));
}

void metrics_queue_waited(struct metrics *metrics, const char *name, double seconds)
{
	observe(metrics, METRIC_QUEUE_DURATION, LABELS(name), seconds);
}

void metrics_queue_retried(struct metrics *metrics, const char *name)
{
	count(metrics, METRIC_QUEUE_RETRIES, LABELS(name));
}

void metrics_queue_set_depth(struct metrics *metrics, const char *name, size_t depth)
{
	set(metrics, METRIC_QUEUE_DEPTH, LABELS(name), (double)depth);
}

void metrics_plan_action(struct metrics *metrics, const char *action)
{
	count(metrics, METRIC_PLAN_ACTIONS, LABELS(action));
}

void metrics_promotion_ended(struct metrics *metrics, const char *result)
{
	count(metrics, METRIC_PROMOTIONS, LABELS(result));
}

void metrics_set_channels(struct metrics *metrics, const char *state, size_t channels)
{
	set(metrics, METRIC_CHANNELS, LABELS(state), (double)channels);
}

void metrics_set_quarantined(struct metrics *metrics, const char *kind, size_t objects)
{
	set(metrics, METRIC_QUARANTINED, LABELS(kind), (double)objects);
}

void metrics_set_guard(struct metrics *metrics, bool is_enforced)
{
	set(metrics, METRIC_GUARD_ENFORCED, LABELS(NULL), is_enforced ? 1 : 0);
}

/* A status code as a label, as client-go writes it: what is no status is "<error>". */
static const char *code_text(int code, char text[static 16])
{
	if (code >= 100 && code <= 599)
		(void)snprintf(text, 16, "%d", code);
	else
		(void)snprintf(text, 16, "<error>");
	return text;
}

void metrics_request_counted(struct metrics *metrics, const char *method, const char *host, int code)
{
	char text[16];

	count(metrics, METRIC_REQUESTS, LABELS(code_text(code, text), method, host));
}

void metrics_request_timed(struct metrics *metrics, const char *method, const char *host,
			   double seconds)
{
	observe(metrics, METRIC_REQUEST_DURATION, LABELS(method, host), seconds);
}

void metrics_request_held_back(struct metrics *metrics, const char *method, const char *host,
			       double seconds)
{
	observe(metrics, METRIC_LIMITER_DURATION, LABELS(method, host), seconds);
}

void metrics_set_leader(struct metrics *metrics, const char *lease, bool is_leader)
{
	set(metrics, METRIC_LEADER, LABELS(lease), is_leader ? 1 : 0);
}

void metrics_set_events_dropped(struct metrics *metrics, uint64_t total)
{
	set(metrics, METRIC_EVENTS_DROPPED, LABELS(NULL), (double)total);
}

void metrics_watch_event(struct metrics *metrics, const char *kind, const char *type)
{
	count(metrics, METRIC_WATCH_EVENTS, LABELS(kind, type));
}

void metrics_watch_relisted(struct metrics *metrics, const char *kind, const char *reason)
{
	count(metrics, METRIC_WATCH_RELISTS, LABELS(kind, reason));
}

void metrics_set_watch_age(struct metrics *metrics, const char *kind, double seconds)
{
	set(metrics, METRIC_WATCH_AGE, LABELS(kind), seconds);
}

void metrics_set_store(struct metrics *metrics, const char *kind, size_t objects, size_t bytes)
{
	set(metrics, METRIC_STORE_OBJECTS, LABELS(kind), (double)objects);
	set(metrics, METRIC_STORE_BYTES, LABELS(kind), (double)bytes);
}

void metrics_credential_renewed(struct metrics *metrics, const char *source, bool is_success)
{
	count(metrics, METRIC_CREDENTIAL_RENEWALS,
	      LABELS(source, is_success ? "success" : "failure"));
}

void metrics_registry_request(struct metrics *metrics, int code)
{
	char text[16];

	count(metrics, METRIC_REGISTRY_REQUESTS, LABELS(code_text(code, text)));
}
