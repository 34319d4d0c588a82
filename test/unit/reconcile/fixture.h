/*
 * test/unit/reconcile/fixture: a handful of objects, written as YAML, behind the tables of
 * reconcile/world.
 *
 * No registry answers and nothing was learned by reading, unless a test puts its own functions into
 * the tables. May include: base, domain, wire, reconcile/world.h.
 */
#ifndef SLUICE_TEST_RECONCILE_FIXTURE_H
#define SLUICE_TEST_RECONCILE_FIXTURE_H

#include <stddef.h>

#include "reconcile/world.h"
#include "wire/record.h"

#define FIXTURE_MAX 400

struct fixture {
	struct record *records[FIXTURE_MAX];
	size_t count;
	struct world_objects objects;
	struct world_registry registry;
};

/* An empty fixture. */
void fixture_init(struct fixture *fixture);

/* Adds the objects of a YAML text, one a document; the kind is that of the document. Fails the test
 * when one of them is no object. */
void fixture_add(struct fixture *fixture, const char *yaml);

/* The object called namespace/name; fails the test without one. */
const void *fixture_get(struct fixture *fixture, enum kind kind, const char *namespace,
			const char *name);

/* Gives all back. */
void fixture_finish(struct fixture *fixture);

#endif
