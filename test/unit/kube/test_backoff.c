#include "kube/backoff.h"

#include "suite.h"

START_TEST(delays_double_up_to_the_limit)
{
	static const int64_t want[] = { 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000 };
	struct backoff backoff = BACKOFF_INIT;
	int64_t now = 1000;

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		int64_t delay = backoff_next(&backoff, now);

		ck_assert_int_ge(delay, want[i]);
		ck_assert_int_le(delay, 2 * want[i]);
		now += delay;
	}
}
END_TEST

START_TEST(two_quiet_minutes_begin_anew)
{
	struct backoff backoff = BACKOFF_INIT;
	int64_t now = 1000;

	for (int i = 0; i < 5; i++)
		now += backoff_next(&backoff, now);
	now += 119000;
	ck_assert_int_ge(backoff_next(&backoff, now), 25600);
	now = backoff.until_ms + 120001;
	ck_assert_int_le(backoff_next(&backoff, now), 1600);
}
END_TEST

START_TEST(chance_stays_within_its_bounds)
{
	int64_t least = 100;
	int64_t most = 0;

	for (int i = 0; i < 2000; i++) {
		int64_t drawn = backoff_random(10, 20);

		least = drawn < least ? drawn : least;
		most = drawn > most ? drawn : most;
	}
	ck_assert_int_eq(least, 10);
	ck_assert_int_eq(most, 20);
	ck_assert_int_eq(backoff_random(5, 5), 5);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, delays_double_up_to_the_limit);
	tcase_add_test(tests, two_quiet_minutes_begin_anew);
	tcase_add_test(tests, chance_stays_within_its_bounds);
}

SUITE_MAIN("backoff", add)
