/*
 * test/model/state: one state of the modelled world, small enough that millions of them can be told apart.
 *
 * What the apiserver holds is the truth; each operator has a view of it, made of the events that reached it and of
 * the answers to its own writes. An object is known by its content: where the real one has a resourceVersion, here
 * the content itself is compared (a version that comes back with the same content is the same).
 *
 * May include: libc.
 */
#ifndef SLUICE_MODEL_STATE_H
#define SLUICE_MODEL_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHANNELS_MAX 3
#define PROMOTIONS_MAX 6
#define NAMESPACES_MAX 2
#define OPERATORS_MAX 2
#define EVENTS_MAX 6
#define KEYS_MAX (CHANNELS_MAX + NAMESPACES_MAX)

/* Every object has a slot; a kind's slots lie side by side. */
enum slot {
	SLOT_CHANNELS = 0,
	SLOT_WORKLOADS = SLOT_CHANNELS + CHANNELS_MAX,
	SLOT_PINS = SLOT_WORKLOADS + CHANNELS_MAX,
	SLOT_PROMOTIONS = SLOT_PINS + NAMESPACES_MAX,
	SLOTS_MAX = SLOT_PROMOTIONS + PROMOTIONS_MAX,
};

enum progress { PROGRESS_UNSEEN, PROGRESS_MOVING, PROGRESS_READY }; /* of a workload's rollout */

struct object {
	uint32_t status;    /* channel, promotion: which of the model's statuses; 0: empty */
	uint8_t is_there;
	uint8_t uid;        /* how often it was created */
	uint8_t spec;       /* channel: which of the scenario's variants */
	uint8_t generation; /* channel */
	uint8_t created;    /* channel, promotion: when, in steps of time */
	uint8_t progress;   /* workload */
	uint8_t images[CHANNELS_MAX]; /* pins: by channel; workload: the first is its own; 0: none */
	uint8_t unused[3];
};

struct news {
	struct object object;
	uint32_t slot;
};

struct operator {
	uint32_t in_flight[KEYS_MAX]; /* the orders that are left of the plan under way; 0: none */
	struct object view[SLOTS_MAX];
	struct news events[EVENTS_MAX]; /* not delivered yet: by kind, the oldest of a kind first */
	uint8_t event_count;
	uint8_t is_on; /* its view is followed; an operator that is not on sees everything at once */
	uint8_t unused[2];
};

struct state {
	uint8_t now;      /* steps of time since the beginning */
	uint8_t ticks;    /* steps of time left */
	uint8_t faults;   /* crashes, lost requests, changes of leader left */
	uint8_t edits;    /* writes of other people left */
	uint8_t leader;   /* which operator leads */
	uint8_t old_acts; /* writes that the one which led before may still do */
	uint8_t ended;    /* by promotion: its name is in its channel's history, or was */
	uint8_t carried[CHANNELS_MAX]; /* by release: it was the channel's current one */
	uint8_t unused[6];
	struct object truth[SLOTS_MAX];
	struct object guard[NAMESPACES_MAX]; /* the pins as the guard's own watch has seen them */
	struct operator operators[OPERATORS_MAX];
};

#define STATE_BYTES_MAX (2 * sizeof(struct state))

/* Writes the state in few bytes, the same for the same state; returns how many. */
size_t state_pack(const struct state *state, unsigned char bytes[static STATE_BYTES_MAX]);

/* The other way round. Returns how many bytes it took. */
size_t state_unpack(const unsigned char *bytes, struct state *ret_state);

/* Are both objects the same in every respect? */
bool object_equal(const struct object *a, const struct object *b);

#define SLOT_KINDS 4

/* The first slot of each kind. */
extern const uint32_t slot_kinds[SLOT_KINDS];

/* The first slot of the slot's kind. */
uint32_t slot_kind(uint32_t slot);

#endif
