/* The reading of ranges; comparing is in semver.c. */
#include <string.h>

#include "domain/semver.h"

/* A version of which the tail may be missing or a wildcard: parts says how many numbers were given. */
struct partial {
	struct semver version;
	int parts;
};

struct reader {
	const char *start;
	const char *at;
	struct semver_range *range;
	struct err *err;
	bool opens_alternative;
};

static int refuse(struct reader *r, const char *why)
{
	return err_set(r->err, ERR_INPUT, "\"%s\" is not a version range: %s at character %d", r->start, why,
		       (int)(r->at - r->start) + 1);
}

static void skip_blanks(struct reader *r)
{
	while (*r->at == ' ' || *r->at == ',')
		r->at++;
}

static int add(struct reader *r, enum semver_op op, struct semver version)
{
	if (r->range->count == SEMVER_RANGE_MAX)
		return refuse(r, "more than 32 comparators");
	r->range->items[r->range->count++] = (struct semver_comparator){
		.op = op,
		.version = version,
		.opens_alternative = r->opens_alternative,
	};
	r->opens_alternative = false;
	return 0;
}

static bool is_wildcard(char c)
{
	return c == 'x' || c == 'X' || c == '*';
}

/* Copies the word at r->at (up to a blank, a comma or a bar) into word. */
static int take_word(struct reader *r, char word[static 256])
{
	size_t len = strcspn(r->at, " ,|");

	if (len == 0)
		return refuse(r, "a version is missing");
	if (len > 255)
		return refuse(r, "a version is too long");
	memcpy(word, r->at, len);
	word[len] = '\0';
	return 0;
}

/* Reads the numbers of "1", "1.4", "1.4.x" up to the first wildcard or the end. */
static bool take_parts(const char *word, struct partial *ret)
{
	uint64_t *const numbers[] = { &ret->version.major, &ret->version.minor, &ret->version.patch };

	word += *word == 'v';
	for (int i = 0; i < 3; i++) {
		if (is_wildcard(*word)) {
			/* behind a wildcard only wildcards make sense */
			return strspn(word, "xX*.") == strlen(word);
		}
		if (*word < '0' || *word > '9')
			return false;
		for (; *word >= '0' && *word <= '9'; word++) {
			if (*numbers[i] > UINT64_C(100000000000000))
				return false;
			*numbers[i] = *numbers[i] * 10 + (uint64_t)(*word - '0');
		}
		ret->parts = i + 1;
		if (*word == '\0')
			return true;
		if (*word++ != '.' || i == 2)
			return false;
	}
	return false;
}

static int take_partial(struct reader *r, struct partial *ret)
{
	char word[256];
	int e = take_word(r, word);

	if (e < 0)
		return e;
	memset(ret, 0, sizeof(*ret));
	if (semver_parse(word, &ret->version)) {
		ret->parts = 3;
	} else {
		memset(ret, 0, sizeof(*ret));
		if (!take_parts(word, ret))
			return refuse(r, "this is not a version");
	}
	r->at += strlen(word);
	return 0;
}

/* The first version above all that the first `parts` numbers of p describe: 1.4 → 1.5.0-0. The "-0" keeps
 * pre-releases of the bound out, which stand below it. */
static struct semver upper_bound(const struct partial *p, int parts)
{
	struct semver v = { .prerelease = "0" };

	v.major = parts == 1 ? p->version.major + 1 : p->version.major;
	if (parts >= 2)
		v.minor = parts == 2 ? p->version.minor + 1 : p->version.minor;
	if (parts >= 3)
		v.patch = p->version.patch + 1;
	return v;
}

/* Adds ">= p" and "< the first version that differs in the first `parts` numbers". */
static int add_span(struct reader *r, const struct partial *p, int parts)
{
	int e = add(r, SEMVER_GE, p->version);

	if (e < 0 || parts == 0)
		return e;
	return add(r, SEMVER_LT, upper_bound(p, parts));
}

