/* Rules: the examples of RFC 5545, 3.8.5.3, and what lies at their edges. */
#include <stdio.h>

#include "domain/civil.h"
#include "domain/rrule.h"
#include "suite.h"

#define YEARS_S(n) ((n) * 366 * DAY_S)

static const struct {
	const char *name;
	const char *rule;
	const char *start;
	const char *want; /* the first ones; "." when there are no more */
} rules[] = {
	{ "ten days, one after the other", "FREQ=DAILY;COUNT=3", "1997-09-02T09:00",
	  "1997-09-02T09:00 1997-09-03T09:00 1997-09-04T09:00 ." },
	{ "every other day", "FREQ=DAILY;INTERVAL=2", "1997-09-02T09:00",
	  "1997-09-02T09:00 1997-09-04T09:00 1997-09-06T09:00" },
	{ "every day of January", "FREQ=DAILY;BYMONTH=1", "1998-01-30T09:00",
	  "1998-01-30T09:00 1998-01-31T09:00 1999-01-01T09:00" },
	{ "several times a day, in order and each once", "FREQ=DAILY;BYHOUR=15,9,9;BYMINUTE=30,0", "1997-09-02T10:00",
	  "1997-09-02T15:00 1997-09-02T15:30 1997-09-03T09:00 1997-09-03T09:30 1997-09-03T15:00" },
	{ "each week on the day of its start", "FREQ=WEEKLY", "1997-09-02T09:00",
	  "1997-09-02T09:00 1997-09-09T09:00 1997-09-16T09:00" },
	{ "each week on two days", "FREQ=WEEKLY;COUNT=4;WKST=SU;BYDAY=TU,TH", "1997-09-02T09:00",
	  "1997-09-02T09:00 1997-09-04T09:00 1997-09-09T09:00 1997-09-11T09:00 ." },
	{ "every other week with weeks from Monday", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
	  "1997-08-05T09:00", "1997-08-05T09:00 1997-08-10T09:00 1997-08-19T09:00 1997-08-24T09:00 ." },
	{ "every other week with weeks from Sunday", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
	  "1997-08-05T09:00", "1997-08-05T09:00 1997-08-17T09:00 1997-08-19T09:00 1997-08-31T09:00 ." },
	{ "what the rule does not name does not occur, not even its start", "FREQ=WEEKLY;BYDAY=MO",
	  "1997-09-02T09:00", "1997-09-08T09:00 1997-09-15T09:00" },
	{ "each month on the day of its start, where the month has it", "FREQ=MONTHLY", "2026-01-31T09:00",
	  "2026-01-31T09:00 2026-03-31T09:00 2026-05-31T09:00 2026-07-31T09:00" },
	{ "the first Friday", "FREQ=MONTHLY;BYDAY=1FR", "1997-09-05T09:00",
	  "1997-09-05T09:00 1997-10-03T09:00 1997-11-07T09:00 1997-12-05T09:00 1998-01-02T09:00" },
	{ "the first and the last Sunday of every other month", "FREQ=MONTHLY;INTERVAL=2;BYDAY=1SU,-1SU",
	  "1997-09-07T09:00", "1997-09-07T09:00 1997-09-28T09:00 1997-11-02T09:00 1997-11-30T09:00" },
	{ "the second-to-last Monday", "FREQ=MONTHLY;BYDAY=-2MO", "1997-09-22T09:00",
	  "1997-09-22T09:00 1997-10-20T09:00 1997-11-17T09:00 1997-12-22T09:00 1998-01-19T09:00" },
	{ "the third-to-last day", "FREQ=MONTHLY;BYMONTHDAY=-3", "1997-09-28T09:00",
	  "1997-09-28T09:00 1997-10-29T09:00 1997-11-28T09:00 1997-12-29T09:00 1998-01-29T09:00 1998-02-26T09:00" },
	{ "the first and the last day", "FREQ=MONTHLY;BYMONTHDAY=1,-1", "1997-09-30T09:00",
	  "1997-09-30T09:00 1997-10-01T09:00 1997-10-31T09:00 1997-11-01T09:00 1997-11-30T09:00" },
	{ "a day that February lacks", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "2007-01-15T09:00",
	  "2007-01-15T09:00 2007-01-30T09:00 2007-02-15T09:00 2007-03-15T09:00 2007-03-30T09:00 ." },
	{ "Friday the thirteenth", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "1997-09-02T09:00",
	  "1998-02-13T09:00 1998-03-13T09:00 1998-11-13T09:00 1999-08-13T09:00 2000-10-13T09:00" },
	{ "the third of the days that are named", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
	  "1997-09-04T09:00", "1997-09-04T09:00 1997-10-07T09:00 1997-11-06T09:00 ." },
	{ "the second-to-last working day", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", "1997-09-29T09:00",
	  "1997-09-29T09:00 1997-10-30T09:00 1997-11-27T09:00 1997-12-30T09:00 1998-01-29T09:00" },
	{ "a position counts times as well as days", "FREQ=WEEKLY;BYDAY=MO,TU;BYHOUR=9,17;BYSETPOS=2,-1",
	  "2026-01-05T09:00", "2026-01-05T17:00 2026-01-06T17:00 2026-01-12T17:00 2026-01-13T17:00" },
	{ "a position beyond what there is names nothing", "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2", "2026-01-05T09:00",
	  "." },
	{ "each year in two months", "FREQ=YEARLY;COUNT=4;BYMONTH=6,7", "1997-06-10T09:00",
	  "1997-06-10T09:00 1997-07-10T09:00 1998-06-10T09:00 1998-07-10T09:00 ." },
	{ "days of the year, every third year", "FREQ=YEARLY;INTERVAL=3;BYYEARDAY=1,100,200", "1997-01-01T09:00",
	  "1997-01-01T09:00 1997-04-10T09:00 1997-07-19T09:00 2000-01-01T09:00 2000-04-09T09:00" },
	{ "the last day of the year", "FREQ=YEARLY;BYYEARDAY=-1", "2023-01-01T00:00",
	  "2023-12-31T00:00 2024-12-31T00:00 2025-12-31T00:00" },
	{ "the twentieth Monday of the year", "FREQ=YEARLY;BYDAY=20MO", "1997-05-19T09:00",
	  "1997-05-19T09:00 1998-05-18T09:00 1999-05-17T09:00" },
	{ "Monday of week 20", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "1997-05-12T09:00",
	  "1997-05-12T09:00 1998-05-11T09:00 1999-05-17T09:00" },
	{ "a week without a day is the day of the start", "FREQ=YEARLY;BYWEEKNO=20", "1997-05-13T09:00",
	  "1997-05-13T09:00 1998-05-12T09:00" },
	{ "week 53, where the year has one", "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO", "2020-01-01T00:00",
	  "2020-12-28T00:00 2026-12-28T00:00 2032-12-27T00:00" },
	{ "the last week of the year", "FREQ=YEARLY;BYWEEKNO=-1;BYDAY=TH", "2025-01-01T00:00",
	  "2025-12-25T00:00 2026-12-31T00:00 2027-12-30T00:00" },
	{ "Thursdays of March", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH", "1997-03-13T09:00",
	  "1997-03-13T09:00 1997-03-20T09:00 1997-03-27T09:00 1998-03-05T09:00" },
	{ "the last Sunday of a month of the year", "FREQ=YEARLY;BYMONTH=4;BYDAY=-1SU", "2026-01-01T02:00",
	  "2026-04-26T02:00 2027-04-25T02:00" },
	{ "election day", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", "1996-11-05T09:00",
	  "1996-11-05T09:00 2000-11-07T09:00 2004-11-02T09:00" },
	{ "a leap day comes every four years", "FREQ=YEARLY", "2024-02-29T00:00",
	  "2024-02-29T00:00 2028-02-29T00:00 2032-02-29T00:00" },
	{ "but for the years that a hundred divides", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2096-01-01T00:00",
	  "2096-02-29T00:00 2104-02-29T00:00" },
	{ "the end of February is a leap day or is not", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1", "2023-01-01T00:00",
	  "2023-02-28T00:00 2024-02-29T00:00 2025-02-28T00:00" },
	{ "a count is over", "FREQ=YEARLY;COUNT=2", "2024-02-29T00:00", "2024-02-29T00:00 2028-02-29T00:00 ." },
	{ "a day that no month has never comes", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "2026-01-01T00:00", "." },
	{ "an end is kept by the one who knows the zone", "FREQ=DAILY;UNTIL=20260101T000000Z", "2026-01-01T00:00",
	  "2026-01-01T00:00 2026-01-02T00:00" },
};

