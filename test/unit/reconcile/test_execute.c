#include "reconcile/execute.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"
#include "fake/server.h"
#include "kube/kubeconfig.h"
#include "net/http.h"
#include "suite.h"

#define JSON_TYPE "Content-Type: application/json\r\n"
#define STATUS(code, reason, message)                                                              \
	"{\"apiVersion\":\"v1\",\"kind\":\"Status\",\"status\":\"Failure\",\"code\":" #code        \
	",\"reason\":\"" reason "\",\"message\":\"" message "\"}"
#define CONFLICT_WITH(manager)                                                                     \
	"{\"apiVersion\":\"v1\",\"kind\":\"Status\",\"status\":\"Failure\",\"code\":409,"          \
	"\"reason\":\"Conflict\","                                                                 \
	"\"message\":\"conflict\",\"details\":{\"causes\":[{\"reason\":\"FieldManagerConflict\","  \
	"\"message\":\"conflict with \\\"" manager "\\\"\",\"field\":\".spec\"}]}}"
#define CHANNEL(version)                                                                           \
	"{\"apiVersion\":\"sluice.dev/"                                                            \
	"v1alpha1\",\"kind\":\"ReleaseChannel\",\"metadata\":{\"name\":\"shop\","                  \
	"\"namespace\":\"n\",\"resourceVersion\":\"" version "\"},\"spec\":{\"artifacts\":"        \
	"[{\"name\":\"web\",\"image\":\"r.example/web\"}]}}"
#define WEB(image)                                                                                 \
	"{\"apiVersion\":\"apps/"                                                                  \
	"v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\",\"namespace\":\"n\","         \
	"\"resourceVersion\":\"7\",\"labels\":{\"sluice.dev/"                                      \
	"channel\":\"shop\"}},\"spec\":{\"template\":"                                             \
	"{\"spec\":{\"containers\":[{\"name\":\"web\",\"image\":\"" image "\"}]}}}}"
#define PINS                                                                                       \
	"{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"sluice-pins\","    \
	"\"namespace\":\"n\",\"resourceVersion\":\"9\"},\"data\":{}}"

#define PATCH_WEB .method = "PATCH", .target = "/apis/apps/v1/namespaces/n/deployments/web?*"
#define PATCH_STATUS                                                                               \
	.method = "PATCH",                                                                         \
	.target = "/apis/sluice.dev/v1alpha1/namespaces/n/releasechannels/shop/status?*"

static int64_t test_now_ms; /* the wall clock of the executor under test */

static int64_t now_ms(void)
{
	return test_now_ms;
}

/* An executor against one scripted server, which is apiserver and registry at once. */
struct bench {
	struct loop *loop;
	struct http *http;
	struct fake_server *server;
	struct executor_tools tools;
	struct executor *executor;
	struct orders orders;
	char repository[64];
	bool may_write;
	bool is_done;
	size_t ended;
	struct outcome outcome;
	char failed[64]; /* the text of the order that failed */
};

static bool may_write(void *user)
{
	const struct bench *b = user;

	return b->may_write;
}

static void create_client(struct bench *b)
{
	struct kubeconfig config = { .server = fake_server_url(b->server) };
	struct err err = ERR_INIT;

	ck_assert_msg(client_create(b->loop, b->http, &config, &b->tools.client, &err) == 0, "%s",
		      err.text);
}

static void create_registry(struct bench *b)
{
	const char *hosts[2] = { fake_server_host(b->server), NULL };
	struct registry_options options = { .insecure_hosts = hosts };
	struct err err = ERR_INIT;

	ck_assert_msg(registry_create(b->http, &options, &b->tools.registry, &err) == 0, "%s",
		      err.text);
	(void)snprintf(b->repository, sizeof(b->repository), "%s/web", hosts[0]);
}

