/*
 * reconcile/links: which channels name what: other channels upstream, workloads of their namespace,
 * and the channels that their unfinished promotions come from.
 *
 * An index over the specs of all channels and promotions, so that a change of a workload or of another
 * channel finds the channels that care without looking at all of them. Texts as keys: "shop-beta/shop"
 * for a channel, "Deployment/shop-beta/web" for a workload. May include: base, domain.
 */
#ifndef SLUICE_RECONCILE_LINKS_H
#define SLUICE_RECONCILE_LINKS_H

#include "domain/channel.h"
#include "domain/promotion.h"

struct links;

/* Makes an empty index. Never NULL. */
struct links *links_create(void);

/* A channel changed from before to after; NULL: it was, or is, not there. */
void links_update(struct links *links, const struct channel *before, const struct channel *after);

/* The same for a promotion. */
void links_update_promotion(struct links *links, const struct promotion *before,
			    const struct promotion *after);

/* Calls fn with the key ("namespace/name") of each channel that names the channel upstream, or has an
 * unfinished promotion from it; with some more than once. fn may not change the index. */
typedef void (*links_fn)(void *user, const char *key);
void links_each_downstream(const struct links *links, const char *namespace, const char *name,
			   links_fn fn, void *user);

/* The same for the channels that list the workload. */
void links_each_claimant(const struct links *links, enum workload_kind kind, const char *namespace,
			 const char *name, links_fn fn, void *user);

/* Frees it. NULL is fine. */
void links_destroy(struct links *links);

#endif
