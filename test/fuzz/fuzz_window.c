/* Windows of the calendar. The lines are: start, duration, the rule of a zone as POSIX writes it, a moment, a recurrence
 * rule. At any moment a window is in or out until a later one, and one that is out is in then. */
#include "base/clock.h"
#include "base/str.h"
#include "domain/window.h"
#include "fuzz.h"
#include "wire/zone_tzif.h"

static void check_course(const struct window_course *course, int64_t at_ms)
{
	struct window_state state = window_at(course, at_ms);
	struct window_state again = window_at(course, at_ms);

	CHECK(state.is_in == again.is_in && state.until_ms == again.until_ms);
	CHECK(state.until_ms > at_ms);
	if (state.until_ms == CLOCK_NEVER)
		return;
	CHECK(window_at(course, state.until_ms - 1).is_in == state.is_in);
	/* a stretch of very many occurrences is told of in parts: then it is in after that, too */
	CHECK(window_at(course, state.until_ms).is_in || state.is_in);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *start = fuzz_text(bytes, len);
	char *duration = fuzz_next_line(start);
	char *rule = fuzz_next_line(duration);
	char *moment = fuzz_next_line(rule);
	char *rrule = fuzz_next_line(moment);
	struct window window = { .name = "w", .rrule = rrule, .start = start, .time_zone = "Test/Zone" };
	struct zone zone = { .name = "Test/Zone" };
	struct window_course course;
	struct err err = ERR_INIT;
	int64_t at_ms;

	if (str_is_empty(rrule))
		window.rrule = NULL;
	if (clock_parse_duration(duration, &window.duration_ms) && window.duration_ms > 0 &&
	    clock_parse(moment, &at_ms) && zone_rule_parse(rule, &zone.rule)) {
		zone.first_offset_s = zone.rule.offset_s;
		if (window_read(&window, &zone, at_ms, &course, &err) == 0)
			check_course(&course, at_ms);
		else
			CHECK(err.class == ERR_INPUT);
	}
	free(start);
	return 0;
}
