/* The reading of rules; when they occur is in recurrence.c. */
#include "domain/rrule.h"

#include <string.h>

#include "base/str.h"
#include "domain/civil.h"

#define WORD_SIZE 20

static const char *const weekdays[] = { "MO", "TU", "WE", "TH", "FR", "SA", "SU" };

struct reader {
	const char *at;
	struct rrule *rule;
	unsigned seen; /* a bit for each part */
	struct err *err;
};

/* The parts that are lists of numbers. */
static const struct list_part {
	const char *name;
	size_t offset; /* of its struct rrule_list */
	int min;
	int max;
	bool from_end; /* negative numbers count from the end */
} list_parts[] = {
	{ "BYMONTH", offsetof(struct rrule, months), 1, 12, false },
	{ "BYWEEKNO", offsetof(struct rrule, weeks), 1, 53, true },
	{ "BYYEARDAY", offsetof(struct rrule, year_days), 1, 366, true },
	{ "BYMONTHDAY", offsetof(struct rrule, month_days), 1, 31, true },
	{ "BYHOUR", offsetof(struct rrule, hours), 0, 23, false },
	{ "BYMINUTE", offsetof(struct rrule, minutes), 0, 59, false },
	{ "BYSECOND", offsetof(struct rrule, seconds), 0, 59, false },
	{ "BYSETPOS", offsetof(struct rrule, positions), 1, 366, true },
};

#define LIST_PART_COUNT (sizeof(list_parts) / sizeof(list_parts[0]))

/* The next word, up to a comma, a semicolon or the end. */
static int take_word(struct reader *r, const char *part, char word[static WORD_SIZE])
{
	size_t len = strcspn(r->at, ",;");

	if (len == 0 || len >= WORD_SIZE)
		return err_set(r->err, ERR_INPUT, "%s has %s value", part, len == 0 ? "an empty" : "too long a");
	memcpy(word, r->at, len);
	word[len] = '\0';
	r->at += len;
	return 0;
}

static bool take_comma(struct reader *r)
{
	bool is_there = *r->at == ',';

	r->at += is_there;
	return is_there;
}

static int read_freq(struct reader *r)
{
	static const char *const names[] = { "DAILY", "WEEKLY", "MONTHLY", "YEARLY" };
	char word[WORD_SIZE];
	int e = take_word(r, "FREQ", word);

	for (size_t i = 0; i < 4 && e == 0; i++) {
		if (str_equal(word, names[i])) {
			r->rule->freq = (enum rrule_freq)i;
			return 0;
		}
	}
	return e < 0 ? e
		     : err_set(r->err, ERR_INPUT,
			       "FREQ=%s is not DAILY, WEEKLY, MONTHLY or YEARLY (for several times a day there are "
			       "BYHOUR and BYMINUTE)",
			       word);
}

static int read_number(struct reader *r, const char *part, int min, int max, int *ret)
{
	char word[WORD_SIZE];
	int64_t value;
	int e = take_word(r, part, word);

	if (e < 0)
		return e;
	if (!str_to_int(word + (word[0] == '+'), min, max, &value))
		return err_set(r->err, ERR_INPUT, "%s=%s is not a whole number from %d to %d", part, word, min,
			       max);
	*ret = (int)value;
	return 0;
}

static int read_list(struct reader *r, const struct list_part *part)
{
	struct rrule_list *list = (struct rrule_list *)(void *)((char *)r->rule + part->offset);

	do {
		int number;
		int e = read_number(r, part->name, part->from_end ? -part->max : part->min, part->max, &number);

		if (e < 0)
			return e;
		if (number == 0 && part->min > 0)
			return err_set(r->err, ERR_INPUT, "%s=0 counts from neither end: give 1 to %d or -1 to -%d",
				       part->name, part->max, part->max);
		if (list->count == RRULE_LIST_MAX)
			return err_set(r->err, ERR_INPUT, "%s has more than %d values", part->name,
				       RRULE_LIST_MAX);
		list->items[list->count++] = (int16_t)number;
	} while (take_comma(r));
	return 0;
}

static int weekday_of(const char *text)
{
	for (int i = 0; i < 7; i++) {
		if (str_equal(text, weekdays[i]))
			return i;
	}
	return -1;
}

/* "MO", "2MO", "-1FR". */
static int read_day(struct reader *r, struct rrule_day *ret)
{
	char word[WORD_SIZE];
	int e = take_word(r, "BYDAY", word);
	size_t len = e < 0 ? 0 : strlen(word);
	int64_t nth = 0;
	int weekday;

	if (e < 0)
		return e;
	weekday = len < 2 ? -1 : weekday_of(word + len - 2);
	if (weekday >= 0 && len > 2) {
		word[len - 2] = '\0';
		if (!str_to_int(word + (word[0] == '+'), -53, 53, &nth) || nth == 0)
			weekday = -1;
		word[len - 2] = weekdays[weekday < 0 ? 0 : weekday][0];
	}
	if (weekday < 0)
		return err_set(r->err, ERR_INPUT,
			       "BYDAY=%s is not a day such as MO, 2TU (the second) or -1FR (the last)", word);
	*ret = (struct rrule_day){ (int8_t)weekday, (int8_t)nth };
	return 0;
}

static int read_days(struct reader *r)
{
	do {
		int e;

		if (r->rule->day_count == RRULE_LIST_MAX)
			return err_set(r->err, ERR_INPUT, "BYDAY has more than %d values", RRULE_LIST_MAX);
		e = read_day(r, &r->rule->days[r->rule->day_count++]);
		if (e < 0)
			return e;
	} while (take_comma(r));
	return 0;
}

