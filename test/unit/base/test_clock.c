#include "base/clock.h"

#include "suite.h"

#define S INT64_C(1000)
#define M (60 * S)
#define H (60 * M)

static const struct {
	const char *name;
	const char *text;
	bool is_time;
	int64_t want;
} times[] = {
	{ "the beginning", "1970-01-01T00:00:00Z", true, 0 },
	{ "a second later", "1970-01-01T00:00:01Z", true, S },
	{ "a day in winter", "2026-11-24T15:10:00Z", true, INT64_C(1795533000000) },
	{ "before the beginning", "1969-12-31T23:59:59Z", true, -S },
	{ "a fraction", "1970-01-01T00:00:00.5Z", true, 500 },
	{ "microseconds are cut to milliseconds", "1970-01-01T00:00:00.123999Z", true, 123 },
	{ "a fraction before the beginning", "1969-12-31T23:59:59.250Z", true, -750 },
	{ "nanoseconds and more", "1970-01-01T00:00:00.0010000000000000001Z", true, 1 },
	{ "east of Greenwich is earlier", "1970-01-01T02:00:00+02:00", true, 0 },
	{ "west of Greenwich is later", "1969-12-31T19:00:00-05:00", true, 0 },
	{ "half an hour of offset", "1970-01-01T05:30:00+05:30", true, 0 },
	{ "no offset to the west", "1970-01-01T00:00:00-00:00", true, 0 },
	{ "lower case letters", "1970-01-01t00:00:00z", true, 0 },
	{ "a leap day", "2024-02-29T00:00:00Z", true, INT64_C(1709164800000) },
	{ "a leap day of a full century", "2000-02-29T00:00:00Z", true, INT64_C(951782400000) },
	{ "the first year of all", "0000-01-01T00:00:00.001Z", true, INT64_C(-62167219199999) },
	{ "an offset that leads before it", "0000-01-01T00:00:00+00:01", false, 0 },
	{ "an offset that leads behind the last year", "9999-12-31T23:59:59-00:01", false, 0 },
	{ "a leap second behind the last year", "9999-12-31T23:59:60Z", false, 0 },
	{ "no leap day in an odd year", "2025-02-29T00:00:00Z", false, 0 },
	{ "no leap day in most full centuries", "2100-02-29T00:00:00Z", false, 0 },
	{ "a leap second is the next minute", "1990-12-31T23:59:60Z", true, INT64_C(662688000000) },
	{ "no second 61", "1990-12-31T23:59:61Z", false, 0 },
	{ "February has no day 30", "2024-02-30T00:00:00Z", false, 0 },
	{ "April has no day 31", "2026-04-31T00:00:00Z", false, 0 },
	{ "no day 32", "2026-01-32T00:00:00Z", false, 0 },
	{ "no day 0", "2026-01-00T00:00:00Z", false, 0 },
	{ "no month 13", "2026-13-01T00:00:00Z", false, 0 },
	{ "no month 0", "2026-00-01T00:00:00Z", false, 0 },
	{ "no hour 24", "2026-01-01T24:00:00Z", false, 0 },
	{ "no minute 60", "2026-01-01T00:60:00Z", false, 0 },
	{ "no offset of 24 hours", "2026-01-01T00:00:00+24:00", false, 0 },
	{ "no offset of 60 minutes", "2026-01-01T00:00:00+00:60", false, 0 },
	{ "an offset wants a colon", "2026-01-01T00:00:00+0100", false, 0 },
	{ "an offset is needed", "2026-01-01T00:00:00", false, 0 },
	{ "seconds are needed", "2026-01-01T00:00Z", false, 0 },
	{ "digits after the point are needed", "2026-01-01T00:00:00.Z", false, 0 },
	{ "a space is no T", "2026-01-01 00:00:00Z", false, 0 },
	{ "a short month", "2026-1-01T00:00:00Z", false, 0 },
	{ "a sign in the year", "-026-01-01T00:00:00Z", false, 0 },
	{ "something behind", "2026-01-01T00:00:00Z ", false, 0 },
	{ "something in front", " 2026-01-01T00:00:00Z", false, 0 },
	{ "a date alone", "2026-01-01", false, 0 },
	{ "nothing", "", false, 0 },
	{ "a word", "yesterday", false, 0 },
};

START_TEST(times_are_read)
{
	int64_t ms = 0;

	expect_int(times[_i].name, clock_parse(times[_i].text, &ms), times[_i].is_time);
	if (times[_i].is_time)
		expect_int(times[_i].name, ms, times[_i].want);
}
END_TEST

