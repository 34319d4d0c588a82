/* Everything that can happen in a state, as moves of which each is whole: between any two the others may come. */
#include <stdio.h>
#include <string.h>

#include "model.h"

/* ---- operators ---- */

/* Before it looks: the leader may; the one that led before may as long as it believes that it does. */
static bool may_work(const struct state *state, uint32_t op)
{
	return state->operators[op].is_on && (op == state->leader || (op < state->leader && state->old_acts > 0));
}

static bool look(struct model *model, struct state *state, uint32_t op, uint32_t key)
{
	struct operator *o = &state->operators[op];

	if (!may_work(state, op) || o->in_flight[key] != 0)
		return false;
	o->in_flight[key] = plans_look(model, o, state->now, key, NULL)->orders;
	return o->in_flight[key] != 0;
}

/* The last write of the one that led before: of what it knows nothing comes any more. */
static void count_old_act(struct state *state, uint32_t op)
{
	if (op == state->leader)
		return;
	if (--state->old_acts == 0)
		memset(&state->operators[op], 0, sizeof(state->operators[op]));
}

static bool act(struct model *model, struct state *state, uint32_t op, uint32_t key, bool is_answer_lost)
{
	if (!may_work(state, op) || state->operators[op].in_flight[key] == 0)
		return false;
	server_act(model, state, op, key, is_answer_lost);
	count_old_act(state, op);
	return true;
}

static bool spend(uint8_t *budget)
{
	if (*budget == 0)
		return false;
	--*budget;
	return true;
}

static bool crash(struct state *state, uint32_t op)
{
	if (op != state->leader || !spend(&state->faults))
		return false;
	server_restart(state, op);
	return true;
}

static bool fall_behind(const struct model *model, struct state *state)
{
	if (!model->scenario->has_standby || state->operators[1].is_on || !spend(&state->faults))
		return false;
	server_restart(state, 1);
	return true;
}

/* The standby leads from now on, and knows what it has heard so far; the other one may not know that yet. */
static bool take_over(const struct model *model, struct state *state)
{
	if (!model->scenario->has_standby || state->leader == 1 || !spend(&state->faults))
		return false;
	if (!state->operators[1].is_on)
		server_restart(state, 1);
	state->leader = 1;
	state->old_acts = model->scenario->old_acts;
	if (state->old_acts == 0)
		memset(&state->operators[0], 0, sizeof(state->operators[0]));
	return true;
}

/* ---- everybody else ---- */

static bool write(struct model *model, struct state *state, uint32_t slot, const struct object *object)
{
	if (object_equal(&state->truth[slot], object))
		return false;
	server_write(model, state, OPERATORS_MAX, slot, object);
	return true;
}

static bool remove_object(struct model *model, struct state *state, uint32_t slot)
{
	const struct object gone = { .uid = state->truth[slot].uid };

	return state->truth[slot].is_there && spend(&state->edits) && write(model, state, slot, &gone);
}

/* What ran before the walk begins had every approval that it may have. */
static uint8_t said_before(const struct model *model, uint32_t promotion)
{
	bool is_old = model->scenario->promotions[promotion].origin == ORIGIN_BEFORE;

	return (uint8_t)(is_old ? (1u << scenario_says(model->scenario, promotion)) - 1 : 0);
}

/* What was there before is created again at the cost of an edit. */
static bool create_object(struct model *model, struct state *state, uint32_t slot)
{
	const struct object *now = &state->truth[slot];
	struct object object = {
		.is_there = 1, .uid = (uint8_t)(now->uid + 1), .created = state->now, .generation = 1
	};

	if (now->is_there || (now->uid > 0 && !spend(&state->edits)))
		return false;
	if (slot_kind(slot) != SLOT_CHANNELS)
		object.generation = 0;
	if (slot_kind(slot) == SLOT_WORKLOADS) {
		uint32_t channel = slot - SLOT_WORKLOADS;

		object.created = 0;
		object.images[0] = state->guard[scenario_namespace(model->scenario, channel)].images[channel];
	}
	if (slot_kind(slot) == SLOT_PROMOTIONS)
		object.said = said_before(model, slot - SLOT_PROMOTIONS);
	return write(model, state, slot, &object);
}

static bool progress(struct model *model, struct state *state, uint32_t channel)
{
	struct object object = state->truth[SLOT_WORKLOADS + channel];
	bool is_bad = object.images[0] == 0 || (model->scenario->bad_releases >> object.images[0] & 1) != 0;

	if (!object.is_there || object.progress >= (is_bad ? PROGRESS_MOVING : PROGRESS_READY))
		return false;
	object.progress++;
	return write(model, state, SLOT_WORKLOADS + channel, &object);
}

