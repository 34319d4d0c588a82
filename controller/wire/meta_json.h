/*
 * wire/meta_json: metadata, the part that all objects share.
 * May include: base, domain, wire/json_read.
 */
#ifndef SLUICE_WIRE_META_JSON_H
#define SLUICE_WIRE_META_JSON_H

#include "domain/meta.h"
#include "wire/json_read.h"

/* Reads object.metadata. The name is needed; what else is absent is "" (namespace, uid,
 * resource_version), 0 or NULL. The owner is the one with controller: true. */
void meta_read(const struct read_node *object, struct meta *meta);

#endif
