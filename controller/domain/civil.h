/*
 * domain/civil: the calendar of days, months and years, without zones and without times of day.
 *
 * A day is a number, counted from 1970-01-01, so that days can be added and compared. The Gregorian calendar holds
 * for all years. May include: libc.
 */
#ifndef SLUICE_DOMAIN_CIVIL_H
#define SLUICE_DOMAIN_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

#define DAY_S INT64_C(86400)

struct civil {
	int year;
	int month;    /* 1 to 12 */
	int day;      /* 1 to 31 */
	int year_day; /* 1 to 366 */
	int weekday;  /* 0: Monday */
};

/* The date of a day. */
struct civil civil_of_day(int64_t day);

/* The day of a date; month and day in their ranges. */
int64_t civil_to_day(int year, int month, int day);

/* The day on which a second falls, counted from 1970-01-01T00:00:00. */
int64_t civil_day_of_second(int64_t second);

/* 0 for Monday. */
int civil_weekday(int64_t day);

int civil_days_in_month(int year, int month);
int civil_days_in_year(int year);

/* Reads "2026-01-05T09:00" or "2026-01-05T09:00:30" as seconds since 1970-01-01T00:00:00 of wherever it is meant
 * for. false when it is not such a text, or no such day or time exists. */
bool civil_parse(const char *text, int64_t *ret_second);

#endif
