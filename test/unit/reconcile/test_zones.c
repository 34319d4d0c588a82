/* Windows in real zones: when does one begin, when does it end? */
#include "reconcile/zones.h"

#include "base/clock.h"
#include "domain/window.h"
#include "suite.h"

#define HOUR_MS (3600 * INT64_C(1000))

static const struct {
	const char *name;
	const char *zone;
	const char *rule; /* NULL: once */
	const char *start;
	int64_t hours;
	const char *now;
	bool is_in;
	const char *until; /* NULL: not within sight */
} rows[] = {
	{ "before one that is there once", "Europe/Berlin", NULL, "2026-12-18T00:00", 408, "2026-12-01T00:00:00Z",
	  false, "2026-12-17T23:00:00Z" },
	{ "within it", "Europe/Berlin", NULL, "2026-12-18T00:00", 408, "2026-12-24T00:00:00Z", true,
	  "2027-01-03T23:00:00Z" },
	{ "at its first moment", "Europe/Berlin", NULL, "2026-12-18T00:00", 408, "2026-12-17T23:00:00Z", true,
	  "2027-01-03T23:00:00Z" },
	{ "at its end it is over", "Europe/Berlin", NULL, "2026-12-18T00:00", 408, "2027-01-03T23:00:00Z", false,
	  NULL },
	{ "within office hours", "Europe/Berlin", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH", "2026-01-05T09:00", 8,
	  "2026-11-24T12:00:00Z", true, "2026-11-24T16:00:00Z" },
	{ "after the last of the week", "Europe/Berlin", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH", "2026-01-05T09:00", 8,
	  "2026-11-26T16:00:00Z", false, "2026-11-30T08:00:00Z" },
	{ "in summer by the clocks of summer", "Europe/Berlin", "FREQ=WEEKLY;BYDAY=MO", "2026-01-05T09:00", 8,
	  "2026-07-06T06:59:59Z", false, "2026-07-06T07:00:00Z" },
	{ "before the first of them", "Europe/Berlin", "FREQ=WEEKLY;BYDAY=MO", "2026-01-05T09:00", 8,
	  "2020-01-01T00:00:00Z", false, "2026-01-05T08:00:00Z" },
	{ "over midnight on the day before", "Europe/Berlin", "FREQ=DAILY", "2026-01-05T22:00", 8,
	  "2026-02-01T22:59:00Z", true, "2026-02-02T05:00:00Z" },
	{ "over midnight on the day after", "Europe/Berlin", "FREQ=DAILY", "2026-01-05T22:00", 8,
	  "2026-02-02T04:59:00Z", true, "2026-02-02T05:00:00Z" },
	{ "over New Year's Eve", "Europe/Berlin", "FREQ=YEARLY", "2025-12-20T00:00", 400, "2027-01-01T00:00:00Z",
	  true, "2027-01-05T15:00:00Z" },
	{ "eight hours end an hour later in the night that skips one", "Europe/Berlin", "FREQ=DAILY",
	  "2026-01-05T22:00", 8, "2026-03-29T04:30:00Z", true, "2026-03-29T05:00:00Z" },
	{ "and an hour earlier in the night that has one twice", "Europe/Berlin", "FREQ=DAILY", "2026-01-05T22:00",
	  8, "2026-10-25T03:30:00Z", true, "2026-10-25T04:00:00Z" },
	{ "a beginning that is skipped", "Europe/Berlin", "FREQ=DAILY", "2026-01-05T02:30", 1,
	  "2026-03-29T01:29:59Z", false, "2026-03-29T01:30:00Z" },
	{ "a beginning that is there twice is the first", "Europe/Berlin", "FREQ=DAILY", "2026-01-05T02:30", 1,
	  "2026-10-25T00:30:00Z", true, "2026-10-25T01:30:00Z" },
	{ "and not again", "Europe/Berlin", "FREQ=DAILY", "2026-01-05T02:30", 1, "2026-10-25T01:30:00Z", false,
	  "2026-10-26T01:30:00Z" },
	{ "a leap day", "UTC", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2024-01-01T00:00", 24,
	  "2026-11-24T12:00:00Z", false, "2028-02-29T00:00:00Z" },
	{ "a leap day eight years ahead", "UTC", "FREQ=YEARLY", "2024-02-29T00:00", 24, "2096-03-01T00:00:00Z",
	  false, "2104-02-29T00:00:00Z" },
	{ "days that touch are one stretch", "Europe/Berlin", "FREQ=WEEKLY;BYDAY=SA,SU", "2026-01-03T00:00", 24,
	  "2026-11-28T12:00:00Z", true, "2026-11-29T23:00:00Z" },
	{ "but not over a night that has an hour twice", "Europe/Berlin", "FREQ=WEEKLY;BYDAY=SU,MO",
	  "2026-01-04T00:00", 24, "2026-10-25T12:00:00Z", true, "2026-10-25T22:00:00Z" },
	{ "those that overlap are one stretch", "UTC", "FREQ=DAILY;UNTIL=20260110T000000Z", "2026-01-01T00:00", 30,
	  "2026-01-02T00:00:00Z", true, "2026-01-11T06:00:00Z" },
	{ "the last moment of an end is within it", "Europe/Berlin", "FREQ=DAILY;UNTIL=20260110T080000Z",
	  "2026-01-01T09:00", 1, "2026-01-10T08:30:00Z", true, "2026-01-10T09:00:00Z" },
	{ "a second beyond it there is none", "Europe/Berlin", "FREQ=DAILY;UNTIL=20260110T075959Z",
	  "2026-01-01T09:00", 1, "2026-01-10T08:30:00Z", false, NULL },
	{ "the last of a count", "UTC", "FREQ=DAILY;COUNT=3", "2026-01-01T09:00", 1, "2026-01-03T08:00:00Z", false,
	  "2026-01-03T09:00:00Z" },
	{ "after the last of a count", "UTC", "FREQ=DAILY;COUNT=3", "2026-01-01T09:00", 1, "2026-01-03T10:00:00Z",
	  false, NULL },
	{ "the second Thursday by position", "America/New_York", "FREQ=MONTHLY;BYDAY=TH;BYSETPOS=2",
	  "2026-01-01T18:00", 2, "2026-11-24T12:00:00Z", false, "2026-12-10T23:00:00Z" },
	{ "office hours in a thousand years", "Europe/Berlin", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH", "2026-01-05T09:00",
	  8, "3026-07-17T12:00:00Z", true, "3026-07-17T15:00:00Z" },
	{ "a zone far in the east", "Pacific/Kiritimati", "FREQ=DAILY", "2026-01-05T00:00", 1,
	  "2026-11-24T09:59:59Z", false, "2026-11-24T10:00:00Z" },
	{ "a zone far in the west", "Pacific/Pago_Pago", "FREQ=DAILY", "2026-01-05T23:00", 1,
	  "2026-11-24T10:30:00Z", true, "2026-11-24T11:00:00Z" },
};

