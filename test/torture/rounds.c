#include "rounds.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "failing.h"

#define ROWS 8192
#define CPU_S 10 /* a test that takes seconds by itself */
#define TIMEOUT_S 120 /* such a test takes many of them on a busy machine */
#define WAITED "fake_run_until" /* of fake/server.h: the assertion that an answer comes before the time is over */

#define FIELDS 6 /* of a line, before what was said */

struct row {
	const TTest *test;
	int index;
	bool ends_by_itself; /* it expects a signal or an exit code */
	bool is_counted;
	uint64_t asked;
	bool *tried; /* of each request; index 0 is the first one */
};

/* What the tests that are being added are for: Check has no way to ask a case what it holds. */
static struct row rows[ROWS];
static size_t row_count;
static bool is_listing;
static const struct row *chosen;

static void list_row(struct row row)
{
	if (row_count == ROWS) {
		(void)fprintf(stderr, "torture: more than %d rows\n", ROWS);
		abort();
	}
	rows[row_count++] = row;
}

void rounds_add(TCase *tests, const TTest *test, int signal, int exit_value, int start, int end)
{
	if (chosen == NULL && !is_listing)
		(_tcase_add_test)(tests, test, signal, exit_value, start, end);
	for (int i = start; i < end && is_listing; i++)
		list_row((struct row){ .test = test, .index = i, .ends_by_itself = signal != 0 || exit_value != 0 });
	if (chosen != NULL && strcmp(chosen->test->name, test->name) == 0 && chosen->index >= start && chosen->index < end)
		(_tcase_add_test)(tests, test, signal, exit_value, chosen->index, chosen->index + 1);
}

bool rounds_are_many(void)
{
	return failing_state != NULL;
}

/* In the process of a test. Time of its own does not depend on what else the machine does. */
static void limit_cpu(void)
{
	(void)setrlimit(RLIMIT_CPU, &(struct rlimit){ CPU_S, CPU_S + 1 });
}

static TCase *fill(const char *name, void (*add)(TCase *tests))
{
	TCase *tests = tcase_create(name);

	tcase_set_timeout(tests, TIMEOUT_S);
	if (chosen != NULL)
		tcase_add_checked_fixture(tests, limit_cpu, NULL);
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
	uint64_t until; /* by time() */
};

static void count_row(struct row *row, uint64_t asked)
{
	row->is_counted = true;
	row->asked = asked;
	row->tried = asked == 0 ? NULL : calloc(asked, sizeof(*row->tried));
	if (asked != 0 && row->tried == NULL)
		abort();
}

static struct row *find_row(const char *test, int index)
{
	for (size_t i = 0; i < row_count; i++) {
		if (rows[i].index == index && strcmp(rows[i].test->name, test) == 0)
			return &rows[i];
	}
	return NULL;
}

/* One line of an earlier run; one that was cut short counts as none. */
static void take_line(char *line)
{
	char *fields[FIELDS];
	struct row *row;
	uint64_t at;

	for (size_t i = 0; i < FIELDS; i++)
		fields[i] = strsep(&line, "\t");
	if (line == NULL)
		return;
	row = find_row(fields[0], atoi(fields[1]));
	at = strtoull(fields[2], NULL, 10);
	if (row == NULL)
		return;
	if (at == 0 && !row->is_counted)
		count_row(row, strtoull(fields[5], NULL, 16));
	else if (at != 0 && at <= row->asked)
		row->tried[at - 1] = true;
}

/* What the file says was tried before; what is written from now on comes behind it. */
static void read_tried(FILE *file)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	bool is_whole = true;

	rewind(file);
	while ((len = getline(&line, &size, file)) > 0) {
		is_whole = line[len - 1] == '\n';
		take_line(line);
	}
	free(line);
	(void)fseek(file, 0, SEEK_END);
	if (!is_whole)
		(void)fputc('\n', file);
}

