#include "base/err.h"

#include <stdio.h>

#include "suite.h"

#define TEXT_SIZE sizeof(((struct err *)NULL)->text)

START_TEST(the_first_error_wins)
{
	struct err err = ERR_INIT;

	ck_assert(!err_is_set(&err));
	expect_int("a fresh error", err_set(&err, ERR_INPUT, "no %s", "digest"), ERR_INPUT);
	expect_int("a second error", err_set(&err, ERR_NET, "later"), ERR_NET);
	expect_int("the class of the first stays", err.class, ERR_INPUT);
	expect_str("the text of the first stays", err.text, "no digest");
	err_clear(&err);
	ck_assert(!err_is_set(&err));
	expect_str("a cleared error is empty", err.text, "");
}
END_TEST

START_TEST(nobody_needs_to_listen)
{
	expect_int("no struct, but the class comes back", err_set(NULL, ERR_GONE, "x"), ERR_GONE);
	err_prefix(NULL, "context");
}
END_TEST

START_TEST(context_is_put_in_front)
{
	struct err err = ERR_INIT;

	err_prefix(&err, "nothing happened");
	expect_str("a prefix alone is no error", err.text, "");
	err_set(&err, ERR_NET, "connection refused");
	err_prefix(&err, "channel %s/%s", "shop-beta", "shop");
	err_prefix(&err, "reconcile");
	expect_str("the outermost context comes first", err.text,
		   "reconcile: channel shop-beta/shop: connection refused");
	expect_int("the class stays", err.class, ERR_NET);
}
END_TEST

/* Long texts: filler times the repeated piece, then what must remain. */
static const struct {
	const char *name;
	const char *piece;
	size_t ascii_before; /* letters in front, to move the border through a character */
	size_t want_len;
} long_texts[] = {
	{ "ASCII fills the room", "x", 0, TEXT_SIZE - 1 },
	{ "two-byte characters, border inside one", "é", 0, TEXT_SIZE - 2 },
	{ "two-byte characters, border between two", "é", 1, TEXT_SIZE - 1 },
	{ "three-byte characters, two bytes over", "€", 0, TEXT_SIZE - 3 },
	{ "three-byte characters, border between two", "€", 2, TEXT_SIZE - 1 },
	{ "four-byte characters, three bytes over", "😀", 0, TEXT_SIZE - 4 },
	{ "four-byte characters, border between two", "😀", 3, TEXT_SIZE - 1 },
};

START_TEST(a_long_text_is_cut_between_characters)
{
	struct err err = ERR_INIT;
	char text[2048];
	size_t len = 0;

	for (; len < long_texts[_i].ascii_before; len++)
		text[len] = 'a';
	while (len < sizeof(text) - 8)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", long_texts[_i].piece);
	err_set(&err, ERR_INPUT, "%s", text);
	expect_int(long_texts[_i].name, strlen(err.text), long_texts[_i].want_len);
	expect_int(long_texts[_i].name, memcmp(err.text, text, long_texts[_i].want_len), 0);
}
END_TEST

START_TEST(a_prefix_to_a_full_text_cuts_between_characters)
{
	struct err err = ERR_INIT;
	char text[1024] = "";
	size_t len;

	for (len = 0; len < sizeof(text) - 4;)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "é");
	err_set(&err, ERR_INPUT, "%s", text);
	err_prefix(&err, "%s", text);
	len = strlen(err.text);
	expect("it fits", len < TEXT_SIZE);
	expect("it is nearly full", len >= TEXT_SIZE - 4);
	expect("the context's end is whole", strstr(err.text, "é: é") != NULL);
	expect("the end is whole", strcmp(err.text + len - strlen("é"), "é") == 0);
}
END_TEST

static const struct {
	const char *name;
	int class;
	const char *want;
} classes[] = {
	{ "no error", ERR_NONE, "None" },
	{ "input", ERR_INPUT, "Input" },
	{ "conflict", ERR_CONFLICT, "Conflict" },
	{ "gone", ERR_GONE, "Gone" },
	{ "not found", ERR_NOTFOUND, "NotFound" },
	{ "denied", ERR_DENIED, "Denied" },
	{ "busy", ERR_BUSY, "Busy" },
	{ "net", ERR_NET, "Net" },
	{ "no memory", ERR_NOMEM, "NoMemory" },
	{ "bug", ERR_BUG, "Bug" },
	{ "one below the last", ERR_BUG - 1, "Unknown" },
	{ "a positive number", 1, "Unknown" },
	{ "the least number", INT32_MIN, "Unknown" },
};

START_TEST(every_class_has_a_name)
{
	expect_str(classes[_i].name, err_class_name(classes[_i].class), classes[_i].want);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, the_first_error_wins);
	tcase_add_test(tests, nobody_needs_to_listen);
	tcase_add_test(tests, context_is_put_in_front);
	suite_add_rows(tests, a_long_text_is_cut_between_characters, long_texts);
	tcase_add_test(tests, a_prefix_to_a_full_text_cuts_between_characters);
	suite_add_rows(tests, every_class_has_a_name, classes);
}

SUITE_MAIN("err", add)