static int64_t at(const char *text)
{
	int64_t ms = CLOCK_NEVER;

	ck_assert(text == NULL || clock_parse(text, &ms));
	return ms;
}

START_TEST(a_window_is_open_until)
{
	const char *row = rows[_i].name;
	struct zones *zones = zones_create(ZONES_FOLDER);
	const struct window window = { .name = "w",
				       .rrule = rows[_i].rule,
				       .start = rows[_i].start,
				       .duration_ms = rows[_i].hours * HOUR_MS,
				       .time_zone = rows[_i].zone };
	struct window_course course;
	struct window_state state;
	struct err err = ERR_INIT;

	ck_assert_msg(window_read(&window, zones_get(zones, rows[_i].zone), at(rows[_i].now), &course, &err) == 0,
		      "%s: %s", row, err.text);
	state = window_at(&course, at(rows[_i].now));
	expect_int(row, state.is_in, rows[_i].is_in);
	expect_int(row, state.until_ms, at(rows[_i].until));
	zones_destroy(zones);
}
END_TEST

/* A thousand years of a freeze, hour by hour around its edges, without waiting for one of them. */
START_TEST(a_thousand_years_have_a_thousand_year_ends)
{
	struct zones *zones = zones_create(ZONES_FOLDER);
	const struct window window = { .name = "year-end",
				       .rrule = "FREQ=YEARLY",
				       .start = "2026-12-18T00:00",
				       .duration_ms = 408 * HOUR_MS,
				       .time_zone = "Europe/Berlin" };
	struct window_course course;
	struct err err = ERR_INIT;
	int64_t now_ms = at("2026-11-24T12:00:00Z");
	int freezes = 0;

	ck_assert(window_read(&window, zones_get(zones, "Europe/Berlin"), now_ms, &course, &err) == 0);
	while (now_ms < at("3026-11-24T12:00:00Z")) {
		struct window_state state = window_at(&course, now_ms);

		expect_quick("a year", state.until_ms > now_ms && state.until_ms != CLOCK_NEVER);
		expect_quick("a year", window_at(&course, state.until_ms - 1).is_in == state.is_in);
		expect_quick("a year", window_at(&course, state.until_ms).is_in != state.is_in);
		freezes += state.is_in;
		now_ms = state.until_ms;
	}
	ck_assert_int_eq(freezes, 1000);
	zones_destroy(zones);
}
END_TEST

