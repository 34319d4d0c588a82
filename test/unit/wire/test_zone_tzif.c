/* Zone files: those of this machine, and such as no zic has written. */
#include "wire/zone_tzif.h"

#include <stdio.h>

#include "base/clock.h"
#include "suite.h"

#define FOLDER "/usr/share/zoneinfo/"

struct file {
	unsigned char bytes[8192];
	size_t len;
};

static void load(const char *name, struct file *ret)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), FOLDER "%s", name);
	file = fopen(path, "re");
	ck_assert_msg(file != NULL, "%s: no such file; is tzdata installed?", path);
	ret->len = fread(ret->bytes, 1, sizeof(ret->bytes), file);
	(void)fclose(file);
}

static int decode(const struct file *file, struct arena *arena, struct zone *zone, struct err *err)
{
	return zone_from_tzif(file->bytes, file->len, arena, zone, err);
}

static int64_t at(const char *text)
{
	int64_t ms = 0;

	ck_assert_msg(clock_parse(text, &ms), "%s", text);
	return ms / 1000;
}

static const struct {
	const char *name;
	const char *zone;
	const char *moment;
	int32_t minutes;
} offsets[] = {
	{ "Berlin in winter", "Europe/Berlin", "2026-01-15T12:00:00Z", 60 },
	{ "Berlin in summer", "Europe/Berlin", "2026-07-15T12:00:00Z", 120 },
	{ "Berlin a second before the change", "Europe/Berlin", "2026-03-29T00:59:59Z", 60 },
	{ "Berlin at the change", "Europe/Berlin", "2026-03-29T01:00:00Z", 120 },
	{ "Berlin before the change back", "Europe/Berlin", "2026-10-25T00:59:59Z", 120 },
	{ "Berlin at the change back", "Europe/Berlin", "2026-10-25T01:00:00Z", 60 },
	{ "Berlin in a year of the past", "Europe/Berlin", "1945-06-15T12:00:00Z", 180 },
	{ "Berlin beyond the moments of its file", "Europe/Berlin", "2040-07-15T12:00:00Z", 120 },
	{ "Berlin in a thousand summers", "Europe/Berlin", "3026-07-15T12:00:00Z", 120 },
	{ "Berlin in a thousand winters", "Europe/Berlin", "3026-01-15T12:00:00Z", 60 },
	{ "Berlin at a change in a thousand years", "Europe/Berlin", "3026-03-26T00:59:59Z", 60 },
	{ "Berlin after that change", "Europe/Berlin", "3026-03-26T01:00:00Z", 120 },
	{ "New York in winter", "America/New_York", "2026-01-15T12:00:00Z", -300 },
	{ "New York in summer", "America/New_York", "2026-07-15T12:00:00Z", -240 },
	{ "Sydney in its summer", "Australia/Sydney", "2026-01-15T12:00:00Z", 660 },
	{ "Sydney in its winter", "Australia/Sydney", "2026-07-15T12:00:00Z", 600 },
	{ "Sydney on a New Year's Eve far ahead", "Australia/Sydney", "2100-12-31T23:59:59Z", 660 },
	{ "Lord Howe changes by half an hour", "Australia/Lord_Howe", "2050-01-15T12:00:00Z", 660 },
	{ "Lord Howe in its winter", "Australia/Lord_Howe", "2050-07-15T12:00:00Z", 630 },
	{ "Dublin's winter is what changes", "Europe/Dublin", "2050-01-15T12:00:00Z", 0 },
	{ "Dublin in summer", "Europe/Dublin", "2050-07-15T12:00:00Z", 60 },
	{ "Kolkata has no summer time", "Asia/Kolkata", "2026-07-15T12:00:00Z", 330 },
	{ "Kathmandu counts quarters", "Asia/Kathmandu", "2026-07-15T12:00:00Z", 345 },
	{ "Nuuk changes before its day begins", "America/Nuuk", "2050-07-15T12:00:00Z", -60 },
	{ "UTC never moves", "UTC", "2026-07-15T12:00:00Z", 0 },
	{ "a fixed offset is turned round, as POSIX has it", "Etc/GMT-3", "2026-07-15T12:00:00Z", 180 },
};

