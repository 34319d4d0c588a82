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
	enum token_news news;
	const char *want;
} rows[] = {
	{ "before its time", "second", 59999, false, TOKEN_SAME, "first" },
	{ "after a minute", "second", 60000, false, TOKEN_NEW, "second" },
	{ "before its time, but with a reason", "second", 0, true, TOKEN_NEW, "second" },
	{ "the same", "first", 60000, true, TOKEN_SAME, "first" },
	{ "white space around it does not count", " \n\tsecond\r\n", 60000, false, TOKEN_NEW, "second" },
	{ "an empty file", "", 60000, true, TOKEN_TROUBLE, "first" },
	{ "two words", "two words", 60000, true, TOKEN_TROUBLE, "first" },
	{ "no file", NULL, 60000, true, TOKEN_TROUBLE, "first" },
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
	expect_int(rows[_i].name, token_look(&token, rows[_i].now_ms, rows[_i].must), rows[_i].news);
	expect_str(rows[_i].name, token.text, rows[_i].want);
	token_finish(&token);
	(void)unlink(path);
}
END_TEST

/* A file that is gone is told of once, is looked at again soon, and its return is news when it holds another token. */
START_TEST(trouble_is_told_of_once)
{
	char path[] = "/tmp/sluice-token-XXXXXX";
	struct token token;
	struct err err = ERR_INIT;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	(void)close(fd);
	write_file(path, "first");
	ck_assert(token_init(&token, NULL, path, 0, &err) == 0);
	(void)unlink(path);
	ck_assert_int_eq(token_look(&token, 60000, false), TOKEN_TROUBLE);
	ck_assert_ptr_nonnull(strstr(token.trouble.text, "No such file"));
	ck_assert_int_eq(token_look(&token, 69999, false), TOKEN_SAME);
	ck_assert_int_eq(token_look(&token, 70000, false), TOKEN_SAME);
	write_file(path, "second");
	ck_assert_int_eq(token_look(&token, 80000, false), TOKEN_NEW);
	ck_assert_str_eq(token.trouble.text, "");
	(void)unlink(path);
	ck_assert_int_eq(token_look(&token, 140000, false), TOKEN_TROUBLE);
	token_finish(&token);
}
END_TEST

START_TEST(a_fixed_one_stays)
{
	struct token token;
	struct err err = ERR_INIT;

	ck_assert(token_init(&token, "abc", NULL, 0, &err) == 0);
	ck_assert_int_eq(token_look(&token, 60000, true), TOKEN_SAME);
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
	tcase_add_test(tests, trouble_is_told_of_once);
	tcase_add_test(tests, a_fixed_one_stays);
}

SUITE_MAIN("token", add)
