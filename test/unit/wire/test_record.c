/* Records: references, metadata, what is refused, and how much memory they take. */
#include "base/clock.h"
#include "base/str.h"
#include "domain/workload.h"
#include "given.h"

START_TEST(reads_metadata)
{
	const char *row = "all of metadata";
	struct record *record = given_record(
		row, KIND_DEPLOYMENT,
		"apiVersion: apps/v1\nkind: Deployment\n"
		"metadata:\n"
		"  {name: web, namespace: shop, uid: u-1, resourceVersion: '12', generation: 3,\n"
		"  creationTimestamp: 2026-11-24T10:00:00Z, deletionTimestamp: 2026-11-24T11:00:00Z,\n"
		"  labels: {sluice.dev/channel: stable}, managedFields: [{manager: x}],\n"
		"  ownerReferences: [{kind: App, name: shop, uid: u-0, controller: true}]}\n");
	const struct meta *meta = record->meta;
	int64_t created = 0;

	ck_assert(clock_parse("2026-11-24T10:00:00Z", &created));
	expect_int(row, record->kind, KIND_DEPLOYMENT);
	expect_str(row, meta->namespace, "shop");
	expect_str(row, meta->name, "web");
	expect_str(row, meta->uid, "u-1");
	expect_str(row, meta->resource_version, "12");
	expect_int(row, meta->generation, 3);
	expect_int(row, meta->created_ms, created);
	expect(row, meta->is_deleting);
	expect_str(row, meta->channel, "stable");
	expect_str(row, meta->owner_uid, "u-0");
	expect_str(row, meta->owner_kind, "App");
	expect_str(row, meta->owner_name, "shop");
	expect(row, (const void *)meta == record->object);
	record_unref(record);
}
END_TEST

/* Of every kind the smallest object that is one. */
static const struct {
	const char *name;
	enum kind kind;
	const char *spec;
} smallest[] = {
	{ "a channel", KIND_CHANNEL, "{}" },
	{ "a promotion", KIND_PROMOTION, "{channel: c, release: r}" },
	{ "a stop", KIND_STOP, "{reason: r}" },
	{ "a Deployment", KIND_DEPLOYMENT, "{}" },
	{ "a StatefulSet", KIND_STATEFULSET, "{}" },
	{ "a DaemonSet", KIND_DAEMONSET, "{}" },
	{ "a CronJob", KIND_CRONJOB, "{}" },
	{ "pins", KIND_PINS, "{}" },
	{ "an HPA", KIND_SCALER, "{}" },
	{ "a Service", KIND_SERVICE, "{}" },
	{ "a pod", KIND_GATED_POD, "{}" },
	{ "a namespace", KIND_FREE_NAMESPACE, "{}" },
	{ "the guard's policy", KIND_GUARD_POLICY, "{}" },
	{ "the guard's binding", KIND_GUARD_BINDING, "{}" },
	{ "the policy on who may", KIND_WHO_MAY_POLICY, "{}" },
	{ "its binding", KIND_WHO_MAY_BINDING, "{}" },
};

START_TEST(reads_every_kind)
{
	const struct kind_info *info = kind_info(smallest[_i].kind);
	struct record *record;
	char yaml[256];

	ck_assert_uint_eq(sizeof(smallest) / sizeof(smallest[0]), KIND_COUNT);
	(void)snprintf(yaml, sizeof(yaml), "{apiVersion: %s, kind: %s, metadata: {name: x}, spec: %s}\n",
		       info->api_version, info->name, smallest[_i].spec);
	record = given_record(smallest[_i].name, smallest[_i].kind, yaml);
	expect_str(smallest[_i].name, record->meta->name, "x");
	expect_str("what is absent is empty", record->meta->namespace, "");
	expect_str("what is absent is empty", record->meta->uid, "");
	expect_str("what is absent is empty", record->meta->resource_version, "");
	expect("what is absent is NULL", record->meta->channel == NULL && record->meta->owner_uid == NULL);
	expect("it does not go", !record->meta->is_deleting);
	record_unref(record);
}
END_TEST

static const struct {
	const char *name;
	enum kind kind;
} samples[] = {
	{ "channels.yaml", KIND_CHANNEL },
	{ "promotions.yaml", KIND_PROMOTION },
};

