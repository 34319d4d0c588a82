/* One promotion on its way through the rules: what its status shall say. */
#include "base/clock.h"
#include "base/str.h"
#include "domain/decision.h"

void candidate_init(struct decision *d, struct candidate *c, const struct promotion *promotion)
{
	struct step *steps = arena_new_array(d->arena, promotion->status.step_count, struct step);

	*c = (struct candidate){ .promotion = promotion, .status = promotion->status };
	for (size_t i = 0; i < c->status.step_count; i++)
		steps[i] = promotion->status.steps[i];
	c->status.steps = steps; /* a record is never changed, a step may be */
	c->status.waiting = NULL;
	c->status.waiting_count = 0;
	c->status.observed_generation = promotion->meta.generation;
	approval_note(d, c);
}

void candidate_wait(struct decision *d, struct candidate *c, enum promotion_phase phase, const char *gate,
		    int64_t until_ms, const char *message)
{
	c->status.phase = phase;
	c->status.waiting = arena_new(d->arena, struct waiting_for);
	*c->status.waiting = (struct waiting_for){ gate, until_ms, brief(d, message) };
	c->status.waiting_count = 1;
}

struct step *candidate_find_step(struct candidate *c, const char *name)
{
	for (size_t i = 0; i < c->status.step_count; i++) {
		if (str_equal(c->status.steps[i].name, name))
			return &c->status.steps[i];
	}
	return NULL;
}

struct step *candidate_step(struct decision *d, struct candidate *c, const char *name)
{
	struct step *steps = candidate_find_step(c, name);

	if (steps != NULL)
		return steps;
	steps = arena_new_array(d->arena, c->status.step_count + 1, struct step);
	for (size_t i = 0; i < c->status.step_count; i++)
		steps[i] = c->status.steps[i];
	steps[c->status.step_count] = (struct step){ .name = name, .started_ms = d->world->now_ms };
	c->status.steps = steps;
	return &steps[c->status.step_count++];
}

void candidate_finish_step(struct decision *d, struct candidate *c, const char *message)
{
	if (c->status.step_count > 0) {
		struct step *last = &c->status.steps[c->status.step_count - 1];

		last->finished_ms = last->finished_ms == 0 ? d->world->now_ms : last->finished_ms;
		last->message = brief(d, message);
	}
}

void candidate_finish(struct decision *d, struct candidate *c, enum promotion_phase phase,
		      const char *reason, const char *message)
{
	c->status.phase = phase;
	c->status.waiting = NULL;
	c->status.waiting_count = 0;
	if (c->status.started_ms == 0)
		c->status.started_ms = d->world->now_ms;
	c->status.finished_ms = d->world->now_ms;
	deadline_stop_clock(c, d->world->now_ms);
	c->reason = reason;
	c->message = message;
}

static void set(struct decision *d, struct candidate *c, const char *type, enum condition_status status,
		const char *reason, const char *message)
{
	struct conditions *set = &c->status.conditions;

	set->items[set->count++] = (struct condition){
		.type = type,
		.status = status,
		.reason = reason,
		.message = message,
		.observed_generation = c->promotion->meta.generation,
	};
	(void)d;
}

/* Why an unfinished promotion is not done: the gate's name is the reason. */
static void set_waiting(struct decision *d, struct candidate *c)
{
	const struct waiting_for *w = c->status.waiting;
	const char *reason = w == NULL ? "Pending" : arena_printf(d->arena, "WaitingFor%s", w->gate);
	bool is_under_way = c->status.phase == PHASE_ROLLING_OUT || c->status.phase == PHASE_VERIFYING;

	set(d, c, "Ready", CONDITION_FALSE, is_under_way ? promotion_phase_name(c->status.phase) : reason,
	    w == NULL ? "" : w->message);
	set(d, c, "Reconciling", CONDITION_TRUE, promotion_phase_name(c->status.phase),
	    w == NULL ? "" : w->message);
}

static void tell_phase(struct decision *d, struct candidate *c)
{
	const char *message = c->message;

	if (c->status.phase == c->promotion->status.phase || c->status.phase < PHASE_WAITING)
		return;
	if (c->status.phase == PHASE_ROLLING_OUT)
		message = arena_printf(d->arena, "rolling out %s%s%s", c->release.id,
				       c->status.previous.id == NULL ? "" : " in the place of ",
				       c->status.previous.id == NULL ? "" : c->status.previous.id);
	else if (message == NULL)
		message = c->status.waiting_count > 0 ? c->status.waiting->message : "";
	decision_tell(d, c->promotion, c->status.phase == PHASE_FAILED,
		      arena_printf(d->arena, "Promotion%s", promotion_phase_name(c->status.phase)), message);
}

void candidate_conclude(struct decision *d, struct candidate *c)
{
	const char *reason = c->reason;

	c->status.conditions = (struct conditions){ arena_new_array(d->arena, 4, struct condition), 0 };
	if (!promotion_phase_is_final(c->status.phase)) {
		set_waiting(d, c);
	} else if (c->status.phase == PHASE_SUCCEEDED) {
		set(d, c, "Ready", CONDITION_TRUE, reason, c->message);
		set(d, c, "Succeeded", CONDITION_TRUE, reason, c->message);
	} else {
		/* Superseded is an end as well, and for whoever waits for success it is a failure. */
		set(d, c, "Ready", CONDITION_FALSE, reason, c->message);
		set(d, c, "Failed", CONDITION_TRUE, reason, c->message);
		set(d, c, "Stalled", CONDITION_TRUE, reason, c->message);
	}
	condition_keep_times(&c->status.conditions, &c->promotion->status.conditions, d->world->now_ms);
	tell_phase(d, c);
}
