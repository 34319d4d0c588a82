/* When a rule occurs: its periods (days, weeks, months, years) one by one, and the days of each that it names. */
#include <stdlib.h>
#include <string.h>

#include "domain/civil.h"
#include "domain/rrule.h"

#define DAYS_MAX 366

static bool has(const struct rrule_list *list, int number)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i] == number)
			return true;
	}
	return false;
}

/* Is number in the list, or what it is when counted from the end of size? */
static bool has_either(const struct rrule_list *list, int number, int size)
{
	return has(list, number) || has(list, number - size - 1);
}

/* A week is of the year that has four of its days, and is numbered there. */
static bool fits_week(const struct rrule *rule, int64_t day, int weekday)
{
	int64_t fourth = day - (weekday - rule->week_start + 7) % 7 + 3;
	struct civil c = civil_of_day(fourth);
	int week = (c.year_day - 1) / 7 + 1;

	return has_either(&rule->weeks, week, week + (civil_days_in_year(c.year) - c.year_day) / 7);
}

static bool fits_weekday(const struct rrule *rule, const struct civil *c)
{
	bool is_of_year = rule->freq == RRULE_YEARLY && rule->months.count == 0;
	int index = is_of_year ? c->year_day : c->day;
	int size = is_of_year ? civil_days_in_year(c->year) : civil_days_in_month(c->year, c->month);

	for (size_t i = 0; i < rule->day_count; i++) {
		int nth = rule->days[i].nth;

		if (rule->days[i].weekday == c->weekday &&
		    (nth == 0 || nth == (index - 1) / 7 + 1 || nth == -((size - index) / 7 + 1)))
			return true;
	}
	return false;
}

static bool fits(const struct rrule *rule, int64_t day)
{
	struct civil c = civil_of_day(day);

	return (rule->months.count == 0 || has(&rule->months, c.month)) &&
	       (rule->month_days.count == 0 ||
		has_either(&rule->month_days, c.day, civil_days_in_month(c.year, c.month))) &&
	       (rule->year_days.count == 0 ||
		has_either(&rule->year_days, c.year_day, civil_days_in_year(c.year))) &&
	       (rule->weeks.count == 0 || fits_week(rule, day, c.weekday)) &&
	       (rule->day_count == 0 || fits_weekday(rule, &c));
}

/* The number of the period of the rule's frequency in which a day lies. */
static int64_t unit_of(const struct rrule *rule, int64_t day)
{
	struct civil c = civil_of_day(day);

	switch (rule->freq) {
	case RRULE_DAILY:
		return day;
	case RRULE_WEEKLY:
		return (day + 3 - rule->week_start - civil_weekday(day - rule->week_start)) / 7;
	case RRULE_MONTHLY:
		return (int64_t)c.year * 12 + c.month - 1;
	case RRULE_YEARLY:
		return c.year;
	}
	return 0;
}

/* The first day of such a period. */
static int64_t first_day(const struct rrule *rule, int64_t unit)
{
	switch (rule->freq) {
	case RRULE_DAILY:
		return unit;
	case RRULE_WEEKLY:
		return unit * 7 - 3 + rule->week_start;
	case RRULE_MONTHLY:
		return civil_to_day((int)(unit / 12), (int)(unit % 12) + 1, 1);
	case RRULE_YEARLY:
		return civil_to_day((int)unit, 1, 1);
	}
	return 0;
}

/* The days of a period that the rule names. */
static size_t list_days(const struct rrule *rule, int64_t unit, int64_t days[static DAYS_MAX])
{
	int64_t end = first_day(rule, unit + 1);
	size_t count = 0;

	for (int64_t day = first_day(rule, unit); day < end; day++) {
		if (fits(rule, day))
			days[count++] = day;
	}
	return count;
}

/* The occurrence of the period after *skip others that are not before from_s; what was skipped is taken off. */
static bool find_in(const struct recurrence *r, int64_t unit, int64_t from_s, int *skip, int64_t *ret_s)
{
	const struct rrule_list *positions = &r->rule.positions;
	int64_t days[DAYS_MAX];
	size_t count = list_days(&r->rule, unit, days);
	int size = (int)(count * r->time_count);

	for (size_t i = 0; i < count; i++) {
		if (days[i] * DAY_S + DAY_S <= from_s)
			continue;
		for (size_t k = 0; k < r->time_count; k++) {
			*ret_s = days[i] * DAY_S + r->times_s[k];
			if (*ret_s < from_s || (positions->count > 0 &&
						!has_either(positions, (int)(i * r->time_count + k) + 1, size)))
				continue;
			if ((*skip)-- == 0)
				return true;
		}
	}
	return false;
}

