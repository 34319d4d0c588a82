/* Who we are, as requests show it: programs that are asked. */

#include "kube/identity.h"

#include "identifying.h"
#include "watching.h"

/* ---- programs ---- */

START_TEST(requests_wait_for_one_run)
{
	static const struct fake_step script[] = {
		{ .method = "GET", .target = "/a", .headers = "Authorization: Bearer token-1\n", .status = 200 },
		{ .method = "GET", .target = "/b", .headers = "Authorization: Bearer token-1\n", .status = 200,
		  .is_unordered = true },
		{ .method = "GET", .target = "/c", .headers = "Authorization: Bearer token-1\n", .status = 200 },
	};
	struct ended ended[3];
	struct bench bench;

	enter_folder();
	bench = bench_open(script, 3, PLUGIN(COUNT SAY("\"token\":\"token-'$n'\"")));
	get(&bench, "/a", &ended[0]);
	get(&bench, "/b", &ended[1]);
	wait_for(&bench, &ended[0]);
	wait_for(&bench, &ended[1]);
	get(&bench, "/c", &ended[2]);
	wait_for(&bench, &ended[2]);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(ended[i].status, 200);
	ck_assert_int_eq(count_runs(), 1);
	bench_close(&bench, "wait");
}
END_TEST

/* The server refuses token-1. */
static const struct {
	const char *name;
	const char *script;
	bool is_tried_again;
	int want_status;
	const char *want_text;
	int want_runs;
} refusals[] = {
	{ "a new token is tried", COUNT SAY("\"token\":\"token-'$n'\""), true, 200, "", 2 },
	{ "the same token is not tried again", COUNT SAY("\"token\":\"token-1\""), false, 401, "401", 2 },
	{ "there is no other", COUNT "[ $n = 1 ] || exit 9; " SAY("\"token\":\"token-1\""), false, 0,
	  "credential plugin \"/bin/sh\": it ended with exit code 9", 2 },
};

START_TEST(a_401_runs_the_program_again_once)
{
	static const struct fake_step script[] = {
		{ .method = "GET", .target = "/a", .headers = "Authorization: Bearer token-1\n", .status = 401 },
		{ .method = "GET", .target = "/a", .headers = "Authorization: Bearer token-2\n", .status = 200 },
	};
	struct ended ended;
	struct bench bench;

	enter_folder();
	bench = bench_open(script, refusals[_i].is_tried_again ? 2 : 1, PLUGIN(refusals[_i].script));
	get(&bench, "/a", &ended);
	wait_for(&bench, &ended);
	expect_int(refusals[_i].name, ended.status, refusals[_i].want_status);
	expect_contains(refusals[_i].name, ended.err.text, refusals[_i].want_text);
	expect_int(refusals[_i].name, count_runs(), refusals[_i].want_runs);
	bench_close(&bench, refusals[_i].name);
}
END_TEST

START_TEST(two_that_are_refused_share_one_run)
{
	static const struct fake_step script[] = {
		{ .method = "GET", .target = "/a", .headers = "Authorization: Bearer token-1\n", .status = 401 },
		{ .method = "GET", .target = "/b", .headers = "Authorization: Bearer token-1\n", .status = 401,
		  .delay_ms = 100, .is_unordered = true },
		{ .method = "GET", .target = "/a", .headers = "Authorization: Bearer token-2\n", .status = 200,
		  .is_unordered = true },
		{ .method = "GET", .target = "/b", .headers = "Authorization: Bearer token-2\n", .status = 200,
		  .is_unordered = true },
	};
	struct ended ended[2];
	struct bench bench;

	enter_folder();
	bench = bench_open(script, 4, PLUGIN(COUNT SAY("\"token\":\"token-'$n'\"")));
	get(&bench, "/a", &ended[0]);
	get(&bench, "/b", &ended[1]);
	wait_for(&bench, &ended[0]);
	wait_for(&bench, &ended[1]);
	ck_assert_int_eq(ended[0].status, 200);
	ck_assert_int_eq(ended[1].status, 200);
	ck_assert_int_eq(count_runs(), 2);
	bench_close(&bench, "two");
}
END_TEST

