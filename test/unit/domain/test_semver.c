/* Versions and ranges: the examples of semver.org, and of npm where that is silent. */
#include "domain/semver.h"
#include "suite.h"

static const struct {
	const char *name;
	const char *text;
	bool is_version;
} versions[] = {
	{ "a plain version is one", "1.2.3", true },
	{ "a leading v is allowed", "v1.2.3", true },
	{ "zero is a number", "0.0.0", true },
	{ "a pre-release is part of it", "1.0.0-alpha.1", true },
	{ "hyphens may stand in a pre-release", "1.0.0-x-y-z.--", true },
	{ "build metadata is read", "1.0.0+20130313144700", true },
	{ "both suffixes may stand together", "1.0.0-beta+exp.sha.5114f85", true },
	{ "two numbers are not enough", "1.2", false },
	{ "four numbers are too many", "1.2.3.4", false },
	{ "a leading zero is refused", "01.2.3", false },
	{ "a leading zero in a numeric identifier is refused", "1.2.3-01", false },
	{ "an empty identifier is refused", "1.2.3-a..b", false },
	{ "an empty pre-release is refused", "1.2.3-", false },
	{ "empty build metadata is refused", "1.2.3+", false },
	{ "a blank is refused", "1.2.3 ", false },
	{ "words are no version", "latest", false },
	{ "nothing is no version", "", false },
	{ "a number that does not fit is refused", "99999999999999999999.0.0", false },
	{ "a capital V is refused", "V1.2.3", false },
};

START_TEST(a_version_is_recognised)
{
	struct semver version;

	ck_assert_msg(semver_parse(versions[_i].text, &version) == versions[_i].is_version, "%s",
		      versions[_i].name);
}
END_TEST

/* semver.org, 11: each is lower than the next. */
static const char *const ordered[] = {
	"0.9.0",	"1.0.0-alpha",	"1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
	"1.0.0-beta.11", "1.0.0-rc.1",	"1.0.0",	 "1.0.1",	     "1.1.0",	   "1.10.0",
	"2.0.0",
};

START_TEST(precedence_follows_the_specification)
{
	struct semver low;
	struct semver high;

	ck_assert(semver_parse(ordered[_i], &low));
	ck_assert(semver_parse(ordered[_i + 1], &high));
	ck_assert_int_lt(semver_compare(&low, &high), 0);
	ck_assert_int_gt(semver_compare(&high, &low), 0);
	ck_assert_int_eq(semver_compare(&low, &low), 0);
}
END_TEST

START_TEST(build_metadata_does_not_count)
{
	struct semver a;
	struct semver b;

	ck_assert(semver_parse("1.0.0+a", &a) && semver_parse("1.0.0+b", &b));
	ck_assert_int_eq(semver_compare(&a, &b), 0);
}
END_TEST

