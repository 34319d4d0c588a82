#include "kube/token.h"

#include <stdio.h>
#include <unistd.h>

#include "suite.h"

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert(fputs(text, file) >= 0 && fclose(file) == 0);
}

/* The file holds "first\n" at 0 ms. */
static const struct {
	const char *name;
	const char *text; /* that the file holds afterwards; NULL: it is gone */
	int64_t now_ms;
	bool must;
	bool want_new;
	const char *want;
} rows[] = {
	{ "before its time", "second", 59999, false, false, "first" },
	{ "after a minute", "second", 60000, false, true, "second" },
	{ "before its time, but with a reason", "second", 0, true, true, "second" },
	{ "the same", "first", 60000, true, false, "first" },
	{ "white space around it does not count", " \n\tsecond\r\n", 60000, false, true, "second" },
	{ "an empty file", "", 60000, true, false, "first" },
	{ "two words", "two words", 60000, true, false, "first" },
	{ "no file", NULL, 60000, true, false, "first" },
};

START_TEST(a_file_is_read_again)
{
	char path[] = "/tmp/sluice-token-XXXXXX";
	struct token token;
	struct err err = ERR_INIT;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	(void)close(fd);
	write_file(path, "first\n");
	ck_assert(token_init(&token, "unused", path, 0, &err) == 0);
	ck_assert_str_eq(token.text, "first");
	(void)unlink(path);
	if (rows[_i].text != NULL)
		write_file(path, rows[_i].text);
	expect_int(rows[_i].name, token_look(&token, rows[_i].now_ms, rows[_i].must), rows[_i].want_new);
	expect_str(rows[_i].name, token.text, rows[_i].want);
	token_finish(&token);
	(void)unlink(path);
}
END_TEST

START_TEST(a_fixed_one_stays)
{
	struct token token;
	struct err err = ERR_INIT;

	ck_assert(token_init(&token, "abc", NULL, 0, &err) == 0);
	ck_assert(!token_look(&token, 60000, true));
	ck_assert_str_eq(token.text, "abc");
	token_finish(&token);
	ck_assert(token_init(&token, NULL, NULL, 0, &err) == 0);
	ck_assert_ptr_null(token.text);
	token_finish(&token);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, a_file_is_read_again, rows);
	tcase_add_test(tests, a_fixed_one_stays);
}

SUITE_MAIN("token", add)
