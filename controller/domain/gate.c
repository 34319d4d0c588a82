/*
 * The gates before a release: each one is a function and a row in the table. Those that need no human come
 * first. A promotion waits for all that are closed; the first one is its reason.
 */
#include "base/clock.h"
#include "base/str.h"
#include "domain/decision.h"

struct verdict {
	bool is_open;
	bool is_absent;      /* the channel has no such gate: nothing is shown */
	const char *message; /* why (not). When closed it goes into a status: the same at every look */
	const char *row;     /* what the plan's text shows in its place; NULL: the message */
	int64_t until_ms;    /* closed: when it opens by itself; CLOCK_NEVER: not known */
};

struct gate {
	const char *name;
	/* How does the gate stand for the candidate? */
	struct verdict (*look)(struct decision *d, const struct candidate *c);
	bool is_told;      /* the promotion's steps tell of it even when it was open all the time */
	bool needs_people; /* nobody is asked while an earlier gate is closed */
	bool closes_channel; /* somebody has closed the channel, whatever is promoted: no deadline runs */
};

static struct verdict verdict(bool is_open, const char *message)
{
	return (struct verdict){ .is_open = is_open, .message = message, .until_ms = CLOCK_NEVER };
}

static struct verdict look_at_channel(struct decision *d, const struct candidate *c)
{
	(void)c;
	return d->stalled_message == NULL ? verdict(true, "the channel's spec can be followed")
					  : verdict(false, d->stalled_message);
}

static struct verdict look_at_suspension(struct decision *d, const struct candidate *c)
{
	(void)c;
	return d->channel->is_suspended ? verdict(false, "spec.suspended is true")
					: verdict(true, "not suspended");
}

/* What automation asked for does not undo what somebody else chose since, nor begin when it was switched off since. */
static struct verdict look_at_hold(struct decision *d, const struct candidate *c)
{
	const struct hold *hold = &d->status.hold;
	char since[CLOCK_TEXT_SIZE];

	if (!c->promotion->is_automatic)
		return (struct verdict){ .is_absent = true };
	if (d->channel->mode != MODE_AUTOMATIC)
		return verdict(false, "automation is off: spec.promotion.mode is Manual");
	if (hold->by == NULL)
		return (struct verdict){ .is_absent = true };
	return verdict(false, arena_printf(d->arena, "automation is held by %s since %s: %s", hold->by,
					   clock_format(hold->at_ms, since), hold->reason));
}

static struct verdict look_at_stops(struct decision *d, const struct candidate *c)
{
	const char *message = stop_message(d);

	(void)c;
	return message == NULL ? (struct verdict){ .is_absent = true } : verdict(false, message);
}

/* The closed verdict, unless somebody overrides what upstream has to say. */
static struct verdict or_overridden(struct decision *d, const struct candidate *c, struct verdict closed)
{
	const struct approval *a = approval_find_override(d, c->promotion);

	if (a == NULL)
		return closed;
	return verdict(true, arena_printf(d->arena, "%s; overridden by %s%s%s", closed.message, a->user,
					  str_is_empty(a->reason) ? "" : ": ",
					  str_is_empty(a->reason) ? "" : a->reason));
}

/* A rollback goes to what already ran here: upstream has no say in it. */
static struct verdict look_at_upstream(struct decision *d, const struct candidate *c)
{
	const char *message;
	bool is_open;

	if (d->channel->upstream.count == 0)
		return verdict(true, "entry channel");
	if (c->promotion->source == SOURCE_ROLLBACK)
		return verdict(true, "a rollback needs none");
	is_open = upstream_allows(d, &c->release, &message);
	return is_open ? verdict(true, message) : or_overridden(d, c, verdict(false, message));
}

/* As for a rollback, what ran here already need not soak elsewhere. */
static struct verdict look_at_soak(struct decision *d, const struct candidate *c)
{
	struct verdict v = { .until_ms = CLOCK_NEVER };
	const char *standing;

	if (d->channel->soak_ms == 0 || d->channel->upstream.count == 0 || c->promotion->source == SOURCE_ROLLBACK)
		return (struct verdict){ .is_absent = true };
	v.is_open = upstream_has_soaked(d, c->release.id, &v.row, &standing);
	v.message = v.is_open ? v.row : standing;
	v.until_ms = upstream_ready_ms(d, c->release.id);
	return v.is_open ? v : or_overridden(d, c, v);
}

/* A rollback is let through outside of Allow windows: it brings back what ran. A Deny window holds it, unless
 * somebody overrides that. */
static struct verdict look_at_window(struct decision *d, const struct candidate *c)
{
	const struct window_status *window = &d->status.window;
	struct verdict v = verdict(window->is_open, window->message);

	if (!window->is_set)
		return (struct verdict){ .is_absent = true };
	if (c->promotion->source == SOURCE_ROLLBACK && !d->is_denied)
		return verdict(true, "no Deny window; a rollback needs no Allow window");
	v.until_ms = window->next_ms;
	return !v.is_open && c->promotion->source == SOURCE_ROLLBACK ? or_overridden(d, c, v) : v;
}

/* Who promotes does not matter here, nor who approved: nothing opens this gate but signatures. */
static struct verdict look_at_signatures(struct decision *d, const struct candidate *c)
{
	struct verdict v = { .until_ms = CLOCK_NEVER };

	if (d->channel->signatures.count == 0)
		return (struct verdict){ .is_absent = true };
	v.is_open = signing_allows(d, &c->release, &v.message, &v.until_ms);
	return v;
}

