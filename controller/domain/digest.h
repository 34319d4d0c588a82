/*
 * domain/digest: the one name of a container that never changes its meaning.
 *
 * A digest is the text "sha256:" and 64 lower-case hex digits (OCI image-spec, descriptor); Sluice takes
 * no other algorithm. May include: base.
 */
#ifndef SLUICE_DOMAIN_DIGEST_H
#define SLUICE_DOMAIN_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#define DIGEST_SIZE 72       /* with its NUL */
#define DIGEST_SHORT_SIZE 20 /* "sha256:604b1c2d3e4f" */

/* Is text a sha256 digest, whole and lower-case? NULL is none. */
bool digest_is_valid(const char *text);

/* The first 12 hex digits, for people: "sha256:604b1c2d3e4f". Returns ret. */
const char *digest_shorten(const char *digest, char ret[static DIGEST_SHORT_SIZE]);

#endif
