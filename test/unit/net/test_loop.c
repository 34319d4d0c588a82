#include "net/loop.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "suite.h"

struct state {
	struct loop *loop;
	struct timer *timer;
	int calls;
	int signum;
};

static void stop_after_three(void *user)
{
	struct state *state = user;

	if (++state->calls == 3)
		loop_stop(state->loop);
	else
		timer_start(state->timer, 0);
}

START_TEST(a_timer_runs_again_each_time_it_is_started)
{
	struct state state = { .calls = 0 };
	struct err err = ERR_INIT;

	ck_assert(loop_create(&state.loop, &err) == 0);
	state.timer = timer_open(state.loop, stop_after_three, &state);
	timer_start(state.timer, -5);
	ck_assert_int_eq(state.calls, 0);
	loop_run(state.loop);
	ck_assert_int_eq(state.calls, 3);
	timer_close(state.timer);
	loop_destroy(state.loop);
}
END_TEST

START_TEST(a_stopped_or_closed_timer_does_not_run)
{
	struct state state = { .calls = 0 };
	struct err err = ERR_INIT;
	struct timer *other;

	ck_assert(loop_create(&state.loop, &err) == 0);
	state.timer = timer_open(state.loop, stop_after_three, &state);
	other = timer_open(state.loop, stop_after_three, &state);
	timer_start(state.timer, 0);
	timer_stop(state.timer);
	timer_start(other, 0);
	timer_close(other);
	loop_run(state.loop);
	ck_assert_int_eq(state.calls, 0);
	timer_close(state.timer);
	timer_close(NULL);
	loop_destroy(state.loop);
	loop_destroy(NULL);
}
END_TEST

START_TEST(a_timer_waits_its_time_even_after_a_long_callback)
{
	struct state state = { .calls = 2 };
	struct err err = ERR_INIT;
	int64_t start;

	ck_assert(loop_create(&state.loop, &err) == 0);
	state.timer = timer_open(state.loop, stop_after_three, &state);
	usleep(50 * 1000);
	start = clock_monotonic_ms();
	timer_start(state.timer, 40);
	loop_run(state.loop);
	ck_assert_int_ge(clock_monotonic_ms() - start, 39);
	timer_close(state.timer);
	loop_destroy(state.loop);
}
END_TEST

static void count_and_stop(void *user)
{
	struct state *state = user;

	state->calls++;
	loop_stop(state->loop);
}

static void count(void *user)
{
	struct state *state = user;

	state->calls++;
}

static const struct {
	const char *name;
	int64_t delay_ms;
	int64_t slack_ms;
	int64_t wake_ms;  /* another timer wakes the loop, and ends it when the first has not */
	int64_t least_ms; /* how long the loop runs */
	int calls;        /* of the timer that may be late */
} late[] = {
	{ "comes with what wakes the loop", 10, 600000, 30, 29, 1 },
	{ "not before its time", 600000, 10, 20, 19, 0 },
	{ "by itself when nothing else wakes the loop", 10, 20, 600000, 29, 1 },
};

START_TEST(a_timer_may_be_late)
{
	struct state own = { .calls = 0 };
	struct state other = { .calls = 0 };
	struct err err = ERR_INIT;
	struct timer *timer;
	int64_t start;

	ck_assert(loop_create(&own.loop, &err) == 0);
	other.loop = own.loop;
	timer = timer_open(own.loop, count_and_stop, &own);
	other.timer = timer_open(own.loop, late[_i].calls == 0 ? count_and_stop : count, &other);
	start = clock_monotonic_ms();
	timer_start_late(timer, late[_i].delay_ms, late[_i].slack_ms);
	timer_start(other.timer, late[_i].wake_ms);
	loop_run(own.loop);
	expect_int(late[_i].name, own.calls, late[_i].calls);
	ck_assert_int_ge(clock_monotonic_ms() - start, late[_i].least_ms);
	timer_close(timer);
	timer_close(other.timer);
	loop_destroy(own.loop);
}
END_TEST

