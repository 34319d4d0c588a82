/*
 * spec.promotion.deadline: how long a promotion may wait. The time in which the channel is closed to it (by a window, a
 * ChannelStop, spec.suspended, or a hold of the automation that made it) does not count: nobody could have let it in.
 */
#include "base/clock.h"
#include "domain/decision.h"

/* Moments are kept in whole seconds. */
static int64_t whole(int64_t ms)
{
	return ms - ms % 1000;
}

void deadline_stop_clock(struct candidate *c, int64_t at_ms)
{
	struct promotion_status *s = &c->status;

	if (s->closed_since_ms == 0)
		return;
	s->closed_ms += whole(at_ms) - whole(s->closed_since_ms);
	s->closed_since_ms = 0;
}

void deadline_keep_clock(struct decision *d, struct candidate *c)
{
	if (!gate_is_channel_closed(d, c))
		deadline_stop_clock(c, d->world->now_ms);
	else if (c->status.closed_since_ms == 0)
		c->status.closed_since_ms = d->world->now_ms;
}

int64_t deadline_of(const struct decision *d, const struct candidate *c)
{
	if (d->channel->deadline_ms == 0 || c->status.closed_since_ms != 0)
		return CLOCK_NEVER;
	return c->promotion->meta.created_ms + d->channel->deadline_ms + c->status.closed_ms;
}

void deadline_watch(struct decision *d, struct candidate *c)
{
	int64_t deadline = deadline_of(d, c);
	char limit[CLOCK_TEXT_SIZE];
	const struct waiting_for *waiting = c->status.waiting;

	if (promotion_phase_is_final(c->status.phase))
		return;
	if (d->world->now_ms < deadline) {
		plan_wake(d->plan, deadline, "promotion deadline");
		return;
	}
	candidate_finish(d, c, PHASE_FAILED, "DeadlineExceeded",
			 arena_printf(d->arena, "spec.promotion.deadline %s has passed; gate %s: %s",
				      clock_format_duration(d->channel->deadline_ms, limit),
				      c->status.waiting_count > 0 ? waiting->gate : "none",
				      c->status.waiting_count > 0 ? waiting->message : ""));
}
