#include "base/clock.h"
#include "kube/watchset.h"
#include "watching.h"

static const struct {
	const char *name;
	struct fake_step script[8];
	const char *want;         /* the store in the end */
	const char *want_changes; /* what it told */
	unsigned want_lists;
	unsigned want_bad;
} rows[] = {
	{ "a streaming list goes on as a watch",
	  { { LIST, HELD, .reply = ADD("x", "u", "3") ADD("y", "v", "2") DONE("5") MOD("x", "u", "6")
						DEL("y", "v", "7") } },
	  "x@6", "+x@3 +y@2 ~x@6 -y@2", 1, 0 },
	{ "an empty kind is synced as well", { { LIST, HELD, .reply = DONE("5") } }, "", "", 1, 0 },
	{ "a stream that ends is resumed at its last event, not listed",
	  { { LIST, OPEN_END, .reply = ADD("x", "u", "3") DONE("5") MOD("x", "u", "6") },
	    { WATCH("6"), HELD, .reply = MOD("x", "u", "8") } },
	  "x@8", "+x@3 ~x@6 ~x@8", 1, 0 },
	{ "a bookmark moves the place to resume at",
	  { { LIST, OPEN_END, .reply = ADD("x", "u", "3") DONE("5") MARK("90") },
	    { WATCH("90"), OPEN_END, .reply = MARK("120") },
	    { WATCH("120"), HELD, .reply = MOD("x", "u", "130") } },
	  "x@130", "+x@3 ~x@130", 1, 0 },
	{ "the events of a streaming list come in no order and move nothing",
	  { { LIST, OPEN_END, .reply = ADD("x", "u", "300") ADD("y", "v", "2") DONE("301") },
	    { WATCH("301"), HELD } },
	  "x@300 y@2", "+x@300 +y@2", 1, 0 },
	{ "a streaming list that is cut starts over, and forgets what only the first had",
	  { { LIST, OPEN_END, .reply = ADD("x", "u", "3") ADD("y", "v", "2") },
	    { LIST, HELD, .reply = ADD("y", "v", "2") DONE("9") } },
	  "y@2", "+x@3 +y@2 -x@3", 2, 0 },
	{ "a connection that ends amid the list",
	  { { LIST, .status = 200, .is_chunked = true, .reply = ADD("x", "u", "3"), .cut_after = 150,
	      .end = FAKE_RESET },
	    { LIST, HELD, .reply = ADD("x", "u", "3") DONE("9") } },
	  "x@3", "+x@3", 2, 0 },
	{ "no answer to the first request",
	  { { LIST, .end = FAKE_CLOSE }, { LIST, HELD, .reply = DONE("9") } }, "", "", 2, 0 },
	{ "no answer when resuming: the same version again",
	  { { LIST, OPEN_END, .reply = DONE("5") MARK("6") },
	    { WATCH("6"), .end = FAKE_CLOSE },
	    { WATCH("6"), .status = 503, .reply = "no" },
	    { WATCH("6"), HELD } },
	  "", "", 1, 0 },
	{ "429 with Retry-After when opening: the same version again",
	  { { LIST, OPEN_END, .reply = DONE("5") MARK("6") },
	    { WATCH("6"), .status = 429, .reply_headers = "Retry-After: 1\r\n", .reply = "slow down" },
	    { WATCH("6"), HELD } },
	  "", "", 1, 0 },
	{ "429 on the list",
	  { { LIST, .status = 429, .reply = STATUS("429", "TooManyRequests", "") },
	    { LIST, HELD, .reply = DONE("5") } },
	  "", "", 2, 0 },
	{ "410 in the stream: list again, not older than seen",
	  { { LIST, OPEN_END, .reply = ADD("x", "u", "3") DONE("5") ERROR("410", "Expired", "") },
	    { LIST_FROM("5"), HELD, .reply = ADD("y", "v", "8") DONE("9") } },
	  "y@8", "+x@3 +y@8 -x@3", 2, 0 },
	{ "410 when resuming, and again on the list: then the newest",
	  { { LIST, OPEN_END, .reply = ADD("x", "u", "3") DONE("5") MARK("6") },
	    { WATCH("6"), .status = 410, .reply = STATUS("410", "Expired", "") },
	    { LIST_FROM("6"), .status = 410, .reply = STATUS("410", "Expired", "") },
	    { LIST, HELD, .reply = ADD("x", "u", "3") DONE("9") } },
	  "x@3", "+x@3", 3, 0 },
	{ "a version that the server has not reached: the newest",
	  { { LIST, OPEN_END, .reply = DONE("5") MARK("6") },
	    { WATCH("6"), .status = 504,
	      .reply = STATUS("504", "Timeout",
			      ",\"details\":{\"causes\":[{\"reason\":\"ResourceVersionTooLarge\"}]}") },
	    { LIST_FROM("6"), .status = 504,
	      .reply = STATUS("504", "Timeout",
			      ",\"details\":{\"causes\":[{\"reason\":\"ResourceVersionTooLarge\"}]}") },
	    { LIST, HELD, .reply = DONE("7") } },
	  "", "", 3, 0 },
	{ "429 in the stream: resume",
	  { { LIST, OPEN_END, .reply = DONE("5") ERROR("429", "TooManyRequests", "") },
	    { WATCH("5"), HELD } },
	  "", "", 1, 0 },
	{ "500 in the stream: resume",
	  { { LIST, OPEN_END, .reply = DONE("5") MARK("6") ERROR("500", "InternalError", "") },
	    { WATCH("6"), HELD } },
	  "", "", 1, 0 },
	{ "another error in the stream: list again",
	  { { LIST, OPEN_END, .reply = DONE("5") MARK("6") ERROR("400", "BadRequest", "") },
	    { LIST_FROM("6"), HELD, .reply = DONE("8") } },
	  "", "", 2, 0 },
	{ "a server without streaming lists is listed in pages, then watched",
	  { { LIST, .status = 422, .reply = STATUS("422", "Invalid", "") },
	    { PAGES, .status = 200, .reply = PAGE("9", "t/1", OBJECT("x", "u", "3")) },
	    { PAGES_AFTER("t%2F1"), .status = 200,
	      .reply = PAGE("9", "", OBJECT("y", "v", "2") "," OBJECT("z", "w", "4")) },
	    { WATCH("9"), HELD, .reply = DEL("x", "u", "10") } },
	  "y@2 z@4", "+x@3 +y@2 +z@4 -x@3", 2, 0 },
	{ "a continue token that has expired: the whole list in one",
	  { { LIST, .status = 422, .reply = STATUS("422", "Invalid", "") },
	    { PAGES, .status = 200, .reply = PAGE("9", "t1", OBJECT("x", "u", "3")) },
	    { PAGES_AFTER("t1"), .status = 410, .reply = STATUS("410", "Expired", "") },
	    { ASK("/api/v1/configmaps*"), .status = 200, .reply = PAGE("12", "", OBJECT("y", "v", "2")) },
	    { WATCH("12"), HELD } },
	  "y@2", "+x@3 +y@2 -x@3", 3, 0 },
	{ "410 on the first page: once more",
	  { { LIST, .status = 422, .reply = STATUS("422", "Invalid", "") },
	    { PAGES, .status = 410, .reply = STATUS("410", "Expired", "") },
	    { PAGES, .status = 200, .reply = PAGE("9", "", OBJECT("x", "u", "3")) },
	    { WATCH("9"), HELD } },
	  "x@3", "+x@3", 3, 0 },
	{ "5xx on a page, with and without a time to wait",
	  { { LIST, .status = 422, .reply = STATUS("422", "Invalid", "") },
	    { PAGES, .status = 500, .reply = "no" },
	    { PAGES, .status = 503, .reply_headers = "Retry-After: 1\r\n", .reply = "no" },
	    { PAGES, .status = 200, .reply = PAGE("9", "", OBJECT("x", "u", "3")) },
	    { WATCH("9"), HELD } },
	  "x@3", "+x@3", 4, 0 },
	{ "a page that does not come: from the first one again",
	  { { LIST, .status = 422, .reply = STATUS("422", "Invalid", "") },
	    { PAGES, .status = 200, .reply = PAGE("9", "t1", OBJECT("x", "u", "3")) },
	    { PAGES_AFTER("t1"), .status = 200, .reply = PAGE("9", "", ""), .cut_after = 80,
	      .end = FAKE_CLOSE },
	    { PAGES, .status = 200, .reply = PAGE("10", "", OBJECT("x", "u", "3")) },
	    { WATCH("10"), HELD } },
	  "x@3", "+x@3", 3, 0 },
	{ "a list that is none: once more",
	  { { LIST, .status = 422, .reply = STATUS("422", "Invalid", "") },
	    { PAGES, .status = 200, .reply = "<html>hello</html>" },
	    { ASK(MAPS "limit=*"), .status = 200, .reply = PAGE("10", "", OBJECT("x", "u", "3")) },
	    { WATCH("10"), HELD } },
	  "x@3", "+x@3", 3, 0 },
	{ "deleted and made again while nobody looked",
	  { { LIST, OPEN_END, .reply = ADD("x", "u", "3") DONE("5") ERROR("410", "Expired", "") },
	    { LIST_FROM("5"), HELD, .reply = ADD("x", "other", "8") DONE("9") } },
	  "x@8", "+x@3 -x@3 +x@8", 2, 0 },
	{ "an event of an unknown type and a broken line are left out",
	  { { LIST, HELD, .reply = DONE("5") EVENT("SURPRISE", "{\"a\":1}") "{\"type\":\n" "hello\n"
						MOD("x", "u", "6") } },
	  "x@6", "+x@6", 1, 3 },
	{ "an object that cannot be decoded does not hide the others",
	  { { LIST, HELD, .reply = ADD("x", "u", "3")
			EVENT("ADDED", "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":7}")
				ADD("y", "v", "4") DONE("5") } },
	  "x@3 y@4", "+x@3 +y@4", 1, 1 },
	{ "the server's history goes back: nothing old is kept",
	  { { LIST, OPEN_END, .reply = ADD("x", "u", "80") DONE("90") ERROR("410", "Expired", "") },
	    { LIST_FROM("90"), OPEN_END, .reply = ADD("x", "u", "30") DONE("40") },
	    { LIST, HELD, .reply = ADD("x", "u", "30") DONE("40") } },
	  "x@30", "+x@80 -x@80 +x@30", 3, 0 },
	{ "denied, then allowed",
	  { { LIST, .status = 403, .reply = STATUS("403", "Forbidden", "") },
	    { LIST, .status = 401, .reply = STATUS("401", "Unauthorized", "") },
	    { LIST, HELD, .reply = DONE("5") } },
	  "", "", 3, 0 },
	{ "a kind that goes away and comes back: its objects are other ones",
	  { { LIST, OPEN_END, .reply = ADD("x", "u", "3") DONE("5") DEL("x", "u", "6") },
	    { WATCH("6"), .status = 404, .reply = "404 page not found" },
	    { LIST, .status = 404, .reply = "404 page not found" },
	    { LIST, HELD, .reply = ADD("x", "other", "9") DONE("10") } },
	  "x@9", "+x@3 -x@3 +x@9", 3, 0 },
	{ "a kind that goes away without a word: what it had is gone when it is back",
	  { { LIST, OPEN_END, .reply = ADD("x", "u", "3") ADD("y", "v", "4") DONE("5") },
	    { WATCH("5"), .status = 404, .reply = "404 page not found" },
	    { LIST, HELD, .reply = ADD("x", "other", "9") DONE("10") } },
	  "x@9", "+x@3 +y@4 -x@3 +x@9 -y@4", 2, 0 },
	{ "a kind that is not there yet (its CRD comes later)",
	  { { LIST, .status = 404, .reply = "404 page not found" },
	    { LIST, .status = 404, .reply = "404 page not found" },
	    { LIST, HELD, .reply = ADD("x", "u", "3") DONE("5") } },
	  "x@3", "+x@3", 3, 0 },
};

