#include "wire/notice_json.h"

#include <jansson.h>

#include "base/buf.h"
#include "suite.h"

static struct condition wanted_items[] = {
	{ "Ready", CONDITION_FALSE, "Quarantined", "it crashed", 0, 1000 * 1000 },
	{ "Stalled", CONDITION_TRUE, "Quarantined", "it crashed", 0, 1000 * 1000 },
};
static const struct conditions wanted = { wanted_items, 2 };

#define HEAD "{\"metadata\":{\"name\":\"p\",\"namespace\":\"shop\",\"uid\":\"u1\",\"resourceVersion\":\"7\"},\"spec\":{\"channel\":3}"
#define READY_SAID "{\"type\":\"Ready\",\"status\":\"False\",\"reason\":\"Quarantined\",\"message\":\"it crashed\"}"
#define STALLED_SAID "{\"type\":\"Stalled\",\"status\":\"True\",\"reason\":\"Quarantined\",\"message\":\"it crashed\"}"
#define HEAD_OUT(kind) \
	"{\"apiVersion\":\"sluice.dev/v1alpha1\",\"kind\":\"" kind "\",\"metadata\":{\"name\":\"p\",\"namespace\":\"shop\"," \
	"\"uid\":\"u1\",\"resourceVersion\":\"7\"},\"status\":"
#define READY(since) \
	"{\"type\":\"Ready\",\"status\":\"False\",\"reason\":\"Quarantined\",\"message\":\"it crashed\",\"lastTransitionTime\":\"" \
	since "\"}"
#define STALLED \
	"{\"type\":\"Stalled\",\"status\":\"True\",\"reason\":\"Quarantined\",\"message\":\"it crashed\"," \
	"\"lastTransitionTime\":\"1970-01-01T00:16:40Z\"}"

static const struct {
	const char *name;
	enum kind kind;
	const char *json;
	const char *want; /* NULL: nothing is written */
} rows[] = {
	{ "a status that is not there yet gets the conditions", KIND_PROMOTION, HEAD "}",
	  HEAD_OUT("Promotion") "{\"conditions\":[" READY("1970-01-01T00:16:40Z") "," STALLED "]}}" },
	{ "all that a status holds stays, whatever it is", KIND_CHANNEL,
	  HEAD ",\"status\":{\"current\":{\"release\":\"r-1\",\"x\":[1,2.5,null]},\"conditions\":[{\"type\":\"Pinned\",\"status\":"
	       "\"True\"},{\"type\":\"Reconciling\",\"status\":\"True\"},{\"type\":\"Ready\",\"status\":\"True\","
	       "\"lastTransitionTime\":\"2026-01-01T00:00:00Z\"}],\"guard\":\"Enforced\"}}",
	  HEAD_OUT("ReleaseChannel") "{\"current\":{\"release\":\"r-1\",\"x\":[1,2.5,null]},\"guard\":\"Enforced\","
				     "\"conditions\":[{\"type\":\"Pinned\",\"status\":\"True\"}," READY("1970-01-01T00:16:40Z") "," STALLED
				     "]}}" },
	{ "a transition time moves only with the status", KIND_PROMOTION,
	  HEAD ",\"status\":{\"phase\":\"Waiting\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\",\"reason\":\"Waiting\","
	       "\"message\":\"x\",\"lastTransitionTime\":\"2026-01-01T00:00:00Z\"}]}}",
	  HEAD_OUT("Promotion") "{\"phase\":\"Waiting\",\"conditions\":[" READY("2026-01-01T00:00:00Z") "," STALLED "]}}" },
	{ "what says so already is not written", KIND_CHANNEL,
	  HEAD ",\"status\":{\"conditions\":[" STALLED_SAID "," READY_SAID "]}}", NULL },
	{ "one of two is not enough", KIND_CHANNEL, HEAD ",\"status\":{\"conditions\":[" STALLED_SAID "]}}",
	  HEAD_OUT("ReleaseChannel") "{\"conditions\":[" READY("1970-01-01T00:16:40Z") ","
				     STALLED "]}}" },
	{ "a promotion that has ended never changes", KIND_PROMOTION, HEAD ",\"status\":{\"phase\":\"Superseded\"}}", NULL },
	{ "a status that is no object is replaced", KIND_CHANNEL, HEAD ",\"status\":[1]}",
	  HEAD_OUT("ReleaseChannel") "{\"conditions\":[" READY("1970-01-01T00:16:40Z") "," STALLED "]}}" },
};

static void expect_json(const char *row, const char *got, const char *want)
{
	json_t *a = json_loads(got, 0, NULL);
	json_t *b = json_loads(want, 0, NULL);

	expect(row, a != NULL && b != NULL);
	ck_assert_msg(json_equal(a, b), "%s:\n%s\nis not\n%s", row, got, want);
	json_decref(a);
	json_decref(b);
}

START_TEST(only_conditions_change)
{
	struct err err = ERR_INIT;
	char *body = NULL;
	int r = notice_to_json(rows[_i].kind, "u1", &wanted, rows[_i].json, strlen(rows[_i].json), &body, &err);

	ck_assert_msg(r == 0, "%s: %s", rows[_i].name, err.text);
	if (rows[_i].want == NULL)
		expect(rows[_i].name, body == NULL);
	else
		expect_json(rows[_i].name, body, rows[_i].want);
	free(body);
}
END_TEST

START_TEST(what_is_said_is_not_written_again)
{
	struct err err = ERR_INIT;
	char *body = NULL;
	char *again = NULL;

	expect_int("written once", notice_to_json(KIND_CHANNEL, "u1", &wanted, HEAD "}", strlen(HEAD "}"), &body, &err), 0);
	expect_int("and read", notice_to_json(KIND_CHANNEL, "u1", &wanted, body, strlen(body), &again, &err), 0);
	expect("there is nothing to write", again == NULL);
	free(body);
}
END_TEST

START_TEST(another_object_is_not_told)
{
	struct err err = ERR_INIT;
	char *body = NULL;

	expect_int("of another uid", notice_to_json(KIND_CHANNEL, "u2", &wanted, HEAD "}", strlen(HEAD "}"), &body, &err),
		   ERR_CONFLICT);
	err_clear(&err);
	expect_int("no JSON", notice_to_json(KIND_CHANNEL, "u1", &wanted, "{", 1, &body, &err), ERR_INPUT);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, only_conditions_change, rows);
	tcase_add_test(tests, what_is_said_is_not_written_again);
	tcase_add_test(tests, another_object_is_not_told);
}

SUITE_MAIN("notice json", add)
