#include "base/arena.h"

#include <stdalign.h>

#include "suite.h"

static const struct {
	const char *name;
	size_t block_size;
	size_t size;
	size_t count;
} loads[] = {
	{ "nothing at all", 0, 0, 3 },
	{ "single bytes", 0, 1, 5000 },
	{ "odd sizes", 0, 37, 2000 },
	{ "exactly one block", 0, 16 * 1024, 3 },
	{ "more than a block", 0, 100000, 3 },
	{ "small blocks", 64, 24, 500 },
	{ "small blocks, larger objects", 64, 200, 50 },
};

START_TEST(memory_is_zeroed_aligned_and_apart)
{
	struct arena arena = ARENA_INIT_SIZE(loads[_i].block_size);
	unsigned char *before = NULL;

	for (size_t n = 0; n < loads[_i].count; n++) {
		unsigned char *p = arena_alloc(&arena, loads[_i].size);

		expect_quick(loads[_i].name, (uintptr_t)p % alignof(max_align_t) == 0);
		for (size_t i = 0; i < loads[_i].size; i++)
			expect_quick(loads[_i].name, p[i] == 0);
		if (before != NULL && loads[_i].size > 0)
			expect_quick(loads[_i].name, before[loads[_i].size - 1] == 0xAB);
		memset(p, 0xAB, loads[_i].size);
		before = p;
	}
	arena_finish(&arena);
	expect_int("a finished arena is as new", arena.used, 0);
	expect_str("and can be used again", arena_strdup(&arena, "again"), "again");
	arena_finish(&arena);
	arena_finish(&arena);
}
END_TEST

START_TEST(a_reset_arena_is_zeroed_and_keeps_a_block)
{
	struct arena arena = ARENA_INIT_SIZE(loads[_i].block_size);
	size_t usual = loads[_i].block_size > 0 ? loads[_i].block_size : 16 * 1024;

	arena_reset(&arena);
	for (int round = 0; round < 3; round++) {
		for (size_t n = 0; n < loads[_i].count; n++) {
			unsigned char *p = arena_alloc(&arena, loads[_i].size);

			for (size_t i = 0; i < loads[_i].size; i++)
				expect_quick(loads[_i].name, p[i] == 0);
			memset(p, 0xAB, loads[_i].size);
		}
		arena_reset(&arena);
		expect_int(loads[_i].name, arena_bytes(&arena), 0);
		expect(loads[_i].name, (arena.blocks != NULL) == (loads[_i].size <= usual));
	}
	arena_finish(&arena);
}
END_TEST

START_TEST(texts_are_copies)
{
	struct arena arena = ARENA_INIT;
	char text[] = "channel";
	char *copy = arena_strdup(&arena, text);
	char *part = arena_strndup(&arena, text, 4);

	text[0] = 'X';
	expect_str("a copy does not follow", copy, "channel");
	expect_str("a part is terminated", part, "chan");
	expect_str("an empty part is empty", arena_strndup(&arena, text, 0), "");
	expect("NULL stays NULL", arena_strdup(&arena, NULL) == NULL);
	expect_str("formatted", arena_printf(&arena, "%s-%d", "r", 7), "r-7");
	expect_str("formatted to nothing", arena_printf(&arena, "%s", ""), "");
	expect_int("longer than a block", strlen(arena_printf(&arena, "%40000d", 1)), 40000);
	arena_finish(&arena);
}
END_TEST

START_TEST(an_overflowing_array_is_a_bug)
{
	struct arena arena = ARENA_INIT;
	volatile size_t count = SIZE_MAX / 4;

	(void)arena_array(&arena, count, 8);
}
END_TEST

START_TEST(arrays_are_typed)
{
	struct arena arena = ARENA_INIT;
	int *numbers = arena_new_array(&arena, 100, int);

	for (int i = 0; i < 100; i++)
		expect_int("zeroed", numbers[i], 0);
	expect("one object", arena_new(&arena, struct arena)->blocks == NULL);
	arena_finish(&arena);
}
END_TEST

/* Texts of odd lengths and objects between them, as a decoder makes them. Returns the first block. */
static const void *fill(struct arena *arena)
{
	const void *first = arena_alloc(arena, 8);
	const void *block = arena->blocks;

	for (size_t i = 0; i < 200; i++) {
		(void)arena_strndup(arena, "a text of thirty-odd characters", i % 31);
		(void)arena_alloc(arena, i % 77);
	}
	ck_assert_ptr_nonnull(first);
	return block;
}

static const struct {
	const char *name;
	size_t block_size;
} blocks[] = {
	{ "counted in usual blocks", 0 },
	{ "counted in small blocks", 64 },
	{ "counted in blocks of an odd size", 101 },
	{ "counted in one block", 64 * 1024 },
};

START_TEST(bytes_are_room_for_the_same_again)
{
	struct arena counted = ARENA_INIT_SIZE(blocks[_i].block_size);
	struct arena exact;
	const void *block;

	expect_int("an arena that was never used", arena_bytes(&counted), 0);
	(void)fill(&counted);
	exact = ARENA_INIT_SIZE(arena_bytes(&counted));
	block = fill(&exact);
	expect(blocks[_i].name, (const void *)exact.blocks == block);
	arena_finish(&exact);
	arena_finish(&counted);
}
END_TEST

START_TEST(texts_lie_side_by_side)
{
	struct arena arena = ARENA_INIT;
	const char *first = arena_strdup(&arena, "abc");

	expect("a text needs no room but its own", arena_strdup(&arena, "defgh") == first + 4);
	expect_int("an object after a text is aligned", (uintptr_t)arena_alloc(&arena, 8) % alignof(max_align_t), 0);
	arena_finish(&arena);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, bytes_are_room_for_the_same_again, blocks);
	tcase_add_test(tests, texts_lie_side_by_side);
	suite_add_rows(tests, memory_is_zeroed_aligned_and_apart, loads);
	suite_add_rows(tests, a_reset_arena_is_zeroed_and_keeps_a_block, loads);
	tcase_add_test(tests, texts_are_copies);
	tcase_add_test(tests, arrays_are_typed);
	if (suite_forks())
		tcase_add_test_raise_signal(tests, an_overflowing_array_is_a_bug, SIGABRT);
}

SUITE_MAIN("arena", add)
