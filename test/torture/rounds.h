/*
 * torture/rounds: the tests of a program, one at a time, and each with each of its requests for memory failing once.
 *
 *	SUITE_ONLY=reads_numbers      only that test
 *	SUITE_ONLY=reads_numbers:3    only its fourth row
 *	TORTURE=FILE                  with failing.h's library loaded: rounds instead of tests. FILE gets a line for each, fields with
 *	                              tabs between: test, row, the request that failed (0: none), how it ended, which library asked, or
 *	                              where in the program (hexadecimal; of request 0: how many there are), what was said. What
 *	                              stands there already is not tried again
 *	TORTURE_AT=N                  only the N-th request
 *	TORTURE_MOST=N TORTURE_SEED=S no more than N rounds for a test, chosen by the seed
 *	TORTURE_UNTIL=T               no round begins after this moment, by time()
 *	TORTURE_SHARE=I/N             only every N-th row, from I
 *
 * A round ends well when the test passes all the same, or when one of its own assertions fails, since it had expected
 * success; or, when the process leaves because there is no memory. It does not when it crashes, leaks, or hangs: an answer
 * that is waited for does not come, or the CPU is held for ten seconds.
 */
#ifndef SLUICE_TORTURE_ROUNDS_H
#define SLUICE_TORTURE_ROUNDS_H

#include <check.h>
#include <stdbool.h>

/* Is this a run of rounds? Then a test of many parts had better have a row for each: a round runs the whole row again. */
bool rounds_are_many(void);

/* Takes the place of Check's function behind tcase_add_test() and its like. */
void rounds_add(TCase *tests, const TTest *test, int signal, int exit_value, int start, int end);

/* Runs what add() adds: all, what SUITE_ONLY names, or rounds. Returns the exit code. */
int rounds_run(const char *name, void (*add)(TCase *tests));

#endif
