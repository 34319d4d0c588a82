/*
 * watches: one watch for each kind of object, told to the log and the metrics.
 * May include: everything, as the rest of the composition root.
 */
#ifndef SLUICE_WATCHES_H
#define SLUICE_WATCHES_H

#include <stdbool.h>

#include "kube/client.h"
#include "kube/store.h"
#include "telemetry/metrics.h"

struct watches;

/* Makes a watch of every kind and starts it. relist_ms as in kube/watch.h. on_synced is called once, when the store
 * holds all objects of all kinds for the first time. */
struct watches *watches_create(struct loop *loop, struct client *client, struct store *store,
			       struct metrics *metrics, int64_t relist_ms, void (*on_synced)(void *user),
			       void *user);

/* Do all watches hold all objects? If not, err names those that do not; a readiness check. */
bool watches_are_synced(void *user, struct err *err);

/* Sets the gauges; has the form that metrics_on_collect() wants. */
void watches_on_collect(void *user);

/* Stops and frees them. NULL is fine. */
void watches_destroy(struct watches *watches);

#endif
