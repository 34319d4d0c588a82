/*
 * test/unit/telemetry/feed: calls every function of metrics.h once, so that every metric has a value.
 */
#ifndef SLUICE_TEST_FEED_H
#define SLUICE_TEST_FEED_H

#include "telemetry/metrics.h"

static inline void feed_all(struct metrics *metrics)
{
	metrics_reconciled(metrics, "channel", "success", 0.004);
	metrics_reconciled(metrics, "channel", "error", 0.2);
	metrics_queue_added(metrics, "channel");
	metrics_queue_waited(metrics, "channel", 0.0002);
	metrics_queue_retried(metrics, "channel");
	metrics_queue_set_depth(metrics, "channel", 3);
	metrics_plan_action(metrics, "pin");
	metrics_promotion_ended(metrics, "Succeeded");
	metrics_set_channels(metrics, "Ready", 5);
	metrics_set_quarantined(metrics, "Promotion", 1);
	metrics_set_guard(metrics, true);
	metrics_request_counted(metrics, "PATCH", "10.0.0.1:443", 200);
	metrics_request_counted(metrics, "PATCH", "10.0.0.1:443", 0);
	metrics_request_timed(metrics, "PATCH", "10.0.0.1:443", 0.003);
	metrics_request_held_back(metrics, "PATCH", "10.0.0.1:443", 0.04);
	metrics_set_leader(metrics, "sluice", true);
	metrics_set_events_dropped(metrics, 2);
	metrics_watch_event(metrics, "Deployment", "MODIFIED");
	metrics_watch_relisted(metrics, "Deployment", "Gone");
	metrics_set_watch_age(metrics, "Deployment", 12.5);
	metrics_set_store(metrics, "Deployment", 40, 65536);
	metrics_registry_request(metrics, 429);
	metrics_credential_renewed(metrics, "token file", true);
	metrics_credential_renewed(metrics, "credential plugin", false);
}

#endif
