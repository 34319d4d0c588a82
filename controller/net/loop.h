/*
 * net/loop: the one event loop of the process, and timers and signals on it.
 *
 * A thin face of libuv, so that kube, registry and reconcile never see a uv type. Everything runs
 * on one thread: a callback is never entered while another one of ours is running. May include:
 * base (the .c file: uv). Deliberately absent: threads.
 */
#ifndef SLUICE_NET_LOOP_H
#define SLUICE_NET_LOOP_H

#include <stdint.h>

#include "base/err.h"

struct loop;
struct timer;

typedef void (*timer_fn)(void *user);
typedef void (*signal_fn)(void *user, int signum);

/* Makes the loop. ERR_NOMEM, or ERR_BUG when the kernel refuses. Ends with loop_destroy(). */
int loop_create(struct loop **ret_loop, struct err *err) __attribute__((warn_unused_result));

/* Runs until loop_stop(), or until nothing is left that could happen. */
void loop_run(struct loop *loop);

/* Makes loop_run() return after the callback that is running. */
void loop_stop(struct loop *loop);

/* Lets the close callbacks of all closed handles run, then frees the loop. NULL is fine. */
void loop_destroy(struct loop *loop);

/* Calls fn at each arrival of signum, until the loop ends. ERR_BUG when it cannot be caught. */
int loop_on_signal(struct loop *loop, int signum, signal_fn fn, void *user, struct err *err)
	__attribute__((warn_unused_result));

/* Calls fn each time that somebody sets the wall clock (not when it is slowed or hurried), until the
 * loop ends; once for each loop. See timerfd_create(2), TFD_TIMER_CANCEL_ON_SET. ERR_BUG when the
 * kernel refuses. */
int loop_on_clock_set(struct loop *loop, timer_fn fn, void *user, struct err *err)
	__attribute__((warn_unused_result));

/* A timer that is not running. fn(user) is called at each expiry, never from inside timer_start().
 * The caller ends it with timer_close(). Ends the process when there is no memory. (timer_create()
 * is taken by POSIX.) */
struct timer *timer_open(struct loop *loop, timer_fn fn, void *user);

/* Starts (or moves) it: one expiry, delay_ms from now; negative counts as 0. */
void timer_start(struct timer *timer, int64_t delay_ms);

/* The same, but it may be late by up to slack_ms: it comes with the first other thing after delay_ms that wakes the
 * loop, so that a process without work is not woken for it alone. */
void timer_start_late(struct timer *timer, int64_t delay_ms, int64_t slack_ms);

/* Stops it if it runs. */
void timer_stop(struct timer *timer);

/* Stops it and frees it once the loop has let go of it; fn is not called any more. NULL is fine. */
void timer_close(struct timer *timer);

/* The libuv loop underneath, for rooms that bring a handle of their own (telemetry's server). */
struct uv_loop_s *loop_uv(struct loop *loop);

#endif
