#include "reconcile/order.h"

#include "base/vec.h"
#include "fixture.h"
#include "suite.h"

#define CHANNEL                                                                                    \
	"apiVersion: sluice.dev/v1alpha1\nkind: ReleaseChannel\n"                                  \
	"metadata: {name: shop, namespace: n, uid: channel-uid, resourceVersion: '8'}\n"           \
	"spec: {artifacts: [{name: web, image: r.example/web}]}\n"

static const struct container images[] = {
	{ .name = "web", .image = "r.example/web@sha256:1" },
	{ .name = "init", .image = "r.example/i@sha256:2", .is_init = true }
};
static const struct pin pins[] = { { .key = "Deployment.web.web",
				     .image = "r.example/web@sha256:1" } };
static const struct autoscaling autoscaling = { .workload = "web", .max_replicas = 3 };
static struct service_port port = { .name = "http", .port = 80 };
static const struct service_spec service = {
	.name = "front", .workload = "web", .ports = &port, .count = 1
};
static const struct label selector = { .key = "app", .value = "web" };
static struct release_artifact artifact = { .name = "web",
					    .image = "r.example/web",
					    .digest = "sha256:1" };

static void fill_pin(struct action *action)
{
	action->workload = (struct action_workload){ .kind = WORKLOAD_STATEFULSET,
						     .name = "web",
						     .uid = "web-uid",
						     .containers = images,
						     .count = 2,
						     .force = true };
}

static void fill_find(struct action *action)
{
	action->workload = (struct action_workload){ .kind = WORKLOAD_CRONJOB, .name = "tidy" };
}

static void fill_pins(struct action *action)
{
	action->pins = (struct action_pins){ .items = pins, .count = 1, .resource_version = "7",
					     .uid = "pins-uid", .changed = pins, .changed_count = 1 };
}

static void fill_resolve(struct action *action)
{
	action->lookup = (struct action_lookup){ .repository = "r.example/web", .reference = "v1",
						 .pull_secret = "pull", .not_before_ms = 5 };
}

static const struct metric_spec metric = {
	.name = "success", .url = "https://p.example", .query = "sum(ok)", .secret = "read"
};

static void fill_measure(struct action *action)
{
	action->measure = (struct action_measure){ .spec = &metric, .not_before_ms = 5 };
}

static void fill_list(struct action *action)
{
	action->lookup = (struct action_lookup){ .repository = "r.example/web" };
}

static void fill_create(struct action *action)
{
	action->create = (struct action_create){
		.name = "shop-r-1", .release = { .id = "r-1", .artifacts = &artifact, .count = 1 }
	};
}

static void fill_scaler(struct action *action)
{
	action->scaler = (struct action_scaler){ .kind = WORKLOAD_DEPLOYMENT, .spec = &autoscaling,
						 .applied = "hash" };
}

static void fill_service(struct action *action)
{
	action->service = (struct action_service){ .spec = &service, .selector = &selector,
						   .selector_count = 1, .applied = "hash" };
}

static void fill_delete(struct action *action)
{
	action->delete = (struct action_delete){
		.kind = DELETE_POD, .name = "db-0", .uid = "pod-uid", .resource_version = "12"
	};
}

static void fill_key(struct action *action)
{
	action->key = (struct signature_key){ "release-keys", "ci.pub" };
}

static void fill_channel_status(struct action *action)
{
	action->channel_status.observed_generation = 4;
}

static void fill_running(struct action *action)
{
	action->promotion_status = (struct action_promotion_status){
		.name = "p",
		.uid = "p-uid",
		.resource_version = "9",
		.status = { .phase = PHASE_ROLLING_OUT },
	};
}

static void fill_failed(struct action *action)
{
	action->promotion_status = (struct action_promotion_status){
		.name = "p", .uid = "p-uid", .status = { .phase = PHASE_FAILED }
	};
}

static void fill_event(struct action *action)
{
	action->event = (struct action_event){ .subject = EVENT_ON_PROMOTION,
					       .name = "p",
					       .uid = "p-uid",
					       .is_warning = true,
					       .reason = "RolledBack",
					       .note = "why" };
}

