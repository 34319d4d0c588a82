/* What a map does not show of a set: base/map stands on it, and its tests are this one's, too. */
#include "base/set.h"

#include "suite.h"

struct thing {
	const char *name;
	int number;
};

static const char *name_of(const void *item)
{
	return ((const struct thing *)item)->name;
}

START_TEST(a_thing_of_the_same_key_takes_the_place)
{
	struct thing one = { "a", 1 };
	struct thing other = { "a", 2 };
	struct set set = SET_INIT;

	expect("nothing was there", set_put(&set, name_of, &one) == NULL);
	expect("what was there comes back", set_put(&set, name_of, &other) == &one);
	expect("the other one is found", set_get(&set, name_of, "a") == &other);
	expect_int("one thing", set.len, 1);
	expect("it comes back when it is taken out", set_remove(&set, name_of, "a") == &other);
	expect("once", set_remove(&set, name_of, "a") == NULL);
	set_finish(&set);
}
END_TEST

/* The key is read where the thing has it: nothing of the first may be looked at once it is out. */
START_TEST(a_key_goes_with_its_thing)
{
	char text[] = "a";
	struct thing one = { text, 1 };
	struct thing other = { "a", 2 };
	struct set set = SET_INIT;
	size_t cursor = 0;
	void *item;

	(void)set_put(&set, name_of, &one);
	(void)set_put(&set, name_of, &other);
	text[0] = 'b';
	expect("found by its own", set_get(&set, name_of, "a") == &other);
	expect("and not by the one before", set_get(&set, name_of, "b") == NULL);
	expect("a walk meets it", set_next(&set, &cursor, &item) && item == &other);
	expect("alone", !set_next(&set, &cursor, &item));
	set_finish(&set);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, a_thing_of_the_same_key_takes_the_place);
	tcase_add_test(tests, a_key_goes_with_its_thing);
}

SUITE_MAIN("set", add)
