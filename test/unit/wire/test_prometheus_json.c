#include "wire/prometheus_json.h"

#include <math.h>

#include "suite.h"

#define DATA(type, result) \
	"{\"status\":\"success\",\"data\":{\"resultType\":\"" type "\",\"result\":" result "}}"
#define SAMPLE(value) "{\"metric\":{\"pod\":\"a\"},\"value\":[1732521600.781,\"" value "\"]}"

static const struct {
	const char *name;
	const char *json;
	int count; /* -1: refused */
	double first;
	const char *says;
} rows[] = {
	{ "a vector of one", DATA("vector", "[" SAMPLE("0.995") "]"), 1, 0.995, "" },
	{ "a vector of two", DATA("vector", "[" SAMPLE("1") "," SAMPLE("2") "]"), 2, 1, "" },
	{ "an empty vector is no data", DATA("vector", "[]"), 0, 0, "" },
	{ "a scalar", DATA("scalar", "[1732521600,\"42\"]"), 1, 42, "" },
	{ "a number in Go's long form", DATA("vector", "[" SAMPLE("1.5e-05") "]"), 1, 1.5e-05, "" },
	{ "infinity", DATA("vector", "[" SAMPLE("+Inf") "]"), 1, INFINITY, "" },
	{ "warnings beside the data", "{\"status\":\"success\",\"warnings\":[\"w\"],\"data\":{\"resultType\":\"vector\",\"result\":[" SAMPLE("1") "]}}", 1, 1, "" },
	{ "a histogram", DATA("vector", "[{\"metric\":{},\"histogram\":[1,{\"count\":\"2\"}]}]"), -1, 0, "histogram_quantile()" },
	{ "a string", DATA("string", "[1,\"x\"]"), -1, 0, "gives a string, not a vector or a scalar" },
	{ "a range", DATA("matrix", "[]"), -1, 0, "gives a matrix" },
	{ "a sample without a value", DATA("vector", "[{\"metric\":{}}]"), -1, 0, "no number" },
	{ "a sample that is a word", DATA("vector", "[" SAMPLE("many") "]"), -1, 0, "no number" },
	{ "a sample with something behind it", DATA("vector", "[" SAMPLE("1x") "]"), -1, 0, "no number" },
	{ "an empty sample", DATA("vector", "[" SAMPLE("") "]"), -1, 0, "no number" },
	{ "the server's own complaint",
	  "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"parse error: no closing paren\"}", -1, 0,
	  "parse error: no closing paren" },
	{ "somebody else's JSON", "{\"ok\":true}", -1, 0, "not one of Prometheus" },
	{ "no JSON", "<html>", -1, 0, "not JSON" },
};

START_TEST(reads_samples)
{
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	double *values = NULL;
	size_t count = 0;
	int r = prometheus_samples_from_json(rows[_i].json, strlen(rows[_i].json), &arena, &values, &count, &err);

	expect_int(rows[_i].name, r, rows[_i].count < 0 ? ERR_INPUT : 0);
	expect_contains(rows[_i].name, err.text, rows[_i].says);
	if (rows[_i].count >= 0)
		expect_int(rows[_i].name, count, rows[_i].count);
	if (rows[_i].count > 0)
		expect(rows[_i].name, values[0] == rows[_i].first);
	arena_finish(&arena);
}
END_TEST

START_TEST(not_a_number_is_one_that_equals_none)
{
	static const char json[] = DATA("vector", "[" SAMPLE("NaN") "]");
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	double *values = NULL;
	size_t count = 0;

	ck_assert_int_eq(prometheus_samples_from_json(json, strlen(json), &arena, &values, &count, &err), 0);
	ck_assert(count == 1 && isnan(values[0]));
	arena_finish(&arena);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, reads_samples, rows);
	tcase_add_test(tests, not_a_number_is_one_that_equals_none);
}

SUITE_MAIN("prometheus_json", add)
