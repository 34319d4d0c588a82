/* The operator's process: options, hardening, run, exit code. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/memory.h"
#include "net/allocator.h"
#include "operator.h"
#include "options.h"
#include "reference.h"
#include "telemetry/log.h"

/* Exit code of a command line that cannot be used, as sysexits.h has it. */
#define EXIT_USAGE 64

/* What base/memory.h keeps for when there is no more: enough for the looks under way to come to their end. */
#define RESERVE ((size_t)4 * 1024 * 1024)

/* No program that this process starts may gain rights, and nobody but root may look into it: it has
 * tokens in memory. */
static int harden(struct err *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_set(err, ERR_BUG, "prctl(PR_SET_NO_NEW_PRIVS) failed");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_set(err, ERR_BUG, "prctl(PR_SET_DUMPABLE) failed");
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return err_set(err, ERR_BUG, "SIGPIPE cannot be ignored");
	return 0;
}

static int run(const struct options *options)
{
	struct operator *operator = NULL;
	struct err err = ERR_INIT;
	int exit_code;

	log_open(options->log_level, STDERR_FILENO, NULL);
	memory_set_reserve(RESERVE);
	if (harden(&err) < 0 || allocator_set_openssl(&err) < 0 || operator_create(options, &operator, &err) < 0) {
		log_at_error("cannot start", log_error(&err));
		return EXIT_FAILURE;
	}
	exit_code = operator_run(operator);
	operator_destroy(operator);
	memory_set_reserve(0);
	return exit_code;
}

int main(int argc, char **argv)
{
	struct arena arena = ARENA_INIT;
	struct options options;
	struct err err = ERR_INIT;
	int exit_code = EXIT_SUCCESS;

	if (options_parse(argc, argv, &arena, &options, &err) < 0) {
		(void)fprintf(stderr, "sluice: %s\n", err.text);
		exit_code = EXIT_USAGE;
	} else if (options.wants_help) {
		options_print_help(stdout);
	} else if (options.wants_version) {
		(void)puts("sluice " SLUICE_VERSION);
	} else if (options.wants_reference) {
		reference_print(stdout);
	} else {
		exit_code = run(&options);
	}
	arena_finish(&arena);
	return exit_code;
}
