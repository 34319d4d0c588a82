#include "net/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "fake/server.h"
#include "suite.h"

/* The end of a program. */
struct ended {
	bool is_over;
	int calls;
	char output[256];
	size_t len;
	struct err err;
};

static void on_end(void *user, const char *output, size_t len, const struct err *err)
{
	struct ended *ended = user;

	ended->is_over = true;
	ended->calls++;
	ended->len = len;
	ended->err = *err;
	(void)snprintf(ended->output, sizeof(ended->output), "%s", output);
}

#define SH(script) { "/bin/sh", "-c", script, NULL }

static const struct {
	const char *name;
	const char *const args[5];
	const char *const env[3];
	const char *want_output;
	enum err_class want;
	const char *want_text;
} rows[] = {
	{ "what it prints", SH("printf hello"), { NULL }, "hello", ERR_NONE, "" },
	{ "nothing", { "true", NULL }, { NULL }, "", ERR_NONE, "" },
	{ "arguments come as they are", { "printf", "%s|", "a b", "$HOME *", NULL }, { NULL },
	  "a b|$HOME *|", ERR_NONE, "" },
	{ "a variable is added", SH("printf %s \"$COLOUR\""), { "COLOUR=red", NULL }, "red", ERR_NONE,
	  "" },
	{ "a variable of ours is there", SH("printf %s \"$OURS\""), { NULL }, "ours", ERR_NONE, "" },
	{ "an added variable goes before ours", SH("env | grep ^OURS="), { "OURS=theirs", NULL },
	  "OURS=theirs\n", ERR_NONE, "" },
	{ "a variable whose name only begins like ours", SH("printf %s \"$OURS$OURSELVES\""),
	  { "OURSELVES=!", NULL }, "ours!", ERR_NONE, "" },
	{ "there is nothing on its standard input", SH("wc -c"), { NULL }, "0\n", ERR_NONE, "" },
	{ "it has none of our files", SH("ls /proc/self/fd | wc -l"), { NULL }, "4\n", ERR_NONE, "" },
	{ "it may be interrupted, whatever we ignore", SH("kill -PIPE $$; echo still here"), { NULL }, "",
	  ERR_NET, "signal 13" },
	{ "its standard error is not its output", SH("printf a; printf b >&2"), { NULL }, "a", ERR_NONE,
	  "" },
	{ "an exit code", SH("exit 7"), { NULL }, "", ERR_NET, "it ended with exit code 7" },
	{ "an exit code with words", SH("printf 'first\\nno\\tluck\\n\\n' >&2; exit 7"), { NULL }, "",
	  ERR_NET, "exit code 7: first no luck" },
	{ "of many words the last ones", SH("seq 1000 >&2; echo the end >&2; exit 1"), { NULL }, "", ERR_NET,
	  "999 1000 the end" },
	{ "a signal", SH("kill -TERM $$"), { NULL }, "", ERR_NET, "it was ended by signal 15" },
	{ "a full pipe of words does not hold it up", SH("seq 30000 >&2; printf done"), { NULL }, "done",
	  ERR_NONE, "" },
	{ "more output than allowed", SH("seq 30000; sleep 9"), { NULL }, NULL, ERR_INPUT,
	  "its output: more than 200 bytes" },
	{ "as much output as allowed", SH("printf %0200d 0"), { NULL }, NULL, ERR_NONE, "" },
	{ "whoever it leaves behind is not waited for", SH("sleep 9 & printf done"), { NULL }, "done",
	  ERR_NONE, "" },
	{ "it takes too long", SH("sleep 9"), { NULL }, "", ERR_NET, "it did not end within 300 ms" },
	{ "it takes too long, and those it waits for", SH("trap '' TERM; sleep 9; sleep 9"), { NULL }, "",
	  ERR_NET, "it did not end within 300 ms" },
};

