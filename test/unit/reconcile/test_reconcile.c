#include "reconcile/reconcile.h"

#include <unistd.h>

#include "base/memory.h"
#include "bench.h"
#include "kube/watch.h"
#include "telemetry/log.h"

#define CHANNEL(name, version)                                                                     \
	"{\"apiVersion\":\"sluice.dev/"                                                            \
	"v1alpha1\",\"kind\":\"ReleaseChannel\",\"metadata\":{\"name\":\"" name                    \
	"\",\"namespace\":\"n\",\"uid\":\"u\",\"generation\":" version                             \
	",\"resourceVersion\":\"" version "\"},\"spec\":{\"artifacts\":"                           \
	"[{\"name\":\"web\",\"image\":\"r.example/web\"}]}}"
#define PROMOTION                                                                                  \
	"{\"apiVersion\":\"sluice.dev/"                                                            \
	"v1alpha1\",\"kind\":\"Promotion\",\"metadata\":{\"name\":\"p\","                          \
	"\"namespace\":\"n\",\"uid\":\"v\",\"resourceVersion\":\"1\"},\"spec\":{\"channel\":"      \
	"\"lost\","                                                                                \
	"\"release\":\"r-0123456789\"}}"
#define STATUS_OF(name)                                                                            \
	.method = "PATCH",                                                                         \
	.target = "/apis/sluice.dev/v1alpha1/namespaces/n/releasechannels/" name "/status?*"
/* An answer that leaves everything as it is, and is not worth another try for minutes. */
#define REFUSED                                                                                    \
	.status = 422, .reply_headers = JSON_TYPE, .reply = STATUS(422, "Invalid", "no")

/* A reconciler over the bench's tools. */
struct stage {
	struct bench bench;
	struct reconciler *reconciler;
	bool is_stopped;
};

static void stage_init(struct stage *s, const struct fake_step *script, size_t count)
{
	struct reconciler_options options = { .concurrency = 2, .seed = 1 };

	log_open(LOG_LEVEL_ERROR, STDERR_FILENO, NULL); /* what fails here fails on purpose */
	*s = (struct stage){ .is_stopped = false };
	bench_init(&s->bench, script, count);
	options.loop = s->bench.loop;
	options.tools = s->bench.tools;
	s->reconciler = reconciler_create(&options);
	store_on_change(s->bench.tools.store, reconciler_on_change, s->reconciler);
}

static void on_stopped(void *user)
{
	struct stage *s = user;

	s->is_stopped = true;
}

static void stage_finish(struct stage *s)
{
	if (!s->is_stopped)
		reconciler_stop(s->reconciler, on_stopped, s);
	ck_assert(s->is_stopped || fake_run_until(s->bench.loop, &s->is_stopped, 5000));
	store_on_change(s->bench.tools.store, NULL, NULL);
	reconciler_destroy(s->reconciler);
	bench_finish(&s->bench);
}

static void put(struct stage *s, enum kind kind, const char *json)
{
	struct record *record = NULL;
	struct err err = ERR_INIT;

	ck_assert_msg(record_from_json(kind, json, strlen(json), &record, &err) == 0, "%s",
		      err.text);
	(void)store_put(s->bench.tools.store, record);
	record_unref(record);
}

/* Runs until the server has seen count requests in all, and then to see that there is not one
 * more. */
static void expect_requests(struct stage *s, size_t count)
{
	for (int i = 0; i < 1000 && fake_server_served(s->bench.server) < count; i++)
		fake_run_for(s->bench.loop, 5);
	fake_run_for(s->bench.loop, 50);
	ck_assert_uint_eq(fake_server_served(s->bench.server), count);
}

START_TEST(works_only_when_synced_and_leading)
{
	const struct fake_step script[] = { { STATUS_OF("shop"), REFUSED } };
	struct stage s;

	stage_init(&s, script, 1);
	put(&s, KIND_CHANNEL, CHANNEL("shop", "1"));
	expect_requests(&s, 0);
	if (_i == 0)
		reconciler_set_synced(s.reconciler);
	else
		reconciler_set_leading(s.reconciler, true);
	expect_requests(&s, 0);
	reconciler_set_synced(s.reconciler);
	reconciler_set_leading(s.reconciler, true);
	expect_requests(&s, 1);
	stage_finish(&s);
}
END_TEST

