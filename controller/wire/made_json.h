/*
 * wire/made_json: the objects that Sluice applies whole: HorizontalPodAutoscaler and Service.
 *
 * May include: base, domain. Deliberately absent: jansson in the header.
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

#endif
