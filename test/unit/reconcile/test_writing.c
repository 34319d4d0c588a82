#include "reconcile/writing.h"

#include "base/str.h"
#include "base/vec.h"
#include "suite.h"

static void on_free(void *user, const char *key)
{
	vec_push(user, strdup(key));
}

/* Frees object; the keys that were told, sorted, each with a space behind it. */
static void release(struct writing *writing, const char *object, char *text)
{
	struct vec keys = VEC_INIT;

	text[0] = '\0';
	writing_release(writing, object, on_free, &keys);
	if (keys.len > 0)
		qsort(keys.items, keys.len, sizeof(void *), str_compare_items);
	for (size_t i = 0; i < keys.len; i++) {
		strncat(text, keys.items[i], 16);
		strncat(text, " ", 2);
		free(keys.items[i]);
	}
	vec_finish(&keys);
}

START_TEST(an_object_is_taken_once)
{
	struct writing *writing = writing_create();
	char told[128];

	ck_assert(writing_take(writing, "pins", "a"));
	ck_assert(writing_take(writing, "status", "b"));
	ck_assert(!writing_take(writing, "pins", "b"));
	release(writing, "pins", told);
	ck_assert_str_eq(told, "b ");
	ck_assert(writing_take(writing, "pins", "b"));
	release(writing, "pins", told);
	ck_assert_str_eq(told, "");
	writing_destroy(writing);
}
END_TEST

START_TEST(everybody_who_waits_is_told_once)
{
	struct writing *writing = writing_create();
	char told[128];

	ck_assert(writing_take(writing, "pins", "a"));
	ck_assert(!writing_take(writing, "pins", "c"));
	ck_assert(!writing_take(writing, "pins", "b"));
	ck_assert(!writing_take(writing, "pins", "c"));
	release(writing, "pins", told);
	ck_assert_str_eq(told, "b c ");
	writing_destroy(writing);
}
END_TEST

START_TEST(what_is_taken_at_the_end_is_forgotten)
{
	struct writing *writing = writing_create();

	ck_assert(writing_take(writing, "pins", "a"));
	ck_assert(!writing_take(writing, "pins", "b"));
	writing_destroy(writing);
	writing_destroy(NULL);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, an_object_is_taken_once);
	tcase_add_test(tests, everybody_who_waits_is_told_once);
	tcase_add_test(tests, what_is_taken_at_the_end_is_forgotten);
}

SUITE_MAIN("writing", add)