static const struct {
	const char *name;
	enum action_kind action;
	void (*fill)(struct action *action);
	enum kind kind;
	const char *object;
	const char *uid;
	bool is_status;
	bool force;
	const char *body;  /* a part of it; NULL: there is none */
	const char *ended;
} rows[] = {
	{ "a question for tags has no object", ACTION_LIST_TAGS, fill_list, 0, NULL, NULL, false,
	  false, NULL, NULL },
	{ "neither has one for a digest", ACTION_RESOLVE, fill_resolve, 0, NULL, NULL, false, false,
	  NULL, NULL },
	{ "neither has one for a measurement", ACTION_MEASURE, fill_measure, 0, NULL, NULL, false,
	  false, NULL, NULL },
	{ "a workload is read by kind and name", ACTION_FIND_WORKLOAD, fill_find, KIND_CRONJOB,
	  "tidy", NULL, false, false, NULL, NULL },
	{ "a promotion is created under its name, without force", ACTION_CREATE_PROMOTION,
	  fill_create, KIND_PROMOTION, "shop-r-1", NULL, false, false, "\"digest\":\"sha256:1\"",
	  NULL },
	{ "pins are stated upon what was read", ACTION_STATE_PINS, fill_pins, KIND_PINS,
	  "sluice-pins", "pins-uid", false, true, "\"resourceVersion\":\"7\"", NULL },
	{ "a pin names the uid, and forces where the plan says so", ACTION_PIN, fill_pin,
	  KIND_STATEFULSET, "web", "web-uid", false, true, "\"uid\":\"web-uid\"", NULL },
	{ "an HPA is called like its workload and owned by the channel", ACTION_APPLY_SCALER,
	  fill_scaler, KIND_SCALER, "web", NULL, false, true, "channel-uid", NULL },
	{ "a Service is called as the channel says and owned by it", ACTION_APPLY_SERVICE,
	  fill_service, KIND_SERVICE, "front", NULL, false, true, "channel-uid", NULL },
	{ "a deletion says which object", ACTION_DELETE, fill_delete, KIND_GATED_POD, "db-0",
	  "pod-uid", false, false, NULL, NULL },
	{ "a channel's status names its uid", ACTION_CHANNEL_STATUS, fill_channel_status,
	  KIND_CHANNEL, "shop", "channel-uid", true, true, "\"observedGeneration\":4", NULL },
	{ "a channel's status is written upon what was read", ACTION_CHANNEL_STATUS,
	  fill_channel_status, KIND_CHANNEL, "shop", "channel-uid", true, true,
	  "\"resourceVersion\":\"8\"", NULL },
	{ "a promotion's status is written upon what was read", ACTION_PROMOTION_STATUS, fill_running,
	  KIND_PROMOTION, "p", "p-uid", true, true, "\"resourceVersion\":\"9\"", NULL },
	{ "a promotion that goes on has not ended", ACTION_PROMOTION_STATUS, fill_running,
	  KIND_PROMOTION, "p", "p-uid", true, true, "RollingOut", NULL },
	{ "a promotion that ends is counted", ACTION_PROMOTION_STATUS, fill_failed, KIND_PROMOTION,
	  "p", "p-uid", true, true, "Failed", "Failed" },
	{ "an event is about its subject", ACTION_EVENT, fill_event, KIND_PROMOTION, "p", "p-uid",
	  false, false, NULL, NULL },
};

/* A plan of one action, written out and let go. */
static struct orders write_out(const struct world *world, enum action_kind kind,
			       void (*fill)(struct action *action))
{
	struct plan plan = { .namespace = "n", .name = "shop" };
	struct arena arena = ARENA_INIT;
	struct orders orders;

	fill(plan_add(&plan, &arena, kind));
	orders_init(&orders, world, &plan);
	plan_finish(&plan);
	arena_finish(&arena);
	return orders;
}

START_TEST(writes_out)
{
	struct world world = { .namespace = "n", .name = "shop" };
	const char *name = rows[_i].name;
	const struct order *order;
	struct fixture fixture;
	struct orders orders;

	fixture_init(&fixture);
	fixture_add(&fixture, CHANNEL);
	world.channel = fixture_get(&fixture, KIND_CHANNEL, "n", "shop");
	orders = write_out(&world, rows[_i].action, rows[_i].fill);
	fixture_finish(&fixture); /* an order points at nothing of the world */
	expect_int(name, orders.count, 1);
	order = &orders.items[0];
	expect_int(name, order->action, rows[_i].action);
	ck_assert_msg(order->err == NULL, "%s: %s", name, order->err->text);
	expect_str(name, order->namespace, "n");
	expect_str(name, order->channel, "shop");
	expect_int(name, order->kind, rows[_i].kind);
	expect_str(name, order->name, rows[_i].object);
	expect_str(name, order->uid, rows[_i].uid);
	expect_int(name, order->is_status, rows[_i].is_status);
	expect_int(name, order->force, rows[_i].force);
	expect_str(name, order->ended, rows[_i].ended);
	expect(name, order->text[0] != '\0');
	expect(name, (order->body == NULL) == (rows[_i].body == NULL));
	if (order->body != NULL)
		expect_contains(name, order->body, rows[_i].body);
	orders_finish(&orders);
}
END_TEST

