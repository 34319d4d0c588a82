/*
 * wire/pins_json: the ConfigMap sluice-pins ⇄ struct pins.
 * May include: base, domain. Deliberately absent: jansson in the header.
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

#endif
