#include "reconcile/reconcile.h"

#include "base/memory.h"
#include "stage.h"

#define CHANNEL(name, version)                                                                     \
	"{\"apiVersion\":\"sluice.dev/"                                                            \
	"v1alpha1\",\"kind\":\"ReleaseChannel\",\"metadata\":{\"name\":\"" name                    \
	"\",\"namespace\":\"n\",\"uid\":\"u\",\"generation\":" version                             \
	",\"resourceVersion\":\"" version "\"},\"spec\":{\"artifacts\":"                           \
	"[{\"name\":\"web\",\"image\":\"r.example/web\"}]}}"
#define WITH_A_WINDOW_AT_00_17                                                                     \
	"{\"apiVersion\":\"sluice.dev/v1alpha1\",\"kind\":\"ReleaseChannel\",\"metadata\":"       \
	"{\"name\":\"shop\",\"namespace\":\"n\",\"uid\":\"u\",\"generation\":1,"                 \
	"\"resourceVersion\":\"1\"},\"spec\":{\"artifacts\":[{\"name\":\"web\","                   \
	"\"image\":\"r.example/web\"}],\"gates\":{\"windows\":[{\"name\":\"w\",\"kind\":\"Deny\"," \
	"\"rrule\":\"FREQ=DAILY\",\"start\":\"1970-01-01T00:17\",\"duration\":\"1h\","             \
	"\"timeZone\":\"UTC\"}]}}}"
#define A_SECOND_BEFORE_00_17 (16 * 60 * 1000 + 59 * 1000)
#define PROMOTION                                                                                  \
	"{\"apiVersion\":\"sluice.dev/"                                                            \
	"v1alpha1\",\"kind\":\"Promotion\",\"metadata\":{\"name\":\"p\","                          \
	"\"namespace\":\"n\",\"uid\":\"v\",\"resourceVersion\":\"1\"},\"spec\":{\"channel\":"      \
	"\"lost\","                                                                                \
	"\"release\":\"r-0123456789\"}}"

START_TEST(works_only_when_synced_and_leading)
{
	const struct fake_step script[] = { { STATUS_OF("shop"), REFUSED } };
	struct stage s;

	stage_init(&s, script, 1);
	stage_put(&s, KIND_CHANNEL, CHANNEL("shop", "1"));
	stage_expect_requests(&s, 0);
	if (_i == 0)
		reconciler_set_synced(s.reconciler);
	else
		reconciler_set_leading(s.reconciler, true);
	stage_expect_requests(&s, 0);
	reconciler_set_synced(s.reconciler);
	reconciler_set_leading(s.reconciler, true);
	stage_expect_requests(&s, 1);
	stage_finish(&s);
}
END_TEST

START_TEST(looks_again_when_something_changes)
{
	const struct fake_step script[] = { { STATUS_OF("shop"), REFUSED },
					    { STATUS_OF("shop"), REFUSED } };
	struct stage s;

	stage_init(&s, script, 2);
	stage_put(&s, KIND_CHANNEL, CHANNEL("shop", "1"));
	stage_begin_work(&s);
	stage_expect_requests(&s, 1);
	stage_put(&s, KIND_CHANNEL, CHANNEL("shop", "2"));
	stage_expect_requests(&s, 2);
	stage_finish(&s);
}
END_TEST

START_TEST(looks_once_more_at_what_changes_under_its_hands)
{
	struct fake_step script[] = { { STATUS_OF("shop"), REFUSED },
				      { STATUS_OF("shop"), REFUSED } };
	struct stage s;

	script[0].delay_ms = 500;
	stage_init(&s, script, 2);
	stage_put(&s, KIND_CHANNEL, CHANNEL("shop", "1"));
	stage_begin_work(&s);
	for (int i = 0; i < 2000 && fake_server_served(s.bench.server) < 1; i++)
		fake_run_for(s.bench.loop, 5);
	stage_put(&s, KIND_CHANNEL, CHANNEL("shop", "2"));
	stage_put(&s, KIND_CHANNEL, CHANNEL("shop", "3"));
	fake_run_for(s.bench.loop, 20);
	ck_assert_uint_eq(fake_server_served(s.bench.server), 1);
	stage_expect_requests(&s, 2);
	stage_finish(&s);
}
END_TEST