static void bench_init(struct bench *b, const struct fake_step *script, size_t count)
{
	struct err err = ERR_INIT;

	test_now_ms = 1000000;
	*b = (struct bench){ .may_write = true };
	ck_assert_msg(loop_create(&b->loop, &err) == 0, "%s", err.text);
	ck_assert_msg(http_create(b->loop, &b->http, &err) == 0, "%s", err.text);
	b->server = fake_server_create(b->loop, script, count);
	create_client(b);
	create_registry(b);
	b->tools.store = store_create();
	b->tools.events = event_sender_create(b->loop, b->tools.client, "test");
	b->tools.metrics = metrics_create("test");
	b->tools.looks = looks_create();
	b->tools.asked = asked_create(b->tools.registry);
	b->tools.now_ms = now_ms;
	b->tools.may_write = may_write;
	b->tools.user = b;
	b->executor = executor_create(&b->tools);
}

static void bench_finish(struct bench *b)
{
	const char *complaint = fake_server_complaint(b->server);

	ck_assert_msg(complaint == NULL, "%s", complaint);
	ck_assert_uint_eq(executor_active(b->executor), 0);
	event_sender_destroy(b->tools.events);
	registry_destroy(b->tools.registry);
	http_destroy(b->http);
	executor_destroy(b->executor);
	asked_destroy(b->tools.asked);
	looks_destroy(b->tools.looks);
	metrics_destroy(b->tools.metrics);
	store_destroy(b->tools.store);
	client_destroy(b->tools.client);
	fake_server_destroy(b->server);
	loop_destroy(b->loop);
}

/* ---- orders, written by hand ---- */

static struct orders new_orders(size_t count)
{
	struct orders orders = { .arena = ARENA_INIT, .count = count };

	orders.items = arena_new_array(&orders.arena, count, struct order);
	return orders;
}

static struct order order_of(enum action_kind action, enum kind kind, const char *name)
{
	return (struct order){ .action = action, .text = action_name(action), .namespace = "n",
			       .channel = "shop", .kind = kind, .name = name };
}

static struct order status_order(void)
{
	struct order order = order_of(ACTION_CHANNEL_STATUS, KIND_CHANNEL, "shop");

	order.is_status = true;
	order.force = true;
	order.body = strdup("{\"status\":{}}");
	return order;
}

static const struct container wanted = { .name = "web", .image = "r.example/web@new" };

static struct order pin_order(void)
{
	struct order order = order_of(ACTION_PIN, KIND_DEPLOYMENT, "web");

	order.workload = WORKLOAD_DEPLOYMENT;
	order.containers = &wanted;
	order.container_count = 1;
	order.body = strdup("{\"spec\":{}}");
	return order;
}

static struct order pins_order(void)
{
	struct order order = order_of(ACTION_STATE_PINS, KIND_PINS, "sluice-pins");

	order.force = true;
	order.body = strdup("{\"data\":{}}");
	return order;
}

static void on_done(void *user, const char *key, const struct outcome *outcome)
{
	struct bench *b = user;

	(void)key;
	b->outcome = *outcome;
	b->failed[0] = '\0';
	if (outcome->failed != NULL)
		(void)snprintf(b->failed, sizeof(b->failed), "%s", outcome->failed->text);
	b->outcome.failed = NULL;
	b->ended++;
	b->is_done = executor_active(b->executor) == 0;
}

static void begin(struct bench *b, const char *key, struct order order)
{
	struct orders orders = new_orders(1);

	orders.items[0] = order;
	execute_start(b->executor, key, &orders, on_done, b);
}

static void run(struct bench *b, struct order order)
{
	b->is_done = false;
	begin(b, "n/shop", order);
	ck_assert(b->is_done || fake_run_until(b->loop, &b->is_done, 5000));
}

/* ---- one after the other ---- */

static const struct fake_step three_steps[] = {
	{ PATCH_STATUS, .body = "{\"status\":{}}", .status = 200, .reply_headers = JSON_TYPE,
	  .reply = CHANNEL("3") },
	{ .method = "PATCH",
	  .target = "/api/v1/namespaces/n/configmaps/sluice-pins?*force=true*",
	  .status = 200,
	  .reply_headers = JSON_TYPE,
	  .reply = PINS },
	{ PATCH_WEB, .status = 200, .reply_headers = JSON_TYPE, .reply = WEB("r.example/web@new") },
};