static size_t count_steps(const struct fake_step *script)
{
	size_t count = 0;

	while (count < 8 && script[count].method != NULL)
		count++;
	return count;
}

/* The row's script, over one or the other protocol. */
static void follow(bool is_http2, int row)
{
	size_t steps = count_steps(rows[row].script);
	struct scene scene;
	char room[2048];

	scene_open_over(is_http2, &scene, rows[row].script, steps, KIND_PINS, &quick);
	scene_run(&scene, steps, 25, rows[row].name);
	expect_str(rows[row].name, objects_text(room, scene.store, NULL), rows[row].want);
	expect_str(rows[row].name, scene.changes.text, rows[row].want_changes);
	expect(rows[row].name, watch_is_synced(scene.watch));
	expect(rows[row].name, scene.told.synced >= 1);
	expect_int(rows[row].name, watch_report(scene.watch)->lists, rows[row].want_lists);
	expect_int(rows[row].name, watch_report(scene.watch)->bad_objects, rows[row].want_bad);
	expect_int(rows[row].name, scene.told.bad, rows[row].want_bad);
	expect_str(rows[row].name, watch_report(scene.watch)->trouble.text, "");
	scene_close(&scene, rows[row].name);
}

START_TEST(follows_the_server)
{
	follow(false, _i);
}
END_TEST

