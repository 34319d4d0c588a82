/* Who we are, as requests show it: files that change under way. */

#include "kube/identity.h"

#include "identifying.h"
#include "watching.h"

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
	bool is_answered; /* it is open, or over */
	bool is_open;
	bool is_over;
	int ends;
	struct err err;
};

static void on_open(void *user)
{
	struct streamed *streamed = user;

	streamed->is_answered = true;
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

	streamed->is_answered = true;
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
	for (int i = 0; i < 2000 && fake_server_served(bench.server) < 2; i++)
		fake_run_for(bench.loop, 5);
	fake_tls_run("cp other.crt now-ca.crt");
	get(&bench, "/a", &ended);
	wait_for(&bench, &ended);
	ck_assert_int_eq(ended.status, 200);
	ck_assert_int_eq(news.renewals, 1);
	/* Both lanes' connections are new ones now; the stream that was not granted yet has noticed nothing. */
	ck_assert(fake_run_until(bench.loop, &granted.is_over, 5000));
	ck_assert_int_eq(granted.err.class, ERR_NONE);
	ck_assert(fake_run_until(bench.loop, &late.is_answered, 5000));
	ck_assert(late.is_open);
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
		{ LIST, LISTED("5", OBJECT("x", "u", "3")) },
		{ WATCH("5"), HELD },
		{ .method = "GET", .target = "/a", .status = 401 },
		{ .method = "GET", .target = "/a", .status = 200, .is_unordered = true },
		{ WATCH("5"), HELD, .reply = MOD("x", "u", "8"), .is_unordered = true },
	};
	struct scene scene = { .watch = NULL };
	struct ended ended;
	char room[2048];

	enter_folder();
	scene.bench = bench_open(script, 5, (struct kubeconfig){ .ca_file = "now-ca.crt" });
	scene.store = store_create();
	scene.watch = watch_create(scene.bench.loop, scene.bench.client, scene.store, KIND_PINS, &quick,
				   &(struct watch_handler){ .user = NULL });
	watch_start(scene.watch);
	scene_run(&scene, 2, 10, "list");
	fake_tls_run("cp other.crt now-ca.crt");
	get(&scene.bench, "/a", &ended);
	wait_for(&scene.bench, &ended);
	scene_run(&scene, 5, 10, "resume");
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
	suite_add_rows(tests, the_server_is_believed_as_the_kubeconfig_says, servers);
	suite_add_rows(tests, a_failure_looks_at_the_files, rotations);
	tcase_add_test(tests, in_a_pod_the_authority_is_followed_as_well);
	tcase_add_test(tests, new_files_mean_new_connections_and_streams_end_in_good_order);
	tcase_add_test(tests, a_watch_is_resumed_with_new_files_and_lists_nothing);
	tcase_add_test(tests, a_programs_new_certificate_means_new_connections);
	tcase_add_test(tests, one_that_was_sent_with_an_older_token_is_tried_with_the_newer);
}

SUITE_MAIN("identity_files", add)