static void begin(const char *row, const char *text, const char *start, struct recurrence *ret)
{
	struct err err = ERR_INIT;
	struct rrule rule;
	int64_t start_s;

	ck_assert(civil_parse(start, &start_s));
	ck_assert_msg(rrule_parse(text, &rule, &err) == 0, "%s: %s", row, err.text);
	ck_assert_msg(recurrence_begin(&rule, start_s, start_s + YEARS_S(100), ret, &err) == 0, "%s: %s", row,
		      err.text);
}

static void expect_next(const char *row, const struct recurrence *r, const char *want, int64_t *at_s)
{
	int64_t next_s = INT64_MAX;
	bool is_there = recurrence_next(r, *at_s, r->start_s + YEARS_S(13), &next_s);
	char text[32] = ".";

	if (is_there) {
		struct civil c = civil_of_day(civil_day_of_second(next_s));
		int minute = (int)(next_s - civil_day_of_second(next_s) * DAY_S) / 60;

		(void)snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d", c.year, c.month, c.day,
			       minute / 60, minute % 60);
	}
	expect_str(row, text, want);
	*at_s = next_s + is_there;
}

START_TEST(a_rule_occurs)
{
	const char *row = rules[_i].name;
	struct recurrence r;
	int64_t at_s;
	char want[400];
	char *rest = NULL;

	begin(row, rules[_i].rule, rules[_i].start, &r);
	at_s = r.start_s - YEARS_S(3);
	(void)snprintf(want, sizeof(want), "%s", rules[_i].want);
	for (char *one = strtok_r(want, " ", &rest); one != NULL; one = strtok_r(NULL, " ", &rest))
		expect_next(row, &r, one, &at_s);
}
END_TEST

