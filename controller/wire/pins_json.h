/*
 * wire/pins_json: the ConfigMap sluice-pins ⇄ struct pins.
 * May include: base, domain. Deliberately absent: trees in the header.
 */
#ifndef SLUICE_WIRE_PINS_JSON_H
#define SLUICE_WIRE_PINS_JSON_H

#include "base/err.h"
#include "domain/plan.h"
#include "domain/workload.h"
#include "wire/kind.h"

struct read_node;

/* Decodes a ConfigMap of pins into the reader's arena, sorted by key. */
void *pins_read(const struct read_node *object, enum kind kind);

/* The apply that states all pins of a namespace. With a resource_version it only takes if nobody wrote in
 * between, with a uid only on that very ConfigMap. *ret_json is malloc'd. ERR_INPUT (beyond 3 MiB),
 * ERR_NOMEM. */
int pins_to_json(const char *namespace, const struct action_pins *action, char **ret_json,
		 struct err *err) __attribute__((warn_unused_result));

#endif
