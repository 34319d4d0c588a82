/* What TLS and HTTP/2 bring along: many streams on one connection, connections that go away, and writes beside them. */

#include "kube/watchset.h"
#include "watching.h"

#define GET(path) { .method = "GET", .target = path, .status = 200, .reply = "{}", .is_unordered = true }

static const struct kubeconfig anybody = { .token = "t" };

/* One request and its end. */
struct asked {
	bool is_over;
	int status;
	struct err err;
};

static void on_answer(void *user, const struct client_answer *answer, const struct err *err)
{
	struct asked *asked = user;

	asked->is_over = true;
	asked->status = answer->status;
	asked->err = *err;
}

static void ask(struct bench *bench, struct asked *asked, const char *target, bool is_bulk, int64_t timeout_ms)
{
	struct err err = ERR_INIT;

	*asked = (struct asked){ .is_over = false };
	ck_assert(client_send(bench->client,
			      &(struct client_request){ .method = "GET", .target = target, .is_bulk = is_bulk,
							.timeout_ms = timeout_ms },
			      on_answer, asked, NULL, &err) == 0);
}

static void ask_and_wait(struct bench *bench, struct asked *asked, const char *target, bool is_bulk)
{
	ask(bench, asked, target, is_bulk, 5000);
	ck_assert(fake_run_until(bench->loop, &asked->is_over, 10000));
	ck_assert_str_eq(asked->err.text, "");
	ck_assert_int_eq(asked->status, 200);
}

static void run_until_served(struct bench *bench, size_t count)
{
	for (int i = 0; i < 2000 && fake_server_served(bench->server) < count; i++)
		fake_run_for(bench->loop, 5);
	ck_assert_uint_eq(fake_server_served(bench->server), count);
}

START_TEST(all_watches_share_a_connection_and_writes_have_their_own)
{
	struct fake_step script[START_STEPS + 3];
	const size_t started = START_STEPS;
	struct watchset_times times = { .watch = quick };
	struct asked asked;
	struct bench bench;
	struct store *store = store_create();
	struct watchset *set;

	put_start(script);
	for (size_t i = 0; i < 3; i++)
		script[started + i] = (struct fake_step)GET("/a");
	bench = bench_open_over(true, script, started + 3, anybody);
	set = watchset_create(bench.loop, bench.client, store, &times, &(struct watch_handler){ .user = NULL });
	watchset_start(set);
	run_until_served(&bench, started);
	ck_assert_uint_eq(fake_server_accepted(bench.server), 1);
	ask_and_wait(&bench, &asked, "/a", false);
	ck_assert_uint_eq(fake_server_accepted(bench.server), 2);
	ask_and_wait(&bench, &asked, "/a", false);
	ask_and_wait(&bench, &asked, "/a", true);
	ck_assert_uint_eq(fake_server_accepted(bench.server), 2);
	ck_assert_uint_eq(fake_server_open(bench.server), 2);
	watchset_destroy(set);
	bench_close(&bench, "shared");
	store_destroy(store);
}
END_TEST

/* The server asks for another connection (as the apiserver does by chance, and when it ends): what is
 * under way is finished on the old one. */
START_TEST(streams_go_on_and_new_ones_go_elsewhere_after_a_goaway)
{
	static const struct fake_step script[] = {
		{ LIST, LISTED("5", OBJECT("x", "u", "3")) },
		{ WATCH("5"), HELD },
		GET("/a"),
		{ WATCH("6"), HELD, .reply = MOD("x", "u", "8") },
	};
	struct asked asked;
	struct scene scene;
	char room[2048];

	scene_open_over(true, &scene, script, 4, KIND_PINS, &quick);
	scene_run(&scene, 2, 0, "goaway");
	fake_server_go_away(scene.bench.server, 1);
	ask_and_wait(&scene.bench, &asked, "/a", true);
	ck_assert_uint_eq(fake_server_accepted(scene.bench.server), 2);
	fake_server_push(scene.bench.server, 1, MOD("x", "u", "6"));
	for (int i = 0; i < 2000 && strcmp(objects_text(room, scene.store, NULL), "x@6") != 0; i++)
		fake_run_for(scene.bench.loop, 5);
	ck_assert_str_eq(room, "x@6");
	ck_assert_uint_eq(fake_server_open(scene.bench.server), 2);
	fake_server_end(scene.bench.server, 1, FAKE_KEEP);
	scene_run(&scene, 4, 25, "goaway");
	ck_assert_str_eq(scene.changes.text, "+x@3 ~x@6 ~x@8");
	ck_assert_uint_eq(watch_report(scene.watch)->lists, 1);
	ck_assert_uint_eq(watch_report(scene.watch)->failures, 0);
	ck_assert_uint_eq(fake_server_accepted(scene.bench.server), 2);
	ck_assert_uint_eq(fake_server_open(scene.bench.server), 1);
	scene_close(&scene, "goaway");
}
END_TEST

