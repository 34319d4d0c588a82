/* Who we are, as requests show it: programs that are asked, files that change under way. */

#include "kube/identity.h"

#include <stdio.h>
#include <unistd.h>

#include "fake/tls.h"
#include "watching.h"

#define V1 "client.authentication.k8s.io/v1"

/* Appends a line to the file "runs"; $n is its number then. */
#define COUNT "echo run >>runs; n=$(wc -l <runs); "
#define SAY(status) "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"status\":{" status "}}'"

/* The end of a call. */
struct ended {
	bool is_over;
	int calls;
	int status;
	struct err err;
};

static void on_end(void *user, const struct client_answer *answer, const struct err *err)
{
	struct ended *ended = user;

	ended->is_over = true;
	ended->calls++;
	ended->status = answer->status;
	ended->err = *err;
}

/* Each test is alone in the folder: Check has made a process of its own for it. */
static void enter_folder(void)
{
	ck_assert_int_eq(chdir(fake_tls_folder()), 0);
	fake_tls_run("rm -f runs; cp ca.crt now-ca.crt; cp client.crt now.crt; cp client.key now.key");
}

static int count_runs(void)
{
	FILE *file = fopen("runs", "r");
	int lines = 0;

	for (int c; file != NULL && (c = fgetc(file)) != EOF;)
		lines += c == '\n';
	if (file != NULL)
		(void)fclose(file);
	return lines;
}

#define PLUGIN(script)                                                                             \
	((struct kubeconfig){                                                                      \
		.exec = { .command = "/bin/sh",                                                    \
			  .args = (const char *const[]){ "-c", script, NULL },                     \
			  .api_version = V1 },                                                     \
	})

static void get(struct bench *bench, const char *target, struct ended *ended)
{
	struct err err = ERR_INIT;

	*ended = (struct ended){ .calls = 0 };
	ck_assert_msg(client_get(bench->client, target, on_end, ended, &err) == 0, "%s", err.text);
}

static void wait_for(struct bench *bench, struct ended *ended)
{
	ck_assert(fake_run_until(bench->loop, &ended->is_over, 8000));
	ck_assert_int_eq(ended->calls, 1);
}

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

/* ---- files ---- */

/* The news of a client. */
struct news {
	int renewals;
	int troubles;
};

static void on_news(void *user, const char *what, const struct err *err)
{
	struct news *news = user;

	ck_assert_str_eq(what, "certificate files");
	if (err_is_set(err))
		news->troubles++;
	else
		news->renewals++;
}

/* A client of its own for a server that speaks TLS. */
static void bench_open_tls(struct bench *bench, const struct fake_tls_server *server, struct kubeconfig config)
{
	struct err err = ERR_INIT;
	char url[64];

	*bench = bench_open(NULL, 0, (struct kubeconfig){ .token = NULL });
	client_destroy(bench->client);
	(void)snprintf(url, sizeof(url), "https://127.0.0.1:%d", server->port);
	config.server = url;
	ck_assert_msg(client_create(bench->loop, bench->http, &config, &bench->client, &err) == 0, "%s", err.text);
}

static const struct {
	const char *name;
	const char *pair;
	struct kubeconfig config;
	int want_status;
} servers[] = {
	{ "a certificate for the address", "address", { .ca_file = "ca.crt" }, 200 },
	{ "a certificate for another name", "name", { .ca_file = "ca.crt" }, 0 },
	{ "tls-server-name is the name that counts", "name",
	  { .ca_file = "ca.crt", .tls_server_name = "inside.example" }, 200 },
	{ "no authority is named", "address", { .ca_file = NULL }, 0 },
	{ "insecure-skip-tls-verify", "name", { .is_insecure = true }, 200 },
};

START_TEST(the_server_is_believed_as_the_kubeconfig_says)
{
	struct fake_tls_server server = fake_tls_serve(servers[_i].pair, "");
	struct bench bench;
	struct ended ended;

	enter_folder();
	bench_open_tls(&bench, &server, servers[_i].config);
	get(&bench, "/a", &ended);
	wait_for(&bench, &ended);
	expect_int(servers[_i].name, ended.status, servers[_i].want_status);
	fake_tls_stop(&server);
	bench_close(&bench, servers[_i].name);
}
END_TEST

static const struct {
	const char *name;
	const char *server; /* its arguments */
	const char *before;
	const char *change;
} rotations[] = {
	{ "the server has a certificate of another authority", "", "cp other.crt now-ca.crt", "cp ca.crt now-ca.crt" },
	{ "the server believes another authority", "-Verify 1 -CAfile ca.crt -verify_return_error",
	  "cp other.crt now.crt; cp other.key now.key", "cp second.crt now.crt; cp second.key now.key" },
};

