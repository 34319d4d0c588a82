/*
 * test/model/model: what one walk works with: the scenario, and tables of everything that has been seen.
 *
 * The decision is the real one: views are gathered by reconcile/world, planned by plan_make(), written out by
 * reconcile/order; the bodies are what the modelled apiserver takes and what the next view is decoded from. A plan is a
 * pure function of a view, so each view is planned once.
 *
 * May include: base, domain, wire, reconcile/world.h, reconcile/order.h, jansson.
 */
#ifndef SLUICE_MODEL_MODEL_H
#define SLUICE_MODEL_MODEL_H

#include <stdio.h>

#include "base/buf.h"
#include "domain/plan.h"
#include "reconcile/order.h"
#include "scenario.h"
#include "state.h"
#include "table.h"
#include "wire/kind.h"

/* The rules that are checked: those of the design by their number there, and what follows from them. */
enum rule {
	RULE_NONE,
	RULE_ENTRY,      /* 1 */
	RULE_ONE_RUNS,   /* 2 */
	RULE_AVAILABLE,  /* 3 */
	RULE_AUTOMATIC,  /* 5 */
	RULE_HOLD,       /* 6 */
	RULE_PINNED,     /* 7 */
	RULE_FAILURE,    /* 8 */
	RULE_FINISHED,   /* 9 */
	RULE_NAMED,      /* 10 */
	RULE_CONVERGES,  /* 11 */
	RULE_QUIET,      /* 12 */
	RULE_NEVER_STUCK,
	RULE_RUNS_ONCE,
	RULE_CALLED_OFF,
	RULE_APPROVED,
	RULE_CLOSED,
	RULE_SIGNED,
	RULE_MEASURED,
	RULE_INTAKE,
	RULE_TAKEN_BACK,
	RULE_COUNT,
};

struct broken {
	enum rule rule; /* RULE_NONE: nothing is */
	char text[480];
};

struct orders_cell { /* what is left of a plan: its next order, and what comes after */
	enum action_kind action;
	uint32_t slot;        /* SLOTS_MAX: outside is asked, and nothing written */
	uint32_t status;      /* CHANNEL_STATUS, PROMOTION_STATUS: what is written */
	struct object seen;   /* the object as the plan's view had it */
	struct object wanted; /* STATE_PINS, PIN: the images; a question: outside_subject() */
	bool force;           /* PIN: the field is taken from another manager */
	bool has_uid;         /* the write names the uid, */
	bool has_version;     /* and the resourceVersion, of what was seen */
	uint32_t next;
	const char *text;
};

struct look { /* what came of planning a view */
	uint32_t orders; /* 0: nothing to do */
	int64_t wake_ms;
	struct broken broken;
};

struct statuses { /* channel or promotion statuses by number; 0 is the empty one */
	struct table table;
	const void **items; /* struct channel *, struct promotion *: only their status counts */
	size_t size;
};

#define ROUNDS_MAX 200 /* of looks at everything, on the way to rest */

struct model {
	const struct scenario *scenario;
	const struct channel *specs[CHANNELS_MAX][VARIANTS_MAX];
	const struct promotion *asked[PROMOTIONS_MAX];
	char *spec_texts[CHANNELS_MAX][VARIANTS_MAX]; /* JSON */
	struct statuses channel_statuses;
	struct statuses promotion_statuses;
	struct table cell_table;
	struct orders_cell *cells; /* 0 is the empty plan */
	size_t cells_size;
	struct table look_table;
	struct look *looks;
	size_t looks_size;
	struct table settled; /* states from which the way to rest is known */
	struct state path[ROUNDS_MAX]; /* the way that is being taken */
	struct vec records; /* of all that was decoded: it is kept to the end */
	struct arena arena;
	struct broken broken;
	uint64_t rule_checks[RULE_COUNT];
};

/* Decodes the scenario's specs. Ends the process when one of them is wrong. */
void model_init(struct model *model, const struct scenario *scenario);

/* Frees the tables. */
void model_finish(struct model *model);

/* "2", "11", or a name for what has no number in the design; and its sentence. */
const char *rule_number(enum rule rule);
const char *rule_sentence(enum rule rule);

