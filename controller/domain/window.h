/*
 * domain/window: a window of the calendar: when does it begin, when does it end?
 *
 * A window begins at each occurrence of its rule (without one: once), by the clocks of its zone, and lasts for
 * its duration as a stopwatch measures it: eight hours are eight hours in the night of a clock change too. Occurrences
 * that touch or overlap are one stretch. The same zones and rules answer for any moment, so a thousand years are
 * tried without waiting. May include: base, domain.
 */
#ifndef SLUICE_DOMAIN_WINDOW_H
#define SLUICE_DOMAIN_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "domain/rrule.h"
#include "domain/zone.h"

/* How far ahead an occurrence is looked for: leap days are at most eight years apart. */
#define WINDOW_HORIZON_YEARS 12

enum window_kind { WINDOW_ALLOW, WINDOW_DENY };

struct window { /* as in the spec: texts are read by window_read() */
	const char *name;
	enum window_kind kind;
	const char *rrule; /* NULL: once */
	const char *start;
	int64_t duration_ms;
	const char *time_zone;
};

/* A window whose texts have been read. */
struct window_course {
	const struct window *window;
	const struct zone *zone;
	bool has_rule;
	struct recurrence recurrence; /* without a rule only its start_s */
};

struct window_state {
	bool is_in;
	int64_t until_ms; /* of being in or out; CLOCK_NEVER: not within sight */
};

/* Reads the window's texts for questions about now_ms and later. zone NULL: there is none of that name. ERR_INPUT
 * begins with the field: "rrule: …". */
int window_read(const struct window *window, const struct zone *zone, int64_t now_ms,
		struct window_course *ret_course, struct err *err) __attribute__((warn_unused_result));

/* Is at_ms within the window, and until when? Of a long row of occurrences that touch, until_ms may be the end of one
 * in between: ask again there. */
struct window_state window_at(const struct window_course *course, int64_t at_ms);

#endif
