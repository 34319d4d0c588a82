/* The modelled apiserver: preconditions, admission by the pin guard, and watches whose events arrive late. */
#include <string.h>

#include "model.h"

/* ---- watches ---- */

static void remove_event(struct operator *op, uint32_t at)
{
	memmove(&op->events[at], &op->events[at + 1], (op->event_count - at - 1) * sizeof(op->events[0]));
	memset(&op->events[--op->event_count], 0, sizeof(op->events[0]));
}

/* The operator knows the object as it is now: what is on its way about it is older. */
static void learn(struct operator *op, uint32_t slot, const struct object *object)
{
	for (uint32_t i = op->event_count; i-- > 0;) {
		if (op->events[i].slot == slot)
			remove_event(op, i);
	}
	op->view[slot] = *object;
}

static void deliver(struct operator *op, uint32_t at)
{
	struct news event = op->events[at];

	remove_event(op, at);
	op->view[event.slot] = event.object;
}

bool server_deliver(struct state *state, uint32_t op, uint32_t kind)
{
	struct operator *o = &state->operators[op];

	for (uint32_t i = 0; i < o->event_count; i++) {
		if (slot_kind(o->events[i].slot) == kind) {
			deliver(o, i);
			return true;
		}
	}
	return false;
}

/* Behind the events of its kind; kinds have watches of their own, and of these nobody knows which comes first. An
 * operator falls so far behind and no further. */
static void send_event(struct operator *op, uint32_t slot, const struct object *object)
{
	uint32_t at = 0;

	if (op->event_count == EVENTS_MAX)
		deliver(op, 0);
	while (at < op->event_count && slot_kind(op->events[at].slot) <= slot_kind(slot))
		at++;
	memmove(&op->events[at + 1], &op->events[at], (op->event_count - at) * sizeof(op->events[0]));
	op->events[at] = (struct news){ *object, slot };
	op->event_count++;
}

void server_restart(struct state *state, uint32_t op)
{
	struct operator *o = &state->operators[op];

	memset(o, 0, sizeof(*o));
	o->is_on = true;
	memcpy(o->view, state->truth, sizeof(o->view));
}

void server_write(struct model *model, struct state *state, uint32_t writer, uint32_t slot,
		  const struct object *object)
{
	bool is_change = !object_equal(&state->truth[slot], object);

	if (is_change) {
		rules_on_write(model, state, slot, object);
		rules_remember(model, state, slot, object);
		state->truth[slot] = *object;
	}
	for (uint32_t i = 0; i < OPERATORS_MAX; i++) {
		struct operator *op = &state->operators[i];

		if (i == writer)
			learn(op, slot, object);
		else if (op->is_on && is_change)
			send_event(op, slot, object);
	}
	if (slot_kind(slot) == SLOT_PINS && !model->scenario->is_guard_late)
		state->guard[slot - SLOT_PINS] = *object;
}

/* ---- writes of operators ---- */

/* Is the write still about what was looked at, as far as it says what that was? */
static bool is_met(const struct state *state, const struct orders_cell *cell)
{
	const struct object *now = &state->truth[cell->slot];

	if (cell->has_uid && (!now->is_there || now->uid != cell->seen.uid))
		return false;
	return !cell->has_version || object_equal(now, &cell->seen);
}

void server_take_image(struct object *workload)
{
	workload->images[0] = FOREIGN_IMAGE;
	workload->is_taken = 1;
	workload->progress = PROGRESS_UNSEEN;
}

/* Whoever writes a workload, the guard has the last word on its image. */
static uint8_t admit(const struct model *model, const struct state *state, uint32_t channel, uint8_t image)
{
	const struct object *pins = &state->guard[scenario_namespace(model->scenario, channel)];

	return !model->scenario->lacks_guard && pins->is_there && pins->images[channel] != 0 ? pins->images[channel]
											      : image;
}

/* Makes the object that the write leads to. false: it is refused. */
static bool compute(const struct model *model, const struct state *state, const struct operator *op,
		    const struct orders_cell *cell, struct object *ret)
{
	const struct object *now = &state->truth[cell->slot];

	*ret = *now;
	switch (cell->action) {
	case ACTION_CHANNEL_STATUS:
	case ACTION_PROMOTION_STATUS:
		ret->status = cell->status;
		return now->is_there;
	case ACTION_CREATE_PROMOTION: /* the name says what it asks for: the same again changes nothing */
		if (!now->is_there)
			*ret = (struct object){ .is_there = 1, .uid = (uint8_t)(now->uid + 1), .created = state->now };
		return true;
	case ACTION_STATE_PINS: /* execute.c looks once more before it sends it, and begins what is not there without pins */
		ret->is_there = 1;
		ret->uid = (uint8_t)(ret->uid + !now->is_there);
		ret->requests = (uint8_t)(ret->requests + cell->wanted.requests);
		if (cell->has_version)
			memcpy(ret->images, cell->wanted.images, sizeof(ret->images));
		return object_equal(&op->view[cell->slot], &cell->seen);
	case ACTION_PIN:
		ret->images[0] = admit(model, state, cell->slot - SLOT_WORKLOADS, cell->wanted.images[0]);
		if (ret->images[0] == now->images[0])
			return now->is_there;
		ret->progress = PROGRESS_UNSEEN;
		ret->is_taken = 0;
		return now->is_there && (now->is_taken == 0 || cell->force);
	case ACTION_DELETE:
		*ret = (struct object){ .uid = now->uid };
		return true;
	default:
		return false;
	}
}

static bool lacks_images(const struct orders_cell *cell, const struct object *answer)
{
	return (cell->action == ACTION_PIN || cell->action == ACTION_STATE_PINS) &&
	       memcmp(answer->images, cell->wanted.images, sizeof(answer->images)) != 0;
}

void server_act(struct model *model, struct state *state, uint32_t op, uint32_t key, bool is_answer_lost)
{
	struct operator *o = &state->operators[op];
	const struct orders_cell *cell = &model->cells[o->in_flight[key]];
	struct object object;

	o->in_flight[key] = 0;
	if (cell->slot == SLOTS_MAX) {
		outside_answer(state, cell, &o->answers);
		o->in_flight[key] = cell->next;
		return;
	}
	if (!is_met(state, cell))
		return;
	if (!compute(model, state, o, cell, &object)) {
		if (cell->action == ACTION_PIN && state->truth[cell->slot].is_taken && !is_answer_lost)
			o->answers.conflicts |= (uint8_t)(1u << key);
		return;
	}
	if (cell->action == ACTION_PIN) {
		rules_on_pin(model, state, cell->slot, cell->force);
		o->answers.conflicts &= (uint8_t)~(is_answer_lost ? 0 : 1u << key);
	}
	if (cell->action == ACTION_DELETE)
		rules_on_collect(model, state, cell->slot);
	server_write(model, state, is_answer_lost ? OPERATORS_MAX : op, cell->slot, &object);
	/* The answer is looked at. Where it does not have the images (a pin met the old pins of the guard, or the pins were only
	 * begun) the plan ends, and another look comes. */
	if (!is_answer_lost && !lacks_images(cell, &object))
		o->in_flight[key] = cell->next;
}
