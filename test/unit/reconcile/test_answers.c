/* What the executor learns of the answers to its orders. */
#include "base/clock.h"
#include "web.h"

#define CONFLICT_WITH(manager)                                                                     \
	"{\"apiVersion\":\"v1\",\"kind\":\"Status\",\"status\":\"Failure\",\"code\":409,"          \
	"\"reason\":\"Conflict\","                                                                 \
	"\"message\":\"conflict\",\"details\":{\"causes\":[{\"reason\":\"FieldManagerConflict\","  \
	"\"message\":\"conflict with \\\"" manager "\\\"\",\"field\":\".spec\"}]}}"

static struct workload_look look_at_web(struct bench *b)
{
	struct workload_look look = { .state = KNOWLEDGE_NONE };
	int64_t until_ms = CLOCK_NEVER;

	looks_fill(b->tools.looks, WORKLOAD_DEPLOYMENT, "n", "web", bench_now(), &b->arena,
		   &look, &until_ms);
	return look;
}

static const struct {
	const char *name;
	int status;
	const char *reply;
	enum err_class class;
	bool is_news;
	const char *manager;      /* of the look */
	enum err_class failure;   /* of the look */
} pins[] = {
	{ "what was applied is there", 200, WEB("r.example/web@new"), ERR_NONE, false, NULL,
	  ERR_NONE },
	{ "the guard has not seen the new pin: soon again", 200, WEB("r.example/web@old"), ERR_BUSY,
	  false, NULL, ERR_NONE },
	{ "another manager owns the image: its name is kept", 409, CONFLICT_WITH("kubectl"),
	  ERR_CONFLICT, true, "kubectl", ERR_NONE },
	{ "it is another object: nothing is kept", 409, STATUS(409, "Conflict", "uid"),
	  ERR_CONFLICT, false, NULL, ERR_NONE },
	{ "it is gone: nothing is kept", 404, STATUS(404, "NotFound", "gone"), ERR_NOTFOUND, false,
	  NULL, ERR_NONE },
	{ "it is not taken: why is kept", 422, STATUS(422, "Invalid", "bad"), ERR_INPUT, true, NULL,
	  ERR_INPUT },
	{ "RBAC refuses: that is kept", 403, STATUS(403, "Forbidden", "no"), ERR_DENIED, true, NULL,
	  ERR_DENIED },
	{ "the server is busy: nothing is kept", 429, STATUS(429, "TooManyRequests", "later"),
	  ERR_BUSY, false, NULL, ERR_NONE },
};

START_TEST(learns_from_pins)
{
	const struct fake_step script[] = {
		{ PATCH_WEB, .status = pins[_i].status, .reply_headers = JSON_TYPE,
		  .reply = pins[_i].reply },
	};
	struct workload_look look;
	struct bench b;

	bench_init(&b, script, 1);
	bench_run(&b, web_pin_order());
	look = look_at_web(&b);
	expect_int(pins[_i].name, b.outcome.err.class, pins[_i].class);
	expect_int(pins[_i].name, b.outcome.is_news, pins[_i].is_news);
	expect_str(pins[_i].name, look.conflict_manager, pins[_i].manager);
	expect_int(pins[_i].name, look.failure.class, pins[_i].failure);
	if (pins[_i].class == ERR_BUSY && pins[_i].status == 200)
		expect_int(pins[_i].name, b.outcome.err.retry_after_ms, 100);
	bench_finish(&b);
}
END_TEST

START_TEST(an_image_that_is_changed_for_long_is_somebodys_doing)
{
	const struct fake_step step = { PATCH_WEB, .status = 200, .reply_headers = JSON_TYPE,
					.reply = WEB("mirror/web@new") };
	const struct fake_step script[] = { step, step, step };
	struct bench b;

	bench_init(&b, script, 3);
	bench_run(&b, web_pin_order());
	ck_assert_int_eq(b.outcome.err.class, ERR_BUSY);
	bench_set_now(bench_now() + 9999);
	bench_run(&b, web_pin_order());
	ck_assert_int_eq(b.outcome.err.class, ERR_BUSY);
	bench_set_now(bench_now() + 1);
	bench_run(&b, web_pin_order());
	ck_assert_int_eq(b.outcome.err.class, ERR_DENIED);
	ck_assert(b.outcome.is_news);
	ck_assert_ptr_nonnull(strstr(look_at_web(&b).failure.message, "mirror/web@new"));
	bench_finish(&b);
}
END_TEST

