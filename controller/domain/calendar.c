/*
 * The windows of a channel together: Deny wins; where there is any Allow window it is closed outside of them.
 *
 * A window that closes does not stop a rollout under way: half a rollout is worse than a late one.
 */
#include "base/clock.h"
#include "domain/civil.h"
#include "domain/decision.h"

#define QUESTIONS_MAX 64 /* to windows, for the moment and for the next change: so no spec takes long */

struct calendar {
	struct window_course *courses;
	struct window_state *states; /* at the moment that is looked at */
	size_t count;
	int questions; /* asked so far */
};

struct standing {
	bool is_open;
	size_t by; /* the window that it is open or closed by, or that opens or closes it next */
};

/* Is a, in the state of its kind and place, more to the point than b? What lasts longest, or what begins first. */
static bool is_nearer(const struct calendar *cal, size_t a, size_t b)
{
	return cal->states[a].is_in ? cal->states[a].until_ms > cal->states[b].until_ms
				    : cal->states[a].until_ms < cal->states[b].until_ms;
}

/* The window of the kind that the moment is in (or out of) and that is most to the point; count when none is. */
static size_t pick(const struct calendar *cal, enum window_kind kind, bool is_in)
{
	size_t best = cal->count;

	for (size_t i = 0; i < cal->count; i++) {
		if (cal->courses[i].window->kind == kind && cal->states[i].is_in == is_in &&
		    (best == cal->count || is_nearer(cal, i, best)))
			best = i;
	}
	return best;
}

static struct standing judge(const struct calendar *cal)
{
	size_t deny = pick(cal, WINDOW_DENY, true);
	size_t allow = pick(cal, WINDOW_ALLOW, true);
	size_t later = pick(cal, WINDOW_ALLOW, false);

	if (deny < cal->count)
		return (struct standing){ false, deny };
	if (allow < cal->count)
		return (struct standing){ true, allow };
	if (later < cal->count)
		return (struct standing){ false, later };
	return (struct standing){ true, pick(cal, WINDOW_DENY, false) };
}

/* The first moment at which that may be otherwise: what a Deny window covers need not be looked at before its end. */
static int64_t next_edge_ms(const struct calendar *cal, const struct standing *standing)
{
	int64_t edge_ms = cal->states[standing->by].until_ms;
	size_t deny = pick(cal, WINDOW_DENY, false);

	if (standing->is_open && deny < cal->count && cal->states[deny].until_ms < edge_ms)
		return cal->states[deny].until_ms;
	return edge_ms;
}

/* Moves on to at_ms: asks those windows again whose state may have changed. */
static void move_to(struct calendar *cal, int64_t at_ms)
{
	for (size_t i = 0; i < cal->count; i++) {
		if (cal->states[i].until_ms > at_ms)
			continue;
		cal->states[i] = window_at(&cal->courses[i], at_ms);
		cal->questions++;
	}
}

/* "2026-12-18 09:00 Europe/Berlin" */
static const char *local_text(struct decision *d, const struct zone *zone, int64_t ms)
{
	int64_t local_s = ms / 1000 + zone_offset_s(zone, ms / 1000);
	int64_t day = civil_day_of_second(local_s);
	struct civil c = civil_of_day(day);
	int minutes = (int)((local_s - day * DAY_S) / 60);

	return arena_printf(d->arena, "%04d-%02d-%02d %02d:%02d %s", c.year, c.month, c.day, minutes / 60,
			    minutes % 60, zone->name);
}

static const char *message_of(struct decision *d, const struct window_course *by, bool is_open, bool is_in,
			      int64_t next_ms)
{
	bool is_known = next_ms != CLOCK_NEVER;
	const char *name = by->window->name;
	const char *moment = is_known ? local_text(d, by->zone, next_ms) : "";
	const char *until = is_known ? " until " : "";

	if (!is_open)
		return arena_printf(d->arena, "closed %s %s%s%s", is_in ? "by" : "outside of", name, until, moment);
	if (is_in)
		return arena_printf(d->arena, "%s%s%s", name, until, moment);
	return is_known ? arena_printf(d->arena, "no Deny window before %s (%s)", moment, name)
			: "no Deny window is in sight";
}

/* The next moment at which the windows together open or close, CLOCK_NEVER when none is within sight: then
 * *ret_seen_ms is how far that is. */
static int64_t next_change_ms(struct calendar *cal, struct standing standing, int64_t *ret_seen_ms)
{
	bool was_open = standing.is_open;

	while (cal->questions < QUESTIONS_MAX) {
		int64_t edge_ms = next_edge_ms(cal, &standing);

		if (edge_ms == CLOCK_NEVER)
			break;
		*ret_seen_ms = edge_ms;
		move_to(cal, edge_ms);
		standing = judge(cal);
		if (standing.is_open != was_open)
			return edge_ms;
	}
	return CLOCK_NEVER;
}

static void conclude(struct decision *d, struct calendar *cal)
{
	int64_t seen_ms = CLOCK_NEVER;
	struct standing now;
	struct window_state by;
	int64_t next_ms;

	move_to(cal, d->world->now_ms);
	now = judge(cal);
	by = cal->states[now.by];
	next_ms = next_change_ms(cal, now, &seen_ms);
	plan_wake(d->plan, seen_ms, "Window");
	d->is_denied = !now.is_open && by.is_in;
	d->status.window = (struct window_status){
		.is_set = true,
		.is_open = now.is_open,
		.name = cal->courses[now.by].window->name,
		.next_ms = next_ms,
		.message = message_of(d, &cal->courses[now.by], now.is_open, by.is_in, next_ms),
	};
}

void calendar_look(struct decision *d)
{
	size_t count = d->channel->window_count;
	struct calendar cal = { .courses = arena_new_array(d->arena, count, struct window_course),
				.states = arena_new_array(d->arena, count, struct window_state),
				.count = count };
	bool is_good = count > 0;

	for (size_t i = 0; i < count; i++) {
		struct err err = ERR_INIT;

		if (window_read(&d->channel->windows[i], d->world->zones[i], d->world->now_ms, &cal.courses[i],
				&err) == 0)
			continue;
		is_good = false;
		decision_stall(d, "InvalidWindow",
			       arena_printf(d->arena, "spec.gates.windows[%s].%s", d->channel->windows[i].name,
					    err.text));
	}
	d->status.window = (struct window_status){ .is_set = false };
	if (is_good)
		conclude(d, &cal);
}
