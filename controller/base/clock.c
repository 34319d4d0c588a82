#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/err.h"

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define LONGEST_MS (3650 * DAY_MS)
#define YEAR_0_MS INT64_C(-62167219200000)
#define YEAR_10000_MS INT64_C(253402300800000)

static int64_t read_clock(clockid_t id)
{
	struct timespec now;

	CHECK(clock_gettime(id, &now) == 0);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_now_ms(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t clock_monotonic_ms(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

/* Reads exactly n digits. */
static bool take_digits(const char **text, int n, int *ret)
{
	int value = 0;

	for (int i = 0; i < n; i++) {
		char c = (*text)[i];

		if (c < '0' || c > '9')
			return false;
		value = value * 10 + (c - '0');
	}
	*text += n;
	*ret = value;
	return true;
}

static bool take_char(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

static int days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

/* Reads "2026-11-24T15:10:00" and checks the ranges; timegm() would silently carry over. */
static bool take_date_time(const char **text, struct tm *ret)
{
	struct tm tm = { 0 };
	int year;
	int month;

	if (!take_digits(text, 4, &year) || !take_char(text, '-') || !take_digits(text, 2, &month) ||
	    !take_char(text, '-') || !take_digits(text, 2, &tm.tm_mday))
		return false;
	if (!take_char(text, 'T') && !take_char(text, 't'))
		return false;
	if (!take_digits(text, 2, &tm.tm_hour) || !take_char(text, ':') ||
	    !take_digits(text, 2, &tm.tm_min) || !take_char(text, ':') ||
	    !take_digits(text, 2, &tm.tm_sec))
		return false;
	if (month < 1 || month > 12 || tm.tm_mday < 1 ||
	    tm.tm_mday > days_in_month(year, month) || tm.tm_hour > 23 || tm.tm_min > 59 ||
	    tm.tm_sec > 60)
		return false;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	*ret = tm;
	return true;
}

/* Reads ".123" as milliseconds; further digits are dropped. */
static bool take_fraction(const char **text, int64_t *ret_ms)
{
	int64_t scale = 100;

	*ret_ms = 0;
	if (!take_char(text, '.'))
		return true;
	if (**text < '0' || **text > '9')
		return false;
	for (; **text >= '0' && **text <= '9'; (*text)++) {
		*ret_ms += (**text - '0') * scale;
		scale /= 10;
	}
	return true;
}

/* Reads "Z" or "+01:00". */
static bool take_offset(const char **text, int64_t *ret_ms)
{
	int sign = 1;
	int hours;
	int minutes;

	*ret_ms = 0;
	if (take_char(text, 'Z') || take_char(text, 'z'))
		return true;
	if (take_char(text, '-'))
		sign = -1;
	else if (!take_char(text, '+'))
		return false;
	if (!take_digits(text, 2, &hours) || !take_char(text, ':') || !take_digits(text, 2, &minutes) ||
	    hours > 23 || minutes > 59)
		return false;
	*ret_ms = sign * (hours * HOUR_MS + minutes * MINUTE_MS);
	return true;
}

bool clock_parse(const char *text, int64_t *ret_ms)
{
	struct tm tm;
	int64_t fraction;
	int64_t offset;
	int64_t ms;

	if (!take_date_time(&text, &tm) || !take_fraction(&text, &fraction) ||
	    !take_offset(&text, &offset) || *text != '\0')
		return false;
	ms = (int64_t)timegm(&tm) * 1000 + fraction - offset;
	if (ms < YEAR_0_MS || ms >= YEAR_10000_MS) /* no year of four digits: it could not be written */
		return false;
	*ret_ms = ms;
	return true;
}

/* Splits ms into seconds and the rest, which is never negative. */
static struct tm split(int64_t ms, int *ret_rest)
{
	time_t seconds = (time_t)(ms / 1000);
	int rest = (int)(ms % 1000);
	struct tm tm = { 0 };

	if (rest < 0) {
		rest += 1000;
		seconds--;
	}
	*ret_rest = rest;
	(void)gmtime_r(&seconds, &tm);
	return tm;
}

/* Writes "2026-11-24T15:10:00" and returns its length. strftime() would write the year 7 as "7". */
static size_t write_seconds(const struct tm *tm, char text[static CLOCK_TEXT_SIZE])
{
	size_t len = (size_t)snprintf(text, CLOCK_TEXT_SIZE, "%04ld", tm->tm_year + 1900L);

	return len + strftime(text + len, CLOCK_TEXT_SIZE - len, "-%m-%dT%H:%M:%S", tm);
}

const char *clock_format(int64_t ms, char text[static CLOCK_TEXT_SIZE])
{
	int rest;
	struct tm tm = split(ms, &rest);
	size_t len = write_seconds(&tm, text);

	(void)snprintf(text + len, CLOCK_TEXT_SIZE - len, "Z");
	return text;
}

const char *clock_format_micro(int64_t ms, char text[static CLOCK_TEXT_SIZE])
{
	int rest;
	struct tm tm = split(ms, &rest);
	size_t len = write_seconds(&tm, text);

	(void)snprintf(text + len, CLOCK_TEXT_SIZE - len, ".%03d000Z", rest);
	return text;
}

/* Reads a unit and moves past it; 0 when there is none. */
static int64_t take_unit(const char **text)
{
	if (strncmp(*text, "ms", 2) == 0) {
		*text += 2;
		return 1;
	}
	if (take_char(text, 'h'))
		return HOUR_MS;
	if (take_char(text, 'm'))
		return MINUTE_MS;
	return take_char(text, 's') ? SECOND_MS : 0;
}

bool clock_parse_duration(const char *text, int64_t *ret_ms)
{
	int64_t total = 0;

	if (*text == '\0')
		return false;
	while (*text != '\0') {
		int64_t value = 0;
		int64_t unit;

		if (*text < '0' || *text > '9')
			return false;
		for (; *text >= '0' && *text <= '9'; text++) {
			value = value * 10 + (*text - '0');
			if (value > LONGEST_MS)
				return false;
		}
		unit = take_unit(&text);
		if (unit == 0 || value > LONGEST_MS / unit)
			return false;
		total += value * unit;
		if (total > LONGEST_MS)
			return false;
	}
	*ret_ms = total;
	return true;
}

const char *clock_format_duration(int64_t ms, char text[static CLOCK_TEXT_SIZE])
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = { { "h", HOUR_MS }, { "m", MINUTE_MS }, { "s", SECOND_MS } };
	size_t len = 0;

	if (ms < 0)
		ms = 0;
	if (ms > 0 && ms < SECOND_MS) {
		(void)snprintf(text, CLOCK_TEXT_SIZE, "%dms", (int)ms);
		return text;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		int64_t count = ms / units[i].ms;

		if (count == 0)
			continue;
		len += (size_t)snprintf(text + len, CLOCK_TEXT_SIZE - len, "%lld%s", (long long)count,
					units[i].name);
		ms %= units[i].ms;
	}
	if (len == 0)
		(void)snprintf(text, CLOCK_TEXT_SIZE, "0s");
	return text;
}
