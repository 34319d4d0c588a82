/*
 * reconcile/measured: what Prometheus has answered to the channels' metrics.
 *
 * For each metric of a channel the last answer, good or bad, and whether one is under way. Like asked this is a memory of
 * the process that may be lost at any moment: what counts is in the channel's status. An answer to another question than the
 * spec's (it was edited) is none. Times are wall clock. May include: base, domain, prometheus.
 */
#ifndef SLUICE_RECONCILE_MEASURED_H
#define SLUICE_RECONCILE_MEASURED_H

#include <stdint.h>

#include "base/arena.h"
#include "domain/world.h"
#include "prometheus/query.h"

#define MEASURED_LIFE_MS (60 * 60 * 1000) /* nobody has asked again for so long: forgotten */

struct measured;

struct measured_options {
	const struct prometheus *prometheus; /* outlives it */
	int64_t (*now_ms)(void);
	/* The channel called key ("namespace/name") has an answer. */
	void (*wake)(void *user, const char *key);
	void *user;
};

/* Makes an empty memory. Never NULL. */
struct measured *measured_create(const struct measured_options *options);

/* Asks for the metric of the channel key. credentials NULL: none. What cannot even be asked is an answer, too. */
void measured_ask(struct measured *measured, const char *key, const struct metric_spec *spec,
		  const struct prometheus_credentials *credentials);

/* The metric could not be asked for: its Secret is missing or unusable. */
void measured_set_failure(struct measured *measured, const char *key, const struct metric_spec *spec,
			  const struct err *err);

/* What is known of the metric, as world.h describes it. Texts and values are copied into arena. */
void measured_fill(const struct measured *measured, const char *key, const struct metric_spec *spec,
		   struct arena *arena, struct metric_look *ret_look);

/* Forgets what nobody has asked for long. */
void measured_sweep(struct measured *measured);

/* Frees it. No question may be under way: http_destroy() ends them. NULL is fine. */
void measured_destroy(struct measured *measured);

#endif