static void begin_three(struct bench *b)
{
	struct orders orders = new_orders(3);

	orders.items[0] = status_order();
	orders.items[1] = pins_order();
	orders.items[2] = pin_order();
	execute_start(b->executor, "n/shop", &orders, on_done, b);
}

START_TEST(carries_out_all_orders_and_keeps_the_answers)
{
	struct bench b;

	bench_init(&b, three_steps, 3);
	begin_three(&b);
	ck_assert_uint_eq(executor_active(b.executor), 1);
	ck_assert(fake_run_until(b.loop, &b.is_done, 5000));
	ck_assert_str_eq(b.failed, "");
	ck_assert(!b.outcome.is_news);
	ck_assert_str_eq(
		store_get(b.tools.store, KIND_CHANNEL, "n", "shop")->meta->resource_version, "3");
	ck_assert_ptr_nonnull(store_get(b.tools.store, KIND_PINS, "n", "sluice-pins"));
	ck_assert_ptr_nonnull(store_get(b.tools.store, KIND_DEPLOYMENT, "n", "web"));
	bench_finish(&b);
}
END_TEST

/* The k-th order fails: those before it are done, those after it are never begun. */
START_TEST(stops_at_the_first_failure)
{
	static const char *const names[] = { "status channel", "pins", "pin" };
	struct fake_step script[3];
	struct bench b;

	memcpy(script, three_steps, sizeof(script));
	script[_i].status = 500;
	script[_i].reply = STATUS(500, "InternalError", "no");
	bench_init(&b, script, (size_t)_i + 1);
	begin_three(&b);
	ck_assert(fake_run_until(b.loop, &b.is_done, 5000));
	ck_assert_str_eq(b.failed, names[_i]);
	ck_assert_int_ne(b.outcome.err.class, ERR_NONE);
	ck_assert((store_get(b.tools.store, KIND_CHANNEL, "n", "shop") != NULL) == (_i > 0));
	ck_assert((store_get(b.tools.store, KIND_PINS, "n", "sluice-pins") != NULL) == (_i > 1));
	bench_finish(&b);
}
END_TEST

/* The replica stops leading while the k-th order is under way: that one ends, no other begins. */
START_TEST(begins_nothing_when_it_may_not_write)
{
	struct fake_step script[3];
	struct bench b;

	memcpy(script, three_steps, sizeof(script));
	script[_i].delay_ms = 50;
	bench_init(&b, script, (size_t)_i + 1);
	begin_three(&b);
	while (fake_server_served(b.server) <= (size_t)_i)
		fake_run_for(b.loop, 5);
	if (_i == 0)
		b.may_write = false;
	else
		executor_set_working(b.executor, false);
	ck_assert(fake_run_until(b.loop, &b.is_done, 5000));
	ck_assert_int_eq(b.outcome.err.class, _i == 2 ? ERR_NONE : ERR_CONFLICT);
	bench_finish(&b);
}
END_TEST

START_TEST(an_order_that_could_not_be_written_fails_in_its_turn)
{
	struct order order = pin_order();
	struct bench b;

	bench_init(&b, NULL, 0);
	(void)err_set(&order.err, ERR_BUG, "no text");
	run(&b, order);
	ck_assert_str_eq(b.outcome.err.text, "no text");
	bench_finish(&b);
}
END_TEST

/* ---- two keys, one object ---- */

START_TEST(two_keys_do_not_write_one_object_side_by_side)
{
	struct fake_step script[] = { three_steps[1], three_steps[1] };
	struct bench b;

	script[0].delay_ms = 30;
	bench_init(&b, script, 2);
	begin(&b, "n/shop", pins_order());
	begin(&b, "n/other", pins_order());
	ck_assert_uint_eq(b.ended, 1);
	ck_assert_int_eq(b.outcome.err.class, ERR_CONFLICT);
	ck_assert(fake_run_until(b.loop, &b.is_done, 5000));
	ck_assert_int_eq(b.outcome.err.class, ERR_NONE);
	run(&b, pins_order());
	ck_assert_int_eq(b.outcome.err.class, ERR_NONE);
	bench_finish(&b);
}
END_TEST

