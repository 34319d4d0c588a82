#include "net/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/vec.h"
#include "net/allocator.h"

struct clock_watch {
	uv_poll_t handle;
	int fd; /* only if fn is not NULL */
	timer_fn fn;
	void *user;
};

struct loop {
	uv_loop_t uv;
	struct vec signals; /* of struct signal_watch */
	struct clock_watch clock;
};

struct signal_watch {
	uv_signal_t handle;
	signal_fn fn;
	void *user;
};

struct timer {
	uv_timer_t handle;
	uv_check_t awake; /* of one that may be late: runs each time that the loop has slept */
	bool has_awake;   /* it was made */
	int64_t due_ms;   /* when the time of one that may be late has come */
	timer_fn fn;
	void *user;
};

int loop_create(struct loop **ret_loop, struct err *err)
{
	struct loop *loop = memory_alloc(sizeof(*loop));
	int r;

	allocator_set_uv();
	r = uv_loop_init(&loop->uv);
	if (r < 0) {
		free(loop);
		return err_set(err, r == UV_ENOMEM ? ERR_NOMEM : ERR_BUG,
			       "cannot make the loop: %s", uv_strerror(r));
	}
	/* A peer that closes must end an exchange, not the process. */
	(void)signal(SIGPIPE, SIG_IGN);
	*ret_loop = loop;
	return 0;
}

void loop_run(struct loop *loop)
{
	(void)uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
	uv_stop(&loop->uv);
}

static void on_signal_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void loop_destroy(struct loop *loop)
{
	if (loop == NULL)
		return;
	for (size_t i = 0; i < loop->signals.len; i++) {
		struct signal_watch *watch = loop->signals.items[i];

		uv_close((uv_handle_t *)&watch->handle, on_signal_closed);
	}
	vec_finish(&loop->signals);
	if (loop->clock.fn != NULL) {
		uv_close((uv_handle_t *)&loop->clock.handle, NULL);
		(void)close(loop->clock.fd);
	}
	/* One turn runs the close callbacks of everything; some close another handle in theirs. */
	for (int turns = 0; turns < 3 && uv_loop_alive(&loop->uv); turns++)
		(void)uv_run(&loop->uv, UV_RUN_NOWAIT);
	CHECK(uv_loop_close(&loop->uv) == 0);
	free(loop);
}

static void on_signal(uv_signal_t *handle, int signum)
{
	struct signal_watch *watch = handle->data;

	watch->fn(watch->user, signum);
}

int loop_on_signal(struct loop *loop, int signum, signal_fn fn, void *user, struct err *err)
{
	struct signal_watch *watch = calloc(1, sizeof(*watch));
	int r;

	if (watch == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a signal");
	*watch = (struct signal_watch){ .fn = fn, .user = user };
	r = uv_signal_init(&loop->uv, &watch->handle);
	if (r < 0) {
		free(watch);
		return err_set(err, ERR_BUG, "cannot watch signals: %s", uv_strerror(r));
	}
	watch->handle.data = watch;
	r = uv_signal_start(&watch->handle, on_signal, signum);
	if (r < 0) {
		uv_close((uv_handle_t *)&watch->handle, on_signal_closed);
		return err_set(err, ERR_BUG, "cannot catch signal %d: %s", signum, uv_strerror(r));
	}
	/* Waiting for a signal alone is no reason to go on running. */
	uv_unref((uv_handle_t *)&watch->handle);
	vec_push(&loop->signals, watch);
	return 0;
}

/* Its timer never expires; the kernel ends each read with ECANCELED once the clock has been set. */
static void on_clock(uv_poll_t *handle, int status, int events)
{
	struct clock_watch *clock = handle->data;
	uint64_t expiries;

	(void)status;
	(void)events;
	if (read(clock->fd, &expiries, sizeof(expiries)) < 0 && errno == EAGAIN)
		return;
	clock->fn(clock->user);
}

int loop_on_clock_set(struct loop *loop, timer_fn fn, void *user, struct err *err)
{
	const struct itimerspec never = { .it_value = { .tv_sec = INT64_MAX } };
	struct clock_watch *clock = &loop->clock;

	clock->fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (clock->fd < 0)
		return err_set(err, ERR_BUG, "cannot watch the clock: %s", strerror(errno));
	if (timerfd_settime(clock->fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) < 0 ||
	    uv_poll_init(&loop->uv, &clock->handle, clock->fd) < 0) {
		(void)close(clock->fd);
		return err_set(err, ERR_BUG, "cannot watch the clock");
	}
	clock->fn = fn;
	clock->user = user;
	clock->handle.data = clock;
	CHECK(uv_poll_start(&clock->handle, UV_READABLE, on_clock) == 0);
	uv_unref((uv_handle_t *)&clock->handle);
	return 0;
}

static void on_timer(uv_timer_t *handle)
{
	struct timer *timer = handle->data;

	timer_stop(timer);
	timer->fn(timer->user);
}

static void on_awake(uv_check_t *awake)
{
	struct timer *timer = awake->data;

	if (clock_monotonic_ms() < timer->due_ms)
		return;
	timer_stop(timer);
	timer->fn(timer->user);
}

struct timer *timer_open(struct loop *loop, timer_fn fn, void *user)
{
	struct timer *timer = memory_alloc(sizeof(*timer));

	*timer = (struct timer){ .fn = fn, .user = user };
	CHECK(uv_timer_init(&loop->uv, &timer->handle) == 0);
	timer->handle.data = timer;
	return timer;
}

void timer_start(struct timer *timer, int64_t delay_ms)
{
	timer_stop(timer);
	/* libuv counts from the beginning of the loop's turn, which a long callback leaves
	 * behind. */
	uv_update_time(timer->handle.loop);
	CHECK(uv_timer_start(&timer->handle, on_timer, delay_ms < 0 ? 0 : (uint64_t)delay_ms, 0) ==
	      0);
}

void timer_start_late(struct timer *timer, int64_t delay_ms, int64_t slack_ms)
{
	timer_start(timer, delay_ms + slack_ms);
	timer->due_ms = clock_monotonic_ms() + delay_ms;
	if (!timer->has_awake)
		CHECK(uv_check_init(timer->handle.loop, &timer->awake) == 0);
	timer->has_awake = true;
	timer->awake.data = timer;
	CHECK(uv_check_start(&timer->awake, on_awake) == 0);
}

void timer_stop(struct timer *timer)
{
	(void)uv_timer_stop(&timer->handle);
	if (timer->has_awake)
		(void)uv_check_stop(&timer->awake);
}

static void on_timer_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void on_awake_closed(uv_handle_t *handle)
{
	struct timer *timer = handle->data;

	uv_close((uv_handle_t *)&timer->handle, on_timer_closed);
}

void timer_close(struct timer *timer)
{
	if (timer == NULL)
		return;
	timer_stop(timer);
	if (timer->has_awake)
		uv_close((uv_handle_t *)&timer->awake, on_awake_closed);
	else
		uv_close((uv_handle_t *)&timer->handle, on_timer_closed);
}

struct uv_loop_s *loop_uv(struct loop *loop)
{
	return &loop->uv;
}