/* Any write of the workload by anybody: the guard writes the pinned image. */
static bool touch(struct model *model, struct state *state, uint32_t channel)
{
	struct object object = state->truth[SLOT_WORKLOADS + channel];
	const struct object *pins = &state->guard[scenario_namespace(model->scenario, channel)];

	if (!object.is_there || pins->images[channel] == 0 || object.images[0] == pins->images[channel] ||
	    !spend(&state->edits))
		return false;
	object.images[0] = pins->images[channel];
	object.progress = PROGRESS_UNSEEN;
	return write(model, state, SLOT_WORKLOADS + channel, &object);
}

static bool edit(struct model *model, struct state *state, uint32_t channel, uint32_t variant)
{
	struct object object = state->truth[channel];

	if (!object.is_there || object.spec == variant || model->specs[channel][variant] == NULL ||
	    !spend(&state->edits))
		return false;
	object.spec = (uint8_t)variant;
	object.generation++;
	return write(model, state, channel, &object);
}

static bool guard_sees(struct state *state, uint32_t namespace)
{
	struct object *seen = &state->guard[namespace];

	if (object_equal(seen, &state->truth[SLOT_PINS + namespace]))
		return false;
	*seen = state->truth[SLOT_PINS + namespace];
	return true;
}

static bool step_back(struct state *state)
{
	if (state->now == 0 || !spend(&state->faults))
		return false;
	state->now--;
	return true;
}

static bool tick(struct state *state)
{
	if (!spend(&state->ticks))
		return false;
	state->now++;
	return true;
}

/* ---- the table ---- */

struct range {
	uint8_t a;
	uint8_t b;
};

/* How many values a and b have. */
static struct range range_of(const struct model *model, enum move_kind what)
{
	const struct scenario *s = model->scenario;
	uint8_t operators = s->has_standby ? 2 : 1;
	uint8_t channels = (uint8_t)scenario_channels(s);

	switch (what) {
	case MOVE_LOOK:
	case MOVE_ACT:
	case MOVE_ACT_UNHEARD:
	case MOVE_GIVE_UP:
		return (struct range){ operators, KEYS_MAX };
	case MOVE_DELIVER:
		return (struct range){ operators, SLOT_KINDS };
	case MOVE_CRASH:
		return (struct range){ operators, 1 };
	case MOVE_GUARD_SEES:
		return (struct range){ NAMESPACES_MAX, 1 };
	case MOVE_CREATE_PROMOTION:
		return (struct range){ PROMOTIONS_MAX, 1 };
	case MOVE_DELETE_PROMOTION:
		return (struct range){ s->deletes_promotions ? PROMOTIONS_MAX : 0, 1 };
	case MOVE_SAY:
		return (struct range){ PROMOTIONS_MAX, SAYS_MAX + 1 };
	case MOVE_OUTSIDE:
		return (struct range){ CHANGES_COUNT, CHANGE_VALUES };
	case MOVE_STEP_BACK:
		return (struct range){ s->steps_back, 1 };
	case MOVE_STOP:
		return (struct range){ s->stops, 1 };
	case MOVE_ASK_AGAIN:
		return (struct range){ s->asks_again ? channels : 0, 1 };
	case MOVE_TAKE_IMAGE:
		return (struct range){ s->lacks_guard ? channels : 0, 1 };
	case MOVE_EDIT_CHANNEL:
		return (struct range){ s->edits_specs ? channels : 0, VARIANTS_MAX };
	case MOVE_DELETE_CHANNEL:
	case MOVE_CREATE_CHANNEL:
		return (struct range){ s->deletes_channels ? channels : 0, 1 };
	case MOVE_TOUCH_WORKLOAD:
	case MOVE_DELETE_WORKLOAD:
	case MOVE_CREATE_WORKLOAD:
		return (struct range){ s->touches_workloads ? channels : 0, 1 };
	case MOVE_PROGRESS:
		return (struct range){ channels, 1 };
	default:
		return (struct range){ 1, 1 };
	}
}

bool move_next(const struct model *model, struct move *move)
{
	struct range range = range_of(model, move->what);

	if (++move->b < range.b && range.a > 0)
		return true;
	move->b = 0;
	if (++move->a < range.a)
		return true;
	move->a = 0;
	do {
		if (++move->what == MOVES_COUNT)
			return false;
	} while (range_of(model, move->what).a == 0);
	return true;
}

static bool is_key(const struct model *model, uint32_t key)
{
	return key < CHANNELS_MAX ? key < scenario_channels(model->scenario)
				  : key < CHANNELS_MAX + scenario_namespaces(model->scenario);
}

