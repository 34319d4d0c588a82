/* Watches of servers that are away, silent, or tell not all. */

#include "base/clock.h"
#include "kube/watchset.h"
#include "watching.h"

START_TEST(an_optional_kind_that_is_missing_is_empty_and_looked_for_again)
{
	static const struct fake_step script[] = {
		{ ASK("*mutatingadmissionpolicies?*"), .status = 404, .reply = "404 page not found" },
		{ ASK("*mutatingadmissionpolicies?*"), .status = 404, .reply = "404 page not found" },
		{ ASK("*mutatingadmissionpolicies?*limit=10000"), .status = 200, .reply = PAGE("5", "", "") },
		{ ASK("*mutatingadmissionpolicies?*watch=1*"), HELD },
	};
	struct watch_times times = quick;
	struct scene scene;

	times.absent_ms = 80;
	scene_open(&scene, script, 4, KIND_GUARD_POLICY, &times);
	fake_run_for(scene.bench.loop, 60);
	ck_assert(watch_is_synced(scene.watch));
	ck_assert(watch_report(scene.watch)->is_absent);
	ck_assert_int_eq(scene.told.synced, 1);
	ck_assert_uint_eq(fake_server_served(scene.bench.server), 1);
	ck_assert_str_eq(watch_report(scene.watch)->trouble.text, "");
	scene_run(&scene, 4, 25, "optional");
	ck_assert(!watch_report(scene.watch)->is_absent);
	ck_assert_int_eq(scene.told.synced, 2);
	scene_close(&scene, "optional");
}
END_TEST

/* Without bookmarks it is silent for long, and that is right. */
START_TEST(a_small_kind_is_listed_in_a_page_and_watched_without_bookmarks)
{
	static const struct fake_step script[] = {
		{ ASK("/apis/sluice.dev/v1alpha1/channelstops?limit=10000"), .status = 200, .reply = PAGE("5", "", "") },
		{ ASK("/apis/sluice.dev/v1alpha1/channelstops?watch=1&resourceVersion=5&timeoutSeconds=*"), HELD },
	};
	struct watch_times times = quick;
	struct scene scene;

	times.rest_ms = 20;
	scene_open(&scene, script, 2, KIND_STOP, &times);
	scene_run(&scene, 2, 100, "small");
	ck_assert_int_eq(watch_report(scene.watch)->state, WATCH_LIVE);
	ck_assert_uint_eq(watch_report(scene.watch)->failures, 0);
	scene_close(&scene, "small");
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

/* The server chooses no time and all clients choose another one, so that not all come back at once. With a list that is
 * due earlier it is that time and some minutes. */
static const struct {
	const char *name;
	int64_t relist_ms;
	int least;
	int most;
} lengths[] = {
	{ "between twenty and thirty minutes", 0, 1200, 1800 },
	{ "and shorter when a list is due before", 600000, 900, 1200 },
	{ "but never very short", 1, 300, 600 },
};

START_TEST(a_stream_is_asked_for_with_a_length)
{
	static const struct fake_step script[] = { { LIST, LISTED("5", "") } };
	const int row = _i % 3;
	struct watch_times times = quick;
	const char *complaint = NULL;
	struct scene scene;
	int seconds = 0;

	times.relist_ms = lengths[row].relist_ms;
	scene_open(&scene, script, 1, KIND_PINS, &times);
	for (int i = 0; i < 2000 && complaint == NULL; i++) {
		fake_run_for(scene.bench.loop, 5);
		if (fake_server_served(scene.bench.server) == 1) /* a step that is not asked for is a complaint, too */
			complaint = fake_server_complaint(scene.bench.server);
	}
	ck_assert_ptr_nonnull(complaint);
	ck_assert_int_eq(sscanf(strstr(complaint, "timeoutSeconds="), "timeoutSeconds=%d", &seconds), 1);
	expect(lengths[row].name, seconds >= lengths[row].least && seconds <= lengths[row].most);
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
		{ LIST, LISTED("5", "") },
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
		{ LIST, LISTED("5", OBJECT("x", "u", "3") "," OBJECT("y", "v", "4")) },
		{ WATCH("5"), HELD, .reply = MARK("9") },
		{ LIST, LISTED("9", OBJECT("y", "v", "7") "," OBJECT("z", "w", "8")) },
		{ WATCH("9"), HELD },
	};
	struct watch_times times = quick;
	struct scene scene;

	times.relist_ms = 5;
	scene_open(&scene, script, 4, KIND_PINS, &times);
	for (int i = 0; i < 2000 && fake_server_served(scene.bench.server) < 2; i++)
		fake_run_for(scene.bench.loop, 1);
	fake_run_for(scene.bench.loop, 10);
	fake_server_end(scene.bench.server, 1, FAKE_KEEP);
	scene_run(&scene, 4, 25, "lost");
	ck_assert_str_eq(scene.changes.text, "+x@3 +y@4 ~y@7 +z@8 -x@3");
	ck_assert_uint_eq(watch_report(scene.watch)->lists, 2);
	ck_assert_uint_eq(watch_report(scene.watch)->failures, 0);
	ck_assert(watch_is_synced(scene.watch));
	scene_close(&scene, "lost");
}
END_TEST

