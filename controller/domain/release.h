/*
 * domain/release: an immutable set artifact → digest, named by its content.
 *
 * The id is "r-" and the first 10 hex digits of SHA-256 over the lines "name image@digest\n", sorted by
 * name: the same set has the same id everywhere, whoever computes it. Tags are not part of a release; they
 * are carried along for people to read. May include: base.
 */
#ifndef SLUICE_DOMAIN_RELEASE_H
#define SLUICE_DOMAIN_RELEASE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

#define RELEASE_ID_SIZE 13 /* "r-" + 10 hex digits + NUL */

struct release_artifact {
	const char *name;
	const char *image; /* repository */
	const char *digest;
	const char *tag; /* what it was called when it was resolved; NULL if by digest */
};

struct release {
	const char *id; /* NULL: no release */
	struct release_artifact *artifacts;
	size_t count;
};

/* Sorts the artifacts by name and sets the id. */
void release_seal(struct release *release, struct arena *arena);

/* The artifact called name, or NULL. */
const struct release_artifact *release_find(const struct release *release, const char *name);

/* Is there a release, and is it the one called id? */
bool release_is(const struct release *release, const char *id);

/* Do both have an id, and the same? */
bool release_equal(const struct release *a, const struct release *b);

/* Is text of the form of a release id? */
bool release_id_is_valid(const char *text);

/* For people: the tag when all artifacts share one, else the first short digest ("sha256:604b1c2d3e4f");
 * "" without a release. */
const char *release_label(const struct release *release, struct arena *arena);

#endif