START_TEST(a_failure_looks_at_the_files)
{
	struct fake_tls_server server = fake_tls_serve("address", rotations[_i].server);
	const struct kubeconfig config = { .ca_file = "now-ca.crt", .cert_file = "now.crt", .key_file = "now.key" };
	struct bench bench;
	struct news news = { .renewals = 0 };
	struct ended ended;

	enter_folder();
	fake_tls_run(rotations[_i].before);
	bench_open_tls(&bench, &server, config);
	client_tell(bench.client, on_news, &news);
	for (int i = 0; i < 3; i++) {
		if (i == 1)
			fake_tls_run(rotations[_i].change);
		get(&bench, "/a", &ended);
		wait_for(&bench, &ended);
		expect_int(rotations[_i].name, ended.status, i < 2 ? 0 : 200);
		expect_int(rotations[_i].name, news.renewals, i < 1 ? 0 : 1);
	}
	fake_tls_stop(&server);
	bench_close(&bench, rotations[_i].name);
}
END_TEST

START_TEST(in_a_pod_the_authority_is_followed_as_well)
{
	struct fake_tls_server server = fake_tls_serve("address", "");
	struct kubeconfig config;
	struct bench bench;
	struct ended ended;
	struct err err = ERR_INIT;
	char port[16];

	enter_folder();
	fake_tls_run("mkdir -p pod; cp other.crt pod/ca.crt; echo abc >pod/token; echo shop >pod/namespace");
	(void)snprintf(port, sizeof(port), "%d", server.port);
	ck_assert_msg(kubeconfig_of_pod("127.0.0.1", port, "pod", &config, &err) == 0, "%s", err.text);
	bench_open_tls(&bench, &server, config);
	kubeconfig_finish(&config);
	for (int i = 0; i < 3; i++) {
		if (i == 1)
			fake_tls_run("cp ca.crt pod/ca.crt");
		get(&bench, "/a", &ended);
		wait_for(&bench, &ended);
		ck_assert_int_eq(ended.status, i < 2 ? 0 : 200);
	}
	ck_assert_str_eq(client_namespace(bench.client), "shop");
	fake_tls_stop(&server);
	bench_close(&bench, "pod");
}
END_TEST

/* A watch's side of a stream. */
struct streamed {
	bool is_open;
	bool is_over;
	int ends;
	struct err err;
};

static void on_open(void *user)
{
	struct streamed *streamed = user;

	streamed->is_open = true;
}

static bool on_bytes(void *user, const char *bytes, size_t len)
{
	(void)user;
	(void)bytes;
	(void)len;
	return true;
}

static void on_done(void *user, const struct err *err)
{
	struct streamed *streamed = user;

	streamed->is_over = true;
	streamed->ends++;
	streamed->err = *err;
}

static void watch(struct bench *bench, const char *target, struct streamed *streamed)
{
	const struct client_stream stream = {
		.on_open = on_open, .on_bytes = on_bytes, .on_done = on_done, .user = streamed
	};
	struct err err = ERR_INIT;

	ck_assert(client_watch(bench->client, target, &stream, NULL, &err) == 0);
}

START_TEST(new_files_mean_new_connections_and_streams_end_in_good_order)
{
	static const struct fake_step script[] = {
		{ .method = "GET", .target = "/watch", .status = 200, .reply = "{}\n", .end = FAKE_HOLD },
		{ .method = "GET", .target = "/late", .delay_ms = 5000, .status = 200, .end = FAKE_HOLD },
		{ .method = "GET", .target = "/a", .status = 401 },
		{ .method = "GET", .target = "/a", .status = 200, .is_unordered = true },
		{ .method = "GET", .target = "/late", .status = 200, .end = FAKE_HOLD, .is_unordered = true },
		{ .method = "GET", .target = "/b", .status = 200 },
	};
	struct streamed granted = { .ends = 0 };
	struct streamed late = { .ends = 0 };
	struct news news = { .renewals = 0 };
	struct ended ended;
	struct bench bench;

	enter_folder();
	bench = bench_open(script, 6, (struct kubeconfig){ .ca_file = "now-ca.crt" });
	client_tell(bench.client, on_news, &news);
	watch(&bench, "/watch", &granted);
	ck_assert(fake_run_until(bench.loop, &granted.is_open, 5000));
	watch(&bench, "/late", &late);
	while (fake_server_served(bench.server) < 2)
		fake_run_for(bench.loop, 5);
	fake_tls_run("cp other.crt now-ca.crt");
	get(&bench, "/a", &ended);
	wait_for(&bench, &ended);
	ck_assert_int_eq(ended.status, 200);
	ck_assert_int_eq(news.renewals, 1);
	/* Both lanes' connections are new ones now; the stream that was not granted yet has noticed nothing. */
	ck_assert(fake_run_until(bench.loop, &granted.is_over, 5000));
	ck_assert_int_eq(granted.err.class, ERR_NONE);
	ck_assert(fake_run_until(bench.loop, &late.is_open, 5000));
	ck_assert_int_eq(late.ends, 0);
	get(&bench, "/b", &ended);
	wait_for(&bench, &ended);
	ck_assert_uint_eq(fake_server_accepted(bench.server), 5);
	bench_close(&bench, "connections");
	ck_assert_int_eq(late.ends, 1);
}
END_TEST

