/*
 * test/golden/world_file: a world written down in YAML, as golden cases and bug reports hold it.
 *
 *   now: 2026-11-24T12:00:00Z
 *   channel: shop-beta/shop          # "shop-beta/" is the sweep of a namespace
 *   guard: Enforced                  # Enforced (default) | Off (switched off here) | Missing
 *   whoMay: Missing                  # the policy on who may promote is not installed
 *   promotionsBehind: true           # the channel is newer than what is known of promotions
 *   objects: [...]                   # Kubernetes objects, as the apiserver gives them
 *   tags: {at: …, names: [...]}      # what the registry said; or {failed: {class, message, retryAt}}, {pending: true}
 *   digests: [{repository, reference, digest, at}]   # or failed, pending instead of digest
 *   keys: [{name, key, ids: [...], at}]              # ConfigMap entries with public keys; or failed instead of ids
 *   signatures: [{repository, digest, signedBy: [NAME/KEY], found, note, at}]    # with those keys; or failed, pending
 *   looks: [{kind, name, conflict: MANAGER}]         # or failed (to be read), refused (the apply): {class, message, retryAt}
 *   leftOut: [{kind, namespace, name, version, crashes, at}]   # objects in quarantine, which cannot be read
 *   applyFailure: …                  # the last apply of an HPA or Service was refused
 *
 * A workload that is neither among the objects nor among the looks has not been read yet.
 */
#ifndef SLUICE_TEST_GOLDEN_WORLD_FILE_H
#define SLUICE_TEST_GOLDEN_WORLD_FILE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"
#include "domain/world.h"

struct world_file {
	struct arena arena;
	struct vec records; /* struct record * */
	struct zones *zones;
	void *json;         /* what the file says beside its objects */
	struct err err;     /* what is wrong with it */
	struct world world;
};

/* Reads the text of a file and gathers its world. ERR_INPUT: it is not right; then nothing has to be finished. */
int world_file_read(struct world_file *file, const char *yaml, size_t len, struct err *err);

/* Reads the file and gathers its world. Ends the process with a message when the file is not right. */
void world_file_load(struct world_file *file, const char *path);

void world_file_finish(struct world_file *file);

#endif
