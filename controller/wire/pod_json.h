/*
 * wire/pod_json: a pod that waits for a first release, and the gate that makes it wait.
 * May include: base, domain. Deliberately absent: trees in the header.
 */
#ifndef SLUICE_WIRE_POD_JSON_H
#define SLUICE_WIRE_POD_JSON_H

#include <stdbool.h>

#include "domain/workload.h"
#include "wire/kind.h"

struct read_node;

/* Decodes a Pod as struct gated_pod into the reader's arena. */
void *gated_pod_read(const struct read_node *object, enum kind kind);

/* Does a pod's spec (of a pod, or in a template) name the gate sluice.dev/no-release? */
bool pod_spec_is_gated(const struct read_node *pod_spec);

#endif
