/*
 * domain/image_ref: image references as workloads carry them.
 *
 * A pin is "repository@sha256:…". What a workload carries may also be "repository:tag",
 * "repository:tag@digest" or a bare repository (distribution reference grammar); Sluice only has to tell
 * the parts apart. May include: base.
 */
#ifndef SLUICE_DOMAIN_IMAGE_REF_H
#define SLUICE_DOMAIN_IMAGE_REF_H

#include "base/arena.h"

/* The digest inside an image reference ("…@sha256:…"), or NULL when it has none that is valid.
 * Points into image. */
const char *image_ref_digest(const char *image);

/* "repository@digest". */
char *image_ref_pin(struct arena *arena, const char *repository, const char *digest);

#endif