START_TEST(a_program_that_fails_fails_those_who_wait)
{
	struct bench bench;
	struct ended ended;
	struct err err = ERR_INIT;

	enter_folder();
	bench = bench_open(NULL, 0, PLUGIN(COUNT "echo 'log in first' >&2; exit 1"));
	get(&bench, "/a", &ended);
	wait_for(&bench, &ended);
	ck_assert_int_eq(ended.err.class, ERR_NET);
	ck_assert_ptr_nonnull(strstr(ended.err.text, "credential plugin \"/bin/sh\": it ended with exit code 1: "
						     "log in first"));
	/* During the pause nobody waits. */
	ck_assert_int_eq(client_get(bench.client, "/a", on_end, &ended, &err), ERR_NET);
	ck_assert_ptr_nonnull(strstr(err.text, "log in first"));
	ck_assert_int_eq(count_runs(), 1);
	bench_close(&bench, "fails");
}
END_TEST

START_TEST(the_wait_counts_as_the_calls_own_time)
{
	struct bench bench;
	struct ended ended = { .calls = 0 };
	struct err err = ERR_INIT;

	enter_folder();
	bench = bench_open(NULL, 0, PLUGIN("sleep 9"));
	ck_assert(client_send(bench.client,
			      &(struct client_request){ .method = "GET", .target = "/a", .timeout_ms = 50 }, on_end,
			      &ended, NULL, &err) == 0);
	wait_for(&bench, &ended);
	ck_assert_int_eq(ended.err.class, ERR_NET);
	ck_assert_ptr_nonnull(strstr(ended.err.text, "the credential plugin has not ended within"));
	bench_close(&bench, "time");
}
END_TEST

START_TEST(who_waits_can_be_cancelled)
{
	struct bench bench;
	struct ended ended = { .calls = 0 };
	struct client_call *call;
	struct err err = ERR_INIT;

	enter_folder();
	bench = bench_open(NULL, 0, PLUGIN("sleep 9"));
	ck_assert(client_send(bench.client, &(struct client_request){ .method = "GET", .target = "/a" }, on_end,
			      &ended, &call, &err) == 0);
	client_cancel(call);
	ck_assert_int_eq(ended.calls, 0);
	wait_for(&bench, &ended);
	ck_assert_str_eq(ended.err.text, "cancelled");
	bench_close(&bench, "cancel");
}
END_TEST

START_TEST(who_waits_at_the_end_is_told)
{
	struct bench bench;
	struct ended ended;
	struct err err = ERR_INIT;

	enter_folder();
	bench = bench_open(NULL, 0, PLUGIN("sleep 9"));
	get(&bench, "/a", &ended);
	client_close(bench.client);
	ck_assert_int_eq(ended.calls, 1);
	ck_assert_int_eq(ended.err.class, ERR_NET);
	ck_assert_int_eq(client_get(bench.client, "/a", on_end, &ended, &err), ERR_NET);
	bench_close(&bench, "end");
	ck_assert_int_eq(ended.calls, 1);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_unchecked_fixture(tests, fake_tls_make, fake_tls_remove);
	tcase_add_test(tests, requests_wait_for_one_run);
	suite_add_rows(tests, a_401_runs_the_program_again_once, refusals);
	tcase_add_test(tests, two_that_are_refused_share_one_run);
	tcase_add_test(tests, a_program_that_fails_fails_those_who_wait);
	tcase_add_test(tests, the_wait_counts_as_the_calls_own_time);
	tcase_add_test(tests, who_waits_can_be_cancelled);
	tcase_add_test(tests, who_waits_at_the_end_is_told);
}

SUITE_MAIN("identity", add)
