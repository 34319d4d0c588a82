/*
 * registry/route: where the requests of one call go: to its host, and from there where redirects lead.
 *
 * Within the origin up to three redirects are followed. A blob may lie elsewhere, since many registries send on to a
 * store: for it a redirect may leave the origin, to https alone (http where the admin allowed it for that host). Whoever
 * sends the request sees to it that no credentials go along and that the address is a public one.
 *
 * May include: base, registry.
 */
#ifndef SLUICE_REGISTRY_ROUTE_H
#define SLUICE_REGISTRY_ROUTE_H

#include <stdbool.h>

#include "base/err.h"
#include "registry/hosts.h"
#include "registry/origin.h"

struct route {
	struct origin origin;
	char *path;   /* with its query; owned */
	bool is_away; /* at another origin than at first */
	int redirects;
};

/* Begins at origin; path is copied. Ends the process without memory. */
void route_init(struct route *route, const struct origin *origin, const char *path);

/* Frees it. A zeroed one is fine. */
void route_finish(struct route *route);

/* Is it the status of a redirect? */
bool route_is_redirect(int status);

/* Goes on to target, absolute or relative to where it is; may_leave: to another origin, too. ERR_INPUT, with the rest of
 * a sentence, when it may not go there. */
int route_follow(struct route *route, const struct hosts *hosts, const char *target, bool may_leave, struct err *err)
	__attribute__((warn_unused_result));

#endif