/* Stopped, closed, or started for another time. */
START_TEST(a_timer_that_may_be_late_is_as_any_other)
{
	struct state own = { .calls = 0 };
	struct state other = { .calls = 2 };
	struct err err = ERR_INIT;
	struct timer *timers[3];

	ck_assert(loop_create(&own.loop, &err) == 0);
	other.loop = own.loop;
	other.timer = timer_open(own.loop, stop_after_three, &other);
	for (int i = 0; i < 3; i++) {
		timers[i] = timer_open(own.loop, count, &own);
		timer_start_late(timers[i], 0, 5);
	}
	timer_stop(timers[0]);
	timer_close(timers[1]);
	timer_start(timers[2], 600000);
	timer_start(other.timer, 20);
	loop_run(own.loop);
	ck_assert_int_eq(own.calls, 0);
	timer_close(timers[0]);
	timer_close(timers[2]);
	timer_close(other.timer);
	loop_destroy(own.loop);
}
END_TEST

static void on_signal(void *user, int signum)
{
	struct state *state = user;

	state->signum = signum;
	loop_stop(state->loop);
}

static void raise_signal(void *user)
{
	(void)user;
	(void)raise(SIGTERM);
}

START_TEST(a_signal_arrives_on_the_loop)
{
	struct state state = { .calls = 0 };
	struct err err = ERR_INIT;
	struct timer *keep;

	ck_assert(loop_create(&state.loop, &err) == 0);
	ck_assert(loop_on_signal(state.loop, SIGTERM, on_signal, &state, &err) == 0);
	state.timer = timer_open(state.loop, raise_signal, NULL);
	keep = timer_open(state.loop, raise_signal, NULL);
	timer_start(state.timer, 0);
	timer_start(keep, 20000);
	loop_run(state.loop);
	ck_assert_int_eq(state.signum, SIGTERM);
	timer_close(state.timer);
	timer_close(keep);
	loop_destroy(state.loop);
}
END_TEST

START_TEST(a_signal_that_nobody_can_catch_is_an_error)
{
	struct err err = ERR_INIT;
	struct loop *loop;

	ck_assert(loop_create(&loop, &err) == 0);
	ck_assert_int_eq(loop_on_signal(loop, SIGKILL, on_signal, NULL, &err), ERR_BUG);
	loop_destroy(loop);
}
END_TEST

/* In the kernel's place: nobody's clock is set for a test. What is written into clock_pipe[1] is news of it. */
static int clock_pipe[2];

int timerfd_create(clockid_t clock, int flags)
{
	ck_assert(clock == CLOCK_REALTIME && flags == (TFD_NONBLOCK | TFD_CLOEXEC));
	ck_assert(pipe2(clock_pipe, O_NONBLOCK | O_CLOEXEC) == 0);
	return clock_pipe[0];
}

int timerfd_settime(int fd, int flags, const struct itimerspec *new_value, struct itimerspec *old_value)
{
	ck_assert(fd == clock_pipe[0] && flags == (TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET));
	ck_assert(new_value->it_value.tv_sec > INT32_MAX && old_value == NULL);
	return 0;
}

START_TEST(each_setting_of_the_clock_is_told)
{
	struct state state = { .calls = 0 };
	struct err err = ERR_INIT;

	ck_assert(loop_create(&state.loop, &err) == 0);
	ck_assert(loop_on_clock_set(state.loop, count_and_stop, &state, &err) == 0);
	loop_run(state.loop); /* it is no reason to go on running */
	ck_assert_int_eq(state.calls, 0);
	state.timer = timer_open(state.loop, count_and_stop, &state);
	for (int i = 1; i < 3; i++) {
		timer_start(state.timer, 20000);
		ck_assert(write(clock_pipe[1], "12345678", 8) == 8);
		loop_run(state.loop);
		ck_assert_int_eq(state.calls, i);
	}
	timer_close(state.timer);
	loop_destroy(state.loop);
	ck_assert(close(clock_pipe[1]) == 0);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, a_timer_runs_again_each_time_it_is_started);
	tcase_add_test(tests, a_stopped_or_closed_timer_does_not_run);
	tcase_add_test(tests, a_timer_waits_its_time_even_after_a_long_callback);
	suite_add_rows(tests, a_timer_may_be_late, late);
	tcase_add_test(tests, a_timer_that_may_be_late_is_as_any_other);
	tcase_add_test(tests, a_signal_arrives_on_the_loop);
	tcase_add_test(tests, a_signal_that_nobody_can_catch_is_an_error);
	tcase_add_test(tests, each_setting_of_the_clock_is_told);
}

SUITE_MAIN("loop", add)
