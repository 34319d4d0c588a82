/*
 * reconcile/departed: the promotions that were seen to go.
 *
 * The watches of two kinds are not in step: a promotion that a channel's status names and that is not there may only not
 * have come yet. Of one that was here and went this is known, however far the watch of promotions is behind the channel's.
 * The last ones are remembered, and those before them forgotten: then the next bookmark tells. May include: base, domain.
 */
#ifndef SLUICE_RECONCILE_DEPARTED_H
#define SLUICE_RECONCILE_DEPARTED_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/promotion.h"

#define DEPARTED_COUNT 64
#define DEPARTED_UID_SIZE 65

/* Empty when it is all zero. */
struct departed {
	char uids[DEPARTED_COUNT][DEPARTED_UID_SIZE];
	size_t next;
};

/* A promotion changed (before NULL: it is new; after NULL: it is gone). One that was made again under its name, between two
 * lists, has gone as well. One without a uid, or with a longer one than the apiserver gives, is not remembered. */
void departed_see(struct departed *departed, const struct promotion *before, const struct promotion *after);

/* Is it one of those that went last? NULL and "" are not. */
bool departed_has(const struct departed *departed, const char *uid);

#endif
