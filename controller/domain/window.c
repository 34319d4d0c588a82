#include "domain/window.h"

#include "base/clock.h"
#include "domain/civil.h"

#define HORIZON_S (WINDOW_HORIZON_YEARS * 366 * DAY_S)
#define STRETCH_MAX 16 /* occurrences that are joined into one stretch */

/* Does it ever occur? Looked for from its start on. */
static bool ever_occurs(const struct window_course *c)
{
	int64_t start_s = c->recurrence.start_s;
	int64_t at_s;

	return recurrence_next(&c->recurrence, start_s, start_s + HORIZON_S, &at_s) &&
	       zone_to_utc_s(c->zone, at_s) <= c->recurrence.rule.until_utc_s;
}

static int read_rule(const struct window *window, int64_t start_s, int64_t now_ms, struct window_course *c,
		     struct err *err)
{
	struct rrule rule;
	struct err why = ERR_INIT;
	int64_t now_s = now_ms / 1000;
	int64_t later_s = now_s > start_s ? now_s : start_s;

	c->has_rule = true;
	if (rrule_parse(window->rrule, &rule, &why) < 0 ||
	    recurrence_begin(&rule, start_s, later_s + 2 * HORIZON_S, &c->recurrence, &why) < 0)
		return err_set(err, ERR_INPUT, "rrule: \"%s\": %s", window->rrule, why.text);
	return ever_occurs(c) ? 0
			      : err_set(err, ERR_INPUT,
					"rrule: \"%s\": does not occur within %d years after start %s",
					window->rrule, WINDOW_HORIZON_YEARS, window->start);
}

int window_read(const struct window *window, const struct zone *zone, int64_t now_ms,
		struct window_course *ret_course, struct err *err)
{
	int64_t start_s;

	*ret_course = (struct window_course){ .window = window, .zone = zone };
	if (zone == NULL)
		return err_set(err, ERR_INPUT, "timeZone: \"%s\" is not a zone of the IANA database such as "
			       "Europe/Berlin or UTC", window->time_zone);
	if (!civil_parse(window->start, &start_s))
		return err_set(err, ERR_INPUT,
			       "start: \"%s\" is not a local time of a day that exists, such as 2026-01-05T09:00",
			       window->start);
	ret_course->recurrence.start_s = start_s;
	return window->rrule == NULL ? 0 : read_rule(window, start_s, now_ms, ret_course, err);
}

/* The first occurrence that begins at local_s or later: its moment. */
static bool next_ms(const struct window_course *c, int64_t local_s, int64_t *ret_local_s, int64_t *ret_ms)
{
	const struct recurrence *r = &c->recurrence;
	int64_t utc_s;

	*ret_local_s = r->start_s;
	if (c->has_rule ? !recurrence_next(r, local_s, local_s + HORIZON_S, ret_local_s) : r->start_s < local_s)
		return false;
	utc_s = zone_to_utc_s(c->zone, *ret_local_s);
	*ret_ms = utc_s * 1000;
	return !c->has_rule || utc_s <= r->rule.until_utc_s;
}

/* The local time before which nothing begins later than utc_s, whatever the clocks do in the days around it. */
static int64_t earliest_local_s(const struct zone *zone, int64_t utc_s)
{
	int32_t least = zone_offset_s(zone, utc_s);

	for (int days = -2; days <= 2; days += 4) {
		int32_t offset = zone_offset_s(zone, utc_s + days * DAY_S);

		least = offset < least ? offset : least;
	}
	return utc_s + least;
}

struct window_state window_at(const struct window_course *c, int64_t at_ms)
{
	struct window_state state = { .is_in = false, .until_ms = CLOCK_NEVER };
	/* What is still going on began after this. */
	int64_t local_s = earliest_local_s(c->zone, (at_ms - c->window->duration_ms) / 1000);
	int64_t begins_ms;

	for (int i = 0; i < STRETCH_MAX && next_ms(c, local_s, &local_s, &begins_ms); local_s++) {
		int64_t ends_ms = begins_ms + c->window->duration_ms;

		if (ends_ms <= at_ms)
			continue;
		if (begins_ms > (state.is_in ? state.until_ms : at_ms)) {
			state.until_ms = state.is_in ? state.until_ms : begins_ms;
			break;
		}
		if (!state.is_in || ends_ms > state.until_ms)
			state.until_ms = ends_ms;
		state.is_in = true;
		i++;
	}
	return state;
}
