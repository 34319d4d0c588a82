#include "domain/zone.h"

#include "domain/civil.h"

static int64_t day_of_month_rule(const struct zone_change *change, int year)
{
	int64_t first = civil_to_day(year, change->month, 1);
	int weekday = (change->day + 6) % 7; /* theirs begins with Sunday */
	int64_t day = first + (weekday - civil_weekday(first) + 7) % 7 + (change->week - 1) * 7;

	/* The fifth is the last: there are months with four. */
	return day < first + civil_days_in_month(year, change->month) ? day : day - 7;
}

/* The second of the local clocks at which they change in the year. */
static int64_t change_s(const struct zone_change *change, int year)
{
	int64_t first = civil_to_day(year, 1, 1);
	bool is_after_leap_day = change->day >= 60 && civil_days_in_year(year) == 366;
	int64_t day = change->kind == ZONE_DAY_OF_YEAR	     ? first + change->day
		      : change->kind == ZONE_DAY_WITHOUT_LEAP ? first + change->day - 1 + is_after_leap_day
							      : day_of_month_rule(change, year);

	return day * DAY_S + change->time_s;
}

static int32_t offset_by_rule(const struct zone_rule *rule, int64_t utc_s)
{
	int year;
	int64_t begins_s;
	int64_t ends_s;
	bool is_summer;

	if (!rule->has_summer)
		return rule->offset_s;
	year = civil_of_day(civil_day_of_second(utc_s + rule->offset_s)).year;
	begins_s = change_s(&rule->to_summer, year) - rule->offset_s;
	ends_s = change_s(&rule->from_summer, year) - rule->summer_offset_s;
	/* South of the equator the year begins and ends in summer. */
	is_summer = begins_s < ends_s ? utc_s >= begins_s && utc_s < ends_s
				      : utc_s >= begins_s || utc_s < ends_s;
	return is_summer ? rule->summer_offset_s : rule->offset_s;
}

int32_t zone_offset_s(const struct zone *zone, int64_t utc_s)
{
	size_t low = 0;
	size_t high = zone->count;

	if (zone->count == 0 || utc_s >= zone->moments_s[zone->count - 1])
		return offset_by_rule(&zone->rule, utc_s);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (zone->moments_s[middle] <= utc_s)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? zone->first_offset_s : zone->offsets_s[low - 1];
}

int64_t zone_to_utc_s(const struct zone *zone, int64_t local_s)
{
	int32_t before = zone_offset_s(zone, local_s - DAY_S);
	int32_t after = zone_offset_s(zone, local_s + DAY_S);
	int64_t by_before = local_s - before;
	int64_t by_after = local_s - after;

	if (zone_offset_s(zone, by_before) != before && zone_offset_s(zone, by_after) == after)
		return by_after;
	return by_before;
}
