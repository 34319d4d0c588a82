#include "kube/linesplit.h"

#include <stdio.h>

#include "suite.h"

/* Writes what the splitter says: each line in brackets, an error as "!". */
struct seen {
	char text[512];
	int stops_after; /* lines; 0: never */
	int lines;
};

static bool see(void *user, const char *line, size_t len, const struct err *err)
{
	struct seen *seen = user;
	size_t at = strlen(seen->text);

	if (line == NULL) {
		ck_assert_int_eq(err->class, ERR_INPUT);
		(void)snprintf(seen->text + at, sizeof(seen->text) - at, "!");
	} else {
		ck_assert(!err_is_set(err));
		(void)snprintf(seen->text + at, sizeof(seen->text) - at, "[%.*s]", (int)len, line);
	}
	return ++seen->lines != seen->stops_after;
}

static const struct {
	const char *name;
	const char *bytes;
	const char *want;
} rows[] = {
	{ "one line", "abc\n", "[abc]" },
	{ "several", "a\nbc\ndef\n", "[a][bc][def]" },
	{ "an unfinished one is kept back", "a\nbc", "[a]" },
	{ "empty lines are left out", "\n\na\n\n", "[a]" },
	{ "carriage returns are taken off", "a\r\nb\r\n", "[a][b]" },
	{ "a carriage return within stays", "a\rb\n", "[a\rb]" },
	{ "a line as long as the limit", "12345678\n", "[12345678]" },
	{ "one byte longer is an error, and the next line is fine", "123456789\nab\n", "![ab]" },
	{ "much longer is one error", "0123456789012345678901234567890123456789\nab\n", "![ab]" },
	{ "two of them are two errors", "0123456789\n0123456789\nab\n", "!![ab]" },
	{ "too long and unfinished", "ab\n0123456789012", "[ab]!" },
	{ "nothing", "", "" },
};

/* The result does not depend on where the bytes are cut: in two at every place, and byte by byte. */
START_TEST(splits_at_every_cut)
{
	size_t len = strlen(rows[_i].bytes);

	for (size_t cut = 0; cut <= len + 1; cut++) {
		struct linesplit split = LINESPLIT_INIT(8);
		struct seen seen = { .lines = 0 };

		if (cut <= len) {
			expect(rows[_i].name, linesplit_feed(&split, rows[_i].bytes, cut, see, &seen));
			expect(rows[_i].name,
			       linesplit_feed(&split, rows[_i].bytes + cut, len - cut, see, &seen));
		} else {
			for (size_t i = 0; i < len; i++)
				expect(rows[_i].name, linesplit_feed(&split, rows[_i].bytes + i, 1, see, &seen));
		}
		expect_str(rows[_i].name, seen.text, rows[_i].want);
		linesplit_finish(&split);
	}
}
END_TEST

START_TEST(a_reader_may_stop)
{
	struct linesplit split = LINESPLIT_INIT(8);
	struct seen seen = { .stops_after = 2 };

	ck_assert(!linesplit_feed(&split, "a\nb\nc\n", 6, see, &seen));
	ck_assert_str_eq(seen.text, "[a][b]");
	linesplit_finish(&split);
}
END_TEST

START_TEST(a_new_stream_begins_with_a_new_line)
{
	struct linesplit split = LINESPLIT_INIT(8);
	struct seen seen = { .lines = 0 };

	ck_assert(linesplit_feed(&split, "half", 4, see, &seen));
	linesplit_reset(&split);
	ck_assert(linesplit_feed(&split, "whole\n", 6, see, &seen));
	ck_assert(linesplit_feed(&split, "far too long", 12, see, &seen));
	linesplit_reset(&split);
	ck_assert(linesplit_feed(&split, "again\n", 6, see, &seen));
	ck_assert_str_eq(seen.text, "[whole]![again]");
	linesplit_finish(&split);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, splits_at_every_cut, rows);
	tcase_add_test(tests, a_reader_may_stop);
	tcase_add_test(tests, a_new_stream_begins_with_a_new_line);
}

SUITE_MAIN("linesplit", add)
