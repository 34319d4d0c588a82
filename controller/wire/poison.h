/*
 * wire/poison: bugs on request, for the test of the quarantine (test/cluster/test_operator_poison.py).
 *
 * Compiled only with -Dpoison=true, which a release build refuses. May include: wire, domain.
 */
#ifndef SLUICE_WIRE_POISON_H
#define SLUICE_WIRE_POISON_H

#include "wire/json_read.h"
#include "wire/record.h"

/* An object annotated `sluice.dev/poison: read` crashes here; a channel annotated `look` gets a wild pointer, which
 * only a look at it follows. */
void poison_take_effect(const struct read_node *object, struct record *record);

#endif