START_TEST(a_connection_that_goes_away_at_once_costs_no_list)
{
	static const struct fake_step script[] = {
		{ LIST, LISTED("5", OBJECT("x", "u", "3")) },
		{ WATCH("5"), HELD },
		{ WATCH("5"), HELD, .reply = MOD("x", "u", "8") },
	};
	struct scene scene;

	scene_open_over(true, &scene, script, 3, KIND_PINS, &quick);
	scene_run(&scene, 2, 0, "gone");
	fake_server_go_away(scene.bench.server, 1);
	fake_server_end(scene.bench.server, 1, FAKE_CLOSE);
	scene_run(&scene, 3, 25, "gone");
	ck_assert_str_eq(scene.changes.text, "+x@3 ~x@8");
	ck_assert_uint_eq(watch_report(scene.watch)->lists, 1);
	scene_close(&scene, "gone");
}
END_TEST

START_TEST(a_request_after_a_goaway_goes_through)
{
	static const struct fake_step script[] = {
		{ .method = "GET", .target = "/1", .status = 200, .end = FAKE_HOLD },
		GET("/2"),
		GET("/3"),
	};
	struct bench bench = bench_open_over(true, script, 3, anybody);
	struct asked first;
	struct asked asked;

	ask(&bench, &first, "/1", true, 10000);
	run_until_served(&bench, 1);
	fake_server_go_away(bench.server, 0);
	/* Not even seen by the client yet. */
	ask_and_wait(&bench, &asked, "/2", true);
	fake_server_end(bench.server, 0, FAKE_KEEP);
	ck_assert(fake_run_until(bench.loop, &first.is_over, 5000));
	ck_assert_int_eq(first.status, 200);
	ask_and_wait(&bench, &asked, "/3", true);
	ck_assert_uint_eq(fake_server_accepted(bench.server), 2);
	bench_close(&bench, "after");
}
END_TEST

START_TEST(a_stream_that_is_reset_leaves_the_others_alone)
{
	static const struct fake_step script[] = {
		{ LIST, LISTED("5", OBJECT("x", "u", "3")) },
		{ WATCH("5"), HELD },
		{ .method = "GET", .target = "/a", .end = FAKE_RESET },
		{ WATCH("5"), HELD },
	};
	struct asked asked;
	struct scene scene;

	scene_open_over(true, &scene, script, 4, KIND_PINS, &quick);
	scene_run(&scene, 2, 0, "reset");
	ask(&scene.bench, &asked, "/a", true, 5000);
	ck_assert(fake_run_until(scene.bench.loop, &asked.is_over, 10000));
	ck_assert_int_eq(asked.err.class, ERR_NET);
	fake_server_push(scene.bench.server, 1, MARK("5"));
	ck_assert_uint_eq(watch_report(scene.watch)->failures, 0);
	fake_server_end(scene.bench.server, 1, FAKE_RESET);
	scene_run(&scene, 4, 25, "reset");
	ck_assert_uint_eq(watch_report(scene.watch)->lists, 1);
	ck_assert_uint_eq(fake_server_accepted(scene.bench.server), 1);
	scene_close(&scene, "reset");
}
END_TEST

/* Each has a connection to itself, as many as at once, and what was connected once serves again. */
START_TEST(writes_do_not_share_a_connection_and_it_is_kept)
{
	enum { AT_ONCE = 12 };
	struct fake_step script[2 * AT_ONCE + 1];
	struct asked asked[AT_ONCE];
	struct bench bench;

	for (size_t i = 0; i < 2 * AT_ONCE + 1; i++)
		script[i] = (struct fake_step){ .method = "GET", .target = "/a", .status = 200, .end = FAKE_HOLD };
	script[AT_ONCE].end = FAKE_KEEP;
	bench = bench_open_over(true, script, 2 * AT_ONCE + 1, anybody);
	for (size_t first = 0; first <= AT_ONCE + 1; first += AT_ONCE + 1) {
		for (size_t i = 0; i < AT_ONCE; i++)
			ask(&bench, &asked[i], "/a", false, 10000);
		run_until_served(&bench, first + AT_ONCE);
		for (size_t i = 0; i < AT_ONCE; i++) {
			fake_server_end(bench.server, first + i, FAKE_KEEP);
			ck_assert(fake_run_until(bench.loop, &asked[i].is_over, 5000));
			ck_assert_int_eq(asked[i].status, 200);
		}
		if (first == 0)
			ask_and_wait(&bench, &asked[0], "/a", false);
		ck_assert_uint_eq(fake_server_accepted(bench.server), AT_ONCE);
	}
	bench_close(&bench, "at once");
}
END_TEST