static int read_week_start(struct reader *r)
{
	char word[WORD_SIZE];
	int e = take_word(r, "WKST", word);

	if (e < 0)
		return e;
	r->rule->week_start = weekday_of(word);
	return r->rule->week_start >= 0
		       ? 0
		       : err_set(r->err, ERR_INPUT, "WKST=%s is not a day such as MO or SU", word);
}

/* "20261231T225959Z": in UTC, as RFC 5545 asks where the start is in a zone. */
static int read_until(struct reader *r)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:dd";
	char word[WORD_SIZE];
	char plain[sizeof(shape)];
	int e = take_word(r, "UNTIL", word);
	const char *from = word;

	if (e < 0)
		return e;
	/* The same with the hyphens and colons that civil_parse() reads. */
	for (size_t i = 0; i < sizeof(shape) - 1; i++)
		plain[i] = shape[i] == '-' || shape[i] == ':' || *from == '\0' ? shape[i] : *from++;
	plain[sizeof(shape) - 1] = '\0';
	if (!str_equal(from, "Z") || strlen(word) != 16 || !civil_parse(plain, &r->rule->until_utc_s))
		return err_set(r->err, ERR_INPUT,
			       "UNTIL=%s is not a moment in UTC such as 20261231T225959Z", word);
	return 0;
}

static int read_value(struct reader *r, const char *name)
{
	if (str_equal(name, "FREQ"))
		return read_freq(r);
	if (str_equal(name, "INTERVAL"))
		return read_number(r, name, 1, RRULE_COUNT_MAX, &r->rule->interval);
	if (str_equal(name, "COUNT"))
		return read_number(r, name, 1, RRULE_COUNT_MAX, &r->rule->count);
	if (str_equal(name, "UNTIL"))
		return read_until(r);
	if (str_equal(name, "WKST"))
		return read_week_start(r);
	if (str_equal(name, "BYDAY"))
		return read_days(r);
	for (size_t i = 0; i < LIST_PART_COUNT; i++) {
		if (str_equal(name, list_parts[i].name))
			return read_list(r, &list_parts[i]);
	}
	return err_set(r->err, ERR_INPUT, "%s is not a part of a rule that is known here", name);
}

/* Each part may stand once. */
static int note_part(struct reader *r, const char *name)
{
	static const char *const names[] = { "FREQ",	  "INTERVAL",	"COUNT",  "UNTIL",    "WKST",
					     "BYDAY",	  "BYMONTH",	"BYHOUR", "BYMINUTE", "BYSECOND",
					     "BYWEEKNO",  "BYYEARDAY",	"BYMONTHDAY", "BYSETPOS" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!str_equal(name, names[i]))
			continue;
		if (r->seen & 1U << i)
			return err_set(r->err, ERR_INPUT, "%s stands there twice", name);
		r->seen |= 1U << i;
	}
	return 0;
}

static int read_part(struct reader *r)
{
	size_t len = strcspn(r->at, "=;");
	char name[WORD_SIZE];
	int e;

	if (len == 0 || len >= WORD_SIZE || r->at[len] != '=')
		return err_set(r->err, ERR_INPUT, "\"%.*s\" is not of the form NAME=VALUE", (int)len, r->at);
	memcpy(name, r->at, len);
	name[len] = '\0';
	r->at += len + 1;
	e = note_part(r, name);
	if (e == 0)
		e = read_value(r, name);
	if (e == 0 && *r->at != ';' && *r->at != '\0')
		return err_set(r->err, ERR_INPUT, "%s takes one value", name);
	return e;
}

static bool has_nth(const struct rrule *rule)
{
	for (size_t i = 0; i < rule->day_count; i++) {
		if (rule->days[i].nth != 0)
			return true;
	}
	return false;
}

static bool has_by(const struct rrule *rule)
{
	return rule->months.count + rule->weeks.count + rule->year_days.count + rule->month_days.count +
		       rule->hours.count + rule->minutes.count + rule->seconds.count + rule->day_count > 0;
}

/* What the parts may not be together (RFC 5545, 3.3.10). */
static int check(const struct reader *r)
{
	const struct rrule *rule = r->rule;

	if (!(r->seen & 1U))
		return err_set(r->err, ERR_INPUT, "FREQ is missing: a rule begins as in FREQ=WEEKLY");
	if (rule->count > 0 && rule->until_utc_s != INT64_MAX)
		return err_set(r->err, ERR_INPUT, "COUNT and UNTIL exclude each other");
	if (rule->weeks.count > 0 && rule->freq != RRULE_YEARLY)
		return err_set(r->err, ERR_INPUT, "BYWEEKNO needs FREQ=YEARLY");
	if (rule->year_days.count > 0 && rule->freq != RRULE_YEARLY)
		return err_set(r->err, ERR_INPUT, "BYYEARDAY needs FREQ=YEARLY");
	if (rule->month_days.count > 0 && rule->freq == RRULE_WEEKLY)
		return err_set(r->err, ERR_INPUT, "BYMONTHDAY does not go with FREQ=WEEKLY");
	if (has_nth(rule) && (rule->freq < RRULE_MONTHLY || rule->weeks.count > 0))
		return err_set(r->err, ERR_INPUT,
			       "BYDAY with a number needs FREQ=MONTHLY or FREQ=YEARLY, and no BYWEEKNO");
	if (rule->positions.count > 0 && !has_by(rule))
		return err_set(r->err, ERR_INPUT, "BYSETPOS needs another BY part whose occurrences it counts");
	return 0;
}

int rrule_parse(const char *text, struct rrule *ret_rule, struct err *err)
{
	struct reader r = { .at = text, .rule = ret_rule, .err = err };

	*ret_rule = (struct rrule){ .interval = 1, .until_utc_s = INT64_MAX };
	for (;;) {
		int e = read_part(&r);

		if (e < 0)
			return e;
		if (*r.at == '\0')
			return check(&r);
		r.at++;
	}
}