/* Jumping to a moment finds what walking there finds. */
START_TEST(a_jump_lands_where_a_walk_does)
{
	const char *row = rules[_i].name;
	struct recurrence r;
	int64_t at_s;
	int64_t next_s;

	begin(row, rules[_i].rule, rules[_i].start, &r);
	at_s = r.start_s;
	while (recurrence_next(&r, at_s, r.start_s + YEARS_S(4), &next_s)) {
		for (int64_t from_s = next_s; from_s > at_s && from_s > next_s - 40 * DAY_S; from_s -= 7 * 3600) {
			int64_t jumped_s = 0;

			expect_quick(row, recurrence_next(&r, from_s, r.start_s + YEARS_S(4), &jumped_s));
			expect_quick(row, jumped_s == next_s);
		}
		at_s = next_s + 1;
	}
}
END_TEST

static const struct {
	const char *name;
	const char *rule;
	const char *why;
} refused[] = {
	{ "no rule at all", "", "is not of the form NAME=VALUE" },
	{ "words", "every Monday", "is not of the form NAME=VALUE" },
	{ "a rule without a frequency", "BYDAY=MO", "FREQ is missing" },
	{ "a frequency by the second", "FREQ=SECONDLY", "FREQ=SECONDLY is not DAILY, WEEKLY, MONTHLY or YEARLY" },
	{ "a frequency by the hour", "FREQ=HOURLY", "there are BYHOUR and BYMINUTE" },
	{ "a frequency twice", "FREQ=DAILY;FREQ=DAILY", "FREQ stands there twice" },
	{ "two frequencies", "FREQ=DAILY,WEEKLY", "FREQ takes one value" },
	{ "a part of another calendar", "FREQ=YEARLY;RSCALE=HEBREW", "RSCALE is not a part of a rule" },
	{ "a misspelt part", "FREQ=WEEKLY;BYDAYS=MO", "BYDAYS is not a part of a rule" },
	{ "a day in words", "FREQ=WEEKLY;BYDAY=MON", "BYDAY=MON is not a day such as MO, 2TU" },
	{ "a day 0", "FREQ=MONTHLY;BYDAY=0MO", "BYDAY=0MO is not a day" },
	{ "an empty value", "FREQ=WEEKLY;BYDAY=", "BYDAY has an empty value" },
	{ "an empty value in between", "FREQ=WEEKLY;BYDAY=MO,,TU", "BYDAY has an empty value" },
	{ "a part without a value", "FREQ=WEEKLY;BYDAY", "is not of the form NAME=VALUE" },
	{ "a semicolon at the end", "FREQ=WEEKLY;", "is not of the form NAME=VALUE" },
	{ "a month 13", "FREQ=YEARLY;BYMONTH=13", "BYMONTH=13 is not a whole number from 1 to 12" },
	{ "a month from the end", "FREQ=YEARLY;BYMONTH=-1", "BYMONTH=-1 is not a whole number from 1 to 12" },
	{ "a day 0 of the month", "FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY=0 counts from neither end" },
	{ "an hour 24", "FREQ=DAILY;BYHOUR=24", "BYHOUR=24 is not a whole number from 0 to 23" },
	{ "an interval 0", "FREQ=DAILY;INTERVAL=0", "INTERVAL=0 is not a whole number from 1 to 1000" },
	{ "an interval in words", "FREQ=DAILY;INTERVAL=two", "INTERVAL=two is not a whole number" },
	{ "a count that is endless", "FREQ=DAILY;COUNT=100000", "COUNT=100000 is not a whole number from 1 to 1000" },
	{ "a count and an end", "FREQ=DAILY;COUNT=2;UNTIL=20260101T000000Z", "COUNT and UNTIL exclude each other" },
	{ "an end in local time", "FREQ=DAILY;UNTIL=20260101T000000", "is not a moment in UTC such as" },
	{ "an end that is a day", "FREQ=DAILY;UNTIL=20260101", "is not a moment in UTC such as" },
	{ "an end on a day that is none", "FREQ=DAILY;UNTIL=20260230T000000Z", "is not a moment in UTC such as" },
	{ "an end in another form", "FREQ=DAILY;UNTIL=2026-01-01T00:00Z", "is not a moment in UTC such as" },
	{ "weeks of a month", "FREQ=MONTHLY;BYWEEKNO=2", "BYWEEKNO needs FREQ=YEARLY" },
	{ "days of the year each month", "FREQ=MONTHLY;BYYEARDAY=2", "BYYEARDAY needs FREQ=YEARLY" },
	{ "days of the month each week", "FREQ=WEEKLY;BYMONTHDAY=2", "BYMONTHDAY does not go with FREQ=WEEKLY" },
	{ "the second Monday of a week", "FREQ=WEEKLY;BYDAY=2MO", "BYDAY with a number needs FREQ=MONTHLY" },
	{ "a position of nothing", "FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS needs another BY part" },
	{ "a week start that is no day", "FREQ=WEEKLY;WKST=XX", "WKST=XX is not a day such as MO or SU" },
	{ "a value that does not end", "FREQ=DAILY;INTERVAL=1111111111111111111111111", "INTERVAL has too long a value" },
	{ "more values than anybody needs",
	  "FREQ=DAILY;BYMINUTE=0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,"
	  "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0",
	  "BYMINUTE has more than 64 values" },
};

START_TEST(a_bad_rule_is_named)
{
	struct err err = ERR_INIT;
	struct rrule rule;

	expect(refused[_i].name, rrule_parse(refused[_i].rule, &rule, &err) < 0);
	expect_contains(refused[_i].name, err.text, refused[_i].why);
}
END_TEST

START_TEST(a_day_has_a_bounded_number_of_times)
{
	static const char text[] = "FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12;BYMINUTE=0,1,2,3,4,5,6,7,8,9,10,11,"
				   "12,13,14,15,16,17,18,19,20,21,22,23";
	struct err err = ERR_INIT;
	struct recurrence r;
	struct rrule rule;

	ck_assert(rrule_parse(text, &rule, &err) == 0);
	ck_assert(recurrence_begin(&rule, 0, YEARS_S(1), &r, &err) < 0);
	ck_assert_str_eq(err.text, "BYHOUR, BYMINUTE and BYSECOND make more than 288 times a day");
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, a_rule_occurs, rules);
	suite_add_rows(tests, a_jump_lands_where_a_walk_does, rules);
	suite_add_rows(tests, a_bad_rule_is_named, refused);
	tcase_add_test(tests, a_day_has_a_bounded_number_of_times);
}

SUITE_MAIN("rrule", add)