static void begin_work(struct stage *s)
{
	reconciler_set_synced(s->reconciler);
	reconciler_set_leading(s->reconciler, true);
}

START_TEST(looks_again_when_something_changes)
{
	const struct fake_step script[] = { { STATUS_OF("shop"), REFUSED },
					    { STATUS_OF("shop"), REFUSED } };
	struct stage s;

	stage_init(&s, script, 2);
	put(&s, KIND_CHANNEL, CHANNEL("shop", "1"));
	begin_work(&s);
	expect_requests(&s, 1);
	put(&s, KIND_CHANNEL, CHANNEL("shop", "2"));
	expect_requests(&s, 2);
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
	put(&s, KIND_CHANNEL, CHANNEL("shop", "1"));
	begin_work(&s);
	for (int i = 0; i < 2000 && fake_server_served(s.bench.server) < 1; i++)
		fake_run_for(s.bench.loop, 5);
	put(&s, KIND_CHANNEL, CHANNEL("shop", "2"));
	put(&s, KIND_CHANNEL, CHANNEL("shop", "3"));
	fake_run_for(s.bench.loop, 20);
	ck_assert_uint_eq(fake_server_served(s.bench.server), 1);
	expect_requests(&s, 2);
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
	put(&s, KIND_CHANNEL, CHANNEL("shop", "1"));
	begin_work(&s);
	expect_requests(&s, 2);
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
	put(&s, KIND_PROMOTION, PROMOTION);
	begin_work(&s);
	expect_requests(&s, 1);
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
	put(&s, KIND_CHANNEL, CHANNEL("a", "1"));
	put(&s, KIND_CHANNEL, CHANNEL("b", "1"));
	put(&s, KIND_CHANNEL, CHANNEL("c", "1"));
	begin_work(&s);
	for (int i = 0; i < 2000 && fake_server_served(s.bench.server) < 2; i++)
		fake_run_for(s.bench.loop, 5);
	fake_run_for(s.bench.loop, 20);
	ck_assert_uint_eq(fake_server_served(s.bench.server), 2);
	expect_requests(&s, 3);
	stage_finish(&s);
}
END_TEST

START_TEST(stops_after_the_answer_that_it_waits_for)
{
	struct fake_step script[] = { { STATUS_OF("shop"), REFUSED } };
	struct stage s;

	script[0].delay_ms = 500;
	stage_init(&s, script, 1);
	put(&s, KIND_CHANNEL, CHANNEL("shop", "1"));
	begin_work(&s);
	for (int i = 0; i < 2000 && fake_server_served(s.bench.server) < 1; i++)
		fake_run_for(s.bench.loop, 5);
	reconciler_stop(s.reconciler, on_stopped, &s);
	ck_assert(!s.is_stopped);
	ck_assert(fake_run_until(s.bench.loop, &s.is_stopped, 5000));
	put(&s, KIND_CHANNEL, CHANNEL("shop", "2"));
	expect_requests(&s, 1);
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
	put(&s, KIND_CHANNEL, CHANNEL("shop", "1"));
	begin_work(&s);
	for (int i = 0; i < 2000 && fake_server_served(s.bench.server) < 1; i++)
		fake_run_for(s.bench.loop, 5);
	reconciler_stop(s.reconciler, on_stopped, &s);
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
	begin_work(&s);
	reconciler_stop(s.reconciler, on_stopped, &s);
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
	put(&s, KIND_CHANNEL, CHANNEL("a", "1"));
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

/* ---- what we have written, and a watch that tells it late ---- */

#define CONDITION(type, status, reason, message)                                                   \
	"{\"type\":\"" type "\",\"status\":\"" status "\",\"reason\":\"" reason                       \
	"\",\"message\":\"" message                                                                \
	"\",\"observedGeneration\":1,\"lastTransitionTime\":\"1970-01-01T00:16:40Z\"}"
#define NO_RELEASE(type) CONDITION(type, "False", "NoRelease", "no release was promoted yet")
/* With this status there is nothing to be done for the channel. */
#define SETTLED                                                                                    \
	",\"status\":{\"observedGeneration\":1,\"guard\":\"FieldOwnership\",\"conditions\":["         \
	NO_RELEASE("Ready") "," NO_RELEASE("Pinned") "," NO_RELEASE("Verified") ","                \
	CONDITION("AdmissionPolicyMissing", "True", "WhoMayMissing",                               \
		  "the ValidatingAdmissionPolicy sluice-who-may is not installed: everybody who "  \
		  "may create Promotions may promote") "]}"
#define SHOP(version, status)                                                                      \
	"{\"apiVersion\":\"sluice.dev/"                                                            \
	"v1alpha1\",\"kind\":\"ReleaseChannel\",\"metadata\":{\"name\":\"shop\","                   \
	"\"namespace\":\"n\",\"uid\":\"u\",\"generation\":1,\"resourceVersion\":\"" version         \
	"\"},\"spec\":{\"artifacts\":[{\"name\":\"web\",\"image\":\"r.example/web\"}]}" status "}"
#define WEB(uid, version)                                                                          \
	"{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"web\","               \
	"\"namespace\":\"n\",\"uid\":\"" uid "\",\"resourceVersion\":\"" version                    \
	"\",\"labels\":{\"sluice.dev/channel\":\"shop\"},\"ownerReferences\":[{\"kind\":"           \
	"\"ReleaseChannel\",\"name\":\"shop\",\"uid\":\"u\",\"controller\":true}]},\"spec\":{}}"
#define UNGUARDED(version)                                                                         \
	"{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"n\","                \
	"\"resourceVersion\":\"" version "\",\"labels\":{\"sluice.dev/guard\":\"off\"}}}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define SYNCED                                                                                     \
	EVENT("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"5\",\"annotations\":{"               \
			  "\"k8s.io/initial-events-end\":\"true\"}}}")

