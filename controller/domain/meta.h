/*
 * domain/meta: what every Kubernetes object says about itself, as far as Sluice asks.
 * May include: base.
 */
#ifndef SLUICE_DOMAIN_META_H
#define SLUICE_DOMAIN_META_H

#include <stdbool.h>
#include <stdint.h>

struct meta {
	const char *namespace; /* "" for cluster-scoped objects */
	const char *name;
	const char *uid;
	const char *resource_version;
	int64_t generation;
	int64_t created_ms;
	bool is_deleting;      /* deletionTimestamp is set */
	const char *channel;   /* value of the label sluice.dev/channel, NULL without it */
	const char *owner_uid; /* uid of the controller owner, NULL without one */
	const char *owner_kind;
	const char *owner_name;
};

#endif
