/*
 * torture/failing: memory that is refused once, or from a moment on.
 *
 * A library that is loaded before all others (LD_PRELOAD) and gives out memory (blocks.h), but for one request. Only requests of the code under test are counted: those that come from
 * places of the program named in a file of ranges, and those of the libraries named; what the tests and their servers
 * ask for is granted always. Programs started by the program are left alone.
 *
 *	FAILING_RANGES     a file of lines "BEGIN END WHOSE", offsets into the program, hexadecimal, of code under test (1) and of
 *	                   servers of the tests (0), for which that code may work as well; absent: nothing is counted
 *	FAILING_LIBRARIES  beginnings of file names, with colons between: "libuv.so:libcurl.so"
 *	FAILING_AT         the request that fails first, from 1; absent: rounds.h says it
 *	FAILING_FOR_GOOD   set: all that come after it fail, too
 *
 * Where a process ends, after a failed assertion in the middle of everything, its leaks are looked for: what a test still
 * holds is on its stack, what the code under test has lost is nowhere.
 */
#ifndef SLUICE_TORTURE_FAILING_H
#define SLUICE_TORTURE_FAILING_H

#include <stdbool.h>
#include <stdint.h>

/* Shared by a process and those that it forks. */
struct failing {
	uint64_t asked;   /* requests counted so far */
	uint64_t fail_at; /* this one fails; 0: none */
	bool is_for_good; /* and all that come after it */
	bool has_failed;
	bool has_leaked;
	uint64_t place; /* where the failed request came from: an offset into the program, 0: a library */
	char library[32]; /* which */
};

/* The state; the symbol is there only while the library is loaded. */
struct failing *failing_state(void) __attribute__((weak));

#endif