START_TEST(follows_the_server_over_http2)
{
	follow(true, _i);
}
END_TEST

START_TEST(an_optional_kind_that_is_missing_is_empty_and_looked_for_again)
{
	static const struct fake_step script[] = {
		{ ASK("*mutatingadmissionpolicies?*"), .status = 404, .reply = "404 page not found" },
		{ ASK("*mutatingadmissionpolicies?*"), .status = 404, .reply = "404 page not found" },
		{ ASK("*mutatingadmissionpolicies?*sendInitialEvents*"), HELD, .reply = DONE("5") },
	};
	struct watch_times times = quick;
	struct scene scene;

	times.absent_ms = 80;
	scene_open(&scene, script, 3, KIND_GUARD_POLICY, &times);
	fake_run_for(scene.bench.loop, 60);
	ck_assert(watch_is_synced(scene.watch));
	ck_assert(watch_report(scene.watch)->is_absent);
	ck_assert_int_eq(scene.told.synced, 1);
	ck_assert_uint_eq(fake_server_served(scene.bench.server), 1);
	ck_assert_str_eq(watch_report(scene.watch)->trouble.text, "");
	scene_run(&scene, 3, 25, "optional");
	ck_assert(!watch_report(scene.watch)->is_absent);
	ck_assert_int_eq(scene.told.synced, 2);
	scene_close(&scene, "optional");
}
END_TEST

