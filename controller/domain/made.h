/*
 * domain/made: what an object that Sluice applies whole looks like, in one line.
 *
 * The line is made in the same way from what is planned and from what lives in the cluster, so that a
 * foreign edit shows as a difference. It holds the fields that Sluice sets and that the apiserver gives
 * back as they were set; metrics and behavior of an HPA, which the apiserver fills up with defaults, are
 * watched by the annotation sluice.dev/applied alone.
 *
 * May include: base, the structs it is made of.
 */
#ifndef SLUICE_DOMAIN_MADE_H
#define SLUICE_DOMAIN_MADE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "domain/channel.h"
#include "domain/workload.h"

#define MADE_SUMMARY_ITEMS 64 /* Sluice never makes more; somebody else may */

/* "Deployment/web min 1 max 5"; a min of 0 is the apiserver's default, 1. */
char *made_scaler_summary(struct arena *arena, const char *kind, const char *name, int64_t min,
			  int64_t max);

/* "selector app=web,tier=x ports http:80/8080/TCP,dns:53/53/UDP": labels sorted by key, ports by number
 * and protocol; a port is name:port/targetPort/protocol, without a name port/targetPort/protocol. Of
 * more than MADE_SUMMARY_ITEMS labels or ports "…" stands for the rest. */
char *made_service_summary(struct arena *arena, const struct label *selector, size_t selector_count,
			   const struct service_port *ports, size_t port_count);

#endif
