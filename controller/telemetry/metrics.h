/*
 * telemetry/metrics: the numbers of the process, and their text for Prometheus.
 *
 * Each metric of metric_table.h has its own typed function here, and each function somebody who calls
 * it: nothing is exposed that nobody feeds. What is a state rather than an event (depths, ages, counts
 * of objects) is asked for when somebody looks: metrics_on_collect().
 *
 * May include: base, telemetry/metric_table.h. Deliberately absent: HTTP (health.h serves the text).
 */
#ifndef SLUICE_TELEMETRY_METRICS_H
#define SLUICE_TELEMETRY_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "telemetry/metric_table.h"

struct metrics;

/* Makes the set; version is the one of sluice_build_info. Ends the process when there is no memory. */
struct metrics *metrics_create(const char *version);

/* NULL is fine. */
void metrics_destroy(struct metrics *metrics);

/* Calls fn(user) before each exposition, for those who set gauges from what they hold. At most 8. */
void metrics_on_collect(struct metrics *metrics, void (*fn)(void *user), void *user);

/* Appends the text exposition of all series. Errors as buf_append(). */
int metrics_write(struct metrics *metrics, struct buf *buf, struct err *err)
	__attribute__((warn_unused_result));

/* The index-th metric of the table, NULL behind the last: for the reference page. */
const struct metric_info *metrics_describe(size_t index);

/* ---- reconcile ---- */

/* A reconcile of controller ended; result is "success", "requeue", "requeue_after" or "error". */
void metrics_reconciled(struct metrics *metrics, const char *controller, const char *result,
			double seconds);

/* A key was put into the queue name. */
void metrics_queue_added(struct metrics *metrics, const char *name);

/* A key left the queue after it had waited for seconds. */
void metrics_queue_waited(struct metrics *metrics, const char *name, double seconds);

/* A key was put back after a failure. */
void metrics_queue_retried(struct metrics *metrics, const char *name);

/* How many keys wait now. */
void metrics_queue_set_depth(struct metrics *metrics, const char *name, size_t depth);

/* A plan called for one more action of this name. */
void metrics_plan_action(struct metrics *metrics, const char *action);

/* A promotion reached its end: "Succeeded", "Failed", "Aborted", "Superseded". */
void metrics_promotion_ended(struct metrics *metrics, const char *result);

/* How many channels are in state now; set every state, also those with 0. */
void metrics_set_channels(struct metrics *metrics, const char *state, size_t count);

/* How many objects of a kind are in quarantine now; set every kind, also those with 0. */
void metrics_set_quarantined(struct metrics *metrics, const char *kind, size_t objects);

/* Does the apiserver enforce the pins? */
void metrics_set_guard(struct metrics *metrics, bool is_enforced);

/* ---- apiserver ---- */

/* A request was answered with the HTTP status code, 0: without an answer. */
void metrics_request_counted(struct metrics *metrics, const char *method, const char *host, int code);

/* A request (no watch) took seconds from its sending to the end of its answer. */
void metrics_request_timed(struct metrics *metrics, const char *method, const char *host,
			   double seconds);

/* A request waited for seconds because of the client's own limit. */
void metrics_request_held_back(struct metrics *metrics, const char *method, const char *host,
			       double seconds);

/* A credential from that source is another one now, or could not be renewed. */
void metrics_credential_renewed(struct metrics *metrics, const char *source, bool is_success);

/* Does this process hold the lease? */
void metrics_set_leader(struct metrics *metrics, const char *lease, bool is_leader);

/* Kubernetes Events that were dropped since the start. */
void metrics_set_events_dropped(struct metrics *metrics, uint64_t total);

/* A watch of kind brought an event: "ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR". */
void metrics_watch_event(struct metrics *metrics, const char *kind, const char *type);

/* All objects of kind are read anew. reason is a short constant word. */
void metrics_watch_relisted(struct metrics *metrics, const char *kind, const char *reason);

/* How long ago a watch of kind last brought a byte. */
void metrics_set_watch_age(struct metrics *metrics, const char *kind, double seconds);

/* What the store holds of kind. */
void metrics_set_store(struct metrics *metrics, const char *kind, size_t objects, size_t bytes);

/* ---- registry ---- */

/* A registry answered with the HTTP status code, 0: not at all. */
void metrics_registry_request(struct metrics *metrics, int code);

#endif