static const struct {
	const char *name;
	int64_t ms;
	const char *want;
	const char *want_micro;
} formats[] = {
	{ "the beginning", 0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000000Z" },
	{ "a fraction is cut", 1999, "1970-01-01T00:00:01Z", "1970-01-01T00:00:01.999000Z" },
	{ "before the beginning", -1, "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.999000Z" },
	{ "a whole second before the beginning", -1000, "1969-12-31T23:59:59Z",
	  "1969-12-31T23:59:59.000000Z" },
	{ "a year of one digit", INT64_C(-62135596800000), "0001-01-01T00:00:00Z",
	  "0001-01-01T00:00:00.000000Z" },
	{ "a leap day", INT64_C(1709164800000), "2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000000Z" },
	{ "the end of four-digit years", INT64_C(253402300799000), "9999-12-31T23:59:59Z",
	  "9999-12-31T23:59:59.000000Z" },
};

START_TEST(times_are_written)
{
	char text[CLOCK_TEXT_SIZE];
	int64_t back = 0;

	expect_str(formats[_i].name, clock_format(formats[_i].ms, text), formats[_i].want);
	expect_str(formats[_i].name, clock_format_micro(formats[_i].ms, text), formats[_i].want_micro);
	expect(formats[_i].name, clock_parse(text, &back));
	expect_int(formats[_i].name, back, formats[_i].ms);
}
END_TEST

START_TEST(never_is_written_within_its_room)
{
	char text[CLOCK_TEXT_SIZE];

	expect("seconds", strlen(clock_format(CLOCK_NEVER, text)) < CLOCK_TEXT_SIZE);
	expect("microseconds", strlen(clock_format_micro(CLOCK_NEVER, text)) < CLOCK_TEXT_SIZE);
	expect("the least", strlen(clock_format_micro(INT64_MIN, text)) < CLOCK_TEXT_SIZE);
}
END_TEST

/* Every day of 800 years comes back as it went out. */
START_TEST(every_day_comes_back)
{
	char text[CLOCK_TEXT_SIZE];
	int64_t day = 24 * H;

	for (int64_t ms = INT64_C(-11676096000000); ms < INT64_C(13569465600000); ms += day) {
		int64_t back = 0;

		(void)clock_format(ms, text);
		expect_quick(text, clock_parse(text, &back) && back == ms);
	}
}
END_TEST

static const struct {
	const char *name;
	const char *text;
	bool is_duration;
	int64_t want;
} durations[] = {
	{ "seconds", "10s", true, 10 * S },
	{ "minutes", "30m", true, 30 * M },
	{ "hours and minutes", "1h30m", true, 90 * M },
	{ "milliseconds are no minutes", "500ms", true, 500 },
	{ "everything", "1h2m3s4ms", true, H + 2 * M + 3 * S + 4 },
	{ "any order, as Go has it", "3s1h", true, H + 3 * S },
	{ "nothing of something", "0s", true, 0 },
	{ "more than a minute of seconds", "90s", true, 90 * S },
	{ "ten years", "87600h", true, 87600 * H },
	{ "ten years and a bit", "87600h1ms", false, 0 },
	{ "far too much", "99999999999999999999h", false, 0 },
	{ "no unit", "10", false, 0 },
	{ "no number", "s", false, 0 },
	{ "a second part without unit", "1h30", false, 0 },
	{ "negative", "-1s", false, 0 },
	{ "with a plus", "+1s", false, 0 },
	{ "a fraction", "1.5h", false, 0 },
	{ "days", "1d", false, 0 },
	{ "a space between", "1h 30m", false, 0 },
	{ "upper case", "1H", false, 0 },
	{ "nothing", "", false, 0 },
};

START_TEST(durations_are_read)
{
	int64_t ms = 0;

	expect_int(durations[_i].name, clock_parse_duration(durations[_i].text, &ms),
		   durations[_i].is_duration);
	if (durations[_i].is_duration)
		expect_int(durations[_i].name, ms, durations[_i].want);
}
END_TEST

static const struct {
	const char *name;
	int64_t ms;
	const char *want;
} duration_texts[] = {
	{ "nothing", 0, "0s" },
	{ "what is over", -5 * S, "0s" },
	{ "less than a second", 5, "5ms" },
	{ "a second", S, "1s" },
	{ "whole seconds only", 1999, "1s" },
	{ "a minute", M, "1m" },
	{ "an hour and a half", 90 * M, "1h30m" },
	{ "an hour and a second", H + S, "1h1s" },
	{ "a year in hours", 8760 * H, "8760h" },
	{ "forever", CLOCK_NEVER, "2562047788015h12m55s" },
};

START_TEST(durations_are_written)
{
	char text[CLOCK_TEXT_SIZE];

	expect_str(duration_texts[_i].name, clock_format_duration(duration_texts[_i].ms, text),
		   duration_texts[_i].want);
}
END_TEST

START_TEST(the_clocks_go)
{
	int64_t before = clock_monotonic_ms();

	expect("it is after 2026", clock_now_ms() > INT64_C(1767225600000));
	expect("monotonic does not go back", clock_monotonic_ms() >= before);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, times_are_read, times);
	suite_add_rows(tests, times_are_written, formats);
	tcase_add_test(tests, never_is_written_within_its_room);
	tcase_add_test(tests, every_day_comes_back);
	suite_add_rows(tests, durations_are_read, durations);
	suite_add_rows(tests, durations_are_written, duration_texts);
	tcase_add_test(tests, the_clocks_go);
}

SUITE_MAIN("clock", add)
