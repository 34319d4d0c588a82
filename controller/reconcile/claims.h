/*
 * reconcile/claims: the part of the gathering of a world that asks who else lists a workload.
 *
 * A workload is asked about by its name, so that a look costs what its own channel costs, and not what its namespace does.
 * May include: base, domain, reconcile/world.h.
 */
#ifndef SLUICE_RECONCILE_CLAIMS_H
#define SLUICE_RECONCILE_CLAIMS_H

#include "reconcile/world.h"

/* Sets world->claims, of its channel. */
void claims_gather(const struct world_objects *objects, struct arena *arena, struct world *world);

/* Sets world->are_claimed, of its pins. */
void claims_gather_pins(const struct world_objects *objects, struct arena *arena, struct world *world);

#endif
