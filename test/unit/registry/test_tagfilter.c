#include "registry/tagfilter.h"

#include "base/clock.h"
#include "suite.h"

static const char *const names[] = { "v1.2.3", "build-9", "build-10", "latest", "main-20260101-abc",
				     "b7-extra" };
#define NAME_COUNT (sizeof(names) / sizeof(names[0]))

static const struct {
	const char *name;
	const char *pattern;
	const char *want; /* "name=key " for each match */
} good[] = {
	{ "without a group the key is the whole tag", "^build-\\d+$", "build-9=build-9 build-10=build-10 " },
	{ "the first group is the key", "^build-(\\d+)$", "build-9=9 build-10=10 " },
	{ "the first of several groups is the key", "^(\\w+)-(\\d+)-(\\w+)$", "main-20260101-abc=main " },
	{ "a group that captures nothing of its own", "^(?:main|build)-(\\d+)",
	  "build-9=9 build-10=10 main-20260101-abc=20260101 " },
	{ "a group that took no part is an empty key", "^(?:build-9|build-(10))$",
	  "build-9= build-10=10 " },
	{ "a pattern is not anchored by itself", "7", "b7-extra=b7-extra " },
	{ "nothing may match", "^nothing$", "" },
	{ "look-ahead works", "^v(?=\\d)(.*)$", "v1.2.3=1.2.3 " },
};

START_TEST(gives_matches_with_keys)
{
	struct arena arena = ARENA_INIT;
	struct tagfilter_match *matches;
	struct err err = ERR_INIT;
	char got[512] = "";
	size_t count;
	size_t i;

	expect_int(good[_i].name,
		   tagfilter_apply(good[_i].pattern, names, NAME_COUNT, &arena, &matches, &count, &err), 0);
	for (i = 0; i < count; i++) {
		strcat(got, matches[i].name);
		strcat(got, "=");
		strcat(got, matches[i].key);
		strcat(got, " ");
	}
	expect_str(good[_i].name, got, good[_i].want);
	arena_finish(&arena);
}
END_TEST

static const struct {
	const char *name;
	const char *pattern;
	const char *says;
} bad[] = {
	{ "an open group is found with its position", "^build-(\\d+", "wrong at position 12: missing closing" },
	{ "a bad class is found", "[z-a]", "wrong at position" },
	{ "a quantifier needs something", "*", "wrong at position 1" },
	{ "an empty pattern is none", "", "1 to 256 bytes" },
	{ "nesting has a limit", "((((((((((((((((((((((((((((((((((a))))))))))))))))))))))))))))))))))",
	  "wrong at position" },
	{ "a pattern cannot grow without limit", "((((a{1000}){1000}){1000}){1000})", "wrong at position" },
	{ "a pattern cannot switch to UTF", "(*UTF)a", "wrong at position" },
	{ "a pattern cannot match half characters", "\\C", "wrong at position" },
};

START_TEST(refuses_bad_patterns)
{
	struct err err = ERR_INIT;

	expect_int(bad[_i].name, tagfilter_check(bad[_i].pattern, &err), ERR_INPUT);
	expect_contains(bad[_i].name, err.text, bad[_i].says);
}
END_TEST

START_TEST(refuses_a_pattern_of_257_bytes)
{
	char pattern[258];
	struct err err = ERR_INIT;

	memset(pattern, 'a', sizeof(pattern));
	pattern[257] = '\0';
	expect_int("257", tagfilter_check(pattern, &err), ERR_INPUT);
	pattern[256] = '\0';
	err_clear(&err);
	expect_int("256", tagfilter_check(pattern, &err), 0);
}
END_TEST

static const struct {
	const char *name;
	const char *pattern;
} slow[] = {
	{ "nested repetition", "^(a+)+$" },
	{ "overlapping alternatives", "^(a|aa)+$" },
	{ "many optional runs", "^a*a*a*a*a*a*a*a*a*a*a*[bc]$" },
	{ "recursion", "^(a(?1)?a?)+[bc]$" },
	{ "a pattern that lifts its own limit", "(*LIMIT_MATCH=4000000000)^(a+)+$" },
};

/* 1,000 tags of 128 bytes, the last byte a trap: without limits one of them would take years. */
START_TEST(ends_evil_patterns_quickly)
{
	struct arena arena = ARENA_INIT;
	struct tagfilter_match *matches;
	struct err err = ERR_INIT;
	const char *many[1000];
	char tag[129];
	int64_t start_ms;
	size_t count;
	size_t i;

	memset(tag, 'a', 127);
	tag[127] = '!';
	tag[128] = '\0';
	for (i = 0; i < 1000; i++)
		many[i] = tag;
	start_ms = clock_monotonic_ms();
	expect_int(slow[_i].name,
		   tagfilter_apply(slow[_i].pattern, many, 1000, &arena, &matches, &count, &err), ERR_INPUT);
	expect_contains(slow[_i].name, err.text, "takes too long");
	expect(slow[_i].name, clock_monotonic_ms() - start_ms < 2000);
	arena_finish(&arena);
}
END_TEST

START_TEST(takes_ten_thousand_tags)
{
	struct arena arena = ARENA_INIT;
	struct tagfilter_match *matches;
	struct err err = ERR_INIT;
	const char **many = calloc(10000, sizeof(*many));
	size_t count;
	size_t i;

	for (i = 0; i < 10000; i++)
		many[i] = arena_printf(&arena, "release-2026.%zu.1-linux-amd64-commit0123456789abcdef", i);
	expect_int("10000", tagfilter_apply("^release-(\\d+\\.\\d+)\\.\\d+-.*-commit[0-9a-f]+$", many, 10000,
					    &arena, &matches, &count, &err), 0);
	expect_int("10000", count, 10000);
	expect_str("10000", matches[9999].key, "2026.9999");
	free(many);
	arena_finish(&arena);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, gives_matches_with_keys, good);
	suite_add_rows(tests, refuses_bad_patterns, bad);
	tcase_add_test(tests, refuses_a_pattern_of_257_bytes);
	suite_add_rows(tests, ends_evil_patterns_quickly, slow);
	tcase_add_test(tests, takes_ten_thousand_tags);
}

SUITE_MAIN("tagfilter", add)