START_TEST(a_kind_that_is_needed_and_missing_is_not_synced)
{
	static const struct fake_step script[] = {
		{ LIST, .status = 404, .reply = "404 page not found" },
	};
	struct watch_times times = quick;
	struct scene scene;

	times.backoff_first_ms = 5000;
	times.backoff_limit_ms = 5000;
	scene_open(&scene, script, 1, KIND_PINS, &times);
	fake_run_for(scene.bench.loop, 60);
	ck_assert(!watch_is_synced(scene.watch));
	ck_assert(watch_report(scene.watch)->is_absent);
	ck_assert_int_eq(watch_report(scene.watch)->trouble.class, ERR_NOTFOUND);
	ck_assert_ptr_nonnull(strstr(watch_report(scene.watch)->trouble.text, "watch of configmaps"));
	scene_close(&scene, "missing");
}
END_TEST

/* The server chooses no time and all clients choose another one, so that not all come back at once. */
START_TEST(a_stream_is_asked_for_between_five_and_ten_minutes)
{
	const char *complaint = NULL;
	struct scene scene;
	int seconds = 0;

	scene_open(&scene, NULL, 0, KIND_PINS, &quick);
	for (int i = 0; i < 2000 && complaint == NULL; i++) {
		fake_run_for(scene.bench.loop, 5);
		complaint = fake_server_complaint(scene.bench.server);
	}
	ck_assert_ptr_nonnull(complaint);
	ck_assert_int_eq(sscanf(strstr(complaint, "timeoutSeconds="), "timeoutSeconds=%d", &seconds), 1);
	ck_assert_int_ge(seconds, 300);
	ck_assert_int_le(seconds, 600);
	watch_destroy(scene.watch);
	http_destroy(scene.bench.http);
	client_destroy(scene.bench.client);
	fake_server_destroy(scene.bench.server);
	loop_destroy(scene.bench.loop);
	store_destroy(scene.store);
}
END_TEST