START_TEST(a_refused_connection_is_tried_again)
{
	static const struct fake_step script[] = { { LIST, LISTED("5", OBJECT("x", "u", "3")) }, { WATCH("5"), HELD } };
	struct scene scene;

	scene_open(&scene, script, 2, KIND_PINS, &quick);
	fake_server_go_down(scene.bench.server);
	fake_run_for(scene.bench.loop, 60);
	ck_assert(!watch_is_synced(scene.watch));
	ck_assert_uint_gt(watch_report(scene.watch)->failures, 1);
	ck_assert_int_eq(watch_report(scene.watch)->trouble.class, ERR_NET);
	fake_server_come_up(scene.bench.server);
	scene_run(&scene, 2, 25, "refused");
	scene_close(&scene, "refused");
}
END_TEST

START_TEST(a_server_that_restarts_is_resumed)
{
	static const struct fake_step script[] = {
		{ LIST, LISTED("5", OBJECT("x", "u", "3")) },
		{ WATCH("5"), HELD },
		{ WATCH("5"), HELD, .reply = MOD("x", "u", "8") },
	};
	struct scene scene;
	char room[2048];

	scene_open(&scene, script, 3, KIND_PINS, &quick);
	fake_run_for(scene.bench.loop, 60);
	ck_assert(watch_is_synced(scene.watch));
	fake_server_go_down(scene.bench.server);
	fake_run_for(scene.bench.loop, 60);
	ck_assert(watch_is_synced(scene.watch));
	ck_assert_str_eq(objects_text(room, scene.store, NULL), "x@3");
	fake_server_come_up(scene.bench.server);
	scene_run(&scene, 3, 25, "restart");
	ck_assert_str_eq(objects_text(room, scene.store, NULL), "x@8");
	scene_close(&scene, "restart");
}
END_TEST

START_TEST(a_silent_stream_is_given_up)
{
	static const struct fake_step script[] = {
		{ LIST, LISTED("5", OBJECT("x", "u", "3")) },
		{ WATCH("5"), HELD, .reply = MARK("9") },
		{ WATCH("9"), HELD },
	};
	struct watch_times times = quick;
	struct scene scene;

	times.rest_ms = 150;
	scene_open(&scene, script, 3, KIND_PINS, &times);
	for (int i = 0; i < 1000 && fake_server_served(scene.bench.server) < 3; i++)
		fake_run_for(scene.bench.loop, 10);
	ck_assert_uint_eq(watch_report(scene.watch)->lists, 1);
	scene_close(&scene, "silent");
}
END_TEST

/* A list has no reason to rest. */
START_TEST(a_list_that_stalls_is_given_up)
{
	static const struct fake_step script[] = {
		{ LIST, HELD, .reply = "{\"items\":[" OBJECT("x", "u", "3") },
		{ LIST, LISTED("5", OBJECT("x", "u", "3")) },
		{ WATCH("5"), HELD },
	};
	struct watch_times times = quick;
	struct scene scene;

	times.idle_ms = 150;
	scene_open(&scene, script, 3, KIND_PINS, &times);
	scene_run(&scene, 3, 0, "stalls");
	ck_assert_uint_eq(watch_report(scene.watch)->lists, 2);
	scene_close(&scene, "stalls");
}
END_TEST