START_TEST(a_watch_is_resumed_with_new_files_and_lists_nothing)
{
	static const struct fake_step script[] = {
		{ LIST, HELD, .reply = ADD("x", "u", "3") DONE("5") },
		{ .method = "GET", .target = "/a", .status = 401 },
		{ .method = "GET", .target = "/a", .status = 200, .is_unordered = true },
		{ WATCH("5"), HELD, .reply = MOD("x", "u", "8"), .is_unordered = true },
	};
	struct scene scene = { .watch = NULL };
	struct ended ended;
	char room[2048];

	enter_folder();
	scene.bench = bench_open(script, 4, (struct kubeconfig){ .ca_file = "now-ca.crt" });
	scene.store = store_create();
	scene.watch = watch_create(scene.bench.loop, scene.bench.client, scene.store, KIND_PINS, &quick,
				   &(struct watch_handler){ .user = NULL });
	watch_start(scene.watch);
	scene_run(&scene, 1, 10, "list");
	fake_tls_run("cp other.crt now-ca.crt");
	get(&scene.bench, "/a", &ended);
	wait_for(&scene.bench, &ended);
	scene_run(&scene, 4, 10, "resume");
	ck_assert_str_eq(objects_text(room, scene.store, NULL), "x@8");
	ck_assert_uint_eq(watch_report(scene.watch)->lists, 1);
	ck_assert_uint_eq(watch_report(scene.watch)->failures, 0);
	scene_close(&scene, "resume");
}
END_TEST

START_TEST(a_programs_new_certificate_means_new_connections)
{
	static const struct fake_step script[] = {
		{ .method = "GET", .target = "/a", .headers = "!Authorization\n", .status = 200 },
		{ .method = "GET", .target = "/a", .status = 401 },
		{ .method = "GET", .target = "/a", .status = 200 },
	};
	struct ended ended;
	struct bench bench;

	enter_folder();
	fake_tls_run("line() { awk '{printf \"%s\\\\n\", $0}' \"$1\"; }; for pair in client second; do printf "
		     "'{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"status\":{\"clientCertificateData\":"
		     "\"%s\",\"clientKeyData\":\"%s\"}}' \"$(line $pair.crt)\" \"$(line $pair.key)\" >$pair.json; done");
	bench = bench_open(script, 3, PLUGIN(COUNT "[ $n = 1 ] && cat client.json || cat second.json"));
	get(&bench, "/a", &ended);
	wait_for(&bench, &ended);
	ck_assert_uint_eq(fake_server_accepted(bench.server), 1);
	get(&bench, "/a", &ended);
	wait_for(&bench, &ended);
	ck_assert_int_eq(ended.status, 200);
	ck_assert_int_eq(count_runs(), 2);
	ck_assert_uint_eq(fake_server_accepted(bench.server), 2);
	bench_close(&bench, "certificate");
}
END_TEST

START_TEST(one_that_was_sent_with_an_older_token_is_tried_with_the_newer)
{
	static const struct fake_step script[] = {
		{ .method = "GET", .target = "/a", .headers = "Authorization: Bearer first\n", .status = 401,
		  .delay_ms = 200 },
		{ .method = "GET", .target = "/b", .headers = "Authorization: Bearer first\n", .status = 401,
		  .is_unordered = true },
		{ .method = "GET", .target = "/b", .headers = "Authorization: Bearer second\n", .status = 200,
		  .is_unordered = true },
		{ .method = "GET", .target = "/a", .headers = "Authorization: Bearer second\n", .status = 200 },
	};
	struct ended ended[2];
	struct bench bench;

	enter_folder();
	fake_tls_run("echo first >now.token");
	bench = bench_open(script, 4, (struct kubeconfig){ .token_file = "now.token" });
	get(&bench, "/a", &ended[0]);
	get(&bench, "/b", &ended[1]);
	fake_tls_run("echo second >now.token");
	wait_for(&bench, &ended[0]);
	wait_for(&bench, &ended[1]);
	ck_assert_int_eq(ended[0].status, 200);
	ck_assert_int_eq(ended[1].status, 200);
	bench_close(&bench, "older");
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
	suite_add_rows(tests, the_server_is_believed_as_the_kubeconfig_says, servers);
	suite_add_rows(tests, a_failure_looks_at_the_files, rotations);
	tcase_add_test(tests, in_a_pod_the_authority_is_followed_as_well);
	tcase_add_test(tests, new_files_mean_new_connections_and_streams_end_in_good_order);
	tcase_add_test(tests, a_watch_is_resumed_with_new_files_and_lists_nothing);
	tcase_add_test(tests, a_programs_new_certificate_means_new_connections);
	tcase_add_test(tests, one_that_was_sent_with_an_older_token_is_tried_with_the_newer);
}

SUITE_MAIN("identity", add)
