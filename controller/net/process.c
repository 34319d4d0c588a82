#include "net/process.h"

#include <errno.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

/* Of what a program says when it fails, people need the end. */
#define COMPLAINT_SIZE 240

struct process {
	uv_process_t handle;
	uv_pipe_t output_pipe;
	uv_pipe_t complaint_pipe;
	unsigned handles; /* that are not closed yet */
	bool has_exited;
	bool is_closing;
	struct timer *limit;
	int64_t timeout_ms;
	process_fn fn;
	void *user;
	struct buf output;
	char complaint[COMPLAINT_SIZE + 1];
	size_t complaint_len;
	struct err err;
	char room[4096]; /* that is read into */
};

static void process_free(struct process *process)
{
	if (process->output.data != NULL)
		explicit_bzero(process->output.data, process->output.size);
	explicit_bzero(process->room, sizeof(process->room));
	buf_finish(&process->output);
	free(process);
}

static void on_closed(uv_handle_t *handle)
{
	struct process *process = handle->data;

	if (--process->handles == 0)
		process_free(process);
}

/* The program and all of its session. It is over at once, whatever it was doing. */
static void kill_all(const struct process *process)
{
	if (!process->has_exited)
		(void)kill(-process->handle.pid, SIGKILL);
}

/* ---- what it prints ---- */

static void take_output(struct process *process, const char *bytes, size_t len)
{
	if (!err_is_set(&process->err) &&
	    buf_append(&process->output, bytes, len, &process->err) < 0) {
		err_prefix(&process->err, "its output");
		kill_all(process);
	}
}

/* Keeps the last bytes. */
static void take_complaint(struct process *process, const char *bytes, size_t len)
{
	size_t drop;

	if (len > COMPLAINT_SIZE) {
		bytes += len - COMPLAINT_SIZE;
		len = COMPLAINT_SIZE;
	}
	drop = process->complaint_len + len;
	drop = drop > COMPLAINT_SIZE ? drop - COMPLAINT_SIZE : 0;
	memmove(process->complaint, process->complaint + drop, process->complaint_len - drop);
	process->complaint_len -= drop;
	memcpy(process->complaint + process->complaint_len, bytes, len);
	process->complaint_len += len;
	process->complaint[process->complaint_len] = '\0';
}

static void take(struct process *process, const uv_pipe_t *pipe, const char *bytes, size_t len)
{
	if (pipe == &process->output_pipe)
		take_output(process, bytes, len);
	else
		take_complaint(process, bytes, len);
}

static void on_room_wanted(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buf)
{
	struct process *process = handle->data;

	(void)suggested;
	*ret_buf = uv_buf_init(process->room, sizeof(process->room));
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *bytes)
{
	if (len > 0)
		take(stream->data, (const uv_pipe_t *)stream, bytes->base, (size_t)len);
}

/* What the program printed before it ended is in the pipe. What comes later is somebody else's. */
static void drain(struct process *process, uv_pipe_t *pipe)
{
	uv_os_fd_t fd;
	ssize_t len;

	if (uv_fileno((uv_handle_t *)pipe, &fd) < 0)
		return;
	while ((len = read(fd, process->room, sizeof(process->room))) > 0)
		take(process, pipe, process->room, (size_t)len);
}

/* ---- its end ---- */

/* Without the line breaks at its end, and in one line. */
static const char *complaint_text(struct process *process)
{
	char *text = process->complaint;
	size_t len = process->complaint_len;

	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
		len--;
	text[len] = '\0';
	for (char *at = text; *at != '\0'; at++) {
		if (*at == '\n' || *at == '\r' || *at == '\t')
			*at = ' ';
	}
	return text;
}

static void on_exit_seen(uv_process_t *handle, int64_t status, int signum)
{
	struct process *process = handle->data;
	const char *complaint;
	struct err *err = &process->err;

	process->has_exited = true;
	timer_stop(process->limit);
	drain(process, &process->output_pipe);
	drain(process, &process->complaint_pipe);
	complaint = complaint_text(process);
	if (signum != 0)
		(void)err_set(err, ERR_NET, "it was ended by signal %d%s%s", signum,
			      complaint[0] != '\0' ? ": " : "", complaint);
	else if (status != 0)
		(void)err_set(err, ERR_NET, "it ended with exit code %lld%s%s", (long long)status,
			      complaint[0] != '\0' ? ": " : "", complaint);
	process->fn(process->user, buf_text(&process->output), process->output.len, err);
}