static const struct {
	const char *name;
	int status;
	const char *reply;
	enum err_class class;
	bool is_news;
	enum knowledge state;
} finds[] = {
	{ "a workload that is there is known", 200, WEB("x"), ERR_NONE, true, KNOWLEDGE_KNOWN },
	{ "one that is not is known as that", 404, STATUS(404, "NotFound", "gone"), ERR_NONE, true,
	  KNOWLEDGE_FAILED },
	{ "so is one that may not be read", 403, STATUS(403, "Forbidden", "no"), ERR_NONE, true,
	  KNOWLEDGE_FAILED },
	{ "that there was no answer is known too, and stays a failure", 503, "", ERR_BUSY, true, KNOWLEDGE_FAILED },
};

START_TEST(finds_workloads)
{
	const struct fake_step script[] = {
		{ .method = "GET",
		  .target = "/apis/apps/v1/namespaces/n/deployments/web",
		  .status = finds[_i].status,
		  .reply_headers = JSON_TYPE,
		  .reply = finds[_i].reply },
	};
	struct order order = bench_order(ACTION_FIND_WORKLOAD, KIND_DEPLOYMENT, "web");
	struct bench b;

	bench_init(&b, script, 1);
	order.workload = WORKLOAD_DEPLOYMENT;
	bench_run(&b, order);
	expect_int(finds[_i].name, b.outcome.err.class, finds[_i].class);
	expect_int(finds[_i].name, b.outcome.is_news, finds[_i].is_news);
	expect_int(finds[_i].name, look_at_web(&b).state, finds[_i].state);
	expect(finds[_i].name, !store_has(b.tools.store, KIND_DEPLOYMENT, "n", "web"));
	bench_finish(&b);
}
END_TEST

/* Why what n/shop makes cannot be applied; NULL. */
static const char *unapplied_of_shop(struct bench *b)
{
	struct unapplied_look look = { .made = { .what = NULL } };
	int64_t until_ms = CLOCK_NEVER;

	unapplied_fill(b->tools.unapplied, "n", "shop", bench_now(), &b->arena, &look, &until_ms);
	return look.made.message;
}

START_TEST(a_refused_scaler_is_told_once_and_tried_again_when_it_differs)
{
	const struct fake_step no = {
		.method = "PATCH",
		.target = "/apis/autoscaling/v2/namespaces/n/horizontalpodautoscalers/web?*",
		.status = 422,
		.reply_headers = JSON_TYPE,
		.reply = STATUS(422, "Invalid", "maxReplicas is too small")
	};
	struct fake_step yes = no;
	struct fake_step script[2];
	struct order order = bench_order(ACTION_APPLY_SCALER, KIND_SCALER, "web");
	struct bench b;

	yes.status = 200;
	yes.reply = "{\"apiVersion\":\"autoscaling/"
		    "v2\",\"kind\":\"HorizontalPodAutoscaler\",\"metadata\":"
		    "{\"name\":\"web\",\"namespace\":\"n\",\"resourceVersion\":\"4\"},\"spec\":{"
		    "\"maxReplicas\":3}}";
	script[0] = no;
	script[1] = yes;
	bench_init(&b, script, 2);
	for (int i = 0; i < 2; i++) {
		order.body = strdup("{}");
		bench_run(&b, order);
		ck_assert_int_eq(b.outcome.err.class, i == 0 ? ERR_INPUT : ERR_NONE);
		ck_assert_int_eq(b.outcome.is_news, i == 0);
		ck_assert_ptr_nonnull(strstr(unapplied_of_shop(&b), "too small"));
	}
	order.body = strdup("{\"spec\":{\"maxReplicas\":3}}");
	bench_run(&b, order);
	ck_assert_int_eq(b.outcome.err.class, ERR_NONE);
	ck_assert_ptr_null(unapplied_of_shop(&b));
	bench_finish(&b);
}
END_TEST

