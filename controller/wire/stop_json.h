/*
 * wire/stop_json: a ChannelStop.
 * May include: base, domain. Deliberately absent: trees in the header.
 */
#ifndef SLUICE_WIRE_STOP_JSON_H
#define SLUICE_WIRE_STOP_JSON_H

#include "domain/stop.h"
#include "wire/kind.h"

struct read_node;

/* Decodes a ChannelStop as struct stop into the reader's arena. */
void *stop_read(const struct read_node *object, enum kind kind);

#endif