START_TEST(runs_a_program)
{
	const struct process_request request = {
		.args = rows[_i].args, .env = rows[_i].env, .max_output = 200, .timeout_ms = 300
	};
	bool is_slow = rows[_i].want_text[0] != '\0' && strstr(rows[_i].want_text, "300 ms") != NULL;
	struct process_request patient = request;
	struct ended ended = { .calls = 0 };
	int64_t began_ms = clock_monotonic_ms();
	struct err err = ERR_INIT;
	struct process *process;
	struct loop *loop;

	if (!is_slow)
		patient.timeout_ms = 8000;
	(void)setenv("OURS", "ours", 1);
	(void)signal(SIGPIPE, SIG_IGN);
	/* A file descriptor that nobody has marked. */
	ck_assert_int_ge(open("/dev/null", O_RDONLY), 0);
	ck_assert(loop_create(&loop, &err) == 0);
	ck_assert_msg(process_open(loop, &patient, on_end, &ended, &process, &err) == 0, "%s: %s",
		      rows[_i].name, err.text);
	ck_assert_int_eq(ended.calls, 0);
	expect(rows[_i].name, fake_run_until(loop, &ended.is_over, 8000));
	expect_int(rows[_i].name, ended.err.class, rows[_i].want);
	expect_contains(rows[_i].name, ended.err.text, rows[_i].want_text);
	if (rows[_i].want_output != NULL)
		expect_str(rows[_i].name, ended.output, rows[_i].want_output);
	else
		expect_int(rows[_i].name, ended.len <= 200, true);
	expect(rows[_i].name, clock_monotonic_ms() - began_ms < 8000);
	process_close(process);
	loop_destroy(loop);
	expect_int(rows[_i].name, ended.calls, 1);
	expect_str(rows[_i].name, getenv("OURS"), "ours");
}
END_TEST

static const struct {
	const char *name;
	const char *program;
	enum err_class want;
} refusals[] = {
	{ "no such program in PATH", "sluice-no-such-program", ERR_NOTFOUND },
	{ "no such file", "/nowhere/program", ERR_NOTFOUND },
	{ "a file that is no program", "/etc/passwd", ERR_DENIED },
};

START_TEST(says_why_a_program_cannot_be_started)
{
	const char *const args[] = { refusals[_i].program, NULL };
	struct ended ended = { .calls = 0 };
	struct err err = ERR_INIT;
	struct process *process;
	struct loop *loop;

	ck_assert(loop_create(&loop, &err) == 0);
	expect_int(refusals[_i].name,
		   process_open(loop, &(struct process_request){ .args = args, .timeout_ms = 1000 }, on_end,
				&ended, &process, &err),
		   refusals[_i].want);
	loop_destroy(loop);
	expect_int(refusals[_i].name, ended.calls, 0);
}
END_TEST

/* Waits until nobody has that process id, or it is only waited for by whoever adopted it. */
static bool is_gone(pid_t pid)
{
	char path[64];
	char state = 'Z';

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	for (int i = 0; i < 400; i++) {
		FILE *file = fopen(path, "r");
		int fields = file == NULL ? 0 : fscanf(file, "%*d (%*[^)]) %c", &state);

		if (file != NULL)
			(void)fclose(file);
		if (fields != 1 || state == 'Z')
			return true;
		(void)usleep(10000);
	}
	return false;
}

START_TEST(closing_kills_it_and_what_it_has_started)
{
	static const char *const args[] = SH("sleep 99 & echo $! >\"$PLACE\"; wait");
	char path[] = "/tmp/sluice-process-XXXXXX";
	char place[64];
	const char *const env[] = { place, NULL };
	struct ended ended = { .calls = 0 };
	struct err err = ERR_INIT;
	struct process *process;
	struct loop *loop;
	int pid = 0;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	(void)snprintf(place, sizeof(place), "PLACE=%s", path);
	ck_assert(loop_create(&loop, &err) == 0);
	ck_assert(process_open(loop,
			       &(struct process_request){ .args = args, .env = env, .max_output = 10,
							  .timeout_ms = 20000 },
			       on_end, &ended, &process, &err) == 0);
	for (int i = 0; i < 400 && pid == 0; i++) {
		char text[16] = "";

		fake_run_for(loop, 10);
		ck_assert_int_ge(pread(fd, text, sizeof(text) - 1, 0), 0);
		if (strchr(text, '\n') != NULL)
			pid = (int)strtol(text, NULL, 10);
	}
	ck_assert_int_gt(pid, 1);
	process_close(process);
	loop_destroy(loop);
	ck_assert_int_eq(ended.calls, 0);
	ck_assert(is_gone(pid));
	(void)close(fd);
	(void)unlink(path);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, runs_a_program, rows);
	suite_add_rows(tests, says_why_a_program_cannot_be_started, refusals);
	tcase_add_test(tests, closing_kills_it_and_what_it_has_started);
}

SUITE_MAIN("process", add)
