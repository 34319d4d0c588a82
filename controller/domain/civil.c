#include "domain/civil.h"

#include <stddef.h>

#define DAYS_BEFORE_1970 719468 /* since 0000-03-01 */
#define CYCLE_DAYS 146097       /* of 400 years */

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Counted from the first of March, the leap day is the last one of its year; the months from there on follow a
 * straight line of 153 days in five months. */
int64_t civil_to_day(int year, int month, int day)
{
	int64_t y = month <= 2 ? (int64_t)year - 1 : year;
	int64_t cycle = floor_div(y, 400);
	int64_t year_of_cycle = y - cycle * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return cycle * CYCLE_DAYS + year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 +
	       day_of_year - DAYS_BEFORE_1970;
}

struct civil civil_of_day(int64_t day)
{
	int64_t shifted = day + DAYS_BEFORE_1970;
	int64_t cycle = floor_div(shifted, CYCLE_DAYS);
	int64_t day_of_cycle = shifted - cycle * CYCLE_DAYS;
	int64_t year_of_cycle = (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36524 -
				 day_of_cycle / (CYCLE_DAYS - 1)) / 365;
	int64_t day_of_year =
		day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
	int64_t month = (5 * day_of_year + 2) / 153;
	struct civil c;

	c.day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
	c.month = (int)(month < 10 ? month + 3 : month - 9);
	c.year = (int)(year_of_cycle + cycle * 400 + (c.month <= 2));
	c.year_day = (int)(day - civil_to_day(c.year, 1, 1)) + 1;
	c.weekday = civil_weekday(day);
	return c;
}

int64_t civil_day_of_second(int64_t second)
{
	return floor_div(second, DAY_S);
}

int civil_weekday(int64_t day)
{
	int64_t since_monday = day + 3; /* 1970-01-01 was a Thursday */

	return (int)(since_monday - floor_div(since_monday, 7) * 7);
}

int civil_days_in_year(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 366 : 365;
}

int civil_days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return month == 2 ? civil_days_in_year(year) - 337 : days[month - 1];
}

/* Reads a number of exactly n digits and the character behind it. */
static bool take(const char **text, int n, char behind, int *ret)
{
	*ret = 0;
	for (int i = 0; i < n; i++, (*text)++) {
		if (**text < '0' || **text > '9')
			return false;
		*ret = *ret * 10 + (**text - '0');
	}
	if (**text != behind)
		return false;
	*text += behind != '\0';
	return true;
}

static bool take_time(const char *text, int64_t *ret)
{
	const char *again = text;
	int hour;
	int minute;
	int second = 0;

	if (!take(&text, 2, ':', &hour))
		return false;
	again = text;
	if (!take(&again, 2, '\0', &minute) &&
	    (!take(&text, 2, ':', &minute) || !take(&text, 2, '\0', &second)))
		return false;
	*ret = hour * 3600 + minute * 60 + second;
	return hour < 24 && minute < 60 && second < 60;
}

bool civil_parse(const char *text, int64_t *ret_second)
{
	int64_t time;
	int year;
	int month;
	int day;

	if (!take(&text, 4, '-', &year) || !take(&text, 2, '-', &month) || !take(&text, 2, 'T', &day) ||
	    !take_time(text, &time))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > civil_days_in_month(year, month))
		return false;
	*ret_second = civil_to_day(year, month, day) * DAY_S + time;
	return true;
}
