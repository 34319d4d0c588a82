#include "wire/zone_tzif.h"

#include <string.h>

#include "base/str.h"

#define HEADER_SIZE 44
#define MOMENTS_MAX 10000
#define TYPES_MAX 256
#define FOOTER_MAX 100
#define OFFSET_MIN_S (-89999) /* RFC 9636, 3.2: what every program can be asked to know */
#define OFFSET_MAX_S 93599

struct counts { /* of a header, in its order */
	uint32_t is_utc;
	uint32_t is_standard;
	uint32_t leaps;
	uint32_t moments;
	uint32_t types;
	uint32_t letters;
};

struct piece { /* what is left to read */
	const unsigned char *at;
	size_t len;
};

static int refuse(struct err *err, const char *why)
{
	return err_set(err, ERR_INPUT, "is not a zone file as RFC 9636 describes it: %s", why);
}

static uint64_t big_endian(const unsigned char *bytes, int size)
{
	uint64_t value = 0;

	for (int i = 0; i < size; i++)
		value = value << 8 | bytes[i];
	return value;
}

/* len bytes, or NULL when there are fewer. */
static const unsigned char *take(struct piece *piece, size_t len)
{
	const unsigned char *at = piece->at;

	if (len > piece->len)
		return NULL;
	piece->at += len;
	piece->len -= len;
	return at;
}

static int read_header(struct piece *piece, struct counts *ret, struct err *err)
{
	const unsigned char *header = take(piece, HEADER_SIZE);

	if (header == NULL || memcmp(header, "TZif", 4) != 0)
		return refuse(err, "it does not begin with TZif");
	if (header[4] < '2')
		return refuse(err, "version 1 has no rule for the future");
	*ret = (struct counts){
		.is_utc = (uint32_t)big_endian(header + 20, 4),
		.is_standard = (uint32_t)big_endian(header + 24, 4),
		.leaps = (uint32_t)big_endian(header + 28, 4),
		.moments = (uint32_t)big_endian(header + 32, 4),
		.types = (uint32_t)big_endian(header + 36, 4),
		.letters = (uint32_t)big_endian(header + 40, 4),
	};
	if (ret->moments > MOMENTS_MAX || ret->types > TYPES_MAX || ret->types == 0 || ret->letters > 10000 ||
	    ret->is_utc > TYPES_MAX || ret->is_standard > TYPES_MAX)
		return refuse(err, "its counts make no sense");
	return ret->leaps == 0 ? 0 : refuse(err, "it counts leap seconds, as those below right/ do");
}

/* Passes over the 32-bit block. */
static int skip_block(struct piece *piece, const struct counts *c, struct err *err)
{
	size_t len = (size_t)c->moments * 5 + (size_t)c->types * 6 + c->letters + c->is_standard + c->is_utc;

	return take(piece, len) != NULL ? 0 : refuse(err, "it is cut off");
}

/* The offset of a type. */
static bool read_offset(const unsigned char *type, int32_t *ret_s)
{
	*ret_s = (int32_t)(uint32_t)big_endian(type, 4);
	return *ret_s >= OFFSET_MIN_S && *ret_s <= OFFSET_MAX_S;
}

static int read_block(struct piece *piece, const struct counts *c, struct arena *arena, struct zone *ret,
		      struct err *err)
{
	const unsigned char *moments = take(piece, (size_t)c->moments * 8);
	const unsigned char *indices = take(piece, c->moments);
	const unsigned char *types = take(piece, (size_t)c->types * 6);

	if (moments == NULL || indices == NULL || types == NULL ||
	    take(piece, (size_t)c->letters + c->is_standard + c->is_utc) == NULL)
		return refuse(err, "it is cut off");
	if (!read_offset(types, &ret->first_offset_s))
		return refuse(err, "its offsets are beyond a day");
	ret->count = c->moments;
	ret->moments_s = arena_new_array(arena, ret->count, int64_t);
	ret->offsets_s = arena_new_array(arena, ret->count, int32_t);
	for (size_t i = 0; i < ret->count; i++) {
		if (indices[i] >= c->types)
			return refuse(err, "it names a type that it does not have");
		ret->moments_s[i] = (int64_t)big_endian(moments + i * 8, 8);
		if (!read_offset(types + (size_t)indices[i] * 6, &ret->offsets_s[i]))
			return refuse(err, "its offsets are beyond a day");
		if (i > 0 && ret->moments_s[i] <= ret->moments_s[i - 1])
			return refuse(err, "its moments are out of order");
	}
	return 0;
}

