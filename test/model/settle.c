/*
 * The way to rest: the one that leads goes on alone, hears of everything, and nobody interferes. What makes a rule of
 * "in the end": from every state that the walk finds this way is taken, to where all plans are empty and no look is due
 * any more, or looks only ask once more what was answered the same way before.
 */
#include <string.h>

#include "base/clock.h"
#include "model.h"

#define NOW_MAX 250
#define QUIET_STEPS 4 /* of time in which nothing was written: longer than anything that any scenario waits for */

/* What the budgets allow makes no difference here. */
static void begin(struct state *state)
{
	uint32_t leader = state->leader;

	state->ticks = 0;
	state->faults = 0;
	state->edits = 0;
	state->old_acts = 0;
	for (uint32_t i = 0; i < OPERATORS_MAX; i++) {
		if (i != leader)
			memset(&state->operators[i], 0, sizeof(state->operators[i]));
	}
}

static void deliver_all(struct state *state)
{
	for (size_t i = 0; i < SLOT_KINDS; i++) {
		while (server_deliver(state, state->leader, slot_kinds[i]))
			;
	}
}

/* Pods of good releases become ready, and whoever keeps the manifests brings a missing workload back. */
static void let_others_work(struct model *model, struct state *state)
{
	for (uint32_t i = 0; i < scenario_channels(model->scenario); i++) {
		const struct object *now = &state->truth[SLOT_WORKLOADS + i];
		struct object object = *now;

		if (!now->is_there) {
			object.is_there = 1;
			object.uid++;
			object.progress = PROGRESS_UNSEEN;
			object.images[0] = state->guard[scenario_namespace(model->scenario, i)].images[i];
		} else if (model->scenario->is_stubborn && now->is_taken == 0 && state->taken > 0) {
			server_take_image(&object);
		} else {
			object.progress = (model->scenario->bad_releases >> now->images[0] & 1) != 0 ? PROGRESS_MOVING
												      : PROGRESS_READY;
		}
		if (!object_equal(now, &object))
			server_write(model, state, OPERATORS_MAX, SLOT_WORKLOADS + i, &object);
	}
	for (uint32_t n = 0; n < NAMESPACES_MAX; n++)
		state->guard[n] = state->truth[SLOT_PINS + n];
}

/* What came of a round of looks. */
struct round {
	int64_t wakes_ms[KEYS_MAX];
	bool is_busy;  /* there was something to do */
	bool is_write; /* ... and not only something to ask */
};

/* One look at key, carried out whole. */
static void work(struct model *model, struct state *state, uint32_t key, struct round *round)
{
	struct operator *op = &state->operators[state->leader];
	const struct look *look;

	deliver_all(state);
	if (op->in_flight[key] == 0) {
		look = plans_look(model, op, state->now, key, NULL);
		op->in_flight[key] = look->orders;
		round->wakes_ms[key] = look->wake_ms;
	}
	round->is_busy |= op->in_flight[key] != 0;
	while (op->in_flight[key] != 0 && model->broken.rule == RULE_NONE) {
		round->is_write |= model->cells[op->in_flight[key]].slot != SLOTS_MAX;
		server_act(model, state, state->leader, key, false);
	}
}

/* Looks at everything once. */
static void look_around(struct model *model, struct state *state, struct round *round)
{
	const struct scenario *scenario = model->scenario;

	round->is_busy = false;
	round->is_write = false;
	let_others_work(model, state);
	for (uint32_t i = 0; i < scenario_channels(scenario); i++)
		work(model, state, i, round);
	for (uint32_t n = 0; n < scenario_namespaces(scenario); n++)
		work(model, state, CHANNELS_MAX + n, round);
}

/* Time goes on to the next moment for which somebody asked; false when nobody did. */
static bool wait(struct state *state, const int64_t *wakes_ms)
{
	int64_t next_ms = CLOCK_NEVER;

	for (uint32_t i = 0; i < KEYS_MAX; i++) {
		if (wakes_ms[i] > view_now_ms(state->now) && wakes_ms[i] < next_ms)
			next_ms = wakes_ms[i];
	}
	if (next_ms > view_now_ms(NOW_MAX)) /* the collection of what ended today is none of this */
		return false;
	while (view_now_ms(state->now) < next_ms)
		state->now++;
	return true;
}

/* From where the way is known already it need not be taken again. */
static bool is_known(const struct model *model, const struct state *state)
{
	unsigned char bytes[STATE_BYTES_MAX];
	size_t len = state_pack(state, bytes);

	return table_has(&model->settled, bytes, len);
}

static void add_known(struct model *model, const struct state *path, size_t count)
{
	unsigned char bytes[STATE_BYTES_MAX];
	uint32_t number;

	for (size_t i = 0; i < count; i++) {
		size_t len = state_pack(&path[i], bytes);

		(void)table_add(&model->settled, bytes, len, &number);
	}
}

/* A minute later there is still nothing to write, whatever the answers to what is asked then. */
static void stay_quiet(struct model *model, const struct state *state)
{
	struct state later = *state;
	struct round round = { .is_busy = true };

	later.now++;
	for (int i = 0; i < 3 && round.is_busy; i++) {
		look_around(model, &later, &round);
		model_check(model, !round.is_write, RULE_QUIET,
			    "everything rests, and a minute later something is written");
	}
}

/* Has everything ended that somebody asked for? */
static bool is_all_finished(const struct model *model, const struct state *state)
{
	for (uint32_t i = 0; i < PROMOTIONS_MAX; i++) {
		const struct object *object = &state->truth[SLOT_PROMOTIONS + i];

		if (object->is_there &&
		    !promotion_phase_is_final(model_promotion_status(model, object->status)->phase))
			return false;
	}
	return true;
}

void settle(struct model *model, const struct state *state, struct state *ret_state)
{
	struct state *path = model->path;
	struct round round;
	struct state present = *state;
	int quiet_until = present.now + QUIET_STEPS;
	size_t rounds = 0;

	for (size_t i = 0; i < KEYS_MAX; i++)
		round.wakes_ms[i] = CLOCK_NEVER;
	begin(&present);
	while (model->broken.rule == RULE_NONE) {
		if (ret_state == NULL && is_known(model, &present))
			break;
		if (rounds == ROUNDS_MAX) {
			model_check(model, false, RULE_CONVERGES, "does not come to rest in %d rounds", ROUNDS_MAX);
			break;
		}
		path[rounds++] = present;
		look_around(model, &present, &round);
		if (round.is_write)
			quiet_until = present.now + QUIET_STEPS;
		if (round.is_busy || model->broken.rule != RULE_NONE)
			continue;
		rules_at_rest(model, &present, round.wakes_ms);
		if (model->broken.rule != RULE_NONE || (ret_state != NULL && is_all_finished(model, &present)))
			break;
		if (present.now < quiet_until && wait(&present, round.wakes_ms))
			continue;
		rules_at_end(model, &present);
		stay_quiet(model, &present);
		break;
	}
	if (model->broken.rule == RULE_NONE)
		add_known(model, path, rounds);
	if (ret_state != NULL)
		*ret_state = present;
}
