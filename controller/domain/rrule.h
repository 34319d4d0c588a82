/*
 * domain/rrule: rules that say when something recurs (RFC 5545, 3.3.10).
 *
 * Read whole, but for frequencies above daily, the calendars of RFC 7529 and names that begin with X-. A rule works on
 * local time: where its times lie in UTC is the zone's affair. The work for one answer is bounded, whatever the rule:
 * one without a COUNT jumps to the period that is asked for, and every search has an end.
 *
 * May include: base, domain/civil.h.
 */
#ifndef SLUICE_DOMAIN_RRULE_H
#define SLUICE_DOMAIN_RRULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define RRULE_LIST_MAX 64
#define RRULE_TIMES_MAX 288 /* one every five minutes */
#define RRULE_COUNT_MAX 1000

enum rrule_freq { RRULE_DAILY, RRULE_WEEKLY, RRULE_MONTHLY, RRULE_YEARLY };

struct rrule_list {
	int16_t items[RRULE_LIST_MAX];
	size_t count;
};

struct rrule_day {
	int8_t weekday; /* 0: Monday */
	int8_t nth;     /* 0: each; 1: the first; -1: the last */
};

struct rrule {
	enum rrule_freq freq;
	int interval;
	int count;         /* 0: no end by count */
	int64_t until_utc_s; /* the last moment at which one may begin; INT64_MAX: no such end */
	int week_start;    /* 0: Monday */
	struct rrule_list months;
	struct rrule_list weeks;
	struct rrule_list year_days;
	struct rrule_list month_days;
	struct rrule_list hours;
	struct rrule_list minutes;
	struct rrule_list seconds;
	struct rrule_list positions;
	struct rrule_day days[RRULE_LIST_MAX];
	size_t day_count;
};

/* A rule and its beginning, from which it takes what it does not say itself. */
struct recurrence {
	struct rrule rule;
	int64_t start_s; /* local */
	int64_t last_s;  /* local: none begins later, by COUNT; INT64_MAX: no such end */
	int32_t times_s[RRULE_TIMES_MAX]; /* of a day, ascending */
	size_t time_count;
};

/* Reads "FREQ=WEEKLY;BYDAY=MO,TU". ERR_INPUT names the part that is wrong and what would be right. */
int rrule_parse(const char *text, struct rrule *ret_rule, struct err *err)
	__attribute__((warn_unused_result));

/* Sets a rule going at start_s. horizon_s: no question will go beyond it. ERR_INPUT: there are more than
 * RRULE_TIMES_MAX times in a day. */
int recurrence_begin(const struct rrule *rule, int64_t start_s, int64_t horizon_s,
		     struct recurrence *ret_recurrence, struct err *err)
	__attribute__((warn_unused_result));

/* The first occurrence in [from_s, horizon_s], local. false when there is none; UNTIL is left to the caller, who
 * knows the zone. */
bool recurrence_next(const struct recurrence *recurrence, int64_t from_s, int64_t horizon_s,
		     int64_t *ret_s);

#endif