START_TEST(a_zone_has_an_offset_at_any_moment)
{
	const char *row = offsets[_i].name;
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct zone zone;
	struct file file;

	load(offsets[_i].zone, &file);
	ck_assert_msg(decode(&file, &arena, &zone, &err) == 0, "%s: %s", row, err.text);
	expect_int(row, zone_offset_s(&zone, at(offsets[_i].moment)), offsets[_i].minutes * 60);
	arena_finish(&arena);
}
END_TEST

static const struct {
	const char *name;
	const char *zone;
	const char *local;
	const char *utc;
} locals[] = {
	{ "an ordinary time", "Europe/Berlin", "2026-01-15T12:00:00Z", "2026-01-15T11:00:00Z" },
	{ "the last second before a gap", "Europe/Berlin", "2026-03-29T01:59:59Z", "2026-03-29T00:59:59Z" },
	{ "a time in the gap is read by the clocks before it", "Europe/Berlin", "2026-03-29T02:30:00Z",
	  "2026-03-29T01:30:00Z" },
	{ "the end of the gap", "Europe/Berlin", "2026-03-29T03:00:00Z", "2026-03-29T01:00:00Z" },
	{ "a time that is there twice is the first", "Europe/Berlin", "2026-10-25T02:30:00Z",
	  "2026-10-25T00:30:00Z" },
	{ "the second after those", "Europe/Berlin", "2026-10-25T03:00:00Z", "2026-10-25T02:00:00Z" },
	{ "a gap in a thousand years", "Europe/Berlin", "3026-03-26T02:30:00Z", "3026-03-26T01:30:00Z" },
	{ "a gap at midnight", "America/Santiago", "2026-09-06T00:30:00Z", "2026-09-06T04:30:00Z" },
	{ "twice at midnight", "America/Santiago", "2026-04-04T23:30:00Z", "2026-04-05T02:30:00Z" },
	{ "a gap south of the equator", "Australia/Sydney", "2026-10-04T02:30:00Z", "2026-10-03T16:30:00Z" },
	{ "half an hour that is skipped", "Australia/Lord_Howe", "2026-10-04T02:15:00Z", "2026-10-03T15:45:00Z" },
	{ "a day that was skipped", "Pacific/Apia", "2011-12-30T12:00:00Z", "2011-12-30T22:00:00Z" },
};

START_TEST(a_local_time_is_a_moment)
{
	const char *row = locals[_i].name;
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct zone zone;
	struct file file;

	load(locals[_i].zone, &file);
	ck_assert_msg(decode(&file, &arena, &zone, &err) == 0, "%s: %s", row, err.text);
	expect_int(row, zone_to_utc_s(&zone, at(locals[_i].local)), at(locals[_i].utc));
	arena_finish(&arena);
}
END_TEST

