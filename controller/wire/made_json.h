/*
 * wire/made_json: the objects that Sluice applies whole: HorizontalPodAutoscaler and Service.
 *
 * May include: base, domain. Deliberately absent: trees in the header.
 */
#ifndef SLUICE_WIRE_MADE_JSON_H
#define SLUICE_WIRE_MADE_JSON_H

#include "base/err.h"
#include "domain/plan.h"
#include "domain/workload.h"
#include "wire/kind.h"

struct read_node;

/* Decodes an autoscaling/v2 HorizontalPodAutoscaler, or a v1 Service, as struct made into the reader's
 * arena; the summary as in domain/made.h. */
void *scaler_read(const struct read_node *object, enum kind kind);
void *service_read(const struct read_node *object, enum kind kind);

/* The applies of the two, owned by the channel that meta names: they go when it goes. *ret_json is
 * malloc'd. ERR_INPUT (beyond 3 MiB), ERR_NOMEM. */
int scaler_to_json(const struct meta *channel, const struct action_scaler *action, char **ret_json,
		   struct err *err) __attribute__((warn_unused_result));
int service_to_json(const struct meta *channel, const struct action_service *action, char **ret_json,
		    struct err *err) __attribute__((warn_unused_result));

#endif