START_TEST(tries_again_by_itself)
{
	const struct fake_step script[] = {
		{ STATUS_OF("shop"), .status = 409, .reply_headers = JSON_TYPE,
		  .reply = STATUS(409, "Conflict", "newer") },
		{ STATUS_OF("shop"), REFUSED },
	};
	struct stage s;

	stage_init(&s, script, 2);
	stage_put(&s, KIND_CHANNEL, CHANNEL("shop", "1"));
	stage_begin_work(&s);
	stage_expect_requests(&s, 2);
	stage_finish(&s);
}
END_TEST

START_TEST(what_failed_gets_the_look_that_is_due_before_it_is_tried_again)
{
	const struct fake_step script[] = { { STATUS_OF("shop"), REFUSED }, { STATUS_OF("shop"), REFUSED } };
	struct stage s;

	stage_init(&s, script, 2);
	bench_set_now(A_SECOND_BEFORE_00_17);
	stage_put(&s, KIND_CHANNEL, WITH_A_WINDOW_AT_00_17);
	stage_begin_work(&s);
	stage_expect_requests(&s, 1);
	bench_set_now(A_SECOND_BEFORE_00_17 + 2000);
	stage_expect_requests(&s, 2);
	stage_finish(&s);
}
END_TEST

START_TEST(a_promotion_of_no_channel_gets_its_look)
{
	const struct fake_step script[] = {
		{ .method = "PATCH",
		  .target = "/apis/sluice.dev/v1alpha1/namespaces/n/promotions/p/status?*",
		  REFUSED },
	};
	struct stage s;

	stage_init(&s, script, 1);
	stage_put(&s, KIND_PROMOTION, PROMOTION);
	stage_begin_work(&s);
	stage_expect_requests(&s, 1);
	stage_finish(&s);
}
END_TEST

START_TEST(no_more_keys_are_under_way_than_allowed)
{
	struct fake_step script[3] = { { STATUS_OF("*"), REFUSED }, { STATUS_OF("*"), REFUSED },
				       { STATUS_OF("*"), REFUSED } };
	struct stage s;

	for (int i = 0; i < 3; i++)
		script[i].delay_ms = 500;
	stage_init(&s, script, 3);
	stage_put(&s, KIND_CHANNEL, CHANNEL("a", "1"));
	stage_put(&s, KIND_CHANNEL, CHANNEL("b", "1"));
	stage_put(&s, KIND_CHANNEL, CHANNEL("c", "1"));
	stage_begin_work(&s);
	for (int i = 0; i < 2000 && fake_server_served(s.bench.server) < 2; i++)
		fake_run_for(s.bench.loop, 5);
	fake_run_for(s.bench.loop, 20);
	ck_assert_uint_eq(fake_server_served(s.bench.server), 2);
	stage_expect_requests(&s, 3);
	stage_finish(&s);
}
END_TEST

START_TEST(stops_after_the_answer_that_it_waits_for)
{
	struct fake_step script[] = { { STATUS_OF("shop"), REFUSED } };
	struct stage s;

	script[0].delay_ms = 500;
	stage_init(&s, script, 1);
	stage_put(&s, KIND_CHANNEL, CHANNEL("shop", "1"));
	stage_begin_work(&s);
	for (int i = 0; i < 2000 && fake_server_served(s.bench.server) < 1; i++)
		fake_run_for(s.bench.loop, 5);
	stage_stop(&s);
	ck_assert(!s.is_stopped);
	ck_assert(fake_run_until(s.bench.loop, &s.is_stopped, 5000));
	stage_put(&s, KIND_CHANNEL, CHANNEL("shop", "2"));
	stage_expect_requests(&s, 1);
	stage_finish(&s);
}
END_TEST