static void on_time_over(void *user)
{
	struct process *process = user;

	(void)err_set(&process->err, ERR_NET, "it did not end within %lld ms",
		      (long long)process->timeout_ms);
	kill_all(process);
}

/* ---- its beginning ---- */

static bool has_name_of(const char *const *lines, const char *line)
{
	size_t len = strcspn(line, "=") + 1;

	for (; lines != NULL && *lines != NULL; lines++) {
		if (strncmp(*lines, line, len) == 0)
			return true;
	}
	return false;
}

/* The added variables, and those of our own that they do not name. */
static char **merge_env(struct arena *arena, const char *const *added)
{
	size_t count = 0;
	size_t len = 0;
	char **all;

	while (added != NULL && added[count] != NULL)
		count++;
	while (environ != NULL && environ[len] != NULL)
		len++;
	all = arena_new_array(arena, count + len + 1, char *);
	for (size_t i = 0; i < count; i++)
		all[i] = (char *)(uintptr_t)added[i];
	for (size_t i = 0; i < len; i++) {
		if (!has_name_of(added, environ[i]))
			all[count++] = environ[i];
	}
	return all;
}

static int spawn(struct loop *loop, struct process *process, const struct process_request *request)
{
	struct arena arena = ARENA_INIT;
	uv_stdio_container_t stdio[3] = {
		{ .flags = UV_IGNORE },
		{ .flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
		  .data.stream = (uv_stream_t *)&process->output_pipe },
		{ .flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
		  .data.stream = (uv_stream_t *)&process->complaint_pipe },
	};
	const uv_process_options_t options = {
		.file = request->args[0],
		.args = (char **)(uintptr_t)request->args,
		.env = merge_env(&arena, request->env),
		.exit_cb = on_exit_seen,
		.flags = UV_PROCESS_DETACHED,
		.stdio = stdio,
		.stdio_count = 3,
	};
	int r;

	/* Not all libraries mark theirs. Kernels before 5.11 cannot do it; then these stay open. */
	(void)close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	r = uv_spawn(loop_uv(loop), &process->handle, &options);
	arena_finish(&arena);
	return r;
}

static int spawn_failed(int r, struct err *err)
{
	enum err_class class = ERR_BUG;

	if (r == UV_ENOENT || r == UV_ENOTDIR)
		class = ERR_NOTFOUND;
	else if (r == UV_EACCES || r == UV_EPERM)
		class = ERR_DENIED;
	else if (r == UV_ENOMEM || r == UV_EAGAIN)
		class = ERR_NOMEM;
	return err_set(err, class, "%s", uv_strerror(r));
}

int process_open(struct loop *loop, const struct process_request *request, process_fn fn,
		 void *user, struct process **ret_process, struct err *err)
{
	struct process *process = calloc(1, sizeof(*process));
	int r;

	if (process == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a process");
	process->timeout_ms = request->timeout_ms;
	process->fn = fn;
	process->user = user;
	process->output = BUF_INIT(request->max_output);
	process->handle.data = process;
	process->output_pipe.data = process;
	process->complaint_pipe.data = process;
	process->handles = 3;
	process->limit = timer_open(loop, on_time_over, process);
	CHECK(uv_pipe_init(loop_uv(loop), &process->output_pipe, 0) == 0);
	CHECK(uv_pipe_init(loop_uv(loop), &process->complaint_pipe, 0) == 0);
	r = spawn(loop, process, request);
	if (r < 0) {
		process->has_exited = true;
		process_close(process);
		return spawn_failed(r, err);
	}
	CHECK(uv_read_start((uv_stream_t *)&process->output_pipe, on_room_wanted, on_read) == 0);
	CHECK(uv_read_start((uv_stream_t *)&process->complaint_pipe, on_room_wanted, on_read) == 0);
	timer_start(process->limit, process->timeout_ms);
	*ret_process = process;
	return 0;
}

void process_close(struct process *process)
{
	if (process == NULL || process->is_closing)
		return;
	process->is_closing = true;
	if (!process->has_exited) {
		kill_all(process);
		/* Nobody will ask for it once the handle is closed. It ends without delay. */
		(void)waitpid(process->handle.pid, NULL, 0);
	}
	timer_close(process->limit);
	uv_close((uv_handle_t *)&process->handle, on_closed);
	uv_close((uv_handle_t *)&process->output_pipe, on_closed);
	uv_close((uv_handle_t *)&process->complaint_pipe, on_closed);
}