/* Something between us and the server may end every stream at once: it is not asked without a pause. */
START_TEST(a_stream_that_ends_at_once_with_nothing_is_a_failure)
{
	static const struct fake_step script[] = {
		{ LIST, OPEN_END, .reply = DONE("5") },
		{ WATCH("5"), OPEN_END },
		{ WATCH("5"), HELD },
	};
	struct watch_times times = quick;
	struct scene scene;
	int64_t began_ms;

	times.short_ms = 60000;
	times.backoff_first_ms = 300;
	times.backoff_limit_ms = 300;
	scene_open(&scene, script, 3, KIND_PINS, &times);
	for (int i = 0; i < 20000 && fake_server_served(scene.bench.server) < 2; i++)
		fake_run_for(scene.bench.loop, 1);
	began_ms = clock_monotonic_ms();
	scene_run(&scene, 3, 0, "short");
	ck_assert_int_ge(clock_monotonic_ms() - began_ms, 250);
	ck_assert_uint_eq(watch_report(scene.watch)->failures, 1);
	ck_assert_uint_eq(watch_report(scene.watch)->lists, 1);
	scene_close(&scene, "short");
}
END_TEST

/* A watch may have been told nothing of what has happened: after a while it asks for everything. */
START_TEST(what_a_stream_has_lost_is_found_by_the_next_list)
{
	static const struct fake_step script[] = {
		{ LIST, HELD, .reply = ADD("x", "u", "3") ADD("y", "v", "4") DONE("5") MARK("9") },
		{ LIST_FROM("9"), HELD, .reply = ADD("y", "v", "7") ADD("z", "w", "8") DONE("9") },
	};
	struct watch_times times = quick;
	struct scene scene;

	times.relist_ms = 5;
	scene_open(&scene, script, 2, KIND_PINS, &times);
	for (int i = 0; i < 2000 && !watch_is_synced(scene.watch); i++)
		fake_run_for(scene.bench.loop, 1);
	fake_run_for(scene.bench.loop, 10);
	fake_server_end(scene.bench.server, 0, FAKE_KEEP);
	scene_run(&scene, 2, 25, "lost");
	ck_assert_str_eq(scene.changes.text, "+x@3 +y@4 ~y@7 +z@8 -x@3");
	ck_assert_uint_eq(watch_report(scene.watch)->lists, 2);
	ck_assert_uint_eq(watch_report(scene.watch)->failures, 0);
	ck_assert(watch_is_synced(scene.watch));
	scene_close(&scene, "lost");
}
END_TEST

START_TEST(a_refused_connection_is_tried_again)
{
	static const struct fake_step script[] = { { LIST, HELD, .reply = ADD("x", "u", "3") DONE("5") } };
	struct scene scene;

	scene_open(&scene, script, 1, KIND_PINS, &quick);
	fake_server_go_down(scene.bench.server);
	fake_run_for(scene.bench.loop, 60);
	ck_assert(!watch_is_synced(scene.watch));
	ck_assert_uint_gt(watch_report(scene.watch)->failures, 1);
	ck_assert_int_eq(watch_report(scene.watch)->trouble.class, ERR_NET);
	fake_server_come_up(scene.bench.server);
	scene_run(&scene, 1, 25, "refused");
	scene_close(&scene, "refused");
}
END_TEST

START_TEST(a_server_that_restarts_is_resumed)
{
	static const struct fake_step script[] = {
		{ LIST, HELD, .reply = ADD("x", "u", "3") DONE("5") },
		{ WATCH("5"), HELD, .reply = MOD("x", "u", "8") },
	};
	struct scene scene;
	char room[2048];

	scene_open(&scene, script, 2, KIND_PINS, &quick);
	fake_run_for(scene.bench.loop, 60);
	ck_assert(watch_is_synced(scene.watch));
	fake_server_go_down(scene.bench.server);
	fake_run_for(scene.bench.loop, 60);
	ck_assert(watch_is_synced(scene.watch));
	ck_assert_str_eq(objects_text(room, scene.store, NULL), "x@3");
	fake_server_come_up(scene.bench.server);
	scene_run(&scene, 2, 25, "restart");
	ck_assert_str_eq(objects_text(room, scene.store, NULL), "x@8");
	scene_close(&scene, "restart");
}
END_TEST

