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
#define RELEASES_MAX 4 /* a to d */

/* Every object has a slot; a kind's slots lie side by side. */
enum slot {
	SLOT_CHANNELS = 0,
	SLOT_WORKLOADS = SLOT_CHANNELS + CHANNELS_MAX,
	SLOT_PINS = SLOT_WORKLOADS + CHANNELS_MAX,
	SLOT_PROMOTIONS = SLOT_PINS + NAMESPACES_MAX,
	SLOT_STOP = SLOT_PROMOTIONS + PROMOTIONS_MAX,
	SLOTS_MAX,
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
	uint8_t said;       /* promotion: what people wrote into its spec: bits by its row's says, SAID_ABORT */
	uint8_t requests;   /* channel: how often a verification was asked for; pins: how often they were renewed */
	uint8_t is_taken;   /* workload: another manager owns the image */
};

#define SAID_ABORT 0x80

/* What is outside of the apiserver: a registry, a ConfigMap with keys, a Prometheus. */
struct outside {
	uint8_t metric;                /* enum metric_answer: what the query gives */
	uint8_t keys;                  /* bits by key: those in the ConfigMap; 0: it is not there */
	uint8_t builds;                /* so many have a tag, 1.0.1, 1.0.2, …: the releases 1, 2, … */
	uint8_t retagged;              /* the newest build's tag leads to this release instead; 0: it did not move */
	uint8_t signers[RELEASES_MAX]; /* by release: bits by key */
};

/* What an operator was told of it, lost when it crashes. Of all tags the last one that it asked for. */
struct answers {
	uint8_t metric;    /* METRIC_NONE: not asked yet */
	uint8_t metric_at; /* steps of time */
	uint8_t has_keys;
	uint8_t keys;
	uint8_t keys_at;
	uint8_t builds; /* 0: not asked yet */
	uint8_t builds_at;
	uint8_t tag; /* which build's; 0: none */
	uint8_t tag_release;
	uint8_t tag_at;
	uint8_t looked[RELEASES_MAX]; /* for signatures of a release: with which keys; 0: not */
	uint8_t signers[RELEASES_MAX];
	uint8_t looked_at[RELEASES_MAX];
	uint8_t conflicts; /* bits by channel: another manager keeps its workload's image */
	uint8_t unused;
};

enum metric_answer { METRIC_NONE, METRIC_GOOD, METRIC_BAD, METRIC_NOTHING, METRIC_BROKEN, METRIC_ANSWERS };

struct news {
	struct object object;
	uint32_t slot;
};

struct operator {
	uint32_t in_flight[KEYS_MAX]; /* the orders that are left of the plan under way; 0: none */
	struct object view[SLOTS_MAX];
	struct news events[EVENTS_MAX]; /* not delivered yet: by kind, the oldest of a kind first */
	struct answers answers;
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
	uint8_t taken;    /* how often an image was taken back since the last promotion started */
	uint8_t unused[5];
	struct outside outside;
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

#define SLOT_KINDS 5

/* The first slot of each kind. */
extern const uint32_t slot_kinds[SLOT_KINDS];

/* The first slot of the slot's kind. */
uint32_t slot_kind(uint32_t slot);

#endif