START_TEST(reads_the_samples_that_ship)
{
	char *text = given_file_of("CRD_SAMPLES", samples[_i].name);
	auto_buf out = BUF_INIT(GIVEN_MAX);
	struct err err = ERR_INIT;
	size_t count = 0;
	char *save = NULL;

	ck_assert_int_eq(yaml_to_json(text, strlen(text), &out, &err), 0);
	for (char *line = strtok_r(out.data, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		struct record *record = NULL;

		ck_assert_msg(record_from_json(samples[_i].kind, line, strlen(line), &record, &err) == 0, "%s: %s",
			      samples[_i].name, err.text);
		record_unref(record);
		count++;
	}
	expect("several of each", count >= 4);
	free(text);
}
END_TEST

START_TEST(lives_until_the_last_reference)
{
	struct record *record = given_record("a record", KIND_FREE_NAMESPACE, "metadata: {name: shop}\n");

	ck_assert_ptr_eq(record_ref(record), record);
	record_unref(record);
	expect_str("after the first of two", record->meta->name, "shop");
	record_unref(record);
	record_unref(NULL);
}
END_TEST

static const struct {
	const char *name;
	enum kind kind;
	const char *json;
	const char *message;
} refused[] = {
	{ "no JSON", KIND_PINS, "{", "ConfigMap: not JSON: " },
	{ "a list", KIND_PINS, "[]", "ConfigMap without a name: expected an object, got a list" },
	{ "no metadata", KIND_PINS, "{}", "ConfigMap without a name: metadata is missing" },
	{ "no name", KIND_PINS, "{\"metadata\":{\"namespace\":\"shop\"}}",
	  "ConfigMap shop/without a name: metadata.name: is missing" },
	{ "another kind", KIND_PINS, "{\"kind\":\"Secret\",\"metadata\":{\"name\":\"a\"}}",
	  "ConfigMap a: is of another kind" },
	{ "another version", KIND_SCALER,
	  "{\"kind\":\"HorizontalPodAutoscaler\",\"apiVersion\":\"autoscaling/v1\",\"metadata\":{\"name\":\"a\",\"namespace\":\"s\"}}",
	  "HorizontalPodAutoscaler s/a: is not of autoscaling/v2" },
	{ "a name that is a number", KIND_PINS, "{\"metadata\":{\"name\":5}}",
	  "ConfigMap without a name: metadata.name: expected a string, got a whole number" },
	{ "a time that is none", KIND_PINS, "{\"metadata\":{\"name\":\"a\",\"creationTimestamp\":\"now\"}}",
	  "ConfigMap a: metadata.creationTimestamp: \"now\" is not a time" },
	{ "a negative generation", KIND_PINS, "{\"metadata\":{\"name\":\"a\",\"generation\":-1}}",
	  "ConfigMap a: metadata.generation: -1 is not between 0 and 9223372036854775807" },
	{ "containers that are no list", KIND_DEPLOYMENT,
	  "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"template\":{\"spec\":{\"containers\":5}}}}",
	  "Deployment a: spec.template.spec.containers: expected a list, got a whole number" },
	{ "a container without a name", KIND_CRONJOB,
	  "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"jobTemplate\":{\"spec\":{\"template\":{\"spec\":{\"containers\":[{}]}}}}}}",
	  "CronJob a: spec.jobTemplate.spec.template.spec.containers[0].name: is missing" },
	{ "more replicas than there are numbers", KIND_DEPLOYMENT,
	  "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"replicas\":4294967296}}",
	  "Deployment a: spec.replicas: 4294967296 is not between 0 and 2147483647" },
};

START_TEST(says_what_is_wrong)
{
	struct err err = ERR_INIT;
	struct record *record = NULL;
	int r = record_from_json(refused[_i].kind, refused[_i].json, strlen(refused[_i].json), &record, &err);

	expect_int(refused[_i].name, r, ERR_INPUT);
	expect_int(refused[_i].name, err.class, ERR_INPUT);
	if (str_has_prefix(refused[_i].message, "ConfigMap: not JSON"))
		expect_contains(refused[_i].name, err.text, refused[_i].message);
	else
		expect_str(refused[_i].name, err.text, refused[_i].message);
	expect(refused[_i].name, record == NULL);
}
END_TEST

START_TEST(keeps_an_earlier_error)
{
	struct err err = ERR_INIT;
	struct record *record = NULL;

	ck_assert_int_eq(err_set(&err, ERR_BUSY, "earlier"), ERR_BUSY);
	ck_assert_int_eq(record_from_json(KIND_PINS, "[]", 2, &record, &err), ERR_INPUT);
	expect_str("the first error wins", err.text, "earlier");
}
END_TEST

START_TEST(takes_no_object_beyond_the_limit)
{
	size_t len = (size_t)3 * 1024 * 1024 + 1;
	char *json = malloc(len + 1);
	struct err err = ERR_INIT;
	struct record *record = NULL;

	memset(json, ' ', len);
	json[len] = '\0';
	memcpy(json, "{\"metadata\":{\"name\":\"a\"}}", 25);
	ck_assert_int_eq(record_from_json(KIND_PINS, json, len - 1, &record, &err), 0);
	record_unref(record);
	ck_assert_int_eq(record_from_json(KIND_PINS, json, len, &record, &err), ERR_INPUT);
	expect_contains("a byte too many", err.text, "ConfigMap: 3145729 bytes of JSON, more than 3145728");
	free(json);
}
END_TEST

#define POD_TEMPLATE                                                                             \
	"template: {metadata: {labels: {app: web, sluice.dev/x: y}}, spec: {serviceAccountName: web, " \
	"terminationGracePeriodSeconds: 30, containers: [{name: web, image: 'registry.example.com/shop/web@"  \
	"sha256:1111111111111111111111111111111111111111111111111111111111111111', ports: [{containerPort: 8080}], " \
	"env: [{name: A, value: a-long-value-that-nobody-keeps}], resources: {limits: {cpu: 1}}}]}}"
#define META(name)                                                                               \
	"metadata: {name: " name ", namespace: shop-beta, uid: 0d7cf6d2-43a1-4f3a-8f6e-1f1a0b7ad0c2, "    \
	"resourceVersion: '1234567', generation: 4, creationTimestamp: 2026-11-24T10:00:00Z, "            \
	"labels: {app: web, sluice.dev/channel: shop}}\n"

/* Records live as long as the process and are many: the budget is part of the design. */
static const struct {
	const char *name;
	enum kind kind;
	const char *yaml;
	size_t budget; /* bytes, of all that it takes */
} budgets[] = {
	{ "a Deployment as it usually is", KIND_DEPLOYMENT,
	  META("web") "spec: {replicas: 3, selector: {matchLabels: {app: web}}, " POD_TEMPLATE "}\n"
	  "status: {observedGeneration: 4, replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3, "
	  "conditions: [{type: Available, status: 'True', message: a}, {type: Progressing, status: 'True', message: b}]}\n",
	  560 },
	{ "a channel of one artifact without a status", KIND_CHANNEL,
	  META("shop") "spec: {artifacts: [{name: web, image: registry.example.com/shop/web}], "
	  "upstream: {channels: [{namespace: shop-staging, name: shop}]}, "
	  "workloads: [{kind: Deployment, name: web, containers: {web: web}}]}\n",
	  1216 },
	{ "a promotion without a status", KIND_PROMOTION,
	  META("shop-r-0a1b2c3d4e") "spec: {channel: shop, from: {namespace: shop-staging, channel: shop}, requestedBy: alice}\n",
	  544 },
	{ "a Service", KIND_SERVICE,
	  META("web") "spec: {selector: {app: web}, clusterIP: 10.96.0.7, ports: [{name: http, port: 80, targetPort: 8080}]}\n",
	  304 },
	{ "a pod that waits", KIND_GATED_POD, META("db-0") "spec: {schedulingGates: [{name: sluice.dev/no-release}]}\n", 256 },
};

START_TEST(takes_no_more_memory_than_budgeted)
{
	struct record *record = given_record(budgets[_i].name, budgets[_i].kind, budgets[_i].yaml);
	size_t bytes = record->size;

	ck_assert_msg(bytes <= budgets[_i].budget, "%s takes %zu bytes, more than %zu", budgets[_i].name,
		      bytes, budgets[_i].budget);
	expect("one block", arena_is_whole(&record->arena));
	record_unref(record);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, reads_metadata);
	suite_add_rows(tests, reads_every_kind, smallest);
	suite_add_rows(tests, reads_the_samples_that_ship, samples);
	tcase_add_test(tests, lives_until_the_last_reference);
	suite_add_rows(tests, says_what_is_wrong, refused);
	tcase_add_test(tests, keeps_an_earlier_error);
	tcase_add_test(tests, takes_no_object_beyond_the_limit);
	suite_add_rows(tests, takes_no_more_memory_than_budgeted, budgets);
}

SUITE_MAIN("wire: record", add)
