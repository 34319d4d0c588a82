/*
 * net/process: another program, run to its end for the sake of what it prints.
 *
 * It is started directly, never by a shell, in a session of its own, with our environment and what
 * is added to it, nothing on its standard input, and no other file descriptor of ours. Its standard
 * output is collected up to a limit; of its standard error the end is kept, for the text of the
 * error. When its time is over it is killed, with all that it has started and that has not left its
 * session. What others that it leaves behind may still print is not waited for.
 *
 * May include: base, net/loop.h (the .c file: uv). Deliberately absent: talking with a program.
 */
#ifndef SLUICE_NET_PROCESS_H
#define SLUICE_NET_PROCESS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/loop.h"

struct process;

/* Everything is copied by process_open(). */
struct process_request {
	const char *const *args; /* args[0]: the program, found by PATH if it has no slash; NULL at
				    the end */
	const char *const *env;  /* "NAME=value": goes before our own variables; NULL at the end */
	size_t max_output;       /* bytes of standard output */
	int64_t timeout_ms;
};

/* The end, exactly once. err is not set when the program exited with 0; output is then what it
 * printed, terminated, valid during the call only and wiped after it. ERR_NET: another exit status,
 * a signal, or its time was over; ERR_INPUT: more output than allowed. */
typedef void (*process_fn)(void *user, const char *output, size_t len, const struct err *err);

/* Starts the program. fn is never called from inside. ERR_NOTFOUND: there is no such program;
 * ERR_DENIED: it may not be run; ERR_NOMEM, ERR_BUG. The caller ends it with process_close(), also
 * after fn was called. */
int process_open(struct loop *loop, const struct process_request *request, process_fn fn,
		 void *user, struct process **ret_process, struct err *err)
	__attribute__((warn_unused_result));

/* Kills it if it still runs; fn is not called any more. Frees it once the loop has let go of it.
 * NULL is fine. */
void process_close(struct process *process);

#endif