START_TEST(a_silent_stream_is_given_up)
{
	static const struct fake_step script[] = {
		{ LIST, HELD, .reply = ADD("x", "u", "3") DONE("5") },
		{ WATCH("5"), HELD, .reply = MARK("9") },
		{ WATCH("9"), HELD },
	};
	struct watch_times times = quick;
	struct scene scene;

	times.idle_ms = 150;
	scene_open(&scene, script, 3, KIND_PINS, &times);
	for (int i = 0; i < 100 && fake_server_served(scene.bench.server) < 3; i++)
		fake_run_for(scene.bench.loop, 10);
	ck_assert_uint_eq(watch_report(scene.watch)->lists, 1);
	scene_close(&scene, "silent");
}
END_TEST

START_TEST(a_stopped_watch_is_resumed_where_it_was)
{
	static const struct fake_step script[] = {
		{ LIST, HELD, .reply = ADD("x", "u", "3") DONE("5") },
		{ WATCH("5"), HELD, .reply = MOD("x", "u", "8") },
	};
	struct scene scene;

	scene_open(&scene, script, 2, KIND_PINS, &quick);
	fake_run_for(scene.bench.loop, 60);
	watch_stop(scene.watch);
	watch_stop(scene.watch);
	ck_assert_int_eq(watch_report(scene.watch)->state, WATCH_STOPPED);
	fake_run_for(scene.bench.loop, 30);
	ck_assert_uint_eq(fake_server_served(scene.bench.server), 1);
	watch_start(scene.watch);
	watch_start(scene.watch);
	scene_run(&scene, 2, 25, "stopped");
	watch_stop(scene.watch);
	watch_start(scene.watch);
	watch_stop(scene.watch);
	fake_run_for(scene.bench.loop, 30);
	ck_assert_int_eq(watch_report(scene.watch)->state, WATCH_STOPPED);
	scene_close(&scene, "stopped");
}
END_TEST

/* The answer of a write is newer than what the watch still has to tell: it stays. */
START_TEST(a_late_watch_does_not_undo_a_write)
{
	static const struct fake_step script[] = { { LIST, HELD, .reply = ADD("x", "u", "3") DONE("5") } };
	struct record *written;
	struct scene scene;
	char room[2048];

	scene_open(&scene, script, 1, KIND_PINS, &quick);
	scene_run(&scene, 1, 25, "late");
	written = object_record("a", "x", "u", "12");
	ck_assert(store_put_written(scene.store, written));
	record_unref(written);
	fake_server_push(scene.bench.server, 0, MOD("x", "u", "10"));
	fake_run_for(scene.bench.loop, 30);
	ck_assert_str_eq(objects_text(room, scene.store, NULL), "x@12");
	fake_server_push(scene.bench.server, 0, MOD("x", "u", "12") MOD("x", "u", "13"));
	fake_run_for(scene.bench.loop, 30);
	ck_assert_str_eq(scene.changes.text, "+x@3 ~x@12 ~x@13");
	scene_close(&scene, "late");
}
END_TEST

/* ---- all kinds together ---- */

/* Answers any streaming list with an empty one, and holds it. */
#define ANY_LIST { .method = "GET", .target = "*sendInitialEvents=true*", HELD, .reply = DONE("5") }
#define ANY_WATCH { .method = "GET", .target = "*watch=1*resourceVersion=5*", HELD }

