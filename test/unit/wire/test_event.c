#include "wire/event_json.h"

#include <jansson.h>
#include <stdio.h>

#include "suite.h"

static const struct event_report usual = {
	.regarding = { .api_version = "sluice.dev/v1alpha1", .kind = "Promotion", .namespace = "shop-beta",
		       .name = "shop-r-0a1b2c3d4e", .uid = "u1" },
	.related = { .api_version = "sluice.dev/v1alpha1", .kind = "ReleaseChannel", .namespace = "shop-beta",
		     .name = "shop", .uid = "u2" },
	.is_warning = false,
	.reason = "Succeeded",
	.action = "Promote",
	.note = "release r-0a1b2c3d4e runs",
};
static const struct event_series once = { .first_ms = INT64_C(1795533000123), .last_ms = 0, .count = 1 };
static const struct event_series often = { .first_ms = INT64_C(1795533000123),
					   .last_ms = INT64_C(1795533060456), .count = 5 };

/* The Event as a tree; the caller gives it back. */
static json_t *written(const struct event_report *report, const struct event_series *series)
{
	struct err err = ERR_INIT;
	char *json = NULL;
	json_t *tree;

	ck_assert_int_eq(event_write(report, series, "shop.1", "sluice.dev/operator", "pod-a", &json, &err), 0);
	tree = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_msg(tree != NULL, "no JSON: %s", json);
	free(json);
	return tree;
}

START_TEST(an_event_is_written)
{
	struct err err = ERR_INIT;
	char *json = NULL;

	ck_assert_int_eq(event_write(&usual, &once, "shop.1", "sluice.dev/operator", "pod-a", &json, &err), 0);
	expect_str("as a whole", json,
		   "{\"apiVersion\":\"events.k8s.io/v1\",\"kind\":\"Event\",\"metadata\":{"
		   "\"namespace\":\"shop-beta\",\"name\":\"shop.1\"},"
		   "\"eventTime\":\"2026-11-24T15:10:00.123000Z\","
		   "\"reportingController\":\"sluice.dev/operator\",\"reportingInstance\":\"pod-a\","
		   "\"type\":\"Normal\",\"reason\":\"Succeeded\",\"action\":\"Promote\","
		   "\"note\":\"release r-0a1b2c3d4e runs\",\"regarding\":{\"apiVersion\":\"sluice.dev/v1alpha1\","
		   "\"kind\":\"Promotion\",\"namespace\":\"shop-beta\",\"name\":\"shop-r-0a1b2c3d4e\",\"uid\":\"u1\"},"
		   "\"related\":{\"apiVersion\":\"sluice.dev/v1alpha1\",\"kind\":\"ReleaseChannel\","
		   "\"namespace\":\"shop-beta\",\"name\":\"shop\",\"uid\":\"u2\"}}");
	free(json);
}
END_TEST

START_TEST(what_is_not_there_is_left_out)
{
	struct event_report report = usual;
	json_t *tree;

	report.related = (struct event_object){ .kind = NULL };
	report.regarding = (struct event_object){ .api_version = "v1", .kind = "Namespace", .name = "shop" };
	report.is_warning = true;
	tree = written(&report, &often);
	expect("no related object", json_object_get(tree, "related") == NULL);
	expect("no namespace of a cluster-scoped object",
	       json_object_get(json_object_get(tree, "regarding"), "namespace") == NULL);
	expect_str("its Event is in default",
		   json_string_value(json_object_get(json_object_get(tree, "metadata"), "namespace")), "default");
	expect_str("a warning", json_string_value(json_object_get(tree, "type")), "Warning");
	expect_int("a series has its count",
		   json_integer_value(json_object_get(json_object_get(tree, "series"), "count")), 5);
	json_decref(tree);
}
END_TEST

START_TEST(a_repetition_patches_the_series)
{
	struct err err = ERR_INIT;
	char *json = NULL;

	ck_assert_int_eq(event_write_series(&often, &json, &err), 0);
	expect_str("and nothing else", json,
		   "{\"series\":{\"count\":5,\"lastObservedTime\":\"2026-11-24T15:11:00.456000Z\"}}");
	free(json);
}
END_TEST

/* Texts at and beyond the limits: cut to whole characters, in bytes as the apiserver counts. */
static const struct {
	const char *name;
	const char *piece;
	size_t repeat;
	size_t want; /* bytes of the note */
} notes[] = {
	{ "just fitting", "x", 1024, 1024 },        { "one too long", "x", 1025, 1024 },
	{ "two-byte characters", "é", 600, 1024 },  { "three-byte characters", "€", 600, 1023 },
	{ "four-byte characters", "😀", 600, 1024 }, { "no UTF-8: each byte becomes three", "\xFF", 600, 1023 },
	{ "quotes count once", "\"", 1025, 1024 },
};

START_TEST(long_texts_are_cut)
{
	struct event_report report = usual;
	char text[4096] = "";
	size_t len = 0;
	json_t *tree;

	for (size_t n = 0; n < notes[_i].repeat; n++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", notes[_i].piece);
	report.note = text;
	report.reason = report.action = text;
	tree = written(&report, &once);
	expect_int(notes[_i].name, json_string_length(json_object_get(tree, "note")), notes[_i].want);
	expect(notes[_i].name, json_string_length(json_object_get(tree, "reason")) <= 128);
	expect(notes[_i].name, json_string_length(json_object_get(tree, "action")) > 120);
	json_decref(tree);
}
END_TEST

START_TEST(names_are_new_and_valid)
{
	struct event_report report = usual;
	char name[EVENT_NAME_SIZE];
	char other[EVENT_NAME_SIZE];
	char long_name[300];

	expect_str("the object's name and a number", event_name(&usual, 0x18f3c0a1, name),
		   "shop-r-0a1b2c3d4e.0000000018f3c0a1");
	expect("another number, another name",
	       strcmp(name, event_name(&usual, 0x18f3c0a2, other)) != 0);
	memset(long_name, 'a', sizeof(long_name));
	long_name[230] = '.';
	long_name[235] = '-';
	long_name[253] = '\0';
	report.regarding.name = long_name;
	expect_int("at most 253 bytes", strlen(event_name(&report, UINT64_MAX, name)), 236 - 1 + 17);
	expect("no label ends in '-'", strstr(name, "-.") == NULL && strstr(name, "..") == NULL);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, an_event_is_written);
	tcase_add_test(tests, what_is_not_there_is_left_out);
	tcase_add_test(tests, a_repetition_patches_the_series);
	suite_add_rows(tests, long_texts_are_cut, notes);
	tcase_add_test(tests, names_are_new_and_valid);
}

SUITE_MAIN("event_json", add)
