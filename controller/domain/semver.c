#include "domain/semver.h"

#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_identifier_char(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

/* Reads a number without leading zeros, at most 15 digits. */
static bool take_number(const char **text, uint64_t *ret)
{
	const char *at = *text;
	uint64_t value = 0;

	if (!is_digit(*at) || (at[0] == '0' && is_digit(at[1])))
		return false;
	for (; is_digit(*at); at++) {
		if (at - *text >= 15)
			return false;
		value = value * 10 + (uint64_t)(*at - '0');
	}
	*text = at;
	*ret = value;
	return true;
}

/* The length of dot-separated identifiers at text; 0 when there are none or one is empty. Numeric ones may
 * have no leading zero when is_strict. */
static size_t identifiers_len(const char *text, bool is_strict)
{
	size_t len = 0;

	for (;;) {
		size_t start = len;
		bool is_numeric = true;

		for (; is_identifier_char(text[len]); len++)
			is_numeric = is_numeric && is_digit(text[len]);
		if (len == start || (is_strict && is_numeric && text[start] == '0' && len - start > 1))
			return 0;
		if (text[len] != '.')
			return len;
		len++;
	}
}

/* Reads "-rc.1" and "+build" if they are there. */
static bool take_suffixes(const char **text, struct semver *ret)
{
	size_t len;

	ret->prerelease[0] = '\0';
	if (**text == '-') {
		len = identifiers_len(*text + 1, true);
		if (len == 0 || len >= SEMVER_PRERELEASE_SIZE)
			return false;
		memcpy(ret->prerelease, *text + 1, len);
		ret->prerelease[len] = '\0';
		*text += len + 1;
	}
	if (**text == '+') {
		len = identifiers_len(*text + 1, false);
		if (len == 0)
			return false;
		*text += len + 1;
	}
	return true;
}

bool semver_parse(const char *text, struct semver *ret)
{
	struct semver version;

	if (*text == 'v')
		text++;
	if (!take_number(&text, &version.major) || *text++ != '.' ||
	    !take_number(&text, &version.minor) || *text++ != '.' ||
	    !take_number(&text, &version.patch) || !take_suffixes(&text, &version) || *text != '\0')
		return false;
	*ret = version;
	return true;
}

static int compare_u64(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* Compares one identifier: numbers by value and below words, words by byte. */
static int compare_identifiers(const char *a, size_t a_len, const char *b, size_t b_len)
{
	bool a_is_number = strspn(a, "0123456789") >= a_len;
	bool b_is_number = strspn(b, "0123456789") >= b_len;
	size_t shorter = a_len < b_len ? a_len : b_len;
	int order;

	if (a_is_number != b_is_number)
		return a_is_number ? -1 : 1;
	if (a_is_number && a_len != b_len)
		return a_len < b_len ? -1 : 1;
	order = strncmp(a, b, shorter);
	return order != 0 ? order : compare_u64(a_len, b_len);
}

static int compare_prereleases(const char *a, const char *b)
{
	if (*a == '\0' || *b == '\0')
		return (*a == '\0') - (*b == '\0');
	for (;;) {
		size_t a_len = strcspn(a, ".");
		size_t b_len = strcspn(b, ".");
		int order = compare_identifiers(a, a_len, b, b_len);

		if (order != 0)
			return order;
		if (a[a_len] == '\0' || b[b_len] == '\0')
			return (a[a_len] != '\0') - (b[b_len] != '\0');
		a += a_len + 1;
		b += b_len + 1;
	}
}

static int compare_cores(const struct semver *a, const struct semver *b)
{
	int order = compare_u64(a->major, b->major);

	if (order == 0)
		order = compare_u64(a->minor, b->minor);
	return order != 0 ? order : compare_u64(a->patch, b->patch);
}

int semver_compare(const struct semver *a, const struct semver *b)
{
	int order = compare_cores(a, b);

	return order != 0 ? order : compare_prereleases(a->prerelease, b->prerelease);
}

static bool comparator_holds(const struct semver_comparator *c, const struct semver *version)
{
	int order = semver_compare(version, &c->version);

	switch (c->op) {
	case SEMVER_EQ:
		return order == 0;
	case SEMVER_GT:
		return order > 0;
	case SEMVER_GE:
		return order >= 0;
	case SEMVER_LT:
		return order < 0;
	case SEMVER_LE:
		return order <= 0;
	}
	return false;
}

bool semver_range_contains(const struct semver_range *range, const struct semver *version)
{
	bool is_prerelease = version->prerelease[0] != '\0';

	for (int i = 0; i < range->count;) {
		bool holds = true;
		bool is_allowed = !is_prerelease;

		do {
			const struct semver_comparator *c = &range->items[i];

			holds = holds && comparator_holds(c, version);
			is_allowed = is_allowed || (c->version.prerelease[0] != '\0' &&
						    compare_cores(&c->version, version) == 0);
			i++;
		} while (i < range->count && !range->items[i].opens_alternative);
		if (holds && is_allowed)
			return true;
	}
	return false;
}
