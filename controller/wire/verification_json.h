/*
 * wire/verification_json: spec.verification and status.verification of a ReleaseChannel.
 *
 * May include: base, domain, wire/json_read.h, wire/json_write.h.
 */
#ifndef SLUICE_WIRE_VERIFICATION_JSON_H
#define SLUICE_WIRE_VERIFICATION_JSON_H

#include "domain/channel.h"
#include "wire/json_read.h"
#include "wire/json_write.h"

/* Reads the metrics of a channel's spec into channel. */
void verification_spec_read(const struct read_node *spec, struct channel *channel);

/* Reads and writes the part of its status; writes nothing when there was no verification. */
void verification_status_read(const struct read_node *status, struct verification_status *verification);
void verification_status_write(struct writer *writer, const struct verification_status *verification);

#endif
