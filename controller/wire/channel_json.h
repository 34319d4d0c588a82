/*
 * wire/channel_json: ReleaseChannel ⇄ struct channel. Field names as in crds/releasechannels.yaml.
 *
 * The defaults of the schema are the decoder's too, so that an object that was stored before a default
 * existed means the same. A spec is read strictly, a status tolerantly.
 *
 * May include: base, domain. Deliberately absent: trees in the header.
 */
#ifndef SLUICE_WIRE_CHANNEL_JSON_H
#define SLUICE_WIRE_CHANNEL_JSON_H

#include "base/err.h"
#include "domain/channel.h"
#include "wire/kind.h"

struct read_node;

/* Decodes a ReleaseChannel into the reader's arena. What is wrong is in the reader's err. */
void *channel_read(const struct read_node *object, enum kind kind);

/* Decodes its status, tolerantly. */
void channel_status_read(const struct read_node *object, struct channel_status *status);

/* The apply of a status: the channel that meta names, with its uid and the resourceVersion that was looked at (who
 * was overtaken is refused), and the whole status, absent things left out. *ret_json is malloc'd. ERR_INPUT
 * (beyond 3 MiB), ERR_NOMEM. */
int channel_status_to_json(const struct meta *meta, const struct channel_status *status,
			   char **ret_json, struct err *err) __attribute__((warn_unused_result));

#endif