static const struct {
	const char *name;
	const char *zone;
	const char *rule;
	const char *start;
	const char *why;
} refused[] = {
	{ "an unknown zone", "Europe/Entenhausen", NULL, "2026-01-05T09:00",
	  "timeZone: \"Europe/Entenhausen\" is not a zone of the IANA database" },
	{ "a zone out of its folder", "../../../etc/localtime", NULL, "2026-01-05T09:00", "timeZone: " },
	{ "a zone that is a folder", "Europe", NULL, "2026-01-05T09:00", "timeZone: " },
	{ "a zone that is a path", "/usr/share/zoneinfo/UTC", NULL, "2026-01-05T09:00", "timeZone: " },
	{ "a zone that is no zone file", "leapseconds", NULL, "2026-01-05T09:00", "timeZone: " },
	{ "no zone", "", NULL, "2026-01-05T09:00", "timeZone: " },
	{ "a day that does not exist", "UTC", NULL, "2026-02-30T09:00",
	  "start: \"2026-02-30T09:00\" is not a local time of a day that exists" },
	{ "a bad rule", "UTC", "FREQ=HOURLY", "2026-01-05T09:00", "rrule: \"FREQ=HOURLY\": FREQ=HOURLY is not DAILY" },
	{ "a rule that never occurs", "UTC", "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", "2026-01-05T09:00",
	  "does not occur within 12 years after start 2026-01-05T09:00" },
	{ "a rule that is over before it begins", "UTC", "FREQ=DAILY;UNTIL=20251231T000000Z", "2026-01-05T09:00",
	  "does not occur within 12 years after start" },
};

START_TEST(a_bad_window_is_named)
{
	const char *row = refused[_i].name;
	struct zones *zones = zones_create(ZONES_FOLDER);
	const struct window window = { .name = "w",
				       .rrule = refused[_i].rule,
				       .start = refused[_i].start,
				       .duration_ms = HOUR_MS,
				       .time_zone = refused[_i].zone };
	struct window_course course;
	struct err err = ERR_INIT;

	expect(row, window_read(&window, zones_get(zones, refused[_i].zone), 0, &course, &err) < 0);
	expect_contains(row, err.text, refused[_i].why);
	zones_destroy(zones);
}
END_TEST

START_TEST(a_zone_is_read_once)
{
	struct zones *zones = zones_create(ZONES_FOLDER);
	const struct zone *zone = zones_get(zones, "Europe/Berlin");

	ck_assert_ptr_nonnull(zone);
	ck_assert_str_eq(zone->name, "Europe/Berlin");
	ck_assert_ptr_eq(zones_get(zones, "Europe/Berlin"), zone);
	zones_destroy(zones);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, a_window_is_open_until, rows);
	tcase_add_test(tests, a_thousand_years_have_a_thousand_year_ends);
	suite_add_rows(tests, a_bad_window_is_named, refused);
	tcase_add_test(tests, a_zone_is_read_once);
}

SUITE_MAIN("zones", add)
