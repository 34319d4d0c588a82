/* Memory that is refused (malloc and its like are wrapped by the linker), and memory that is free and goes back. */
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "suite.h"

#define RESERVE ((size_t)1 << 20)
#define BLOCKS 128
#define BLOCK ((size_t)32 << 10)

extern void __asan_init(void) __attribute__((weak)); /* NULL: not built with AddressSanitizer */

static int refusals;         /* how many requests are refused from now on */
static bool refuses_reserve; /* and every one for the reserve */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static bool is_refused(void)
{
	if (refusals == 0)
		return false;
	refusals--;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return (size == RESERVE && refuses_reserve) || is_refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return is_refused() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
	return is_refused() ? NULL : __real_realloc(memory, size);
}

static void *ask_zeroed(void)
{
	char *memory = memory_array(100, 3);

	for (size_t i = 0; i < 300; i++)
		ck_assert_int_eq(memory[i], 0);
	return memory;
}

static void *ask_copy(void)
{
	char *text = memory_strdup("a text");

	ck_assert_str_eq(text, "a text");
	return text;
}

static void *ask_part(void)
{
	char *text = memory_strndup("a text", 3);

	ck_assert_str_eq(text, "a t");
	return text;
}

static void *ask_formatted(void)
{
	char *text = memory_printf("%s-%d", "a", 7);

	ck_assert_str_eq(text, "a-7");
	return text;
}

static void *ask_longer(void)
{
	char *text = memory_resize(memory_strdup("abc"), 1000, 2);

	ck_assert_int_eq(memcmp(text, "abc", 4), 0);
	return text;
}

static const struct {
	const char *name;
	void *(*ask)(void);
	int refusals;
	bool is_short; /* afterwards */
} rows[] = {
	{ "zeroed memory", ask_zeroed, 0, false },
	{ "zeroed memory, refused once: it is asked for in another way", ask_zeroed, 1, false },
	{ "zeroed memory, refused twice", ask_zeroed, 2, true },
	{ "a copy", ask_copy, 0, false },
	{ "a copy, refused once", ask_copy, 1, true },
	{ "a part, refused once", ask_part, 1, true },
	{ "formatted text, refused once", ask_formatted, 1, true },
	{ "more of it", ask_longer, 0, false },
	{ "more of it, refused once", ask_longer, 1, true },
};

START_TEST(the_reserve_stands_in)
{
	memory_set_reserve(RESERVE);
	expect("there is enough", !memory_is_short());
	refuses_reserve = true;
	refusals = rows[_i].refusals;
	free(rows[_i].ask());
	expect(rows[_i].name, memory_is_short() == rows[_i].is_short);
	refuses_reserve = false;
	expect("it is had again when there is memory again", !memory_is_short());
	memory_set_reserve(0);
	expect("nobody wants one", !memory_is_short());
}
END_TEST

START_TEST(without_any_the_process_leaves)
{
	refusals = 100;
	free(rows[_i].ask());
}
END_TEST

static size_t resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	size_t pages = 0;

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fscanf(file, "%*u %zu", &pages), 1);
	(void)fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

START_TEST(what_is_free_goes_back)
{
	void *blocks[BLOCKS];
	void *behind;
	size_t before;

	for (size_t i = 0; i < BLOCKS; i++)
		blocks[i] = memset(memory_alloc(BLOCK), 1, BLOCK);
	behind = memory_alloc(BLOCK);
	for (size_t i = 0; i < BLOCKS; i++)
		free(blocks[i]);
	before = resident_bytes();
	memory_give_back();
	ck_assert_uint_lt(resident_bytes() + BLOCKS * BLOCK / 2, before);
	free(behind);
}
END_TEST

START_TEST(no_text_is_none)
{
	ck_assert_ptr_null(memory_strdup(NULL));
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, the_reserve_stands_in, rows);
	if (__asan_init == NULL) /* which keeps what is freed, so that nobody uses it */
		tcase_add_test(tests, what_is_free_goes_back);
	tcase_add_test(tests, no_text_is_none);
	if (suite_forks())
		tcase_add_loop_exit_test(tests, without_any_the_process_leaves, MEMORY_EXIT, 0,
					 (int)(sizeof(rows) / sizeof(rows[0])));
}

SUITE_MAIN("memory", add)
