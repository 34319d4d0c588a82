/*
 * reconcile/observe: which channels have to be looked at because an object has changed.
 *
 * A key is "namespace/name" of a channel; "namespace/" is the namespace's sweep, which takes away
 * pins that no channel claims any more. A pin concerns those that claim its workload, not the whole namespace,
 * and a change of which nothing is read concerns nobody. What the change was is forgotten here, on purpose: the
 * look sees the state. May include: base, domain, wire, reconcile/links.h, reconcile/looks.h, reconcile/unapplied.h,
 * reconcile/world.h.
 */
#ifndef SLUICE_RECONCILE_OBSERVE_H
#define SLUICE_RECONCILE_OBSERVE_H

#include "reconcile/links.h"
#include "reconcile/looks.h"
#include "reconcile/unapplied.h"
#include "reconcile/world.h"

/* An object of kind has changed from before to after; NULL: it was, or is, not there. */
struct change {
	enum kind kind;
	const void *before;
	const void *after;
	bool has_voided; /* what had been learned of it is void: see observe_forget() */
};

/* Calls fn with each key that the change concerns; a key may come more than once. links must
 * already know of the change; objects is asked for channels. */
void observe_change(const struct change *change, const struct links *links,
		    const struct world_objects *objects, links_fn fn, void *user);

/* What was learned of an object is void when it changes; what was refused may be right after an edit. Returns whether
 * anything had been learned of a workload. */
bool observe_forget(const struct change *change, struct looks *looks, struct unapplied *unapplied);

#endif
