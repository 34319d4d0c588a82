/*
 * reconcile/headroom: is there memory for one more look?
 *
 * A look that found none at all would end the process (base/memory.h), so none begins while the reserve is given up: what
 * is under way goes on, and keys wait. It says when that begins, and when it is over.
 * May include: base, telemetry/log.h.
 */
#ifndef SLUICE_RECONCILE_HEADROOM_H
#define SLUICE_RECONCILE_HEADROOM_H

#include <stdbool.h>
#include <stdint.h>

struct headroom {
	bool is_short; /* as it was found last */
};

/* Looks, and says what has changed. */
bool headroom_is_there(struct headroom *headroom);

/* How long to wait for the next look instead of delay_ms: there may be memory again then. */
int64_t headroom_delay_ms(const struct headroom *headroom, int64_t delay_ms);

#endif