/* The server does not answer and the time to wait is over: the HTTP client goes first, as in
 * operator.c. */
START_TEST(what_is_never_answered_is_let_go)
{
	struct fake_step script[] = { { STATUS_OF("shop"), REFUSED } };
	struct stage s;

	script[0].delay_ms = 60000;
	stage_init(&s, script, 1);
	stage_put(&s, KIND_CHANNEL, CHANNEL("shop", "1"));
	stage_begin_work(&s);
	for (int i = 0; i < 2000 && fake_server_served(s.bench.server) < 1; i++)
		fake_run_for(s.bench.loop, 5);
	stage_stop(&s);
	ck_assert(!s.is_stopped);
	registry_destroy(s.bench.tools.registry);
	s.bench.tools.registry = NULL;
	http_destroy(s.bench.http);
	s.bench.http = NULL;
	ck_assert(s.is_stopped);
	stage_finish(&s);
}
END_TEST

START_TEST(with_nothing_under_way_it_stops_at_once)
{
	struct stage s;

	stage_init(&s, NULL, 0);
	stage_begin_work(&s);
	stage_stop(&s);
	ck_assert(s.is_stopped);
	stage_finish(&s);
}
END_TEST

START_TEST(shows_its_figures)
{
	auto_buf text = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;
	struct stage s;

	stage_init(&s, NULL, 0);
	stage_put(&s, KIND_CHANNEL, CHANNEL("a", "1"));
	metrics_on_collect(s.bench.tools.metrics, reconciler_on_collect, s.reconciler);
	ck_assert_int_eq(metrics_write(s.bench.tools.metrics, &text, &err), 0);
	expect_contains("figures", buf_text(&text), "sluice_channels{state=\"waiting\"} 1\n");
	expect_contains("figures", buf_text(&text), "sluice_channels{state=\"ready\"} 0\n");
	expect_contains("figures", buf_text(&text), "sluice_guard_enforced 0\n");
	expect_contains("figures", buf_text(&text),
			"sluice_store_objects{kind=\"ReleaseChannel\"} 1\n");
	expect_contains("figures", buf_text(&text), "workqueue_depth{name=\"channel\"} 0\n");
	stage_finish(&s);
}
END_TEST

/* ---- memory ---- */

#define RESERVE ((size_t)12345678)

static bool has_no_reserve;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

/* The linker puts it in the place of malloc. */
void *__wrap_malloc(size_t size)
{
	return has_no_reserve && size == RESERVE ? NULL : __real_malloc(size);
}

START_TEST(no_look_begins_while_memory_is_short)
{
	const struct fake_step script[] = { { STATUS_OF("shop"), REFUSED } };
	struct stage s;

	stage_init(&s, script, 1);
	has_no_reserve = true;
	memory_set_reserve(RESERVE);
	stage_put(&s, KIND_CHANNEL, CHANNEL("shop", "1"));
	stage_begin_work(&s);
	stage_expect_requests(&s, 0);
	has_no_reserve = false;
	stage_expect_requests(&s, 1);
	stage_finish(&s);
	memory_set_reserve(0);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_loop_test(tests, works_only_when_synced_and_leading, 0, 2);
	tcase_add_test(tests, looks_again_when_something_changes);
	tcase_add_test(tests, looks_once_more_at_what_changes_under_its_hands);
	tcase_add_test(tests, tries_again_by_itself);
	tcase_add_test(tests, what_failed_gets_the_look_that_is_due_before_it_is_tried_again);
	tcase_add_test(tests, a_promotion_of_no_channel_gets_its_look);
	tcase_add_test(tests, no_more_keys_are_under_way_than_allowed);
	tcase_add_test(tests, stops_after_the_answer_that_it_waits_for);
	tcase_add_test(tests, what_is_never_answered_is_let_go);
	tcase_add_test(tests, with_nothing_under_way_it_stops_at_once);
	tcase_add_test(tests, shows_its_figures);
	tcase_add_test(tests, no_look_begins_while_memory_is_short);
}

SUITE_MAIN("reconcile", add)
