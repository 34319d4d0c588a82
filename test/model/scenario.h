/*
 * test/model/scenario: the small worlds that the model walks, and how much may happen in each.
 *
 * Everything that happens in a walk is drawn from here: which specs the channels may take, which promotions people
 * create, how many faults and writes of other people there are, how many steps of time. A walk is complete: all orders
 * in which that can happen. May include: libc.
 */
#ifndef SLUICE_MODEL_SCENARIO_H
#define SLUICE_MODEL_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#include "state.h"

#define VARIANTS_MAX 4
#define SAYS_MAX 4
#define STEP_MS (60 * INT64_C(1000))
#define FOREIGN_IMAGE 6 /* the number of one that is no release */

struct channel_row {
	const char *namespace;
	const char *name;
	const char *variants[VARIANTS_MAX]; /* of the spec, in YAML's flow form; the first is where it begins */
};

enum origin {
	ORIGIN_NONE,      /* the slot is not used */
	ORIGIN_BEFORE,    /* ran before the walk begins, and was collected since; may come again from Git */
	ORIGIN_PEOPLE,    /* somebody creates it during the walk */
	ORIGIN_AUTOMATIC, /* automatic mode may create it, under this name */
};

struct promotion_row {
	const char *name;
	uint8_t channel;
	enum origin origin;
	const char *source; /* of its spec, in YAML's flow form */
	uint8_t release;    /* what it asks for: 1, 2, … by the letter of the digest; 0: depends */
};

struct scenario {
	const char *name;
	const char *about;
	struct channel_row channels[CHANNELS_MAX];
	struct promotion_row promotions[PROMOTIONS_MAX];
	/* By promotion: entries that people may add to its approvals, in YAML's flow form; and whether it may be aborted. */
	const char *says[PROMOTIONS_MAX][SAYS_MAX];
	bool may_be_aborted[PROMOTIONS_MAX];
	uint8_t bad_releases; /* by release: its pods never become ready */
	uint8_t ticks;
	uint8_t faults;
	uint8_t edits;
	uint8_t old_acts;      /* writes that a leader may still do after another took over */
	bool has_standby;      /* another operator may fall behind and take over */
	bool is_guard_late;    /* the guard sees new pins later than the apiserver took them */
	bool edits_specs;      /* which edits: channels' specs, */
	bool deletes_channels; /* deletion and creation of channels, */
	bool deletes_promotions;
	bool touches_workloads; /* deletion and creation of workloads, writes of their images */
	bool stops;             /* creation and deletion of a ChannelStop, */
	bool asks_again;        /* asking for another verification of what runs */
	bool steps_back;        /* a fault: the clocks are set back by a step of time */
	bool lacks_guard;       /* the server has no pin guard, and others write images (edits): */
	bool is_stubborn;       /* ... again and again, until nobody takes them back */
	uint8_t metrics;        /* bits by enum metric_answer: what the query may give later (edits) */
	uint8_t key_sets;       /* bits by the keys that the ConfigMap may hold later (edits) */
	uint8_t signable;       /* by release: it may be signed later (edits) */
	uint8_t signers[RELEASES_MAX]; /* by release: the keys that signed it before, as bits */
	uint8_t builds_max;     /* so many have a tag in the end: the first has one at once */
	uint8_t retags;         /* the newest tag may move to this release (edits); 0: it does not */
};

/* Those of scenario_gates.c: what stands before a release, and what comes from outside. */
extern const struct scenario scenario_gates[];
extern const uint32_t scenario_gates_count;

/* The index-th scenario, NULL behind the last. */
const struct scenario *scenario_get(uint32_t index);

/* How many of a scenario's rows are used. */
uint32_t scenario_channels(const struct scenario *scenario);
uint32_t scenario_namespaces(const struct scenario *scenario);
uint32_t scenario_says(const struct scenario *scenario, uint32_t promotion);

/* The number of a channel's namespace: 0, 1. */
uint32_t scenario_namespace(const struct scenario *scenario, uint32_t channel);

/* "ReleaseChannel a/develop", "Promotion p1", … for the slot. Valid until the next call. */
const char *scenario_slot_text(const struct scenario *scenario, uint32_t slot, char text[static 96]);

#endif
