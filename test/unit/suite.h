/*
 * test/unit/suite: what every unit test program shares.
 *
 * A program is one Check suite. Tests loop over tables whose rows are named by a sentence; the expect_*
 * macros put that sentence in front of what went wrong. CK_FORK=no runs without fork, for a debugger;
 * SUITE_ONLY=reads_numbers:3 runs one row (torture/rounds.h).
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

#include "torture/rounds.h"

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

/* Every test that is added goes through torture/rounds, which can run it alone, and with memory failing. */
#define _tcase_add_test(tests, test, signal, exit_value, start, end) \
	rounds_add((tests), (test), (signal), (exit_value), (start), (end))

/* Runs the tests that add() puts into one case. The exit code is 0 when all passed. */
#define SUITE_MAIN(name, add)                 \
	int main(void)                        \
	{                                     \
		return rounds_run(name, add); \
	}

#endif