static void on_watch_synced(void *user, enum kind kind)
{
	(void)kind;
	begin_work(user);
}

/* A watch of the kind, whose stream is the script's first step; the work begins when it has synced. */
static struct watch *start_watch(struct stage *s, enum kind kind)
{
	struct watch *watch = watch_create(
		s->bench.loop, s->bench.tools.client, s->bench.tools.store, kind,
		&(struct watch_times){ .idle_ms = 0 },
		&(struct watch_handler){ .on_synced = on_watch_synced, .user = s });

	watch_start(watch);
	return watch;
}

/* Has every channel of the namespace looked at, from what the store holds. */
static void have_it_looked_at(struct stage *s, const char *unguarded)
{
	put(s, KIND_FREE_NAMESPACE, unguarded);
}

static void tell_late(struct stage *s, const char *event)
{
	fake_server_push(s->bench.server, 0, event);
	fake_run_for(s->bench.loop, 20);
}

START_TEST(after_a_write_nothing_is_decided_from_older_data)
{
	const struct fake_step script[] = {
		{ .method = "GET", .target = "*releasechannels?watch=1*", .status = 200, .end = FAKE_HOLD,
		  .reply = EVENT("ADDED", SHOP("3", "")) SYNCED },
		{ STATUS_OF("shop"), .status = 200, .reply_headers = JSON_TYPE,
		  .reply = SHOP("12", SETTLED) },
		{ STATUS_OF("shop"), REFUSED },
	};
	struct watch *watch;
	struct stage s;

	stage_init(&s, script, 3);
	watch = start_watch(&s, KIND_CHANNEL);
	expect_requests(&s, 2);
	have_it_looked_at(&s, UNGUARDED("13"));
	expect_requests(&s, 2);
	tell_late(&s, EVENT("MODIFIED", SHOP("10", "")));
	have_it_looked_at(&s, UNGUARDED("14"));
	expect_requests(&s, 2);
	tell_late(&s, EVENT("MODIFIED", SHOP("12", SETTLED)));
	have_it_looked_at(&s, UNGUARDED("15"));
	expect_requests(&s, 2);
	/* Something newer is looked at: somebody has wiped the status. */
	tell_late(&s, EVENT("MODIFIED", SHOP("16", "")));
	expect_requests(&s, 3);
	watch_destroy(watch);
	stage_finish(&s);
}
END_TEST

