/*
 * test/golden/answers: what the registry answered, as a world file says it: tags, digests, signatures.
 * May include: reconcile/world.h.
 */
#ifndef SLUICE_TEST_GOLDEN_ANSWERS_H
#define SLUICE_TEST_GOLDEN_ANSWERS_H

#include "reconcile/world.h"

struct world_file;

/* The table by which the world of the file is gathered; it is good as long as the file. */
struct world_registry answers_registry(struct world_file *file);

#endif
