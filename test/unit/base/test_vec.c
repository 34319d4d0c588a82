#include "base/vec.h"

#include "suite.h"

START_TEST(items_stay_in_order)
{
	struct vec vec = VEC_INIT;
	int numbers[1000];

	for (int i = 0; i < 1000; i++)
		vec_push(&vec, &numbers[i]);
	expect_int("all are there", vec.len, 1000);
	for (int i = 0; i < 1000; i++)
		expect_quick("in the order of their coming", vec.items[i] == &numbers[i]);
	vec_finish(&vec);
	expect_int("a finished vector is as new", vec.len, 0);
	vec_push(&vec, numbers);
	expect_int("and can be used again", vec.len, 1);
	vec_finish(&vec);
	vec_finish(&vec);
}
END_TEST

static const struct {
	const char *name;
	const char *items;
	size_t index;
	const char *want;
} removals[] = {
	{ "the first", "abcd", 0, "dbc" },
	{ "one in the middle", "abcd", 1, "adc" },
	{ "the last", "abcd", 3, "abc" },
	{ "the only one", "a", 0, "" },
};

START_TEST(the_last_takes_the_place_of_the_removed)
{
	struct vec vec = VEC_INIT;
	char text[8] = "";
	char letters[8] = "";

	memcpy(letters, removals[_i].items, strlen(removals[_i].items));
	for (size_t i = 0; letters[i] != '\0'; i++)
		vec_push(&vec, &letters[i]);
	vec_remove_unordered(&vec, removals[_i].index);
	for (size_t i = 0; i < vec.len; i++)
		text[i] = *(char *)vec.items[i];
	expect_str(removals[_i].name, text, removals[_i].want);
	vec_finish(&vec);
}
END_TEST

START_TEST(a_removal_beyond_the_end_is_a_bug)
{
	struct vec vec = VEC_INIT;

	vec_remove_unordered(&vec, 0);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, items_stay_in_order);
	suite_add_rows(tests, the_last_takes_the_place_of_the_removed, removals);
	if (suite_forks())
		tcase_add_test_raise_signal(tests, a_removal_beyond_the_end_is_a_bug, SIGABRT);
}

SUITE_MAIN("vec", add)
