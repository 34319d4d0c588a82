/*
 * wire/promotion_json: Promotion ⇄ struct promotion. Field names as in crds/promotions.yaml.
 *
 * A spec is read strictly, a status tolerantly. May include: base, domain. Deliberately absent: jansson
 * in the header.
 */
#ifndef SLUICE_WIRE_PROMOTION_JSON_H
#define SLUICE_WIRE_PROMOTION_JSON_H

#include "base/err.h"
#include "domain/promotion.h"
#include "wire/kind.h"

struct read_node;

/* Decodes a Promotion into the reader's arena. What is wrong is in the reader's err. */
void *promotion_read(const struct read_node *object, enum kind kind);

#endif
