#include "reconcile/execute.h"

#include "web.h"

#define CHANNEL(version)                                                                           \
	"{\"apiVersion\":\"sluice.dev/"                                                            \
	"v1alpha1\",\"kind\":\"ReleaseChannel\",\"metadata\":{\"name\":\"shop\","                  \
	"\"namespace\":\"n\",\"resourceVersion\":\"" version "\"},\"spec\":{\"artifacts\":"        \
	"[{\"name\":\"web\",\"image\":\"r.example/web\"}]}}"
#define PINS(version)                                                                                  \
	"{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"sluice-pins\","    \
	"\"namespace\":\"n\",\"resourceVersion\":\"" version "\"},\"data\":{}}"

#define PATCH_STATUS                                                                               \
	.method = "PATCH",                                                                         \
	.target = "/apis/sluice.dev/v1alpha1/namespaces/n/releasechannels/shop/status?*"

static struct order status_order(void)
{
	struct order order = bench_order(ACTION_CHANNEL_STATUS, KIND_CHANNEL, "shop");

	order.is_status = true;
	order.force = true;
	order.body = strdup("{\"status\":{}}");
	return order;
}

static struct order pins_order(void)
{
	struct order order = bench_order(ACTION_STATE_PINS, KIND_PINS, "sluice-pins");

	order.resource_version = "8";
	order.force = true;
	order.body = strdup("{\"data\":{}}");
	return order;
}

/* The namespace has pins already. */
static void have_pins(struct bench *b)
{
	static const char json[] = PINS("8");
	struct record *record = NULL;
	struct err err = ERR_INIT;

	ck_assert_msg(record_from_json(KIND_PINS, json, strlen(json), &record, &err) == 0, "%s", err.text);
	(void)store_put(b->tools.store, record);
	record_unref(record);
}

static const char *pins_version(struct bench *b)
{
	return store_get(b->tools.store, KIND_PINS, "n", "sluice-pins", &b->arena)->meta->resource_version;
}

/* ---- one after the other ---- */

static const struct fake_step three_steps[] = {
	{ PATCH_STATUS, .body = "{\"status\":{}}", .status = 200, .reply_headers = JSON_TYPE,
	  .reply = CHANNEL("3") },
	{ .method = "PATCH",
	  .target = "/api/v1/namespaces/n/configmaps/sluice-pins?*force=true*",
	  .status = 200,
	  .reply_headers = JSON_TYPE,
	  .reply = PINS("9") },
	{ PATCH_WEB, .status = 200, .reply_headers = JSON_TYPE, .reply = WEB("r.example/web@new") },
};

static void begin_three(struct bench *b)
{
	struct orders orders = bench_orders(3);

	have_pins(b);
	orders.items[0] = status_order();
	orders.items[1] = pins_order();
	orders.items[2] = web_pin_order();
	bench_start(b, "n/shop", &orders);
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
		store_get(b.tools.store, KIND_CHANNEL, "n", "shop", &b.arena)->meta->resource_version, "3");
	ck_assert_str_eq(pins_version(&b), "9");
	ck_assert(store_has(b.tools.store, KIND_DEPLOYMENT, "n", "web"));
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
	ck_assert(store_has(b.tools.store, KIND_CHANNEL, "n", "shop") == (_i > 0));
	ck_assert_str_eq(pins_version(&b), _i > 1 ? "9" : "8");
	bench_finish(&b);
}
END_TEST

static const struct {
	const char *name;
	enum action_kind action;
	enum kind kind;
	const char *method;
	const char *target;
} alone[] = {
	{ "a Service", ACTION_APPLY_SERVICE, KIND_SERVICE, "PATCH", "/api/v1/namespaces/n/services/web?*" },
	{ "an autoscaler", ACTION_APPLY_SCALER, KIND_SCALER, "PATCH", "/apis/autoscaling/v2/namespaces/n/horizontalpodautoscalers/web?*" },
	{ "a promotion of automation", ACTION_CREATE_PROMOTION, KIND_PROMOTION, "PATCH",
	  "/apis/sluice.dev/v1alpha1/namespaces/n/promotions/web?*" },
	{ "a deletion", ACTION_DELETE, KIND_SERVICE, "DELETE", "/api/v1/namespaces/n/services/web*" },
};