/* Nothing is touched until everything that has to change is there and may change. */
static struct verdict look_at_workloads(struct decision *d, const struct candidate *c)
{
	(void)c;
	for (size_t i = 0; i < d->channel->workload_count; i++) {
		const struct workload_finding *finding = &d->findings[i];

		if (finding->state <= WORKLOAD_UNUSABLE || finding->is_paused)
			return verdict(false, finding->message);
	}
	return verdict(true, "all workloads are there");
}

static struct verdict look_at_queue(struct decision *d, const struct candidate *c)
{
	if (d->running == NULL || d->running == c)
		return verdict(true, "no other promotion runs");
	return verdict(false, arena_printf(d->arena, "behind %s", d->running->promotion->meta.name));
}

/* What a rollback brings was approved when it came here first, and an emergency does not wait. */
static struct verdict look_at_approvals(struct decision *d, const struct candidate *c)
{
	struct verdict v = { .until_ms = CLOCK_NEVER };

	if (d->channel->approvals_required == 0 || c->promotion->source == SOURCE_ROLLBACK)
		return (struct verdict){ .is_absent = true };
	v.is_open = approval_suffices(d, c->promotion, &v.message);
	if (!v.is_open)
		v.until_ms = deadline_of(d, c);
	return v;
}

static const struct gate gates[] = {
	{ "Channel", look_at_channel, .is_told = false },
	{ "Stop", look_at_stops, .closes_channel = true },
	{ "Suspension", look_at_suspension, .closes_channel = true },
	{ "Hold", look_at_hold, .closes_channel = true },
	{ "Upstream", look_at_upstream, .is_told = true },
	{ "Soak", look_at_soak, .is_told = true },
	{ "Window", look_at_window, .is_told = true, .closes_channel = true },
	{ "Signature", look_at_signatures, .is_told = true },
	{ "Workload", look_at_workloads, .is_told = false },
	{ "Queue", look_at_queue, .is_told = false },
	{ "Approval", look_at_approvals, .is_told = true, .needs_people = true },
};

#define GATE_COUNT (sizeof(gates) / sizeof(gates[0]))

bool gate_is_channel_closed(struct decision *d, const struct candidate *c)
{
	for (size_t i = 0; i < GATE_COUNT; i++) {
		struct verdict v = { .is_absent = true };

		if (gates[i].closes_channel)
			v = gates[i].look(d, c);
		if (!v.is_absent && !v.is_open)
			return true;
	}
	return false;
}

static void show(struct decision *d, const struct candidate *c, const char *gate, const struct verdict *v)
{
	struct gate_row *row = arena_new(d->arena, struct gate_row);

	*row = (struct gate_row){ c->promotion->meta.name, gate, v->is_open,
				  v->row != NULL ? v->row : v->message };
	vec_push(&d->plan->gates, row);
}

/* The step of a gate: since when it was waited for, when it opened, and why. */
static void tell(struct decision *d, struct candidate *c, const struct gate *gate, const struct verdict *v)
{
	struct step *step = candidate_find_step(c, gate->name);
	bool is_new = step == NULL;

	if (v->is_open && (is_new ? !gate->is_told : step->finished_ms != 0))
		return;
	step = candidate_step(d, c, gate->name);
	step->message = brief(d, v->is_open && v->row != NULL ? v->row : v->message);
	step->finished_ms = v->is_open ? d->world->now_ms : 0;
	if (is_new && gate->needs_people && !v->is_open)
		decision_tell(d, c->promotion, false, "ApprovalNeeded",
			      arena_printf(d->arena, "%s into %s/%s: %s", c->release.id, d->world->namespace,
					   d->world->name, v->message));
}

/* A gate that was waited for is not there any more: the stop was lifted, the spec changed. */
static void tell_gone(const struct decision *d, struct candidate *c, const char *gate)
{
	struct step *step = candidate_find_step(c, gate);

	if (step != NULL && step->finished_ms == 0)
		step->finished_ms = d->world->now_ms;
}

bool gate_all_open(struct decision *d, struct candidate *c)
{
	struct waiting_for *closed = arena_new_array(d->arena, GATE_COUNT, struct waiting_for);
	size_t count = 0;

	for (size_t i = 0; i < GATE_COUNT; i++) {
		struct verdict v;

		if (gates[i].needs_people && count > 0)
			continue;
		v = gates[i].look(d, c);
		if (v.is_absent) {
			tell_gone(d, c, gates[i].name);
			continue;
		}
		show(d, c, gates[i].name, &v);
		tell(d, c, &gates[i], &v);
		if (v.is_open)
			continue;
		closed[count++] = (struct waiting_for){ gates[i].name, v.until_ms, brief(d, v.message) };
		if (!gates[i].needs_people) /* those wait until the promotion's own deadline, which wakes */
			plan_wake(d->plan, v.until_ms, gates[i].name);
	}
	if (count > 0) {
		c->status.phase = PHASE_WAITING;
		c->status.waiting = closed;
		c->status.waiting_count = count;
	}
	return count == 0;
}

void gate_tell_passed(struct decision *d, struct candidate *c)
{
	for (size_t i = 0; i < GATE_COUNT; i++) {
		struct verdict v = gates[i].look(d, c);

		if (!v.is_absent && v.is_open)
			tell(d, c, &gates[i], &v);
	}
	for (size_t i = 0; i < c->status.step_count; i++) {
		struct step *step = &c->status.steps[i];

		if (step->finished_ms == 0) {
			step->finished_ms = c->status.started_ms;
			step->message = "open when the rollout began"; /* why, is not known any more */
		}
	}
}
