/* What a round can end in, each on purpose, for test_rounds.py: one request for memory that may fail. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/memory.h"
#include "suite.h"

#define LEN 64

static char *kept; /* pointed to from where nobody ends */
static char *volatile lost;

START_TEST(passes)
{
	free(malloc(LEN));
}
END_TEST

START_TEST(refuses)
{
	char *held = strdup("held by the stack when the assertion fails");
	char *memory = malloc(LEN);

	ck_assert_ptr_nonnull(memory);
	free(memory);
	free(held);
}
END_TEST

START_TEST(keeps)
{
	char **inner = calloc(1, sizeof(*inner));

	if (inner == NULL)
		return;
	*inner = malloc(LEN);
	kept = (char *)inner;
}
END_TEST

/* In a function of its own, so that no frame that still counts holds the pointer. */
static __attribute__((noinline)) void lose(void)
{
	lost = malloc(LEN);
	lost = NULL;
	(void)!malloc(0);
}

START_TEST(leaks)
{
	char *memory = malloc(LEN);

	if (memory == NULL)
		lose();
	free(memory);
}
END_TEST

START_TEST(leaks_and_refuses)
{
	char *memory = malloc(LEN);

	if (memory == NULL)
		lose();
	ck_assert_ptr_nonnull(memory);
	free(memory);
}
END_TEST

START_TEST(crashes)
{
	char *volatile memory = malloc(LEN);

	memory[0] = 'x';
	free(memory);
}
END_TEST

START_TEST(reads_what_it_gave_back)
{
	char **volatile outer = calloc(1, sizeof(*outer));
	char *text = outer == NULL ? NULL : strdup("x");

	if (outer == NULL)
		return;
	*outer = text;
	if (text == NULL)
		free(outer);
	ck_assert_int_eq(**outer, 'x');
	free(*outer);
	free(outer);
}
END_TEST

START_TEST(gives_back_twice)
{
	char *memory = malloc(LEN);
	char *again = malloc(LEN);

	if (again == NULL)
		free(memory);
	free(again);
	free(memory);
}
END_TEST

START_TEST(leaves)
{
	if (malloc(LEN) == NULL)
		_exit(MEMORY_EXIT);
}
END_TEST

START_TEST(spins)
{
	char *memory = malloc(LEN);

	(void)setrlimit(RLIMIT_CPU, &(struct rlimit){ 1, 2 });
	while (memory == NULL)
		errno = 0;
	free(memory);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, passes);
	tcase_add_test(tests, refuses);
	tcase_add_test(tests, keeps);
	tcase_add_test(tests, leaks);
	tcase_add_test(tests, leaks_and_refuses);
	tcase_add_test(tests, crashes);
	tcase_add_test(tests, reads_what_it_gave_back);
	tcase_add_test(tests, gives_back_twice);
	tcase_add_test(tests, leaves);
	tcase_add_test(tests, spins);
}

SUITE_MAIN("specimen", add)
