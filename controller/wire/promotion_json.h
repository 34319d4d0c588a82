/*
 * wire/promotion_json: Promotion ⇄ struct promotion. Field names as in crds/promotions.yaml.
 *
 * A spec is read strictly, a status tolerantly. May include: base, domain. Deliberately absent: trees in
 * the header.
 */
#ifndef SLUICE_WIRE_PROMOTION_JSON_H
#define SLUICE_WIRE_PROMOTION_JSON_H

#include "base/err.h"
#include "domain/plan.h"
#include "domain/promotion.h"
#include "wire/kind.h"

struct read_node;

/* Decodes a Promotion into the reader's arena. What is wrong is in the reader's err. */
void *promotion_read(const struct read_node *object, enum kind kind);

/* The apply of a status: the promotion that meta names, with its uid and the resourceVersion that was looked at
 * (who was overtaken is refused), and the whole status, absent things left out. *ret_json is malloc'd. ERR_INPUT
 * (beyond 3 MiB), ERR_NOMEM. */
int promotion_status_to_json(const struct meta *meta, const struct promotion_status *status,
			     char **ret_json, struct err *err) __attribute__((warn_unused_result));

/* The apply that creates an automatic Promotion of the channel. Nobody owns it: it outlives a channel
 * that is made anew, as a promotion made by hand does. *ret_json is malloc'd. Errors as above. */
int promotion_to_json(const char *namespace, const char *channel, const struct action_create *create,
		      char **ret_json, struct err *err) __attribute__((warn_unused_result));

#endif