/* Nothing rests on these: what comes after them is carried out, the failure is told, and what was not done is told to nobody. */
START_TEST(goes_on_after_the_failure_of_what_stands_alone)
{
	const struct fake_step script[] = {
		{ .method = alone[_i].method,
		  .target = alone[_i].target,
		  .status = 500,
		  .reply_headers = JSON_TYPE,
		  .reply = STATUS(500, "InternalError", "no") },
		{ PATCH_WEB, .status = 200, .reply_headers = JSON_TYPE, .reply = WEB("r.example/web@new") },
	};
	struct orders orders = bench_orders(4);
	struct bench b;

	bench_init(&b, script, 2);
	orders.items[0] = bench_order(alone[_i].action, alone[_i].kind, "web");
	if (alone[_i].action == ACTION_DELETE) {
		orders.items[0].uid = "u-1";
		orders.items[0].resource_version = "12";
	} else {
		orders.items[0].body = strdup("{}");
	}
	orders.items[1] = bench_order(ACTION_EVENT, KIND_CHANNEL, "shop");
	orders.items[1].after = alone[_i].action;
	orders.items[1].uid = "u-1";
	orders.items[1].reason = "PromotionCreated";
	orders.items[1].note = "created";
	orders.items[2] = orders.items[1];
	orders.items[3] = web_pin_order();
	bench_start(&b, "n/shop", &orders);
	ck_assert(fake_run_until(b.loop, &b.is_done, 5000));
	fake_run_for(b.loop, 20);
	ck_assert_msg(store_has(b.tools.store, KIND_DEPLOYMENT, "n", "web"), "%s", alone[_i].name);
	expect_str(alone[_i].name, b.failed, action_name(alone[_i].action));
	expect_int(alone[_i].name, b.outcome.err.class, ERR_NET);
	ck_assert(!b.outcome.is_cut_short);
	bench_finish(&b);
}
END_TEST

/* The replica stops leading while the k-th order is under way: that one ends, no other begins. */
START_TEST(begins_nothing_when_it_may_not_write)
{
	struct fake_step script[3];
	struct bench b;

	memcpy(script, three_steps, sizeof(script));
	script[_i].delay_ms = 500;
	bench_init(&b, script, (size_t)_i + 1);
	begin_three(&b);
	while (!b.is_done && fake_server_served(b.server) <= (size_t)_i)
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
	struct order order = web_pin_order();
	struct err err = ERR_INIT;
	struct bench b;

	bench_init(&b, NULL, 0);
	(void)err_set(&err, ERR_BUG, "no text");
	order.err = &err;
	bench_run(&b, order);
	ck_assert_str_eq(b.outcome.err.text, "no text");
	bench_finish(&b);
}
END_TEST

/* ---- two keys, one object ---- */

START_TEST(two_keys_do_not_write_one_object_side_by_side)
{
	struct fake_step script[] = { three_steps[1], three_steps[1] };
	struct order again = pins_order();
	struct bench b;

	script[0].delay_ms = 30;
	bench_init(&b, script, 2);
	have_pins(&b);
	bench_begin(&b, "n/shop", pins_order());
	bench_begin(&b, "n/other", pins_order());
	ck_assert_uint_eq(b.ended, 1);
	ck_assert_int_eq(b.outcome.err.class, ERR_NONE);
	ck_assert(b.outcome.is_cut_short);
	ck_assert(!b.outcome.is_news);
	ck_assert_str_eq(b.woken, "");
	ck_assert(fake_run_until(b.loop, &b.is_done, 5000));
	ck_assert(!b.outcome.is_cut_short);
	ck_assert_str_eq(b.woken, "n/other ");
	again.resource_version = "9";
	bench_run(&b, again);
	ck_assert(!b.outcome.is_cut_short);
	ck_assert_str_eq(b.woken, "n/other ");
	bench_finish(&b);
}
END_TEST

/* Else each of many would make a plan in vain, each time. */
START_TEST(who_waits_for_an_object_is_called_one_after_the_other)
{
	struct fake_step script[] = { three_steps[1] };
	struct orders none = bench_orders(0);
	struct bench b;

	script[0].delay_ms = 30;
	bench_init(&b, script, 1);
	have_pins(&b);
	bench_begin(&b, "n/shop", pins_order());
	bench_begin(&b, "n/first", pins_order());
	bench_begin(&b, "n/second", pins_order());
	ck_assert(fake_run_until(b.loop, &b.is_done, 5000));
	ck_assert_str_eq(b.woken, "n/first ");
	bench_start(&b, "n/first", &none);
	ck_assert_str_eq(b.woken, "n/first n/second ");
	bench_finish(&b);
}
END_TEST

static struct orders status_and_pins(void)
{
	struct orders orders = bench_orders(2);

	orders.items[0] = status_order();
	orders.items[1] = pins_order();
	return orders;
}