/* ^1.2.3 keeps the leftmost number that is not zero. */
static int caret_parts(const struct partial *p)
{
	if (p->version.major > 0 || p->parts <= 1)
		return p->parts < 1 ? p->parts : 1;
	if (p->version.minor > 0 || p->parts == 2)
		return 2;
	return 3;
}

/* >1.4 means >=1.5.0, <=1.4 means <1.5.0: a partial version stands for all that it begins. */
static int add_comparison(struct reader *r, enum semver_op op, const struct partial *p)
{
	struct semver none = { .prerelease = "0" };

	if (p->parts == 0)
		return op == SEMVER_GE || op == SEMVER_LE ? add(r, SEMVER_GE, p->version)
							   : add(r, SEMVER_LT, none);
	if (p->parts == 3 || op == SEMVER_GE || op == SEMVER_LT)
		return add(r, op, p->version);
	return add(r, op == SEMVER_GT ? SEMVER_GE : SEMVER_LT, upper_bound(p, p->parts));
}

static int read_hyphen_range(struct reader *r, const struct partial *from)
{
	struct partial to;
	int e;

	r->at += 2;
	skip_blanks(r);
	e = take_partial(r, &to);
	if (e < 0)
		return e;
	e = add(r, SEMVER_GE, from->version);
	return e < 0 ? e : add_comparison(r, SEMVER_LE, &to);
}

static int read_bare(struct reader *r)
{
	struct partial p;
	int e = take_partial(r, &p);

	if (e < 0)
		return e;
	if (strncmp(r->at, " - ", 3) == 0)
		return read_hyphen_range(r, &p);
	return p.parts == 3 ? add(r, SEMVER_EQ, p.version) : add_span(r, &p, p.parts);
}

/* Reads an operator and moves past it; SEMVER_EQ with *ret_len 0 when there is none. */
static enum semver_op take_operator(struct reader *r, size_t *ret_len)
{
	static const struct {
		const char *text;
		enum semver_op op;
	} table[] = { { ">=", SEMVER_GE }, { "<=", SEMVER_LE }, { ">", SEMVER_GT }, { "<", SEMVER_LT },
		      { "=", SEMVER_EQ } };

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		*ret_len = strlen(table[i].text);
		if (strncmp(r->at, table[i].text, *ret_len) == 0) {
			r->at += *ret_len;
			return table[i].op;
		}
	}
	*ret_len = 0;
	return SEMVER_EQ;
}

static int read_comparator(struct reader *r)
{
	char sign = *r->at;
	struct partial p;
	enum semver_op op = SEMVER_EQ;
	size_t len;
	int e;

	if (sign == '^' || sign == '~')
		r->at++;
	else
		op = take_operator(r, &len);
	if (sign != '^' && sign != '~' && (len == 0 || op == SEMVER_EQ))
		return read_bare(r);
	while (*r->at == ' ')
		r->at++;
	e = take_partial(r, &p);
	if (e < 0)
		return e;
	if (sign == '^')
		return add_span(r, &p, caret_parts(&p));
	if (sign == '~')
		return add_span(r, &p, p.parts < 2 ? p.parts : 2);
	return add_comparison(r, op, &p);
}

int semver_range_parse(const char *text, struct semver_range *ret, struct err *err)
{
	struct reader r = { .start = text, .at = text, .range = ret, .err = err };

	ret->count = 0;
	for (;;) {
		int before = ret->count;

		r.opens_alternative = true;
		for (skip_blanks(&r); *r.at != '\0' && *r.at != '|'; skip_blanks(&r)) {
			int e = read_comparator(&r);

			if (e < 0)
				return e;
		}
		if (ret->count == before)
			return refuse(&r, "a comparator is missing");
		if (*r.at == '\0')
			return 0;
		if (r.at[1] != '|')
			return refuse(&r, "alternatives are joined by \"||\"");
		r.at += 2;
	}
}
