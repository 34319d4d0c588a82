#include "registry/link.h"
#include "suite.h"

static const struct {
	const char *name;
	const char *text;
	const char *want; /* NULL: refused */
} rows[] = {
	{ "no header is no next page", "", "" },
	{ "a next page as distribution writes it", "</v2/a/tags/list?last=x&n=9>; rel=\"next\"",
	  "/v2/a/tags/list?last=x&n=9" },
	{ "rel without quotes", "</b>;rel=next", "/b" },
	{ "capitals of rel do not count", "</b>; REL=\"Next\"", "/b" },
	{ "rel may hold several words", "</b>; rel=\"last next\"", "/b" },
	{ "a word that begins like next is another", "</b>; rel=\"nextish\"", "" },
	{ "other relations are not the next page", "</a>; rel=\"prev\"", "" },
	{ "the next page among others", "</a>; rel=\"prev\", </b>; title=\"x, y\"; rel=\"next\", </c>", "/b" },
	{ "a parameter without a value is passed over", "</b>; crossorigin; rel=next", "/b" },
	{ "a quoted mark within a title is text", "</b>; title=\"a\\\"; rel=no\"; rel=next", "/b" },
	{ "empty members of the list do not count", ", ,</b>; rel=next,", "/b" },
	{ "a target needs its brackets", "/b; rel=next", NULL },
	{ "brackets are closed", "</b; rel=next", NULL },
	{ "a quoted string ends", "</b>; rel=\"next", NULL },
	{ "a backslash at the end quotes nothing", "</b>; rel=\"next\\", NULL },
	{ "parameters begin with a semicolon", "</b> rel=next", NULL },
};

START_TEST(finds_the_next_page)
{
	char target[ORIGIN_PATH_SIZE];
	struct err err = ERR_INIT;
	int r = link_next(rows[_i].text, strlen(rows[_i].text), target, &err);

	expect_int(rows[_i].name, r, rows[_i].want == NULL ? ERR_INPUT : 0);
	if (rows[_i].want != NULL)
		expect_str(rows[_i].name, target, rows[_i].want);
}
END_TEST

/* Each header cut at each byte, in memory of exactly that size. */
START_TEST(stays_inside_the_bytes)
{
	size_t whole = strlen(rows[_i].text);
	size_t len;

	for (len = 0; len <= whole; len++) {
		char target[ORIGIN_PATH_SIZE];
		struct err err = ERR_INIT;
		char *exact = malloc(len > 0 ? len : 1);

		memcpy(exact, rows[_i].text, len);
		expect_int(rows[_i].name, link_next(exact, len, target, &err), (int)err.class);
		expect(rows[_i].name, strlen(target) < ORIGIN_PATH_SIZE);
		free(exact);
	}
}
END_TEST

START_TEST(refuses_a_target_that_is_too_long)
{
	char text[ORIGIN_PATH_SIZE + 32] = "<";
	char target[ORIGIN_PATH_SIZE];
	struct err err = ERR_INIT;

	memset(text + 1, 'a', ORIGIN_PATH_SIZE);
	memcpy(text + 1 + ORIGIN_PATH_SIZE, ">; rel=next", 12);
	expect_int("long", link_next(text, strlen(text), target, &err), ERR_INPUT);
	expect_contains("long", err.text, "too long");
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, finds_the_next_page, rows);
	suite_add_rows(tests, stays_inside_the_bytes, rows);
	tcase_add_test(tests, refuses_a_target_that_is_too_long);
}

SUITE_MAIN("link", add)
