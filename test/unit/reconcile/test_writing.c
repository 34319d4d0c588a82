#include "reconcile/writing.h"

#include "base/str.h"
#include "base/vec.h"
#include "suite.h"

static void on_call(void *user, const char *key)
{
	vec_push(user, strdup(key));
}

/* The keys that were called, each with a space behind it; frees them. */
static void take_keys(struct vec *keys, char *text)
{
	text[0] = '\0';
	for (size_t i = 0; i < keys->len; i++) {
		strncat(text, keys->items[i], 16);
		strncat(text, " ", 2);
		free(keys->items[i]);
	}
	vec_finish(keys);
}

static void expect_release(struct writing *writing, const char *object, const char *want)
{
	struct vec keys = VEC_INIT;
	char text[128];

	writing_release(writing, object, on_call, &keys);
	take_keys(&keys, text);
	ck_assert_str_eq(text, want);
}

static void expect_pass(struct writing *writing, const char *key, const char *want)
{
	struct vec keys = VEC_INIT;
	char text[128];

	writing_pass(writing, key, on_call, &keys);
	take_keys(&keys, text);
	ck_assert_str_eq(text, want);
}

/* "pins" is taken by a, and these wait for it, in this order. */
static struct writing *with_line(const char *keys)
{
	struct writing *writing = writing_create();
	char key[2] = "";

	ck_assert(writing_take(writing, "pins", "a"));
	for (; *keys != '\0'; keys++) {
		key[0] = *keys;
		ck_assert(!writing_take(writing, "pins", key));
	}
	return writing;
}

START_TEST(an_object_is_taken_once)
{
	struct writing *writing = with_line("");

	ck_assert(writing_take(writing, "status", "b"));
	ck_assert(!writing_take(writing, "pins", "b"));
	expect_release(writing, "pins", "b ");
	ck_assert(writing_take(writing, "pins", "b"));
	expect_release(writing, "pins", "");
	writing_destroy(writing);
}
END_TEST

START_TEST(who_waits_is_called_in_turn_and_once)
{
	struct writing *writing = with_line("cbc");

	expect_release(writing, "pins", "c ");
	ck_assert(writing_take(writing, "pins", "c"));
	expect_release(writing, "pins", "b ");
	ck_assert(writing_take(writing, "pins", "b"));
	expect_pass(writing, "c", "");
	expect_release(writing, "pins", "");
	writing_destroy(writing);
}
END_TEST

START_TEST(who_is_called_and_does_not_take_it_lets_the_next_one_be_called)
{
	struct writing *writing = with_line("bcd");

	expect_pass(writing, "b", "");
	expect_release(writing, "pins", "b ");
	expect_pass(writing, "c", "");
	expect_pass(writing, "b", "c ");
	expect_pass(writing, "b", "");
	expect_pass(writing, "c", "d ");
	expect_pass(writing, "d", "");
	ck_assert(writing_take(writing, "pins", "b"));
	expect_release(writing, "pins", "");
	writing_destroy(writing);
}
END_TEST

START_TEST(who_is_called_and_finds_it_taken_gets_into_line_again)
{
	struct writing *writing = with_line("bc");

	expect_release(writing, "pins", "b ");
	ck_assert(writing_take(writing, "pins", "x"));
	ck_assert(!writing_take(writing, "pins", "b"));
	expect_pass(writing, "b", "");
	expect_release(writing, "pins", "c ");
	expect_pass(writing, "c", "b ");
	writing_destroy(writing);
}
END_TEST

/* The object was taken and freed by another before who was called has come: nobody else is called until then. */
START_TEST(who_is_called_is_waited_for)
{
	struct writing *writing = with_line("bc");

	expect_release(writing, "pins", "b ");
	ck_assert(writing_take(writing, "pins", "x"));
	expect_release(writing, "pins", "");
	expect_pass(writing, "b", "c ");
	ck_assert(writing_take(writing, "pins", "y"));
	expect_pass(writing, "c", "");
	ck_assert(!writing_take(writing, "pins", "d"));
	expect_release(writing, "pins", "d ");
	writing_destroy(writing);
}
END_TEST

START_TEST(who_takes_it_uncalled_leaves_the_line)
{
	struct writing *writing = with_line("bcd");

	expect_release(writing, "pins", "b ");
	ck_assert(writing_take(writing, "pins", "c"));
	expect_release(writing, "pins", "");
	expect_pass(writing, "b", "d ");
	ck_assert(writing_take(writing, "pins", "d"));
	ck_assert(!writing_take(writing, "pins", "c"));
	expect_release(writing, "pins", "c ");
	expect_pass(writing, "c", "");
	writing_destroy(writing);
}
END_TEST

START_TEST(who_waits_at_the_end_is_forgotten)
{
	struct writing *writing = with_line("bcd");

	expect_release(writing, "pins", "b ");
	writing_destroy(writing);
	writing_destroy(NULL);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, an_object_is_taken_once);
	tcase_add_test(tests, who_waits_is_called_in_turn_and_once);
	tcase_add_test(tests, who_is_called_and_does_not_take_it_lets_the_next_one_be_called);
	tcase_add_test(tests, who_is_called_and_finds_it_taken_gets_into_line_again);
	tcase_add_test(tests, who_is_called_is_waited_for);
	tcase_add_test(tests, who_takes_it_uncalled_leaves_the_line);
	tcase_add_test(tests, who_waits_at_the_end_is_forgotten);
}

SUITE_MAIN("writing", add)