START_TEST(a_service_that_is_not_answered_is_told_when_that_lasts)
{
	const struct fake_step trouble = { .method = "PATCH",
					   .target = "/api/v1/namespaces/n/services/web?*",
					   .status = 500,
					   .reply_headers = JSON_TYPE,
					   .reply = STATUS(500, "InternalError", "failed calling webhook") };
	struct fake_step script[3] = { trouble, trouble, trouble };
	struct order order = bench_order(ACTION_APPLY_SERVICE, KIND_SERVICE, "web");
	struct bench b;

	bench_init(&b, script, 3);
	for (int i = 0; i < 3; i++) {
		order.body = strdup("{}");
		bench_set_now(BENCH_NOW_MS + (i == 0 ? 0 : LOOKS_TROUBLE_MS));
		bench_run(&b, order);
		ck_assert_int_eq(b.outcome.err.class, ERR_NET);
		ck_assert_int_eq(b.outcome.is_news, i == 1);
		ck_assert_int_eq(unapplied_of_shop(&b) != NULL, i > 0);
	}
	bench_finish(&b);
}
END_TEST

static const struct {
	const char *name;
	int status;
	const char *reply;
	enum err_class class;
} deletions[] = {
	{ "what is deleted is deleted", 200, STATUS(200, "", ""), ERR_NONE },
	{ "somebody was faster", 404, STATUS(404, "NotFound", "gone"), ERR_NONE },
	{ "it is another one by now", 409, STATUS(409, "Conflict", "uid"), ERR_CONFLICT },
};

START_TEST(deletes)
{
	const struct fake_step script[] = {
		{ .method = "DELETE",
		  .target = "/api/v1/namespaces/n/services/web*",
		  .status = deletions[_i].status,
		  .reply_headers = JSON_TYPE,
		  .reply = deletions[_i].reply },
	};
	struct order order = bench_order(ACTION_DELETE, KIND_SERVICE, "web");
	struct bench b;

	bench_init(&b, script, 1);
	order.uid = "u-1";
	order.resource_version = "12";
	bench_run(&b, order);
	expect_int(deletions[_i].name, b.outcome.err.class, deletions[_i].class);
	bench_finish(&b);
}
END_TEST

START_TEST(tells_events)
{
	const struct fake_step script[] = {
		{ .method = "POST",
		  .target = "/apis/events.k8s.io/v1/namespaces/n/events*",
		  .status = 201,
		  .reply_headers = JSON_TYPE,
		  .reply = "{}" },
	};
	struct order order = bench_order(ACTION_EVENT, KIND_CHANNEL, "shop");
	struct bench b;

	bench_init(&b, script, 1);
	order.uid = "u-1";
	order.reason = "RolledBack";
	order.note = "back to r-1";
	bench_begin(&b, "n/shop", order);
	ck_assert(b.is_done);
	ck_assert_int_eq(b.outcome.err.class, ERR_NONE);
	for (int i = 0; i < 1000 && fake_server_served(b.server) == 0; i++)
		fake_run_for(b.loop, 5);
	fake_run_for(b.loop, 20);
	bench_finish(&b);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, learns_from_pins, pins);
	tcase_add_test(tests, an_image_that_is_changed_for_long_is_somebodys_doing);
	suite_add_rows(tests, finds_workloads, finds);
	tcase_add_test(tests, a_refused_scaler_is_told_once_and_tried_again_when_it_differs);
	tcase_add_test(tests, a_service_that_is_not_answered_is_told_when_that_lasts);
	suite_add_rows(tests, deletes, deletions);
	tcase_add_test(tests, tells_events);
}

SUITE_MAIN("answers", add)