/* ---- what answers teach ---- */

static struct workload_look look_at_web(struct bench *b)
{
	struct workload_look look = { .state = KNOWLEDGE_NONE };
	int64_t until_ms = CLOCK_NEVER;

	looks_fill(b->tools.looks, WORKLOAD_DEPLOYMENT, "n", "web", test_now_ms, &b->orders.arena,
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
	run(&b, pin_order());
	look = look_at_web(&b);
	expect_int(pins[_i].name, b.outcome.err.class, pins[_i].class);
	expect_int(pins[_i].name, b.outcome.is_news, pins[_i].is_news);
	expect_str(pins[_i].name, look.conflict_manager, pins[_i].manager);
	expect_int(pins[_i].name, look.failure.class, pins[_i].failure);
	if (pins[_i].class == ERR_BUSY && pins[_i].status == 200)
		expect_int(pins[_i].name, b.outcome.err.retry_after_ms, 100);
	arena_finish(&b.orders.arena);
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
	run(&b, pin_order());
	ck_assert_int_eq(b.outcome.err.class, ERR_BUSY);
	test_now_ms += 9999;
	run(&b, pin_order());
	ck_assert_int_eq(b.outcome.err.class, ERR_BUSY);
	test_now_ms += 1;
	run(&b, pin_order());
	ck_assert_int_eq(b.outcome.err.class, ERR_DENIED);
	ck_assert(b.outcome.is_news);
	ck_assert_ptr_nonnull(strstr(look_at_web(&b).failure.message, "mirror/web@new"));
	arena_finish(&b.orders.arena);
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
	{ "no answer is no answer", 503, "", ERR_BUSY, false, KNOWLEDGE_NONE },
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
	struct order order = order_of(ACTION_FIND_WORKLOAD, KIND_DEPLOYMENT, "web");
	struct bench b;

	bench_init(&b, script, 1);
	order.workload = WORKLOAD_DEPLOYMENT;
	run(&b, order);
	expect_int(finds[_i].name, b.outcome.err.class, finds[_i].class);
	expect_int(finds[_i].name, b.outcome.is_news, finds[_i].is_news);
	expect_int(finds[_i].name, look_at_web(&b).state, finds[_i].state);
	expect(finds[_i].name, store_get(b.tools.store, KIND_DEPLOYMENT, "n", "web") == NULL);
	arena_finish(&b.orders.arena);
	bench_finish(&b);
}
END_TEST

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
	struct order order = order_of(ACTION_APPLY_SCALER, KIND_SCALER, "web");
	int64_t until_ms = CLOCK_NEVER;
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
		run(&b, order);
		ck_assert_int_eq(b.outcome.err.class, i == 0 ? ERR_INPUT : ERR_NONE);
		ck_assert_int_eq(b.outcome.is_news, i == 0);
		ck_assert_ptr_nonnull(strstr(
			looks_made_failure(b.tools.looks, "n", "shop", test_now_ms, &until_ms),
			"too small"));
	}
	order.body = strdup("{\"spec\":{\"maxReplicas\":3}}");
	run(&b, order);
	ck_assert_int_eq(b.outcome.err.class, ERR_NONE);
	ck_assert_ptr_null(looks_made_failure(b.tools.looks, "n", "shop", test_now_ms, &until_ms));
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
	struct order order = order_of(ACTION_DELETE, KIND_SERVICE, "web");
	struct bench b;

	bench_init(&b, script, 1);
	order.uid = "u-1";
	order.resource_version = "12";
	run(&b, order);
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
	struct order order = order_of(ACTION_EVENT, KIND_CHANNEL, "shop");
	struct bench b;

	bench_init(&b, script, 1);
	order.uid = "u-1";
	order.reason = "RolledBack";
	order.note = "back to r-1";
	begin(&b, "n/shop", order);
	ck_assert(b.is_done);
	ck_assert_int_eq(b.outcome.err.class, ERR_NONE);
	for (int i = 0; i < 1000 && fake_server_served(b.server) == 0; i++)
		fake_run_for(b.loop, 5);
	fake_run_for(b.loop, 20);
	bench_finish(&b);
}
END_TEST

