/* The ConfigMap sluice-pins ⇄ struct pins. */
#include "domain/workload.h"
#include "given.h"
#include "wire/pins_json.h"

START_TEST(reads_pins_sorted)
{
	struct record *record = given_record(
		"pins", KIND_PINS,
		"metadata: {name: sluice-pins, namespace: shop, uid: u, resourceVersion: '7'}\n"
		"data: {Deployment.web.web: 'r.io/web@sha256:1', CronJob.nightly.job: 'r.io/job@sha256:2'}\n");
	const struct pins *pins = record->object;

	ck_assert_uint_eq(pins->count, 2);
	expect_str("sorted", pins->items[0].key, "CronJob.nightly.job");
	expect_str("sorted", pins->items[1].key, "Deployment.web.web");
	expect_str("by key", pins_find(pins, "Deployment.web.web"), "r.io/web@sha256:1");
	expect_str("meta", pins->meta.resource_version, "7");
	expect_str("meta", pins->meta.uid, "u");
	record_unref(record);
}
END_TEST

static const struct {
	const char *name;
	const char *yaml;
	const char *message; /* NULL: no pins, and nothing is wrong */
} odd[] = {
	{ "a ConfigMap without data", "metadata: {name: sluice-pins}\n", NULL },
	{ "data that is null", "metadata: {name: sluice-pins}\ndata: null\n", NULL },
	{ "data that is a list", "metadata: {name: sluice-pins}\ndata: []\n",
	  "ConfigMap sluice-pins: data: expected an object, got a list" },
	{ "a pin that is a number", "metadata: {name: sluice-pins}\ndata: {Deployment.a.b: 5}\n",
	  "ConfigMap sluice-pins: data.Deployment.a.b: expected a string, got a whole number" },
};

START_TEST(reads_odd_pins)
{
	struct err err = ERR_INIT;
	struct record *record = given_try(KIND_PINS, odd[_i].yaml, &err);

	expect_str(odd[_i].name, err.text, odd[_i].message == NULL ? "" : odd[_i].message);
	if (record != NULL)
		expect_int(odd[_i].name, ((const struct pins *)record->object)->count, 0);
	record_unref(record);
}
END_TEST

static const struct {
	const char *name;
	const char *uid;
	const char *resource_version;
	size_t count;
	const char *want;
	bool is_renewal;
} applies[] = {
	{ "the first pins of a namespace", NULL, NULL, 2,
	  "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"sluice-pins\",\"namespace\":\"shop\","
	  "\"labels\":{\"app.kubernetes.io/managed-by\":\"sluice\",\"sluice.dev/pins\":\"true\"}},"
	  "\"data\":{\"CronJob.n.j\":\"x\",\"Deployment.w.w\":\"y\"}}", false },
	{ "pins that nobody may have changed since", "u-1", "42", 1,
	  "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"sluice-pins\",\"namespace\":\"shop\","
	  "\"uid\":\"u-1\",\"resourceVersion\":\"42\","
	  "\"labels\":{\"app.kubernetes.io/managed-by\":\"sluice\",\"sluice.dev/pins\":\"true\"}},"
	  "\"data\":{\"CronJob.n.j\":\"x\"}}", false },
	{ "pins as they are, in a version that is new each time", "u-1", "42", 1,
	  "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"sluice-pins\",\"namespace\":\"shop\","
	  "\"uid\":\"u-1\",\"resourceVersion\":\"42\","
	  "\"labels\":{\"app.kubernetes.io/managed-by\":\"sluice\",\"sluice.dev/pins\":\"true\"},"
	  "\"annotations\":{\"sluice.dev/renewed\":\"42\"}},"
	  "\"data\":{\"CronJob.n.j\":\"x\"}}", true },
	{ "no pins any more, of an object as world files have it", "", "", 0,
	  "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"sluice-pins\",\"namespace\":\"shop\","
	  "\"labels\":{\"app.kubernetes.io/managed-by\":\"sluice\",\"sluice.dev/pins\":\"true\"}},\"data\":{}}", false },
};

START_TEST(applies_pins)
{
	const struct pin pins[] = { { "CronJob.n.j", "x" }, { "Deployment.w.w", "y" } };
	const struct action_pins action = { .items = pins,
					    .count = applies[_i].count,
					    .uid = applies[_i].uid,
					    .resource_version = applies[_i].resource_version,
					    .is_renewal = applies[_i].is_renewal };
	struct err err = ERR_INIT;
	char *json = NULL;

	expect_int(applies[_i].name, pins_to_json("shop", &action, &json, &err), 0);
	expect_str(applies[_i].name, json, applies[_i].want);
	free(json);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, reads_pins_sorted);
	suite_add_rows(tests, reads_odd_pins, odd);
	suite_add_rows(tests, applies_pins, applies);
}

SUITE_MAIN("wire: pins", add)