START_TEST(a_dead_server_is_noticed_and_every_stream_resumed)
{
	struct fake_step script[2 * KIND_COUNT + 2];
	struct watchset_times times = { .watch = quick, .silence_ms = 200, .answer_ms = 100 };
	struct bench bench;
	struct store *store = store_create();
	struct watchset *set;

	for (int i = 0; i < KIND_COUNT; i++) {
		script[i] = (struct fake_step)ANY_LIST;
		script[KIND_COUNT + 2 + i] = (struct fake_step)ANY_WATCH;
	}
	/* The first question is answered (any answer will do), the second is not. */
	script[KIND_COUNT] = (struct fake_step){ .method = "GET", .target = "/version", .status = 403 };
	script[KIND_COUNT + 1] = (struct fake_step){ .method = "GET", .target = "/version", .status = 200,
						     .delay_ms = 5000 };
	bench = bench_open(script, 2 * KIND_COUNT + 2, (struct kubeconfig){ .token = "t" });
	set = watchset_create(bench.loop, bench.client, store, &times, &(struct watch_handler){ .user = NULL });
	ck_assert(!watchset_is_synced(set));
	watchset_start(set);
	fake_run_for(bench.loop, 150);
	ck_assert(watchset_is_synced(set));
	ck_assert_uint_eq(fake_server_served(bench.server), KIND_COUNT);
	fake_run_for(bench.loop, 130);
	ck_assert_uint_eq(fake_server_served(bench.server), KIND_COUNT + 1);
	for (int i = 0; i < 100 && fake_server_served(bench.server) < 2 * KIND_COUNT + 2; i++)
		fake_run_for(bench.loop, 10);
	for (int kind = 0; kind < KIND_COUNT; kind++)
		ck_assert_uint_eq(watchset_report(set, (enum kind)kind)->lists, 1);
	ck_assert(watchset_is_synced(set));
	watchset_stop(set);
	fake_run_for(bench.loop, 10);
	watchset_destroy(set);
	bench_close(&bench, "dead server");
	store_destroy(store);
}
END_TEST

/* The needed kinds have no answer, and would come back after a minute; the optional ones have one that sends
 * them away for a moment, and find the server first. */
START_TEST(a_server_that_is_back_is_told_to_all)
{
	struct fake_step script[2 * KIND_COUNT];
	struct watchset_times times = { .watch = quick };
	struct bench bench;
	struct store *store = store_create();
	struct watchset *set;
	size_t optional = 0;

	for (int kind = 0; kind < KIND_COUNT; kind++)
		optional += kind_info((enum kind)kind)->is_optional ? 1 : 0;
	for (size_t i = 0; i < 2 * KIND_COUNT; i++) {
		bool is_first = i < optional || (i >= 2 * optional && i < KIND_COUNT + optional);

		script[i] = (struct fake_step)ANY_LIST;
		script[i].is_unordered = true;
		if (i < 2 * optional)
			script[i].target = "*/admissionregistration*";
		if (is_first) {
			script[i].end = FAKE_CLOSE;
			script[i].status = i < optional ? 404 : 0;
		}
	}
	times.watch.backoff_first_ms = 60000;
	times.watch.backoff_limit_ms = 60000;
	bench = bench_open(script, 2 * KIND_COUNT, (struct kubeconfig){ .token = "t" });
	set = watchset_create(bench.loop, bench.client, store, &times, &(struct watch_handler){ .user = NULL });
	watchset_start(set);
	for (int i = 0; i < 2000 && !watchset_is_synced(set); i++)
		fake_run_for(bench.loop, 5);
	ck_assert(watchset_is_synced(set));
	watchset_destroy(set);
	bench_close(&bench, "back");
	store_destroy(store);
}
END_TEST

static void add(TCase *tests)
{
	tcase_set_timeout(tests, 60);
	suite_add_rows(tests, follows_the_server, rows);
	suite_add_rows(tests, follows_the_server_over_http2, rows);
	tcase_add_test(tests, an_optional_kind_that_is_missing_is_empty_and_looked_for_again);
	tcase_add_test(tests, a_kind_that_is_needed_and_missing_is_not_synced);
	tcase_add_loop_test(tests, a_stream_is_asked_for_between_five_and_ten_minutes, 0, 10);
	tcase_add_test(tests, a_stream_that_ends_at_once_with_nothing_is_a_failure);
	tcase_add_test(tests, what_a_stream_has_lost_is_found_by_the_next_list);
	tcase_add_test(tests, a_refused_connection_is_tried_again);
	tcase_add_test(tests, a_server_that_restarts_is_resumed);
	tcase_add_test(tests, a_silent_stream_is_given_up);
	tcase_add_test(tests, a_stopped_watch_is_resumed_where_it_was);
	tcase_add_test(tests, a_late_watch_does_not_undo_a_write);
	tcase_add_test(tests, a_dead_server_is_noticed_and_every_stream_resumed);
	tcase_add_test(tests, a_server_that_is_back_is_told_to_all);
}

SUITE_MAIN("watch", add)