START_TEST(keeps_what_the_answer_must_say)
{
	struct world world = { .namespace = "n", .name = "shop" };
	struct orders orders = write_out(&world, ACTION_PIN, fill_pin);

	ck_assert_int_eq(orders.items[0].workload, WORKLOAD_STATEFULSET);
	ck_assert_uint_eq(orders.items[0].container_count, 2);
	ck_assert_str_eq(orders.items[0].containers[0].image, "r.example/web@sha256:1");
	ck_assert(orders.items[0].containers[1].is_init);
	orders_finish(&orders);
	orders = write_out(&world, ACTION_RESOLVE, fill_resolve);
	ck_assert_str_eq(orders.items[0].lookup.reference, "v1");
	ck_assert_str_eq(orders.items[0].lookup.pull_secret, "pull");
	ck_assert_int_eq(orders.items[0].lookup.not_before_ms, 5);
	orders_finish(&orders);
	orders = write_out(&world, ACTION_MEASURE, fill_measure);
	ck_assert_str_eq(orders.items[0].metric.name, "success");
	ck_assert_str_eq(orders.items[0].metric.url, "https://p.example");
	ck_assert_str_eq(orders.items[0].metric.query, "sum(ok)");
	ck_assert_str_eq(orders.items[0].metric.secret, "read");
	orders_finish(&orders);
}
END_TEST

START_TEST(keeps_with_which_keys_to_look)
{
	struct signature_key keys[] = { { "release-keys", "ci.pub" }, { "qa", "qa.pub" } };
	const struct channel channel = { .signatures = { .threshold = 2, .must_match_repository = true, .keys = keys, .count = 2 } };
	struct world world = { .namespace = "n", .name = "shop", .channel = &channel };
	struct orders orders = write_out(&world, ACTION_CHECK_SIGNATURES, fill_resolve);
	const struct signatures *kept = &orders.items[0].signatures;

	keys[1].entry = "changed";
	ck_assert_int_eq(kept->threshold, 2);
	ck_assert(kept->must_match_repository);
	ck_assert_uint_eq(kept->count, 2);
	ck_assert_str_eq(kept->keys[0].config_map, "release-keys");
	ck_assert_str_eq(kept->keys[1].entry, "qa.pub");
	ck_assert_str_eq(orders.items[0].lookup.reference, "v1");
	orders_finish(&orders);
	orders = write_out(&world, ACTION_READ_KEY, fill_key);
	ck_assert_str_eq(orders.items[0].key.config_map, "release-keys");
	ck_assert_str_eq(orders.items[0].key.entry, "ci.pub");
	orders_finish(&orders);
}
END_TEST

START_TEST(without_a_channel_nothing_of_it_can_be_made)
{
	static const struct {
		enum action_kind action;
		void (*fill)(struct action *action);
	} made[] = { { ACTION_APPLY_SCALER, fill_scaler },
		     { ACTION_APPLY_SERVICE, fill_service },
		     { ACTION_CHANNEL_STATUS, fill_channel_status } };
	struct world world = { .namespace = "n", .name = "shop" };
	struct orders orders = write_out(&world, made[_i].action, made[_i].fill);

	ck_assert_int_eq(orders.items[0].err->class, ERR_BUG);
	ck_assert_ptr_null(orders.items[0].body);
	orders_finish(&orders);
}
END_TEST

START_TEST(sums_up)
{
	struct plan plan = { .namespace = "n", .name = "shop" };
	struct world world = { .namespace = "n", .name = "shop" };
	struct arena arena = ARENA_INIT;
	struct orders orders;
	char text[64];
	char little[8];

	fill_pins(plan_add(&plan, &arena, ACTION_STATE_PINS));
	fill_pin(plan_add(&plan, &arena, ACTION_PIN));
	fill_running(plan_add(&plan, &arena, ACTION_PROMOTION_STATUS));
	orders_init(&orders, &world, &plan);
	ck_assert_str_eq(orders_summary(&orders, text, sizeof(text)), "pins pin status");
	ck_assert_str_eq(orders_summary(&orders, little, sizeof(little)), "pins pi");
	orders_finish(&orders);
	plan_finish(&plan);
	arena_finish(&arena);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, writes_out, rows);
	tcase_add_test(tests, keeps_what_the_answer_must_say);
	tcase_add_test(tests, keeps_with_which_keys_to_look);
	tcase_add_loop_test(tests, without_a_channel_nothing_of_it_can_be_made, 0, 3);
	tcase_add_test(tests, sums_up);
}

SUITE_MAIN("order", add)
