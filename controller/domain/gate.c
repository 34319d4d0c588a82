/*
 * The gates before a release: each one is a function and a row in the table. Those that need no human come
 * first. The first closed gate is what a promotion waits for; all are shown in the plan's text.
 */
#include "base/clock.h"
#include "domain/decision.h"

struct gate {
	const char *name;
	/* Is it open for the candidate? *ret_message says why (not). */
	bool (*is_open)(struct decision *d, const struct candidate *c, const char **ret_message);
};

static bool spec_is_sound(struct decision *d, const struct candidate *c, const char **ret_message)
{
	(void)c;
	*ret_message = d->stalled_message != NULL ? d->stalled_message : "the channel's spec can be followed";
	return d->stalled_message == NULL;
}

static bool is_not_suspended(struct decision *d, const struct candidate *c, const char **ret_message)
{
	(void)c;
	*ret_message = d->channel->is_suspended ? "spec.suspended is true" : "not suspended";
	return !d->channel->is_suspended;
}

/* A rollback goes to what already ran here: upstream has no say in it. */
static bool upstream_is_open(struct decision *d, const struct candidate *c, const char **ret_message)
{
	if (d->channel->upstream.count == 0) {
		*ret_message = "entry channel";
		return true;
	}
	if (c->promotion->source == SOURCE_ROLLBACK) {
		*ret_message = "a rollback needs none";
		return true;
	}
	return upstream_allows(d, &c->release, ret_message);
}

/* Nothing is touched until everything that has to change is there and may change. */
static bool workloads_are_ready(struct decision *d, const struct candidate *c, const char **ret_message)
{
	(void)c;
	for (size_t i = 0; i < d->channel->workload_count; i++) {
		const struct workload_finding *finding = &d->findings[i];

		if (finding->state <= WORKLOAD_UNUSABLE || finding->is_paused) {
			*ret_message = finding->message;
			return false;
		}
	}
	*ret_message = "all workloads are there";
	return true;
}

static bool queue_is_free(struct decision *d, const struct candidate *c, const char **ret_message)
{
	if (d->running == NULL || d->running == c) {
		*ret_message = "no other promotion runs";
		return true;
	}
	*ret_message = arena_printf(d->arena, "behind %s", d->running->promotion->meta.name);
	return false;
}

static const struct gate gates[] = {
	{ "Channel", spec_is_sound },         { "Suspension", is_not_suspended },
	{ "Upstream", upstream_is_open },     { "Workload", workloads_are_ready },
	{ "Queue", queue_is_free },
};

static void show(struct decision *d, const struct candidate *c, const char *gate, bool is_open,
		 const char *message)
{
	struct gate_row *row = arena_new(d->arena, struct gate_row);

	*row = (struct gate_row){ c->promotion->meta.name, gate, is_open, message };
	vec_push(&d->plan->gates, row);
}

/* Before the workloads were read once, a closed gate says nothing yet that people should hear of. */
static enum promotion_phase waiting_phase(const struct decision *d)
{
	for (size_t i = 0; i < d->channel->workload_count; i++) {
		if (d->findings[i].state == WORKLOAD_UNKNOWN)
			return PHASE_PENDING;
	}
	return PHASE_WAITING;
}

bool gate_all_open(struct decision *d, struct candidate *c)
{
	bool all_open = true;

	for (size_t i = 0; i < sizeof(gates) / sizeof(gates[0]); i++) {
		const char *message = NULL;
		bool is_open = gates[i].is_open(d, c, &message);

		show(d, c, gates[i].name, is_open, message);
		if (!is_open && all_open)
			candidate_wait(d, c, waiting_phase(d), gates[i].name, CLOCK_NEVER, message);
		all_open = all_open && is_open;
	}
	return all_open;
}
