/*
 * domain/quarantine: an object that the operator crashed on again and again, and what people are told of it.
 *
 * Such an object is left alone, and everything else goes on. Two ways lead there: a channel may crash the look at it;
 * then there are no more looks at it. And an object may crash whoever reads it; then it is left out, as if it were not
 * there, and the rules take care that this is not taken for a deletion. base/crash_page counts; here is what follows.
 *
 * May include: base, the structs it is made of.
 */
#ifndef SLUICE_DOMAIN_QUARANTINE_H
#define SLUICE_DOMAIN_QUARANTINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

struct plan;
struct world;

struct quarantine {
	const char *kind;      /* "Promotion" */
	const char *namespace; /* "" for cluster-scoped kinds */
	const char *name;
	const char *uid;
	const char *version;   /* of the object: "generation 4" */
	bool is_left_out;      /* it crashed the reading: it is not read; else the look at it */
	bool is_announced;     /* there was an Event already */
	int64_t crashes;
	int64_t last_ms;       /* wall clock: the last crash */
	const char *program_version;
};

/* "Sluice 0.1.0 crashed 3 times when it read this object (generation 4), …": how often, when, and what ends it. */
const char *quarantine_message(const struct quarantine *quarantine, struct arena *arena);

/* Could the world's channel want what cannot be read? All of its namespace and of none; of another namespace the channels
 * upstream. */
bool quarantine_concerns(const struct quarantine *quarantine, const struct world *world);

/* The plan for a ReleaseChannel or Promotion in quarantine: its conditions say so, and one Event. world has its
 * namespace, the name of the channel (of a promotion: of nothing) and the time; nothing else of it is looked at. */
void quarantine_plan(const struct world *world, const struct quarantine *quarantine, struct arena *arena,
		     struct plan *ret_plan);

#endif