/* A server that is stuck, or a network that lets nothing through any more: the connections beside that one are as dead. */
START_TEST(a_write_does_not_wait_on_connections_beside_one_that_has_not_answered)
{
	static const struct fake_step script[] = {
		{ .method = "GET", .target = "/1", .status = 200, .end = FAKE_HOLD },
		{ .method = "GET", .target = "/2", .status = 200, .end = FAKE_HOLD },
		{ .method = "GET", .target = "/3", .status = 200, .delay_ms = 60000 },
		GET("/4"),
		GET("/5"),
	};
	struct bench bench = bench_open_over(true, script, 5, anybody);
	struct asked asked[3];

	ask(&bench, &asked[0], "/1", false, 10000);
	ask(&bench, &asked[1], "/2", false, 10000);
	run_until_served(&bench, 2);
	for (size_t i = 0; i < 2; i++) {
		fake_server_end(bench.server, i, FAKE_KEEP);
		ck_assert(fake_run_until(bench.loop, &asked[i].is_over, 5000));
	}
	ask(&bench, &asked[2], "/3", false, 200);
	ck_assert(fake_run_until(bench.loop, &asked[2].is_over, 5000));
	ck_assert_int_eq(asked[2].err.class, ERR_NET);
	ck_assert_uint_eq(fake_server_accepted(bench.server), 2);
	ask_and_wait(&bench, &asked[2], "/4", false);
	ask_and_wait(&bench, &asked[2], "/5", false);
	ck_assert_uint_eq(fake_server_accepted(bench.server), 3);
	bench_close(&bench, "stuck");
}
END_TEST

/* All streams of the silent connection go to a new one, at once. */
START_TEST(a_dead_connection_is_left_by_every_stream)
{
	struct fake_step script[START_STEPS + 1 + KIND_COUNT];
	const size_t started = START_STEPS;
	struct watchset_times times = { .watch = quick, .silence_ms = 200, .answer_ms = 100 };
	struct bench bench;
	struct store *store = store_create();
	struct watchset *set;

	put_start(script);
	script[started] =
		(struct fake_step){ .method = "GET", .target = "/version", .status = 200, .delay_ms = 60000 };
	for (size_t i = 0; i < KIND_COUNT; i++)
		script[started + 1 + i] = (struct fake_step)STREAM_OF_ANY;
	bench = bench_open_over(true, script, started + 1 + KIND_COUNT, anybody);
	set = watchset_create(bench.loop, bench.client, store, &times, &(struct watch_handler){ .user = NULL });
	watchset_start(set);
	run_until_served(&bench, started);
	ck_assert_uint_eq(fake_server_accepted(bench.server), 1);
	run_until_served(&bench, started + 1 + KIND_COUNT);
	ck_assert_uint_eq(fake_server_accepted(bench.server), 2);
	for (int kind = 0; kind < KIND_COUNT; kind++)
		ck_assert_uint_eq(watchset_report(set, (enum kind)kind)->lists, 1);
	for (int i = 0; i < 2000 && fake_server_open(bench.server) > 1; i++)
		fake_run_for(bench.loop, 5);
	ck_assert_uint_eq(fake_server_open(bench.server), 1);
	watchset_destroy(set);
	bench_close(&bench, "dead");
	store_destroy(store);
}
END_TEST

static void add(TCase *tests)
{
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, all_watches_share_a_connection_and_writes_have_their_own);
	tcase_add_test(tests, streams_go_on_and_new_ones_go_elsewhere_after_a_goaway);
	tcase_add_test(tests, a_connection_that_goes_away_at_once_costs_no_list);
	tcase_add_test(tests, a_request_after_a_goaway_goes_through);
	tcase_add_test(tests, a_stream_that_is_reset_leaves_the_others_alone);
	tcase_add_test(tests, writes_do_not_share_a_connection_and_it_is_kept);
	tcase_add_test(tests, a_write_does_not_wait_on_connections_beside_one_that_has_not_answered);
	tcase_add_test(tests, a_dead_connection_is_left_by_every_stream);
}

SUITE_MAIN("http2", add)