/* ---- questions to registries ---- */

#define SECRET_STEP(code, text) \
	{ .method = "GET", .target = "/api/v1/namespaces/n/secrets/pull", .status = (code), \
	  .reply_headers = JSON_TYPE, .reply = (text) }

static struct order resolve_order(struct bench *b, const char *secret)
{
	struct order order = order_of(ACTION_RESOLVE, KIND_COUNT, NULL);

	order.lookup = (struct action_lookup){ .repository = b->repository, .reference = "v1",
					       .pull_secret = secret };
	return order;
}

static void on_look(void *user, const void *look)
{
	*(struct digest_look *)user = *(const struct digest_look *)look;
}

static struct digest_look look_at_digest(struct bench *b, const char *secret)
{
	const struct asked_place place = { .namespace = "n",
					   .repository = b->repository,
					   .secret = secret };
	struct digest_look look = { .state = KNOWLEDGE_NONE };

	asked_each_digest(b->tools.asked, &place, test_now_ms, &b->orders.arena, on_look, &look);
	return look;
}

static const struct {
	const char *name;
	int status;
	const char *reply;
	const char *message; /* of the look */
} secrets[] = {
	{ "a secret that is missing", 404, STATUS(404, "NotFound", "secrets pull not found"),
	  "pull secret pull" },
	{ "a secret that may not be read", 403, STATUS(403, "Forbidden", "no"),
	  "pull secret pull" },
	{ "a secret without the entry", 200, "{\"kind\":\"Secret\",\"data\":{}}",
	  "no entry .dockerconfigjson" },
	{ "a secret that is no base64", 200,
	  "{\"kind\":\"Secret\",\"data\":{\".dockerconfigjson\":\"*\"}}", "not base64" },
	{ "a secret for another registry", 200,
	  "{\"kind\":\"Secret\",\"data\":{\".dockerconfigjson\":\"eyJhdXRocyI6e319\"}}",
	  "pull secret pull" },
};

START_TEST(a_bad_secret_is_an_answer)
{
	const struct fake_step script[] = { SECRET_STEP(secrets[_i].status, secrets[_i].reply) };
	struct digest_look look;
	struct bench b;

	bench_init(&b, script, 1);
	run(&b, resolve_order(&b, "pull"));
	expect_int(secrets[_i].name, b.outcome.err.class, ERR_NONE);
	expect(secrets[_i].name, b.outcome.is_news);
	look = look_at_digest(&b, "pull");
	expect_int(secrets[_i].name, look.state, KNOWLEDGE_FAILED);
	expect_contains(secrets[_i].name, look.failure.message, secrets[_i].message);
	arena_finish(&b.orders.arena);
	bench_finish(&b);
}
END_TEST

START_TEST(a_secret_that_was_not_answered_is_asked_for_again)
{
	const struct fake_step script[] = { SECRET_STEP(503, "") };
	struct bench b;

	bench_init(&b, script, 1);
	run(&b, resolve_order(&b, "pull"));
	ck_assert_int_eq(b.outcome.err.class, ERR_BUSY);
	ck_assert_int_eq(look_at_digest(&b, "pull").state, KNOWLEDGE_NONE);
	arena_finish(&b.orders.arena);
	bench_finish(&b);
}
END_TEST