START_TEST(after_a_deletion_nothing_is_decided_from_older_data)
{
	const struct fake_step script[] = {
		{ .method = "GET", .target = "*services?*watch=1*", .status = 200, .end = FAKE_HOLD,
		  .reply = EVENT("ADDED", WEB("w", "3")) SYNCED },
		{ .method = "DELETE", .target = "/api/v1/namespaces/n/services/web", .status = 200,
		  .reply = "{\"kind\":\"Status\",\"status\":\"Success\"}",
		  .body = "*\"uid\":\"w\",\"resourceVersion\":\"3\"*" },
		{ .method = "DELETE", .target = "/api/v1/namespaces/n/services/web", .status = 200,
		  .reply = "{\"kind\":\"Status\",\"status\":\"Success\"}", .body = "*\"uid\":\"x\"*" },
	};
	struct watch *watch;
	struct stage s;

	stage_init(&s, script, 3);
	put(&s, KIND_CHANNEL, SHOP("1", SETTLED));
	watch = start_watch(&s, KIND_SERVICE);
	expect_requests(&s, 2);
	have_it_looked_at(&s, UNGUARDED("13"));
	expect_requests(&s, 2);
	tell_late(&s, EVENT("MODIFIED", WEB("w", "3")));
	have_it_looked_at(&s, UNGUARDED("14"));
	expect_requests(&s, 2);
	tell_late(&s, EVENT("DELETED", WEB("w", "8")));
	have_it_looked_at(&s, UNGUARDED("15"));
	expect_requests(&s, 2);
	/* Another one of that name is another one. */
	tell_late(&s, EVENT("ADDED", WEB("x", "9")));
	expect_requests(&s, 3);
	watch_destroy(watch);
	stage_finish(&s);
}
END_TEST

#define STAY(release, digest, promotion)                                                           \
	"{\"release\":\"" release "\",\"artifacts\":[{\"name\":\"web\",\"image\":\"r.example/web\","   \
	"\"digest\":\"sha256:" digest "\"}],\"promotion\":\"" promotion                               \
	"\",\"since\":\"2026-11-24T10:00:00Z\"}"
#define MOVING                                                                                     \
	"{\"apiVersion\":\"sluice.dev/v1alpha1\",\"kind\":\"ReleaseChannel\",\"metadata\":{"           \
	"\"name\":\"shop\",\"namespace\":\"n\",\"uid\":\"u\",\"generation\":1,"                      \
	"\"resourceVersion\":\"7\"},\"spec\":{\"artifacts\":[{\"name\":\"web\",\"image\":"           \
	"\"r.example/web\"}]},\"status\":{\"current\":" STAY("r-0000000001", "a", "old")            \
	",\"desired\":" STAY("r-0000000002", "b", "new") "}}"

START_TEST(a_promotion_not_heard_of_yet_is_not_taken_for_deleted)
{
	const struct fake_step script[] = { { STATUS_OF("shop"), REFUSED } };
	struct stage s;

	stage_init(&s, script, 1);
	store_advance(s.bench.tools.store, KIND_PROMOTION, "6");
	put(&s, KIND_CHANNEL, MOVING);
	begin_work(&s);
	expect_requests(&s, 0);
	store_advance(s.bench.tools.store, KIND_PROMOTION, "7");
	have_it_looked_at(&s, UNGUARDED("5"));
	expect_requests(&s, 1);
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
	put(&s, KIND_CHANNEL, CHANNEL("shop", "1"));
	begin_work(&s);
	expect_requests(&s, 0);
	has_no_reserve = false;
	expect_requests(&s, 1);
	stage_finish(&s);
	memory_set_reserve(0);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, a_promotion_not_heard_of_yet_is_not_taken_for_deleted);
	tcase_add_test(tests, after_a_write_nothing_is_decided_from_older_data);
	tcase_add_test(tests, after_a_deletion_nothing_is_decided_from_older_data);
	tcase_add_loop_test(tests, works_only_when_synced_and_leading, 0, 2);
	tcase_add_test(tests, looks_again_when_something_changes);
	tcase_add_test(tests, looks_once_more_at_what_changes_under_its_hands);
	tcase_add_test(tests, tries_again_by_itself);
	tcase_add_test(tests, a_promotion_of_no_channel_gets_its_look);
	tcase_add_test(tests, no_more_keys_are_under_way_than_allowed);
	tcase_add_test(tests, stops_after_the_answer_that_it_waits_for);
	tcase_add_test(tests, what_is_never_answered_is_let_go);
	tcase_add_test(tests, with_nothing_under_way_it_stops_at_once);
	tcase_add_test(tests, shows_its_figures);
	tcase_add_test(tests, no_look_begins_while_memory_is_short);
}

SUITE_MAIN("reconcile", add)
