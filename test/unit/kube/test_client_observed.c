/* What a client tells of its requests, and how a limit holds them back. */

#include <stdio.h>

#include "bench.h"
#include "ended.h"

/* ---- metrics ---- */

struct observed {
	int count;
	int status;
	int waits;
	int64_t waited_ms;
	int warnings;
	char method[8];
};

static void observe(void *user, const char *method, int status, int64_t duration_ms)
{
	struct observed *observed = user;

	ck_assert_int_ge(duration_ms, 0);
	observed->count++;
	observed->status = status;
	(void)snprintf(observed->method, sizeof(observed->method), "%s", method);
}

static void observe_warning(void *user, const char *text)
{
	struct observed *observed = user;

	ck_assert_str_eq(text, "299 - \"old\"");
	observed->warnings++;
}

static void observe_wait(void *user, const char *method, int64_t wait_ms)
{
	struct observed *observed = user;

	ck_assert_str_eq(method, "GET");
	observed->waits++;
	observed->waited_ms = wait_ms;
}

START_TEST(requests_are_observed)
{
	static const struct fake_step script[] = {
		{ .method = "DELETE", .target = "/a", .status = 404,
		  .reply_headers = "Warning: 299 - \"old\"\r\n" },
	};
	struct bench bench = bench_open(script, 1, (struct kubeconfig){ .token = "t" });
	struct observed observed = { .count = 0 };
	struct ended ended = { .calls = 0 };
	struct err err = ERR_INIT;

	client_observe(bench.client, &(struct client_observer){ observe, observe_wait, observe_warning,
							       &observed });
	ck_assert(client_delete(bench.client, "/a", NULL, 0, on_end, &ended, &err) == 0);
	ck_assert(fake_run_until(bench.loop, &ended.is_over, 5000));
	ck_assert_int_eq(observed.count, 1);
	ck_assert_int_eq(observed.status, 404);
	ck_assert_str_eq(observed.method, "DELETE");
	ck_assert_int_eq(observed.waits, 0);
	ck_assert_int_eq(observed.warnings, 1);
	bench_close(&bench, "observed");
}
END_TEST

/* The second one has to wait for a second, which this test does not: a third one, that cannot wait,
 * overtakes it. */
START_TEST(a_limit_holds_back_all_but_the_urgent)
{
	static const struct fake_step script[] = {
		{ .method = "GET", .target = "/first", .status = 200 },
		{ .method = "GET", .target = "/urgent", .status = 200 },
	};
	static const char *const targets[] = { "/first", "/second", "/urgent" };
	struct bench bench = bench_open(script, 2, (struct kubeconfig){ .token = "t" });
	struct observed observed = { .count = 0 };
	struct ended ended[3] = { { .calls = 0 } };
	struct client_call *calls[3];
	struct err err = ERR_INIT;

	client_set_limit(bench.client, 1, 1);
	client_observe(bench.client, &(struct client_observer){ observe, observe_wait, observe_warning,
							       &observed });
	for (int i = 0; i < 3; i++)
		ck_assert(client_send(bench.client,
				      &(struct client_request){ .method = "GET", .target = targets[i],
								.is_urgent = i == 2, .timeout_ms = 500 },
				      on_end, &ended[i], &calls[i], &err) == 0);
	ck_assert(fake_run_until(bench.loop, &ended[2].is_over, 5000));
	ck_assert(fake_run_until(bench.loop, &ended[0].is_over, 5000));
	ck_assert_int_eq(ended[1].calls, 0);
	ck_assert_int_eq(observed.waits, 2);
	ck_assert_int_gt(observed.waited_ms, 900);
	client_cancel(calls[1]);
	ck_assert(fake_run_until(bench.loop, &ended[1].is_over, 5000));
	ck_assert_int_eq(ended[1].err.class, ERR_NET);
	ck_assert_int_eq(observed.count, 2);
	bench_close(&bench, "limit");
}
END_TEST

START_TEST(what_was_held_back_leaves_in_the_end)
{
	static const struct fake_step script[] = {
		{ .method = "GET", .target = "/1", .status = 200 },
		{ .method = "GET", .target = "/2", .status = 200 },
		{ .method = "GET", .target = "/3", .status = 200 },
	};
	struct bench bench = bench_open(script, 3, (struct kubeconfig){ .token = "t" });
	struct ended ended[3] = { { .calls = 0 } };
	struct err err = ERR_INIT;

	client_set_limit(bench.client, 20, 1);
	for (int i = 0; i < 3; i++)
		ck_assert(client_get(bench.client, script[i].target, on_end, &ended[i], &err) == 0);
	for (int i = 0; i < 3; i++) {
		ck_assert(fake_run_until(bench.loop, &ended[i].is_over, 5000));
		ck_assert_int_eq(ended[i].status, 200);
	}
	bench_close(&bench, "limit");
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, requests_are_observed);
	tcase_add_test(tests, a_limit_holds_back_all_but_the_urgent);
	tcase_add_test(tests, what_was_held_back_leaves_in_the_end);
}

SUITE_MAIN("client_observed", add)