/* As recurrence_next(), after skip others. */
static bool find(const struct recurrence *r, int64_t from_s, int skip, int64_t horizon_s, int64_t *ret_s)
{
	int64_t first = unit_of(&r->rule, civil_day_of_second(r->start_s));
	int64_t last_s = r->last_s < horizon_s ? r->last_s : horizon_s;
	int64_t unit;

	if (from_s < r->start_s)
		from_s = r->start_s;
	unit = unit_of(&r->rule, civil_day_of_second(from_s));
	unit += (r->rule.interval - (unit - first) % r->rule.interval) % r->rule.interval;
	for (; first_day(&r->rule, unit) * DAY_S <= last_s; unit += r->rule.interval) {
		if (find_in(r, unit, from_s, &skip, ret_s))
			return *ret_s <= last_s;
	}
	return false;
}

bool recurrence_next(const struct recurrence *r, int64_t from_s, int64_t horizon_s, int64_t *ret_s)
{
	return find(r, from_s, 0, horizon_s, ret_s);
}

static void put(struct rrule_list *list, int64_t number)
{
	list->items[list->count++] = (int16_t)number;
}

/* What the rule does not say is as in its start (RFC 5545, 3.3.10). */
static void take_from_start(struct rrule *rule, int64_t start_s)
{
	struct civil c = civil_of_day(civil_day_of_second(start_s));
	int64_t time_s = start_s - civil_day_of_second(start_s) * DAY_S;

	if (rule->hours.count == 0)
		put(&rule->hours, time_s / 3600);
	if (rule->minutes.count == 0)
		put(&rule->minutes, time_s / 60 % 60);
	if (rule->seconds.count == 0)
		put(&rule->seconds, time_s % 60);
	if (rule->day_count + rule->month_days.count + rule->year_days.count > 0 || rule->freq == RRULE_DAILY)
		return;
	if (rule->freq == RRULE_WEEKLY || rule->weeks.count > 0) {
		rule->days[rule->day_count++].weekday = (int8_t)c.weekday;
		return;
	}
	put(&rule->month_days, c.day);
	if (rule->freq == RRULE_YEARLY && rule->months.count == 0)
		put(&rule->months, c.month);
}

static int compare_times(const void *a, const void *b)
{
	return *(const int32_t *)a - *(const int32_t *)b;
}

/* All times of a day, each once. */
static void list_times(struct recurrence *r)
{
	const struct rrule *rule = &r->rule;
	size_t kept = 0;

	for (size_t h = 0; h < rule->hours.count; h++) {
		for (size_t m = 0; m < rule->minutes.count; m++) {
			for (size_t s = 0; s < rule->seconds.count; s++)
				r->times_s[r->time_count++] = rule->hours.items[h] * 3600 +
							      rule->minutes.items[m] * 60 + rule->seconds.items[s];
		}
	}
	qsort(r->times_s, r->time_count, sizeof(r->times_s[0]), compare_times);
	for (size_t i = 0; i < r->time_count; i++) {
		if (kept == 0 || r->times_s[kept - 1] != r->times_s[i])
			r->times_s[kept++] = r->times_s[i];
	}
	r->time_count = kept;
}

int recurrence_begin(const struct rrule *rule, int64_t start_s, int64_t horizon_s,
		     struct recurrence *ret_recurrence, struct err *err)
{
	struct recurrence *r = ret_recurrence;

	*r = (struct recurrence){ .rule = *rule, .start_s = start_s, .last_s = INT64_MAX };
	take_from_start(&r->rule, start_s);
	if (r->rule.hours.count * r->rule.minutes.count * r->rule.seconds.count > RRULE_TIMES_MAX)
		return err_set(err, ERR_INPUT, "BYHOUR, BYMINUTE and BYSECOND make more than %d times a day",
			       RRULE_TIMES_MAX);
	list_times(r);
	if (rule->count > 0 && !find(r, start_s, rule->count - 1, horizon_s, &r->last_s))
		r->last_s = INT64_MAX; /* beyond all questions */
	return 0;
}