/* The line between two newlines at the end; an empty one: the last offset stays for ever. */
static int read_footer(struct piece *piece, struct zone *ret, struct err *err)
{
	char text[FOOTER_MAX];
	const char *end = piece->len < 2 ? NULL : memchr(piece->at + 1, '\n', piece->len - 1);
	size_t len;

	if (end == NULL || piece->at[0] != '\n')
		return refuse(err, "its last line is missing");
	len = (size_t)(end - (const char *)piece->at) - 1;
	if (len >= sizeof(text))
		return refuse(err, "its last line is too long");
	memcpy(text, piece->at + 1, len);
	text[len] = '\0';
	ret->rule.offset_s = ret->count > 0 ? ret->offsets_s[ret->count - 1] : ret->first_offset_s;
	if (len > 0 && !zone_rule_parse(text, &ret->rule))
		return err_set(err, ERR_INPUT, "its rule \"%s\" cannot be read", text);
	return 0;
}

int zone_from_tzif(const void *bytes, size_t len, struct arena *arena, struct zone *ret_zone, struct err *err)
{
	struct piece piece = { bytes, len };
	struct counts counts;
	int e = read_header(&piece, &counts, err);

	*ret_zone = (struct zone){ .name = NULL };
	if (e == 0)
		e = skip_block(&piece, &counts, err);
	if (e == 0)
		e = read_header(&piece, &counts, err);
	if (e == 0)
		e = read_block(&piece, &counts, arena, ret_zone, err);
	return e < 0 ? e : read_footer(&piece, ret_zone, err);
}

/* ---- the rule ---- */

/* "CET", "<+03>". */
static bool skip_name(const char **text)
{
	size_t len = **text == '<' ? strcspn(*text, ">") + 1
				   : strspn(*text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

	if (len < 3 || len > strlen(*text))
		return false;
	*text += len;
	return true;
}

static bool take_number(const char **text, int min, int max, int *ret)
{
	int value = 0;
	const char *at = *text;

	for (; *at >= '0' && *at <= '9' && value <= max; at++)
		value = value * 10 + (*at - '0');
	if (at == *text || value < min || value > max)
		return false;
	*text = at;
	*ret = value;
	return true;
}

static bool take_char(const char **text, char c)
{
	bool is_there = **text == c;

	*text += is_there;
	return is_there;
}

/* "2", "-1:30", "24:00:00". */
static bool take_time(const char **text, int hours_max, int32_t *ret_s)
{
	bool is_negative = take_char(text, '-');
	int hours;
	int minutes = 0;
	int seconds = 0;

	(void)take_char(text, '+');
	if (!take_number(text, 0, hours_max, &hours))
		return false;
	if (take_char(text, ':') && !take_number(text, 0, 59, &minutes))
		return false;
	if (take_char(text, ':') && !take_number(text, 0, 59, &seconds))
		return false;
	*ret_s = (hours * 3600 + minutes * 60 + seconds) * (is_negative ? -1 : 1);
	return true;
}

/* The texts count west of Greenwich as positive. An offset has 24 hours at most, other than the time of a change. */
static bool take_offset(const char **text, int32_t *ret_s)
{
	bool is_good = take_time(text, 24, ret_s);

	*ret_s = -*ret_s;
	return is_good;
}

/* ",M3.5.0/2", ",J60", ",59". */
static bool take_change(const char **text, struct zone_change *ret)
{
	*ret = (struct zone_change){ .time_s = 2 * 3600 };
	if (!take_char(text, ','))
		return false;
	if (take_char(text, 'M')) {
		ret->kind = ZONE_DAY_OF_MONTH;
		if (!take_number(text, 1, 12, &ret->month) || !take_char(text, '.') ||
		    !take_number(text, 1, 5, &ret->week) || !take_char(text, '.') ||
		    !take_number(text, 0, 6, &ret->day))
			return false;
	} else {
		bool is_without_leap = take_char(text, 'J');

		ret->kind = is_without_leap ? ZONE_DAY_WITHOUT_LEAP : ZONE_DAY_OF_YEAR;
		if (!take_number(text, is_without_leap, 365, &ret->day))
			return false;
	}
	return !take_char(text, '/') || take_time(text, 167, &ret->time_s);
}

bool zone_rule_parse(const char *text, struct zone_rule *ret_rule)
{
	struct zone_rule rule = { .has_summer = false };

	if (!skip_name(&text) || !take_offset(&text, &rule.offset_s))
		return false;
	if (*text != '\0') {
		rule.has_summer = true;
		rule.summer_offset_s = rule.offset_s + 3600;
		if (!skip_name(&text) || (*text != ',' && !take_offset(&text, &rule.summer_offset_s)) ||
		    !take_change(&text, &rule.to_summer) || !take_change(&text, &rule.from_summer))
			return false;
	}
	*ret_rule = rule;
	return *text == '\0';
}
