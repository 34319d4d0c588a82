/*
 * test/unit/suite: what every unit test program shares.
 *
 * A program is one Check suite. Tests loop over tables whose rows are named by a sentence; the expect_*
 * macros put that sentence in front of what went wrong. CK_FORK=no runs without fork, for a debugger.
 *
 *	static const struct { const char *name; … } rows[] = { { "an empty text is no number", … }, … };
 *
 *	START_TEST(reads_numbers)
 *	{
 *		expect_int(rows[_i].name, parse(rows[_i].text), rows[_i].want);
 *	}
 *	END_TEST
 *
 *	static void add(TCase *tests)
 *	{
 *		suite_add_rows(tests, reads_numbers, rows);
 *	}
 *
 *	SUITE_MAIN("number", add)
 */
#ifndef SLUICE_TEST_SUITE_H
#define SLUICE_TEST_SUITE_H

#include <check.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Runs fn once for each row of the table; the row's index is _i. */
#define suite_add_rows(tests, fn, rows) \
	tcase_add_loop_test((tests), (fn), 0, (int)(sizeof(rows) / sizeof((rows)[0])))

/* Is cond true? In loops of thousands: Check's own bookkeeping for each assertion takes its time. */
#define expect_quick(row, cond)            \
	do {                               \
		if (!(cond))               \
			expect(row, cond); \
	} while (0)

/* Is cond true? The row's name and the condition are shown when it is not. */
#define expect(row, cond) ck_assert_msg((cond), "%s: not true: %s", (row), #cond)

/* Are two whole numbers the same? */
#define expect_int(row, got, want)                                                              \
	do {                                                                                    \
		intmax_t got_ = (intmax_t)(got);                                                \
		intmax_t want_ = (intmax_t)(want);                                              \
		ck_assert_msg(got_ == want_, "%s: %s is %jd, not %jd", (row), #got, got_, want_); \
	} while (0)

/* Are two texts the same? NULL equals only NULL. */
#define expect_str(row, got, want)                                                             \
	do {                                                                                   \
		const char *got_ = (got);                                                      \
		const char *want_ = (want);                                                    \
		ck_assert_msg(got_ == want_ ||                                                 \
				      (got_ != NULL && want_ != NULL && strcmp(got_, want_) == 0), \
			      "%s: %s is\n%s\nnot\n%s", (row), #got,                           \
			      got_ == NULL ? "(null)" : got_, want_ == NULL ? "(null)" : want_); \
	} while (0)

/* Does text contain part? */
#define expect_contains(row, text, part)                                                   \
	do {                                                                               \
		const char *text_ = (text);                                                \
		ck_assert_msg(strstr(text_, (part)) != NULL, "%s: %s lacks\n%s\nin\n%s", (row), \
			      #text, (part), text_);                                       \
	} while (0)

/* Does each test run in a process of its own? Only then can a test end in a signal. */
static inline bool suite_forks(void)
{
	const char *fork = getenv("CK_FORK");

	return fork == NULL || strcmp(fork, "no") != 0;
}

/* Runs the tests that add() puts into one case. Returns the exit code: 0 when all passed. */
static inline int suite_run(const char *name, void (*add)(TCase *tests))
{
	Suite *suite = suite_create(name);
	TCase *tests = tcase_create(name);
	SRunner *runner;
	int failed;
	int ran;

	tcase_set_timeout(tests, 30);
	add(tests);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	ran = srunner_ntests_run(runner);
	srunner_free(runner);
	return failed == 0 && ran > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#define SUITE_MAIN(name, add)               \
	int main(void)                      \
	{                                   \
		return suite_run(name, add); \
	}

#endif