static const char *end_of(const struct failing *failing, int result, const char *text)
{
	if (failing->has_leaked || strstr(text, "return value 23") != NULL) /* LeakSanitizer's */
		return "leaked";
	if (failing->fail_at != 0 && !failing->has_failed)
		return "untouched"; /* it asked less often than it did when it was counted */
	if (result == CK_PASS)
		return "passed";
	if (result == CK_FAILURE)
		return strstr(text, WAITED) != NULL ? "hung" : "refused";
	if (strstr(text, "return value 71") != NULL) /* MEMORY_EXIT of base/memory.h */
		return "left";
	return strstr(text, "timeout") != NULL || strstr(text, "CPU time limit") != NULL ? "hung" : "crashed";
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

	chosen = row;
	*torture->failing = (struct failing){ .fail_at = at, .is_for_good = is_for_good };
	runner = make_runner(torture->name, torture->add);
	srunner_set_fork_status(runner, CK_FORK);
	srunner_run_all(runner, CK_SILENT);
	results = srunner_results(runner);
	(void)fprintf(torture->out, "%s\t%d\t%llu\t%s\t%s\t%llx\t", row->test->name, row->index, (unsigned long long)at,
		      end_of(torture->failing, tr_rtype(results[0]), tr_msg(results[0])), torture->failing->library,
		      (unsigned long long)(at == 0 ? torture->failing->asked : torture->failing->place));
	write_text(torture->out, tr_msg(results[0]));
	(void)fflush(torture->out);
	free(results);
	srunner_free(runner);
	chosen = NULL;
}

static bool is_over(const struct torture *torture)
{
	return torture->until != 0 && (uint64_t)time(NULL) >= torture->until;
}

/* Of those that were not tried, spread evenly, shifted by the seed: from 0. */
static uint64_t nth_choice(const struct torture *torture, uint64_t nth, uint64_t left)
{
	uint64_t shift = torture->seed * 0x9e3779b97f4a7c15u >> 33;

	return torture->most == 0 || left <= torture->most ? nth : (nth * left / torture->most + shift) % left;
}

static void torture_row(const struct torture *torture, struct row *row)
{
	uint64_t *untried = row->asked == 0 ? NULL : calloc(row->asked, sizeof(*untried));
	uint64_t left = 0;

	for (uint64_t i = 0; untried != NULL && i < row->asked; i++) {
		if (!row->tried[i])
			untried[left++] = i + 1;
	}
	for (uint64_t i = 0; i < left && (torture->most == 0 || i < torture->most) && !is_over(torture); i++)
		run_round(torture, row, untried[nth_choice(torture, i, left)]);
	free(untried);
}

static void count_requests(const struct torture *torture, struct row *row)
{
	run_round(torture, row, 0);
	count_row(row, torture->failing->asked);
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
	const char *alone = getenv("TORTURE_AT");
	struct torture torture = {
		.name = name,
		.add = add,
		.failing = failing_state(),
		.out = fopen(path, "a+e"),
		.most = number_of("TORTURE_MOST"),
		.seed = number_of("TORTURE_SEED"),
		.until = number_of("TORTURE_UNTIL"),
	};
	size_t share = 0;
	size_t shares = 1;

	if (torture.out == NULL)
		return EXIT_FAILURE;
	if (getenv("TORTURE_SHARE") != NULL && sscanf(getenv("TORTURE_SHARE"), "%zu/%zu", &share, &shares) != 2)
		return EXIT_FAILURE;
	read_tried(torture.out);
	for (size_t i = share; i < row_count && !is_over(&torture); i += shares) {
		if (rows[i].ends_by_itself || (only != NULL && !is_wanted(&rows[i], only)))
			continue;
		if (alone == NULL && !rows[i].is_counted)
			count_requests(&torture, &rows[i]);
		if (alone != NULL)
			run_round(&torture, &rows[i], strtoull(alone, NULL, 10));
		else
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
