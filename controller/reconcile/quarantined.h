/*
 * reconcile/quarantined: looks and objects that the operator crashed on: noted, left alone, and told of.
 *
 * Each look is noted in the crash page under its channel. A channel in quarantine, because looks at it or reading it
 * crash, is told of instead of being looked at. A promotion that cannot be read has a key of its own
 * ("namespace/Promotion/name"), under which it is told of: whose it is, nobody knows. May include: base, domain, kube,
 * telemetry, reconcile.
 */
#ifndef SLUICE_RECONCILE_QUARANTINED_H
#define SLUICE_RECONCILE_QUARANTINED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/crash_page.h"
#include "kube/store.h"
#include "reconcile/links.h"
#include "reconcile/order.h"
#include "telemetry/metrics.h"

/* A look at key begins. true: it does, and is noted until crash_page_leave(). false: key is one to be told of;
 * *ret_entry says why, NULL: not any more. */
bool quarantined_begin(struct crash_page *page, const struct store *store, const char *key, struct arena *arena,
		       struct crash_entry **ret_entry);

/* The orders that tell people of entry: none when that was done, when it is NULL, or when there is nothing in which it
 * could be said. */
void quarantined_tell(const struct crash_entry *entry, int64_t now_ms, const char *key, struct metrics *metrics,
		      struct orders *ret_orders);

/* They were carried out for key: the next look need not. */
void quarantined_said(struct crash_page *page, const char *key);

/* Calls fn with the key of everything that has to be looked at now that entry is in quarantine, or not any more. */
void quarantined_each_key(const struct crash_entry *entry, const struct store *store, const struct links *links,
			  links_fn fn, void *user);

/* The same for all that this process has met. */
void quarantined_each_met_key(struct crash_page *page, const struct store *store, const struct links *links, links_fn fn,
			      void *user);

/* What the log says of it. */
void quarantined_log(const struct crash_entry *entry, bool is_met);

/* Counts what this process has met in quarantine, for every kind. */
void quarantined_collect(struct crash_page *page, struct metrics *metrics);

#endif
