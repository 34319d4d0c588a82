#include "telemetry/metric_table.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define BOUNDS(array) .bounds = (array), .bound_count = COUNT_OF(array)

static const double reconcile_bounds[] = { 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05,
					   0.1,    0.5,    1,     5,     10,   30 };
static const double queue_bounds[] = { 0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60 };
static const double request_bounds[] = { 0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1,
					 2,     4,     8,     15,  30,   60 };

static const struct metric_info table[METRIC_COUNT] = {
	[METRIC_RECONCILE_TOTAL] = {
		.name = "controller_runtime_reconcile_total",
		.type = METRIC_COUNTER,
		.help = "Reconciles by controller and result (success, requeue, requeue_after, error).",
		.labels = { "controller", "result" },
	},
	[METRIC_RECONCILE_ERRORS] = {
		.name = "controller_runtime_reconcile_errors_total",
		.type = METRIC_COUNTER,
		.help = "Reconciles that ended in an error.",
		.labels = { "controller" },
	},
	[METRIC_RECONCILE_TIME] = {
		.name = "controller_runtime_reconcile_time_seconds",
		.type = METRIC_HISTOGRAM,
		.help = "Time that one reconcile took.",
		.labels = { "controller" },
		BOUNDS(reconcile_bounds),
	},
	[METRIC_QUEUE_DEPTH] = {
		.name = "workqueue_depth",
		.type = METRIC_GAUGE,
		.help = "Keys that wait to be reconciled.",
		.labels = { "name" },
	},
	[METRIC_QUEUE_ADDS] = {
		.name = "workqueue_adds_total",
		.type = METRIC_COUNTER,
		.help = "Keys put into the queue.",
		.labels = { "name" },
	},
	[METRIC_QUEUE_DURATION] = {
		.name = "workqueue_queue_duration_seconds",
		.type = METRIC_HISTOGRAM,
		.help = "Time that a key waited in the queue.",
		.labels = { "name" },
		BOUNDS(queue_bounds),
	},
	[METRIC_QUEUE_RETRIES] = {
		.name = "workqueue_retries_total",
		.type = METRIC_COUNTER,
		.help = "Keys put back after a failed reconcile.",
		.labels = { "name" },
	},
	[METRIC_REQUESTS] = {
		.name = "rest_client_requests_total",
		.type = METRIC_COUNTER,
		.help = "Requests to the apiserver by status code (<error> when there was none), method "
			"and host.",
		.labels = { "code", "method", "host" },
	},
	[METRIC_REQUEST_DURATION] = {
		.name = "rest_client_request_duration_seconds",
		.type = METRIC_HISTOGRAM,
		.help = "Time from sending a request to the end of its answer; watches are not counted.",
		.labels = { "verb", "host" },
		BOUNDS(request_bounds),
	},
	[METRIC_LIMITER_DURATION] = {
		.name = "rest_client_rate_limiter_duration_seconds",
		.type = METRIC_HISTOGRAM,
		.help = "Time that a request waited to keep to --kube-api-qps; without it there is none.",
		.labels = { "verb", "host" },
		BOUNDS(request_bounds),
	},
	[METRIC_LEADER] = {
		.name = "leader_election_master_status",
		.type = METRIC_GAUGE,
		.help = "1 while this process holds the lease, 0 while it does not.",
		.labels = { "name" },
	},
	[METRIC_RESIDENT_MEMORY] = {
		.name = "process_resident_memory_bytes",
		.type = METRIC_GAUGE,
		.help = "Resident memory of the process.",
	},
	[METRIC_CPU_SECONDS] = {
		.name = "process_cpu_seconds_total",
		.type = METRIC_COUNTER,
		.help = "User and system CPU time of the process.",
	},
	[METRIC_OPEN_FDS] = {
		.name = "process_open_fds",
		.type = METRIC_GAUGE,
		.help = "Open file descriptors of the process.",
	},
	[METRIC_START_TIME] = {
		.name = "process_start_time_seconds",
		.type = METRIC_GAUGE,
		.help = "When the process started, in seconds since 1970.",
	},
	[METRIC_BUILD_INFO] = {
		.name = "sluice_build_info",
		.type = METRIC_GAUGE,
		.help = "Always 1; the version is in the label.",
		.labels = { "version" },
	},
	[METRIC_WATCH_EVENTS] = {
		.name = "sluice_watch_events_total",
		.type = METRIC_COUNTER,
		.help = "Events received from watches.",
		.labels = { "kind", "type" },
	},
	[METRIC_WATCH_RELISTS] = {
		.name = "sluice_watch_relists_total",
		.type = METRIC_COUNTER,
		.help = "Times that all objects of a kind were read anew, by reason.",
		.labels = { "kind", "reason" },
	},
	[METRIC_WATCH_AGE] = {
		.name = "sluice_watch_last_byte_age_seconds",
		.type = METRIC_GAUGE,
		.help = "Time since a watch last brought anything: about a minute where bookmarks come, half an hour for kinds of few objects.",
		.labels = { "kind" },
	},
	[METRIC_STORE_OBJECTS] = {
		.name = "sluice_store_objects",
		.type = METRIC_GAUGE,
		.help = "Objects kept in memory.",
		.labels = { "kind" },
	},
	[METRIC_STORE_BYTES] = {
		.name = "sluice_store_bytes",
		.type = METRIC_GAUGE,
		.help = "Memory that the kept objects take.",
		.labels = { "kind" },
	},
	[METRIC_PROMOTIONS] = {
		.name = "sluice_promotions_total",
		.type = METRIC_COUNTER,
		.help = "Promotions that reached their end, by result (Succeeded, Failed, Aborted, Superseded).",
		.labels = { "result" },
	},
	[METRIC_CHANNELS] = {
		.name = "sluice_channels",
		.type = METRIC_GAUGE,
		.help = "Channels by state.",
		.labels = { "state" },
	},
	[METRIC_QUARANTINED] = {
		.name = "sluice_quarantined_objects",
		.type = METRIC_GAUGE,
		.help = "Objects that crashed the operator and are left alone, by kind; none without --crash-file.",
		.labels = { "kind" },
	},
	[METRIC_REGISTRY_REQUESTS] = {
		.name = "sluice_registry_requests_total",
		.type = METRIC_COUNTER,
		.help = "Requests to registries by status code (<error> when there was no answer).",
		.labels = { "code" },
	},
	[METRIC_CREDENTIAL_RENEWALS] = {
		.name = "sluice_credential_renewals_total",
		.type = METRIC_COUNTER,
		.help = "Times that a credential for the apiserver was renewed, or could not be, by source "
			"(certificate files, token file, credential plugin) and result (success, failure).",
		.labels = { "source", "result" },
	},
	[METRIC_PLAN_ACTIONS] = {
		.name = "sluice_plan_actions_total",
		.type = METRIC_COUNTER,
		.help = "Actions that plans called for.",
		.labels = { "action" },
	},
	[METRIC_GUARD_ENFORCED] = {
		.name = "sluice_guard_enforced",
		.type = METRIC_GAUGE,
		.help = "1 when the apiserver enforces the pins by admission policy, 0 when only field "
			"ownership does.",
	},
	[METRIC_EVENTS_DROPPED] = {
		.name = "sluice_event_dropped_total",
		.type = METRIC_COUNTER,
		.help = "Kubernetes Events that were not sent because too many waited.",
	},
};

const struct metric_info *metric_info(enum metric metric)
{
	return &table[metric];
}

const char *metric_type_name(enum metric_type type)
{
	static const char *const names[] = { "counter", "gauge", "histogram" };

	return names[type];
}
