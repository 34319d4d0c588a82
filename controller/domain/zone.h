/*
 * domain/zone: a time zone as plain data, and the way between its local time and UTC.
 *
 * What a zone file holds (RFC 9636): the moments at which the offset changed, and a rule for the time after the last
 * of them, so that a zone has no last year. Local times are seconds since 1970-01-01T00:00:00 by the clocks on the
 * wall there. Read from files by wire/zone_tzif. May include: base.
 */
#ifndef SLUICE_DOMAIN_ZONE_H
#define SLUICE_DOMAIN_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum zone_day { ZONE_DAY_OF_MONTH, ZONE_DAY_WITHOUT_LEAP, ZONE_DAY_OF_YEAR };

struct zone_change { /* when in a year the clocks change */
	enum zone_day kind;
	int month;     /* DAY_OF_MONTH: 1 to 12 */
	int week;      /* DAY_OF_MONTH: 1 to 4, 5: the last */
	int day;       /* DAY_OF_MONTH: 0 is Sunday; WITHOUT_LEAP: 1 to 365; OF_YEAR: 0 to 365 */
	int32_t time_s; /* of that day, by the clocks before the change; may be negative or beyond the day */
};

struct zone_rule { /* the time after the last moment */
	int32_t offset_s;
	bool has_summer;
	int32_t summer_offset_s;
	struct zone_change to_summer;
	struct zone_change from_summer;
};

struct zone {
	const char *name;       /* "Europe/Berlin" */
	int32_t first_offset_s; /* before the first moment; offsets are what is added to UTC */
	int64_t *moments_s;     /* ascending, in UTC */
	int32_t *offsets_s;     /* from the moment of the same index on */
	size_t count;
	struct zone_rule rule;
};

/* The offset at a moment. */
int32_t zone_offset_s(const struct zone *zone, int64_t utc_s);

/* The moment at which the clocks show local_s. A time that they show twice is the first of the two; one that they
 * skip is read as if they had not been changed yet (RFC 5545, 3.3.5): 02:30 is 03:30 then. */
int64_t zone_to_utc_s(const struct zone *zone, int64_t local_s);

#endif
