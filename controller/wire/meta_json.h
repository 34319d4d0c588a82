/*
 * wire/meta_json: metadata, the part that all objects share.
 * May include: base, domain, wire/json_read, wire/json_write.
 */
#ifndef SLUICE_WIRE_META_JSON_H
#define SLUICE_WIRE_META_JSON_H

#include "domain/meta.h"
#include "wire/json_read.h"
#include "wire/json_write.h"
#include "wire/kind.h"

#define LABEL_CHANNEL "sluice.dev/channel"
#define LABEL_AUTOMATIC "sluice.dev/automatic"
#define ANNOTATION_VERIFY "sluice.dev/verify"
#define ANNOTATION_LIFT_HOLD "sluice.dev/lift-hold"
#define ANNOTATION_LIFTED_BY "sluice.dev/lifted-by"
#define LABEL_PINS "sluice.dev/pins"
#define ANNOTATION_RENEWED "sluice.dev/renewed"
#define LABEL_MANAGED_BY "app.kubernetes.io/managed-by"
#define ANNOTATION_APPLIED "sluice.dev/applied"

/* The longest text that this room writes: as much as the apiserver takes of one object. */
#define WRITE_MAX ((size_t)3 * 1024 * 1024)

/* Reads object.metadata. The name is needed; what else is absent is "" (namespace, uid,
 * resource_version), 0 or NULL. The owner is the one with controller: true. */
void meta_read(const struct read_node *object, struct meta *meta);

/* Begins an object of the kind: opens it, writes apiVersion and kind, opens metadata and writes who it is.
 * uid and resource_version are left out when NULL or "". The caller goes on within metadata and closes
 * both. */
void meta_write(struct writer *writer, enum kind kind, const char *namespace, const char *name,
		const char *uid, const char *resource_version);

#endif
