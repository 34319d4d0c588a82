/*
 * domain/stop: a ChannelStop: while it is there, no rollout begins in the channels that it names.
 *
 * Field by field as in crds/channelstops.yaml. May include: base, domain/meta.h.
 */
#ifndef SLUICE_DOMAIN_STOP_H
#define SLUICE_DOMAIN_STOP_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/meta.h"

enum stop_operator { STOP_IN, STOP_NOT_IN, STOP_EXISTS, STOP_DOES_NOT_EXIST };

struct stop_term { /* what a selector asks of one label */
	const char *key;
	enum stop_operator operator;
	const char **values;
	size_t count;
};

struct stop {
	struct meta meta;
	const char *reason;
	struct stop_term *terms; /* all have to be met; none: every channel is named */
	size_t count;
};

/* Does the stop name a channel with these labels ("team=shop,tier=web"; NULL: none)? As Kubernetes has it, NotIn is
 * met by a channel that lacks the label. */
bool stop_names(const struct stop *stop, const char *labels);

#endif
