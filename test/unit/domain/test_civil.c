/* Days and dates: both ways, over the edges of the calendar. */
#include "domain/civil.h"
#include "suite.h"

static const struct {
	const char *name;
	int year;
	int month;
	int day;
	int64_t number;
	int year_day;
	int weekday;
} days[] = {
	{ "the first day is a Thursday", 1970, 1, 1, 0, 1, 3 },
	{ "the day before it is a Wednesday", 1969, 12, 31, -1, 365, 2 },
	{ "a year that four divides has a leap day", 2024, 2, 29, 19782, 60, 3 },
	{ "the day after it is in March", 2024, 3, 1, 19783, 61, 4 },
	{ "a year that a hundred divides has none", 2100, 3, 1, 47541, 60, 0 },
	{ "a year that four hundred divides has one", 2000, 2, 29, 11016, 60, 1 },
	{ "the last day of a leap year is its 366th", 2024, 12, 31, 20088, 366, 1 },
	{ "a thousand years on it is still a date", 3026, 1, 1, 385696, 1, 6 },
};

START_TEST(dates_and_days_are_the_same)
{
	const char *row = days[_i].name;
	struct civil c = civil_of_day(days[_i].number);

	expect_int(row, civil_to_day(days[_i].year, days[_i].month, days[_i].day), days[_i].number);
	expect_int(row, c.year, days[_i].year);
	expect_int(row, c.month, days[_i].month);
	expect_int(row, c.day, days[_i].day);
	expect_int(row, c.year_day, days[_i].year_day);
	expect_int(row, c.weekday, days[_i].weekday);
}
END_TEST

START_TEST(every_day_of_a_thousand_years_comes_back)
{
	for (int64_t day = -146097; day < 365243; day++) {
		struct civil c = civil_of_day(day);

		expect_quick("every day", civil_to_day(c.year, c.month, c.day) == day);
		expect_quick("every day", c.day <= civil_days_in_month(c.year, c.month));
		expect_quick("every day", c.year_day <= civil_days_in_year(c.year));
	}
}
END_TEST

static const struct {
	const char *name;
	const char *text;
	int64_t second; /* -1: refused */
} texts[] = {
	{ "a time to the minute is read", "1970-01-02T00:01", 86460 },
	{ "a time to the second is read", "1970-01-02T00:01:05", 86465 },
	{ "a leap day is one", "2024-02-29T00:00", 19782 * DAY_S },
	{ "a leap day of another year is refused", "2026-02-29T00:00", -1 },
	{ "a 31st of April is refused", "2026-04-31T00:00", -1 },
	{ "a month 13 is refused", "2026-13-01T00:00", -1 },
	{ "an hour 24 is refused", "2026-01-01T24:00", -1 },
	{ "a zone behind it is refused", "2026-01-01T09:00Z", -1 },
	{ "a zone behind the seconds is refused", "2026-01-01T09:00:00Z", -1 },
	{ "a date alone is refused", "2026-01-01", -1 },
	{ "a time cut off is refused", "2026-01-01T09:0", -1 },
	{ "words are refused", "tomorrow", -1 },
};

START_TEST(local_times_are_read)
{
	int64_t second = -1;
	bool is_good = civil_parse(texts[_i].text, &second);

	expect_int(texts[_i].name, is_good, texts[_i].second != -1);
	if (is_good)
		expect_int(texts[_i].name, second, texts[_i].second);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, dates_and_days_are_the_same, days);
	tcase_add_test(tests, every_day_of_a_thousand_years_comes_back);
	suite_add_rows(tests, local_times_are_read, texts);
}

SUITE_MAIN("civil", add)