static bool operator_move(struct model *model, struct state *state, const struct move *move)
{
	struct operator *op = &state->operators[move->a];

	switch ((enum move_kind)move->what) {
	case MOVE_LOOK:
		return is_key(model, move->b) && look(model, state, move->a, move->b);
	case MOVE_ACT:
		return act(model, state, move->a, move->b, false);
	case MOVE_ACT_UNHEARD:
		return op->in_flight[move->b] != 0 && model->cells[op->in_flight[move->b]].slot != SLOTS_MAX &&
		       spend(&state->faults) && act(model, state, move->a, move->b, true);
	case MOVE_GIVE_UP:
		if (op->in_flight[move->b] == 0 || move->a != state->leader || !spend(&state->faults))
			return false;
		op->in_flight[move->b] = 0;
		return true;
	case MOVE_DELIVER:
		return server_deliver(state, move->a, slot_kinds[move->b]);
	case MOVE_CRASH:
		return crash(state, move->a);
	case MOVE_FALL_BEHIND:
		return fall_behind(model, state);
	default:
		return take_over(model, state);
	}
}

bool move_take(struct model *model, struct state *state, const struct move *move)
{
	const struct promotion_row *promotion = &model->scenario->promotions[move->a];

	switch ((enum move_kind)move->what) {
	case MOVE_PROGRESS:
		return progress(model, state, move->a);
	case MOVE_GUARD_SEES:
		return guard_sees(state, move->a);
	case MOVE_TICK:
		return tick(state);
	case MOVE_STEP_BACK:
		return step_back(state);
	case MOVE_OUTSIDE:
		return outside_change(model, state, move->a, move->b);
	case MOVE_SAY:
		return people_say(model, state, move->a, move->b);
	case MOVE_ASK_AGAIN:
		return people_ask_again(model, state, move->a);
	case MOVE_STOP:
		return people_stop(model, state);
	case MOVE_TAKE_IMAGE:
		return people_take_image(model, state, move->a);
	case MOVE_CREATE_PROMOTION:
		return (promotion->origin == ORIGIN_PEOPLE || promotion->origin == ORIGIN_BEFORE) &&
		       (model->scenario->deletes_promotions || state->truth[SLOT_PROMOTIONS + move->a].uid == 0) &&
		       create_object(model, state, SLOT_PROMOTIONS + move->a);
	case MOVE_DELETE_PROMOTION:
		return remove_object(model, state, SLOT_PROMOTIONS + move->a);
	case MOVE_EDIT_CHANNEL:
		return edit(model, state, move->a, move->b);
	case MOVE_DELETE_CHANNEL:
		return remove_object(model, state, SLOT_CHANNELS + move->a);
	case MOVE_CREATE_CHANNEL:
		return create_object(model, state, SLOT_CHANNELS + move->a);
	case MOVE_TOUCH_WORKLOAD:
		return touch(model, state, move->a);
	case MOVE_DELETE_WORKLOAD:
		return remove_object(model, state, SLOT_WORKLOADS + move->a);
	case MOVE_CREATE_WORKLOAD:
		return create_object(model, state, SLOT_WORKLOADS + move->a);
	default:
		return operator_move(model, state, move);
	}
}

/* ---- the beginning ---- */

static void rest(struct model *model, struct state *state)
{
	struct state present = *state;

	settle(model, &present, state);
}

void move_begin(struct model *model, struct state *ret_state)
{
	const struct scenario *scenario = model->scenario;
	struct object gone;

	memset(ret_state, 0, sizeof(*ret_state));
	ret_state->operators[0].is_on = true;
	outside_begin(scenario, &ret_state->outside);
	for (uint32_t i = 0; i < scenario_channels(scenario); i++) {
		(void)create_object(model, ret_state, SLOT_CHANNELS + i);
		(void)create_object(model, ret_state, SLOT_WORKLOADS + i);
	}
	for (uint32_t i = 0; i < PROMOTIONS_MAX; i++) {
		if (scenario->promotions[i].origin != ORIGIN_BEFORE)
			continue;
		(void)create_object(model, ret_state, SLOT_PROMOTIONS + i);
		rest(model, ret_state);
		gone = (struct object){ .uid = 1 };
		server_write(model, ret_state, OPERATORS_MAX, SLOT_PROMOTIONS + i, &gone);
	}
	rest(model, ret_state);
	server_restart(ret_state, 0);
	ret_state->ticks = scenario->ticks;
	ret_state->faults = scenario->faults;
	ret_state->edits = scenario->edits;
}
