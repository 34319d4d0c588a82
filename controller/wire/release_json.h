/*
 * wire/release_json: what the status of both our kinds shares: releases and conditions.
 *
 * Reading is for tolerant readers: an entry that lacks what it is named by is left out, and a release
 * of which an artifact lacks its name, image or digest is no release.
 *
 * May include: base, domain, wire/json_read, wire/json_write.
 */
#ifndef SLUICE_WIRE_RELEASE_JSON_H
#define SLUICE_WIRE_RELEASE_JSON_H

#include "domain/condition.h"
#include "domain/release.h"
#include "wire/json_read.h"
#include "wire/json_write.h"

/* What the schemas let a text of a status be at most, where it is ours to cut: a status that the apiserver
 * refuses would tell nobody anything. */
#define STATUS_MESSAGE_MAX 1024
#define STATUS_UPSTREAM_MAX 4096
#define STATUS_IMAGES_MAX 8192
#define STATUS_CONDITION_MAX 32768

/* Reads node[id_key] and node.artifacts. Without an id, or with a damaged artifact: no release. */
void release_read(const struct read_node *node, const char *id_key, struct release *release);

/* Reads node.conditions. */
void conditions_read(const struct read_node *node, struct conditions *conditions);

/* Writes id_key and artifacts into the object that is open; nothing without a release. */
void release_write(struct writer *writer, const char *id_key, const struct release *release);

/* Writes conditions into the object that is open; nothing when there are none. */
void conditions_write(struct writer *writer, const struct conditions *conditions);

#endif