START_TEST(anonymous_questions_need_no_secret_and_wait_for_no_answer)
{
	const struct fake_step script[] = {
		{ .method = "HEAD",
		  .target = "/v2/web/manifests/v1",
		  .headers = "!Authorization\n",
		  .status = 404 },
	};
	struct bench b;

	bench_init(&b, script, 1);
	begin(&b, "n/shop", resolve_order(&b, NULL));
	ck_assert(b.is_done);
	ck_assert(!b.outcome.is_news);
	ck_assert_int_eq(look_at_digest(&b, NULL).state, KNOWLEDGE_PENDING);
	for (int i = 0; i < 1000 && look_at_digest(&b, NULL).state == KNOWLEDGE_PENDING; i++)
		fake_run_for(b.loop, 5);
	ck_assert_int_eq(look_at_digest(&b, NULL).failure.class, ERR_NOTFOUND);
	arena_finish(&b.orders.arena);
	bench_finish(&b);
}
END_TEST

/* A secret for the scripted registry, whose port is known only now: {"auths":{HOST:{"auth":…}}}. */
static void write_secret(const struct bench *b, char *text, size_t size)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char config[256];
	size_t len =
		(size_t)snprintf(config, sizeof(config),
				 "{\"auths\":{\"%s\":{\"username\":\"u\",\"password\":\"p\"}}}",
				 fake_server_host(b->server));
	size_t n = (size_t)snprintf(text, size,
				    "{\"kind\":\"Secret\",\"data\":{\".dockerconfigjson\":\"");

	while (len % 3 != 0)
		config[len++] = ' ';
	for (size_t i = 0; i < len; i += 3) {
		unsigned bits = (unsigned)config[i] << 16 | (unsigned)config[i + 1] << 8 |
				(unsigned)config[i + 2];

		for (int shift = 18; shift >= 0; shift -= 6)
			text[n++] = digits[bits >> shift & 63];
	}
	(void)snprintf(text + n, size - n, "\"}}");
}

START_TEST(a_good_secret_goes_to_its_registry)
{
	struct fake_step script[] = {
		SECRET_STEP(200, NULL),
		{ .method = "HEAD", .target = "/v2/web/manifests/v1", .status = 401,
		  .reply_headers = "WWW-Authenticate: Basic realm=\"r\"\r\n" },
	};
	char secret[1024];
	struct bench b;

	script[1].headers = "Authorization: Basic dTpw\n";
	bench_init(&b, script, 0);
	write_secret(&b, secret, sizeof(secret));
	script[0].reply = secret;
	fake_server_extend(b.server, script, 2);
	run(&b, resolve_order(&b, "pull"));
	ck_assert_int_eq(b.outcome.err.class, ERR_NONE);
	for (int i = 0; i < 1000 && look_at_digest(&b, "pull").state == KNOWLEDGE_PENDING; i++)
		fake_run_for(b.loop, 5);
	ck_assert_int_eq(look_at_digest(&b, "pull").failure.class, ERR_DENIED);
	arena_finish(&b.orders.arena);
	bench_finish(&b);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, carries_out_all_orders_and_keeps_the_answers);
	tcase_add_loop_test(tests, stops_at_the_first_failure, 0, 3);
	tcase_add_loop_test(tests, begins_nothing_when_it_may_not_write, 0, 3);
	tcase_add_test(tests, an_order_that_could_not_be_written_fails_in_its_turn);
	tcase_add_test(tests, two_keys_do_not_write_one_object_side_by_side);
	suite_add_rows(tests, learns_from_pins, pins);
	tcase_add_test(tests, an_image_that_is_changed_for_long_is_somebodys_doing);
	suite_add_rows(tests, finds_workloads, finds);
	tcase_add_test(tests, a_refused_scaler_is_told_once_and_tried_again_when_it_differs);
	suite_add_rows(tests, deletes, deletions);
	tcase_add_test(tests, tells_events);
	suite_add_rows(tests, a_bad_secret_is_an_answer, secrets);
	tcase_add_test(tests, a_secret_that_was_not_answered_is_asked_for_again);
	tcase_add_test(tests, anonymous_questions_need_no_secret_and_wait_for_no_answer);
	tcase_add_test(tests, a_good_secret_goes_to_its_registry);
}

SUITE_MAIN("execute", add)
