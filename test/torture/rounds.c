#include "rounds.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failing.h"

#define ROWS 4096
#define TIMEOUT_S 30
#define WAITED "fake_run_until" /* of fake/server.h: the assertion that an answer comes before the time is over */

struct row {
	const TTest *test;
	int index;
	bool ends_by_itself; /* it expects a signal or an exit code */
};

/* What the tests that are being added are for: Check has no way to ask a case what it holds. */
static struct row rows[ROWS];
static size_t row_count;
static bool is_listing;
static const struct row *chosen;

void rounds_add(TCase *tests, const TTest *test, int signal, int exit_value, int start, int end)
{
	if (chosen == NULL && !is_listing)
		(_tcase_add_test)(tests, test, signal, exit_value, start, end);
	for (int i = start; i < end && is_listing && row_count < ROWS; i++)
		rows[row_count++] = (struct row){ test, i, signal != 0 || exit_value != 0 };
	if (chosen != NULL && strcmp(chosen->test->name, test->name) == 0 && chosen->index >= start && chosen->index < end)
		(_tcase_add_test)(tests, test, signal, exit_value, chosen->index, chosen->index + 1);
}

static TCase *fill(const char *name, void (*add)(TCase *tests))
{
	TCase *tests = tcase_create(name);

	tcase_set_timeout(tests, TIMEOUT_S);
	add(tests);
	return tests;
}

static SRunner *make_runner(const char *name, void (*add)(TCase *tests))
{
	Suite *suite = suite_create(name);

	suite_add_tcase(suite, fill(name, add));
	return srunner_create(suite);
}

static int run_all(const char *name, void (*add)(TCase *tests))
{
	SRunner *runner = make_runner(name, add);
	int failed;
	int ran;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	ran = srunner_ntests_run(runner);
	srunner_free(runner);
	return failed == 0 && ran > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- rounds ---- */

struct torture {
	const char *name;
	void (*add)(TCase *tests);
	struct failing *failing;
	FILE *out;
	uint64_t most;
	uint64_t seed;
};

static const char *end_of(const struct failing *failing, int result, const char *text)
{
	if (failing->has_leaked || strstr(text, "return value 23") != NULL) /* LeakSanitizer's */
		return "leaked";
	if (result == CK_PASS)
		return "passed";
	if (result == CK_FAILURE)
		return strstr(text, WAITED) != NULL ? "hung" : "refused";
	if (strstr(text, "return value 71") != NULL) /* MEMORY_EXIT of base/memory.h */
		return "left";
	return strstr(text, "timeout") != NULL ? "hung" : "crashed";
}

/* One line, without tabs and line breaks. */
static void write_text(FILE *out, const char *text)
{
	for (; *text != '\0'; text++)
		(void)fputc(*text == '\t' || *text == '\n' ? ' ' : *text, out);
	(void)fputc('\n', out);
}

static void run_round(const struct torture *torture, const struct row *row, uint64_t at)
{
	bool is_for_good = torture->failing->is_for_good;
	TestResult **results;
	SRunner *runner;
	const char *end;

	chosen = row;
	*torture->failing = (struct failing){ .fail_at = at, .is_for_good = is_for_good };
	runner = make_runner(torture->name, torture->add);
	srunner_set_fork_status(runner, CK_FORK);
	srunner_run_all(runner, CK_SILENT);
	results = srunner_results(runner);
	end = end_of(torture->failing, tr_rtype(results[0]), tr_msg(results[0]));
	if (at == 0 || torture->failing->has_failed) {
		(void)fprintf(torture->out, "%s\t%d\t%llu\t%s\t%s\t%llx\t", row->test->name, row->index, (unsigned long long)at, end,
			      torture->failing->library,
			      (unsigned long long)(at == 0 ? torture->failing->asked : torture->failing->place));
		write_text(torture->out, tr_msg(results[0]));
		(void)fflush(torture->out);
	}
	free(results);
	srunner_free(runner);
	chosen = NULL;
}

/* Spread evenly, shifted by the seed. */
static uint64_t nth_choice(const struct torture *torture, uint64_t nth, uint64_t asked)
{
	uint64_t shift = torture->seed * 0x9e3779b97f4a7c15u >> 33;

	return (nth * asked / torture->most + shift) % asked + 1;
}

static void torture_row(const struct torture *torture, const struct row *row)
{
	const char *only = getenv("TORTURE_AT");
	uint64_t asked;

	if (row->ends_by_itself)
		return;
	if (only != NULL) {
		run_round(torture, row, strtoull(only, NULL, 10));
		return;
	}
	run_round(torture, row, 0);
	asked = torture->failing->asked;
	for (uint64_t i = 0; i < asked && (torture->most == 0 || i < torture->most); i++)
		run_round(torture, row, torture->most != 0 && asked > torture->most ? nth_choice(torture, i, asked) : i + 1);
}

static bool is_wanted(const struct row *row, const char *only)
{
	size_t len = strcspn(only, ":");

	return strncmp(row->test->name, only, len) == 0 && row->test->name[len] == '\0' &&
	       (only[len] == '\0' || row->index == atoi(only + len + 1));
}

static uint64_t number_of(const char *name)
{
	const char *text = getenv(name);

	return text == NULL ? 0 : strtoull(text, NULL, 10);
}

static int torture_all(const char *name, void (*add)(TCase *tests), const char *path, const char *only)
{
	struct torture torture = {
		.name = name,
		.add = add,
		.failing = failing_state(),
		.out = fopen(path, "we"),
		.most = number_of("TORTURE_MOST"),
		.seed = number_of("TORTURE_SEED"),
	};
	size_t share = 0;
	size_t shares = 1;

	if (torture.out == NULL)
		return EXIT_FAILURE;
	if (getenv("TORTURE_SHARE") != NULL && sscanf(getenv("TORTURE_SHARE"), "%zu/%zu", &share, &shares) != 2)
		return EXIT_FAILURE;
	for (size_t i = share; i < row_count; i += shares) {
		if (only == NULL || is_wanted(&rows[i], only))
			torture_row(&torture, &rows[i]);
	}
	return fclose(torture.out) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run_only(const char *name, void (*add)(TCase *tests), const char *only)
{
	int exit_code = EXIT_SUCCESS;
	size_t ran = 0;

	for (size_t i = 0; i < row_count; i++) {
		if (!is_wanted(&rows[i], only))
			continue;
		chosen = &rows[i];
		exit_code |= run_all(name, add);
		ran++;
	}
	return ran == 0 ? EXIT_FAILURE : exit_code;
}

int rounds_run(const char *name, void (*add)(TCase *tests))
{
	const char *only = getenv("SUITE_ONLY");
	const char *path = getenv("TORTURE");
	bool is_torture = path != NULL && failing_state != NULL;

	if (only == NULL && !is_torture)
		return run_all(name, add);
	is_listing = true;
	(void)make_runner(name, add); /* kept until the process ends: Check frees what it has run */
	is_listing = false;
	return is_torture ? torture_all(name, add, path, only) : run_only(name, add, only);
}