START_TEST(a_stopped_watch_is_resumed_where_it_was)
{
	static const struct fake_step script[] = {
		{ LIST, LISTED("5", OBJECT("x", "u", "3")) },
		{ WATCH("5"), HELD },
		{ WATCH("5"), HELD, .reply = MOD("x", "u", "8") },
	};
	struct scene scene;

	scene_open(&scene, script, 3, KIND_PINS, &quick);
	fake_run_for(scene.bench.loop, 60);
	watch_stop(scene.watch);
	watch_stop(scene.watch);
	ck_assert_int_eq(watch_report(scene.watch)->state, WATCH_STOPPED);
	fake_run_for(scene.bench.loop, 30);
	ck_assert_uint_eq(fake_server_served(scene.bench.server), 2);
	watch_start(scene.watch);
	watch_start(scene.watch);
	scene_run(&scene, 3, 25, "stopped");
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
	static const struct fake_step script[] = { { LIST, LISTED("5", OBJECT("x", "u", "3")) }, { WATCH("5"), HELD } };
	struct record *written;
	struct scene scene;
	char room[2048];

	scene_open(&scene, script, 2, KIND_PINS, &quick);
	scene_run(&scene, 2, 25, "late");
	written = object_record("a", "x", "u", "12");
	ck_assert(store_put_written(scene.store, written));
	record_unref(written);
	fake_server_push(scene.bench.server, 1, MOD("x", "u", "10"));
	fake_run_for(scene.bench.loop, 30);
	ck_assert_str_eq(objects_text(room, scene.store, NULL), "x@12");
	fake_server_push(scene.bench.server, 1, MOD("x", "u", "12") MOD("x", "u", "13"));
	fake_run_for(scene.bench.loop, 30);
	ck_assert_str_eq(scene.changes.text, "+x@3 ~x@12 ~x@13");
	scene_close(&scene, "late");
}
END_TEST

/* ---- all kinds together ---- */

START_TEST(a_dead_server_is_noticed_and_every_stream_resumed)
{
	struct fake_step script[START_STEPS + 2];
	struct fake_step resumed[KIND_COUNT];
	const size_t started = START_STEPS;
	const size_t all = started + 2 + KIND_COUNT;
	struct watchset_times times = { .watch = quick, .silence_ms = 300, .answer_ms = 600 };
	struct bench bench;
	struct store *store = store_create();
	struct watchset *set;

	put_start(script);
	for (size_t i = 0; i < KIND_COUNT; i++)
		resumed[i] = (struct fake_step)STREAM_OF_ANY;
	/* The first question is answered (any answer will do), the second is not. */
	script[started] = (struct fake_step){ .method = "GET", .target = "/version", .status = 403 };
	script[started + 1] = (struct fake_step){ .method = "GET", .target = "/version", .status = 200,
						  .delay_ms = 5000 };
	bench = bench_open(script, started + 2, (struct kubeconfig){ .token = "t" });
	set = watchset_create(bench.loop, bench.client, store, &times, &(struct watch_handler){ .user = NULL });
	ck_assert(!watchset_is_synced(set));
	watchset_start(set);
	/* A stream that is asked for again before the second question is one that nobody expects. */
	for (int i = 0; i < 1000 && fake_server_served(bench.server) < started + 2; i++)
		fake_run_for(bench.loop, 5);
	fake_server_extend(bench.server, resumed, KIND_COUNT);
	for (int i = 0; i < 500 && fake_server_served(bench.server) < all; i++)
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
	struct fake_step script[KIND_COUNT + START_STEPS];
	struct watchset_times times = { .watch = quick };
	struct bench bench;
	struct store *store = store_create();
	struct watchset *set;
	size_t count = 0;

	for (int i = 0; i < 2 * KIND_COUNT; i++) { /* the optional ones first: their targets are those of the others, too */
		const struct kind_info *info = kind_info((enum kind)(i % KIND_COUNT));

		if (info->is_optional != (i < KIND_COUNT))
			continue;
		script[count++] = (struct fake_step){
			.method = "GET",
			.target = info->is_optional ? "*/admissionregistration*limit=10000" : "*limit=10000",
			.status = info->is_optional ? 404 : 0,
			.end = FAKE_CLOSE,
			.is_unordered = true,
		};
	}
	put_start(script + count);
	count += START_STEPS;
	times.watch.backoff_first_ms = 60000;
	times.watch.backoff_limit_ms = 60000;
	bench = bench_open(script, count, (struct kubeconfig){ .token = "t" });
	set = watchset_create(bench.loop, bench.client, store, &times, &(struct watch_handler){ .user = NULL });
	watchset_start(set);
	for (int i = 0; i < 2000 && fake_server_served(bench.server) < count; i++)
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
	tcase_add_test(tests, an_optional_kind_that_is_missing_is_empty_and_looked_for_again);
	tcase_add_test(tests, a_small_kind_is_listed_in_a_page_and_watched_without_bookmarks);
	tcase_add_test(tests, a_kind_that_is_needed_and_missing_is_not_synced);
	tcase_add_test(tests, a_list_that_stalls_is_given_up);
	tcase_add_loop_test(tests, a_stream_is_asked_for_with_a_length, 0, 30);
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

SUITE_MAIN("watch_trouble", add)