/* Counts one check of the rule; when it does not hold, keeps the text, unless another one is kept already. */
void model_check(struct model *model, bool holds, enum rule rule, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* The status by its number. */
const struct channel_status *model_channel_status(const struct model *model, uint32_t number);
const struct promotion_status *model_promotion_status(const struct model *model, uint32_t number);

/* The number of a status that is in a body; decodes it when it is new. */
uint32_t model_add_status(struct model *model, uint32_t slot, const char *body);

/* 1, 2, … by the letter of the release's digest; 0 without a release. */
uint8_t model_release(const struct release *release);

/* The number of an image, as model_release(); 0: none of ours. */
uint8_t model_image(const char *image);

/* The slot of the promotion called name in the channel's namespace; SLOTS_MAX when there is none. */
uint32_t model_find_promotion(const struct model *model, uint32_t channel, const char *name);

/* ---- plans.c: looks and what comes of them ---- */

/* Plans key (a channel, or CHANNELS_MAX + a namespace's sweep) as the operator sees it. out (may be NULL) gets the
 * plan in its text form. */
const struct look *plans_look(struct model *model, const struct operator *op, uint8_t now, uint32_t key, FILE *out);

/* The key whose look it is, for people. */
const char *plans_key_text(const struct model *model, uint32_t key, char text[static 96]);

/* ---- view.c: a view as the world that the decision sees ---- */

/* What one look depends on. */
struct view {
	struct object objects[SLOTS_MAX];
	uint32_t key;
	uint16_t now;
	uint16_t lacks_promotions; /* news of them are on their way */
	struct answers answers;
};

/* Gathers it as the operator does. */
void view_gather(const struct model *model, const struct view *view, struct arena *arena, struct world *ret_world);

/* The resourceVersion of an object: its content as text. */
const char *view_version(const struct object *object, struct arena *arena);

/* The moment of a step of time. */
int64_t view_now_ms(uint8_t now);

/* ---- server.c: the modelled apiserver ---- */

/* Writes the object into the slot: watches tell of it; writer (or OPERATORS_MAX: somebody else) has it at once. */
void server_write(struct model *model, struct state *state, uint32_t writer, uint32_t slot,
		  const struct object *object);

/* Carries out the next order of the operator's plan for key. The answer may be lost on its way: then the operator
 * gives the plan up, and hears of the write by its watch only. */
void server_act(struct model *model, struct state *state, uint32_t op, uint32_t key, bool is_answer_lost);

/* The next event of a kind reaches the operator. false: there is none. */
bool server_deliver(struct state *state, uint32_t op, uint32_t kind);

/* Another manager takes the image of a workload. */
void server_take_image(struct object *workload);

/* The operator begins anew: it knows what is there, and has no plan. */
void server_restart(struct state *state, uint32_t op);

/* ---- people.c ---- */

/* Somebody writes into a promotion (the entry of its says, or SAYS_MAX: that it is aborted), asks for another
 * verification of a channel, creates or deletes the ChannelStop, writes a workload's image. false when that cannot
 * happen, or changes nothing. */
bool people_say(struct model *model, struct state *state, uint32_t promotion, uint32_t what);
bool people_ask_again(struct model *model, struct state *state, uint32_t channel);
bool people_stop(struct model *model, struct state *state);
bool people_take_image(struct model *model, struct state *state, uint32_t channel);

/* ---- outside.c: what is not in the apiserver ---- */

/* The tag of the build number n is TAG_PREFIX n; and there is one that always leads to the newest. */
#define TAG_PREFIX "1.0."
#define TAG_MOVING 9
#define TAG_MOVING_NAME "newest"

enum change { CHANGE_METRIC, CHANGE_KEYS, CHANGE_SIGNERS, CHANGE_BUILDS, CHANGE_TAG, CHANGES_COUNT };
#define CHANGE_VALUES (METRIC_ANSWERS > RELEASES_MAX + 1 ? METRIC_ANSWERS : RELEASES_MAX + 1)

/* As it is when a walk begins. */
void outside_begin(const struct scenario *scenario, struct outside *ret);

/* Somebody changes something (enum change) to value; false when that cannot happen, or changes nothing. And what that
 * is, for people. */
bool outside_change(const struct model *model, struct state *state, uint32_t what, uint8_t value);
const char *outside_change_text(uint32_t what);

/* Is the action a question; and what it is about: the tag, or the release whose signatures are looked for. */
bool outside_is_asked(enum action_kind action);
uint8_t outside_subject(const struct order *order);

/* The question is answered. */
void outside_answer(const struct state *state, const struct orders_cell *cell, struct answers *known);

/* What was answered, as the decision sees it: left as it is (nobody asked yet) when nothing was. */
void outside_show_metric(const struct answers *known, struct metric_look *ret);
void outside_show_key(const struct answers *known, struct key_look *ret);
void outside_show_signature(const struct answers *known, uint8_t release, struct signature_look *ret);
void outside_show_tags(const struct answers *known, const char *last_tag, struct arena *arena, struct tags_look *ret);
bool outside_show_tag(const struct answers *known, const char *repository, struct arena *arena,
		      struct digest_look *ret);

/* ---- rules.c: what has to hold ---- */

/* Of a write, before it takes place. */
void rules_on_write(struct model *model, const struct state *state, uint32_t slot, const struct object *after);

/* Of a workload that an operator pins, before it is; force: from another manager. */
void rules_on_pin(struct model *model, struct state *state, uint32_t slot, bool force);

/* Of a promotion that an operator collects, before it is gone. */
void rules_on_collect(struct model *model, const struct state *state, uint32_t slot);

/* Of what has to be remembered of a write. */
void rules_remember(const struct model *model, struct state *state, uint32_t slot, const struct object *after);

/* Does the status say how the promotion ended? */
bool rules_are_settled(const struct channel_status *status, const char *promotion);

/* ---- rules_plan.c, rules_start.c ---- */

/* Of a plan beside the view that it was made from. */
void rules_on_plan(struct model *model, const struct world *world, const struct plan *plan);

/* Of a promotion that a plan starts: after is the channel's status as it shall be. */
void rules_on_start(struct model *model, const struct world *world, const struct channel_status *after);

/* ---- rest.c ---- */

/* Of a state in which nothing is left to do for now. */
void rules_at_rest(struct model *model, const struct state *state, const int64_t *wakes_ms);

/* ... and in which nothing comes of waiting any more, nor of asking again. */
void rules_at_end(struct model *model, const struct state *state);

/* ---- settle.c ---- */

/* From here on nothing goes wrong and nobody interferes: does it come to rest, and is it right then? Works on a
 * copy. ret_state (may be NULL): the state at rest. */
void settle(struct model *model, const struct state *state, struct state *ret_state);

/* ---- move.c: everything that can happen ---- */

enum move_kind {
	MOVE_LOOK, /* an operator (a) looks at a key (b) and makes its plan */
	MOVE_ACT, /* ... writes the next order of its plan for the key */
	MOVE_ACT_UNHEARD, /* ... and never hears the answer */
	MOVE_GIVE_UP, /* ... cannot, and gives the plan up */
	MOVE_DELIVER, /* ... hears the oldest news of a kind (b) */
	MOVE_CRASH, /* ... starts again */
	MOVE_FALL_BEHIND, /* the standby's watches lag from now on */
	MOVE_TAKE_OVER, /* the standby leads */
	MOVE_PROGRESS, /* the pods of channel a's workload come on */
	MOVE_GUARD_SEES, /* the guard's own watch hears of the pins of namespace a */
	MOVE_TICK, /* time goes on by one */
	MOVE_STEP_BACK, /* the clocks are set back by one */
	MOVE_OUTSIDE, /* something (a) outside becomes another (b) */
	MOVE_CREATE_PROMOTION, /* people: promotion a, */
	MOVE_DELETE_PROMOTION,
	MOVE_SAY, /* ... write into promotion a: the entry b of its says, or (SAYS_MAX) that it is aborted */
	MOVE_EDIT_CHANNEL, /* channel a gets spec b */
	MOVE_DELETE_CHANNEL,
	MOVE_CREATE_CHANNEL,
	MOVE_ASK_AGAIN, /* for a verification of channel a */
	MOVE_STOP, /* the ChannelStop comes, or goes */
	MOVE_TOUCH_WORKLOAD, /* any write of channel a's workload */
	MOVE_TAKE_IMAGE, /* another manager writes its image */
	MOVE_DELETE_WORKLOAD,
	MOVE_CREATE_WORKLOAD,
	MOVES_COUNT,
};

struct move {
	uint8_t what; /* enum move_kind */
	uint8_t a;
	uint8_t b;
};

/* All steps, one after the other: begin with a zeroed one; false behind the last. */
bool move_next(const struct model *model, struct move *move);

/* Does it; false (and state is of no use) when it cannot happen here, or changes nothing. */
bool move_take(struct model *model, struct state *state, const struct move *move);

/* Says what happens, for people; with the plan's text where a plan is made. before: the state in which it happens. */
void move_tell(struct model *model, const struct state *before, const struct move *move, FILE *out);

/* The state in which the walk begins: what ran before is rolled out, and everything rests. */
void move_begin(struct model *model, struct state *ret_state);

#endif
