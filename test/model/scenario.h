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
#define STEP_MS (60 * INT64_C(1000))

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
};

/* The index-th scenario, NULL behind the last. */
const struct scenario *scenario_get(uint32_t index);

/* How many of a scenario's rows are used. */
uint32_t scenario_channels(const struct scenario *scenario);
uint32_t scenario_namespaces(const struct scenario *scenario);

/* The number of a channel's namespace: 0, 1. */
uint32_t scenario_namespace(const struct scenario *scenario, uint32_t channel);

/* "ReleaseChannel a/develop", "Promotion p1", … for the slot. Valid until the next call. */
const char *scenario_slot_text(const struct scenario *scenario, uint32_t slot, char text[static 96]);

#endif
