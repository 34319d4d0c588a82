/* What people and other managers write, beyond creating and deleting objects. */
#include "model.h"

static bool write(struct model *model, struct state *state, uint32_t slot, const struct object *object)
{
	if (object_equal(&state->truth[slot], object))
		return false;
	server_write(model, state, OPERATORS_MAX, slot, object);
	return true;
}

/* As write(), at the cost of an edit. */
static bool edit(struct model *model, struct state *state, uint32_t slot, const struct object *object)
{
	if (state->edits == 0 || !write(model, state, slot, object))
		return false;
	state->edits--;
	return true;
}

/* Nothing that is said is taken back, so there is an end to it. */
bool people_say(struct model *model, struct state *state, uint32_t promotion, uint32_t what)
{
	struct object object = state->truth[SLOT_PROMOTIONS + promotion];
	bool may = what == SAYS_MAX ? model->scenario->may_be_aborted[promotion] : what < scenario_says(model->scenario, promotion);

	if (!object.is_there || !may)
		return false;
	object.said |= (uint8_t)(what == SAYS_MAX ? SAID_ABORT : 1u << what);
	return write(model, state, SLOT_PROMOTIONS + promotion, &object);
}

bool people_ask_again(struct model *model, struct state *state, uint32_t channel)
{
	struct object object = state->truth[channel];

	if (!object.is_there || model->specs[channel][object.spec]->metric_count == 0)
		return false;
	object.requests++;
	return edit(model, state, channel, &object);
}

bool people_stop(struct model *model, struct state *state)
{
	const struct object *now = &state->truth[SLOT_STOP];
	struct object object = { .uid = now->uid };

	if (!now->is_there)
		object = (struct object){ .is_there = 1, .uid = (uint8_t)(now->uid + 1), .created = state->now };
	return edit(model, state, SLOT_STOP, &object);
}

bool people_take_image(struct model *model, struct state *state, uint32_t channel)
{
	struct object object = state->truth[SLOT_WORKLOADS + channel];

	if (!object.is_there)
		return false;
	server_take_image(&object);
	return edit(model, state, SLOT_WORKLOADS + channel, &object);
}