static const struct {
	const char *name;
	const char *text;
	bool is_rule;
} rules[] = {
	{ "a rule without summer time", "CET-1", true },
	{ "a rule with it", "CET-1CEST,M3.5.0,M10.5.0/3", true },
	{ "offsets with minutes", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", true },
	{ "hours before and beyond the day", "<-02>2<-01>,M3.5.0/-1,M10.5.0/167", true },
	{ "days of the year", "A1B1C0D,J60,300/2:30:15", false },
	{ "days of the year between names", "ABC1DEF0,J60,300/2:30:15", true },
	{ "no rule", "", false },
	{ "a name without an offset", "CET", false },
	{ "a name that is too short", "CE-1", false },
	{ "a name that does not end", "<+1030-10", false },
	{ "summer time without its changes", "CET-1CEST", false },
	{ "one change", "CET-1CEST,M3.5.0", false },
	{ "three changes", "CET-1CEST,M3.5.0,M10.5.0/3,M1.1.1", false },
	{ "a month 13", "CET-1CEST,M13.5.0,M10.5.0/3", false },
	{ "a week 6", "CET-1CEST,M3.6.0,M10.5.0/3", false },
	{ "a week 0", "CET-1CEST,M3.0.0,M10.5.0/3", false },
	{ "a weekday 7", "CET-1CEST,M3.5.7,M10.5.0/3", false },
	{ "a day 0 that counts from one", "CET-1CEST,J0,J300", false },
	{ "an hour 168", "CET-1CEST,M3.5.0/168,M10.5.0/3", false },
	{ "an offset of a whole day", "<-24>24", true },
	{ "an offset of 25 hours", "<-25>25", false },
	{ "an offset of 25 hours in summer", "<-24>24<-25>25,M3.5.0,M10.5.0/3", false },
	{ "a number that does not end", "CET-99999999999999999999", false },
	{ "something behind it", "CET-1CEST,M3.5.0,M10.5.0/3 ", false },
};

START_TEST(a_rule_is_read_whole_or_not_at_all)
{
	struct zone_rule rule;

	expect_int(rules[_i].name, zone_rule_parse(rules[_i].text, &rule), rules[_i].is_rule);
}
END_TEST

/* Any prefix of a good file is refused, and so is any file with one byte changed that still looks like one: or it is
 * a zone that answers. */
START_TEST(a_broken_file_is_refused_or_answers)
{
	struct file whole;
	struct file broken;

	load("Europe/Berlin", &whole);
	for (size_t len = 0; len < whole.len; len++) {
		struct arena arena = ARENA_INIT;
		struct err err = ERR_INIT;
		struct zone zone;

		broken = whole;
		broken.len = len;
		expect_quick("a prefix", decode(&broken, &arena, &zone, &err) < 0);
		broken.len = whole.len;
		broken.bytes[len] ^= 0x81;
		err = ERR_INIT;
		if (decode(&broken, &arena, &zone, &err) == 0)
			(void)zone_to_utc_s(&zone, 1800000000);
		arena_finish(&arena);
	}
}
END_TEST

/* Offsets at and beyond what RFC 9636 allows, written into the only type of UTC's file. */
static const struct {
	const char *name;
	int32_t offset_s;
	bool is_taken;
} extremes[] = {
	{ "25 hours to the west but for a second", -89999, true },
	{ "25 hours to the west", -90000, false },
	{ "26 hours to the east but for a second", 93599, true },
	{ "26 hours to the east", 93600, false },
	{ "as far as it goes", INT32_MIN, false },
};

START_TEST(an_offset_is_about_a_day_at_most)
{
	static const size_t type_at = 44 + 6 + 4 + 44; /* header, 32-bit block of one type and "UTC", header */
	uint32_t offset = (uint32_t)extremes[_i].offset_s;
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct zone zone;
	struct file file;

	load("UTC", &file);
	for (int i = 0; i < 4; i++)
		file.bytes[type_at + (size_t)i] = (unsigned char)(offset >> (24 - 8 * i));
	expect_int(extremes[_i].name, decode(&file, &arena, &zone, &err) == 0, extremes[_i].is_taken);
	if (!extremes[_i].is_taken)
		expect_contains(extremes[_i].name, err.text, "its offsets are beyond a day");
	arena_finish(&arena);
}
END_TEST

static const struct {
	const char *name;
	const char *file;
	const char *why;
} others[] = {
	{ "a file of another format", "leapseconds", "does not begin with TZif" },
	{ "a zone with leap seconds", "right/Europe/Berlin", "it counts leap seconds" },
};

START_TEST(another_file_is_refused)
{
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct zone zone;
	struct file file;

	load(others[_i].file, &file);
	expect(others[_i].name, decode(&file, &arena, &zone, &err) < 0);
	expect_contains(others[_i].name, err.text, others[_i].why);
	arena_finish(&arena);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, a_zone_has_an_offset_at_any_moment, offsets);
	suite_add_rows(tests, a_local_time_is_a_moment, locals);
	suite_add_rows(tests, a_rule_is_read_whole_or_not_at_all, rules);
	tcase_add_test(tests, a_broken_file_is_refused_or_answers);
	suite_add_rows(tests, an_offset_is_about_a_day_at_most, extremes);
	suite_add_rows(tests, another_file_is_refused, others);
}

SUITE_MAIN("zone_tzif", add)
