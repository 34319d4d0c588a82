/*
 * reconcile/sources: where a running operator's world comes from: the two tables of
 * reconcile/world, over the store, the looks, the zones, and what the channels asked the
 * registries.
 *
 * What a gathering hands out is in the arena of the look, or points into the looks: it is good until the next change
 * of those, so a look is taken and turned into orders without going back to the loop. May include:
 * kube/store.h, reconcile.
 */
#ifndef SLUICE_RECONCILE_SOURCES_H
#define SLUICE_RECONCILE_SOURCES_H

#include "base/crash_page.h"
#include "kube/store.h"
#include "reconcile/asked.h"
#include "reconcile/departed.h"
#include "reconcile/keys.h"
#include "reconcile/links.h"
#include "reconcile/looks.h"
#include "reconcile/measured.h"
#include "reconcile/unapplied.h"
#include "reconcile/world.h"
#include "reconcile/zones.h"

struct sources {
	const struct store *store;
	const struct links *links;
	struct looks *looks;
	const struct unapplied *unapplied;
	struct asked *asked;
	struct zones *zones;
	const struct measured *measured;
	struct keys *keys;
	struct departed departed; /* promotions */
	struct crash_page *crash_page; /* NULL: nothing is in quarantine */
	int64_t now_ms;   /* of the present look, wall clock */
	struct arena *arena; /* of the present look: objects of the store are unpacked into it */
	int64_t until_ms; /* the earliest moment at which something that the look saw is forgotten
			   */
};

/* What the crash page knows of an object, for the domain; texts in arena. */
struct quarantine *sources_quarantine(const struct crash_entry *entry, struct arena *arena);

/* The tables; sources must live as long as they. */
struct world_objects sources_objects(struct sources *sources);
struct world_registry sources_registry(struct sources *sources);

#endif