static const struct {
	const char *range;
	const char *version;
	bool is_in;
} memberships[] = {
	{ "1.2.3", "1.2.3", true },	      { "1.2.3", "1.2.4", false },
	{ "=1.2.3", "1.2.3", true },	      { "=1.2", "1.2.9", true },
	{ ">=1.2.3", "1.2.3", true },	      { ">=1.2.3", "1.2.2", false },
	{ ">1.2.3", "1.2.3", false },	      { ">1.2", "1.2.9", false },
	{ ">1.2", "1.3.0", true },	      { "<=1.2", "1.2.9", true },
	{ "<=1.2", "1.3.0", false },	      { "<1.2", "1.2.0", false },
	{ "<1.2", "1.1.9", true },	      { ">=1.2 <2", "1.9.9", true },
	{ ">=1.2 <2", "2.0.0", false },	      { ">=1.2, <2", "1.9.9", true },
	{ "1", "1.9.9", true },		      { "1", "2.0.0", false },
	{ "1.2", "1.2.9", true },	      { "1.2.x", "1.2.9", true },
	{ "1.x", "1.9.9", true },	      { "1.X.X", "1.9.9", true },
	{ "*", "0.0.1", true },		      { "x", "7.0.0", true },
	{ "^1.2.3", "1.9.0", true },	      { "^1.2.3", "2.0.0", false },
	{ "^1.2.3", "1.2.2", false },	      { "^0.2.3", "0.2.9", true },
	{ "^0.2.3", "0.3.0", false },	      { "^0.0.3", "0.0.3", true },
	{ "^0.0.3", "0.0.4", false },	      { "^0.0", "0.0.9", true },
	{ "^0.0", "0.1.0", false },	      { "^1", "1.9.0", true },
	{ "^1.2", "1.9.0", true },	      { "~1.2.3", "1.2.9", true },
	{ "~1.2.3", "1.3.0", false },	      { "~1", "1.9.0", true },
	{ "~1", "2.0.0", false },	      { "~1.2", "1.2.9", true },
	{ "1.2 - 1.4", "1.4.9", true },	      { "1.2 - 1.4", "1.5.0", false },
	{ "1.2.3 - 2.3.4", "2.3.4", true },   { "1.2.3 - 2.3.4", "2.3.5", false },
	{ "1.0.0 || >=2", "1.0.0", true },    { "1.0.0 || >=2", "1.5.0", false },
	{ "1.0.0||>=2", "2.5.0", true },      { ">= 1.2.3", "1.2.3", true },
	{ "v1.2.3", "1.2.3", true },	      { "^v1.2.3", "1.9.0", true },
	/* pre-releases */
	{ ">=1.4.0-0", "1.4.0-rc.1", true },  { ">=1.4.0-0", "1.5.0", true },
	{ ">=1.4.0-0", "1.5.0-rc.1", false }, { ">=1.4.0", "1.5.0-rc.1", false },
	{ "*", "1.0.0-rc.1", false },	      { "^1.2.3-beta.2", "1.2.3-beta.4", true },
	{ "^1.2.3-beta.2", "1.2.3-beta.1", false }, { "^1.2.3-beta.2", "1.2.4-beta.2", false },
	{ "^1.2.3", "2.0.0-rc.1", false },    { "<2", "2.0.0-rc.1", false },
	{ ">=1.0.0-0 <1.0.0", "1.0.0-rc.1", true }, { "1.0.0-rc.1", "1.0.0-rc.1", true },
	{ ">*", "1.0.0", false },	      { "<*", "0.0.0", false },
};

START_TEST(a_range_holds_what_npm_says)
{
	struct semver_range range;
	struct semver version;
	struct err err = ERR_INIT;

	ck_assert_msg(semver_range_parse(memberships[_i].range, &range, &err) == 0, "%s", err.text);
	ck_assert(semver_parse(memberships[_i].version, &version));
	ck_assert_msg(semver_range_contains(&range, &version) == memberships[_i].is_in, "%s in %s",
		      memberships[_i].version, memberships[_i].range);
}
END_TEST

static const struct {
	const char *range;
	const char *says;
} bad_ranges[] = {
	{ "", "a comparator is missing at character 1" },
	{ "||", "a comparator is missing at character 1" },
	{ "1.2.3 ||", "a comparator is missing at character 9" },
	{ "1 | 2", "alternatives are joined by \"||\" at character 3" },
	{ "latest", "this is not a version at character 1" },
	{ ">=1.x.y", "this is not a version at character 3" },
	{ "1.2.3.4", "this is not a version at character 1" },
	{ "1..2", "this is not a version at character 1" },
	{ ">=", "a version is missing at character 3" },
	{ "^", "a version is missing at character 2" },
	{ ">>1", "this is not a version at character 2" },
};

START_TEST(a_bad_range_is_refused_with_its_place)
{
	struct semver_range range;
	struct err err = ERR_INIT;

	ck_assert_int_eq(semver_range_parse(bad_ranges[_i].range, &range, &err), ERR_INPUT);
	ck_assert_msg(strstr(err.text, bad_ranges[_i].says) != NULL, "\"%s\" lacks \"%s\"", err.text,
		      bad_ranges[_i].says);
}
END_TEST

START_TEST(too_many_comparators_are_refused)
{
	char text[256] = "";
	struct semver_range range;
	struct err err = ERR_INIT;

	for (int i = 0; i < SEMVER_RANGE_MAX + 1; i++)
		memcpy(text + 3 * i, "<1 ", 4);
	ck_assert_int_eq(semver_range_parse(text, &range, &err), ERR_INPUT);
	ck_assert_ptr_nonnull(strstr(err.text, "more than 32 comparators"));
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, a_version_is_recognised, versions);
	tcase_add_loop_test(tests, precedence_follows_the_specification, 0,
			    (int)(sizeof(ordered) / sizeof(ordered[0])) - 1);
	tcase_add_test(tests, build_metadata_does_not_count);
	suite_add_rows(tests, a_range_holds_what_npm_says, memberships);
	suite_add_rows(tests, a_bad_range_is_refused_with_its_place, bad_ranges);
	tcase_add_test(tests, too_many_comparators_are_refused);
}

SUITE_MAIN("semver", add)