/* The status would be written again when the pins' turn comes. */
START_TEST(no_status_is_written_before_pins_that_have_to_wait)
{
	struct fake_step script[] = { three_steps[1] };
	struct orders first = status_and_pins();
	struct orders second = status_and_pins();
	struct bench b;

	script[0].delay_ms = 30;
	bench_init(&b, script, 1);
	have_pins(&b);
	bench_begin(&b, "n/other", pins_order());
	bench_start(&b, "n/shop", &first);
	ck_assert_uint_eq(b.ended, 1);
	ck_assert(b.outcome.is_cut_short);
	ck_assert(!b.outcome.is_news);
	ck_assert(fake_run_until(b.loop, &b.is_done, 5000));
	ck_assert_str_eq(b.woken, "n/shop ");
	bench_start(&b, "n/shop", &second);
	ck_assert_uint_eq(b.ended, 3);
	ck_assert(b.outcome.is_cut_short);
	ck_assert(b.outcome.is_news);
	bench_finish(&b);
}
END_TEST

/* A status that fails gives back the pins that it was to be followed by. */
START_TEST(pins_that_are_not_reached_are_free_again)
{
	struct fake_step script[] = {
		{ .method = "PATCH", .target = "*", .status = 409, .reply_headers = JSON_TYPE, .reply = STATUS(409, "Conflict", "no") },
		three_steps[1],
	};
	struct orders first = status_and_pins();
	struct bench b;

	script[0].delay_ms = 30;
	bench_init(&b, script, 2);
	have_pins(&b);
	bench_start(&b, "n/shop", &first);
	bench_begin(&b, "n/other", pins_order());
	ck_assert_uint_eq(b.ended, 1);
	ck_assert(b.outcome.is_cut_short);
	ck_assert(fake_run_until(b.loop, &b.is_done, 5000));
	ck_assert_int_eq(b.outcome.err.class, ERR_CONFLICT);
	ck_assert_str_eq(b.woken, "n/other ");
	bench_run(&b, pins_order());
	ck_assert(!b.outcome.is_cut_short);
	bench_finish(&b);
}
END_TEST

/* Another channel has stated its pins since the plan was made: nothing is sent. */
START_TEST(pins_that_were_overtaken_are_planned_anew)
{
	struct fake_step script[] = { three_steps[1] };
	struct bench b;

	bench_init(&b, script, 1);
	have_pins(&b);
	bench_run(&b, pins_order());
	ck_assert(!b.outcome.is_cut_short);
	bench_run(&b, pins_order());
	ck_assert(b.outcome.is_cut_short);
	ck_assert(b.outcome.is_news);
	ck_assert_int_eq(b.outcome.err.class, ERR_NONE);
	bench_finish(&b);
}
END_TEST

/* Two replicas may both believe that they lead: the object of a namespace's first pins is begun without data, under a name
 * of its own, so that nothing of somebody who was faster is written over; the pins are planned upon what comes back. */
START_TEST(begins_the_first_pins)
{
	const struct fake_step script[] = {
		{ .method = "PATCH",
		  .target = "/api/v1/namespaces/n/configmaps/sluice-pins?fieldManager=sluice-begin*force=false*",
		  .body = "*\"data\":{}}", .status = 201, .reply_headers = JSON_TYPE, .reply = PINS("9") },
	};
	struct orders orders = bench_orders(2);
	struct bench b;

	bench_init(&b, script, 1);
	orders.items[0] = pins_order();
	orders.items[0].resource_version = NULL;
	orders.items[1] = web_pin_order();
	bench_start(&b, "n/shop", &orders);
	ck_assert(fake_run_until(b.loop, &b.is_done, 5000));
	ck_assert_int_eq(b.outcome.err.class, ERR_NONE);
	ck_assert(b.outcome.is_news);
	ck_assert(b.outcome.is_cut_short);
	ck_assert_str_eq(pins_version(&b), "9");
	bench_finish(&b);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, carries_out_all_orders_and_keeps_the_answers);
	tcase_add_loop_test(tests, stops_at_the_first_failure, 0, 3);
	tcase_add_loop_test(tests, begins_nothing_when_it_may_not_write, 0, 3);
	tcase_add_test(tests, an_order_that_could_not_be_written_fails_in_its_turn);
	suite_add_rows(tests, goes_on_after_the_failure_of_what_stands_alone, alone);
	tcase_add_test(tests, two_keys_do_not_write_one_object_side_by_side);
	tcase_add_test(tests, who_waits_for_an_object_is_called_one_after_the_other);
	tcase_add_test(tests, no_status_is_written_before_pins_that_have_to_wait);
	tcase_add_test(tests, pins_that_are_not_reached_are_free_again);
	tcase_add_test(tests, pins_that_were_overtaken_are_planned_anew);
	tcase_add_test(tests, begins_the_first_pins);
}

SUITE_MAIN("execute", add)
