/*
 * wire/workload_json: Deployment, StatefulSet, DaemonSet, CronJob → struct workload, and the apply that
 * sets images. Of an object of somebody else nothing is ever written but what Sluice owns in it.
 *
 * The four kinds count their pods under different names; struct workload has one name for each count.
 * A CronJob has no pods of its own to count: its counts are 0, and as its status has no
 * observedGeneration, it is taken as observed.
 *
 * May include: base, domain. Deliberately absent: trees in the header.
 */
#ifndef SLUICE_WIRE_WORKLOAD_JSON_H
#define SLUICE_WIRE_WORKLOAD_JSON_H

#include "base/err.h"
#include "domain/plan.h"
#include "domain/workload.h"
#include "wire/kind.h"

struct read_node;

/* Decodes a workload of the kind (KIND_DEPLOYMENT … KIND_CRONJOB) into the reader's arena: containers
 * first, init containers after them, the selector sorted by key. */
void *workload_read(const struct read_node *object, enum kind kind);

/* The apply that pins a workload of a channel: its uid, the label sluice.dev/channel, and the images of the
 * containers named; nothing else. *ret_json is malloc'd. ERR_INPUT (beyond 3 MiB), ERR_NOMEM. */
int workload_to_json(const char *namespace, const char *channel, const struct action_workload *action,
		     char **ret_json, struct err *err) __attribute__((warn_unused_result));

#endif
