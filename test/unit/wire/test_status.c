/* Failed requests as errors. */
#include <stdio.h>

#include "suite.h"
#include "wire/record.h"

static const struct {
	const char *name;
	int http_status;
	const char *body;
	int class;
	int64_t retry_after_ms;
	const char *text;
} rows[] = {
	{ "an invalid object", 422,
	  "{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"spec.x: Required value\",\"reason\":\"Invalid\",\"code\":422}",
	  ERR_INPUT, 0, "spec.x: Required value" },
	{ "a bad request", 400, "{\"message\":\"no\",\"reason\":\"BadRequest\",\"code\":400}", ERR_INPUT, 0, "no" },
	{ "a body that is too large", 413, "{\"message\":\"large\"}", ERR_INPUT, 0, "large" },
	{ "no credentials", 401, "{\"message\":\"Unauthorized\",\"code\":401}", ERR_DENIED, 0, "Unauthorized" },
	{ "no permission", 403, "{\"message\":\"forbidden\",\"code\":403}", ERR_DENIED, 0, "forbidden" },
	{ "not there", 404, "{\"message\":\"not found\",\"code\":404}", ERR_NOTFOUND, 0, "not found" },
	{ "a conflict", 409, "{\"message\":\"modified\",\"reason\":\"Conflict\",\"code\":409}", ERR_CONFLICT, 0, "modified" },
	{ "it exists already", 409, "{\"message\":\"exists\",\"reason\":\"AlreadyExists\",\"code\":409}", ERR_CONFLICT, 0, "exists" },
	{ "an expired version", 410, "{\"message\":\"too old\",\"reason\":\"Expired\",\"code\":410}", ERR_GONE, 0, "too old" },
	{ "too many requests", 429, "{\"message\":\"slow\",\"reason\":\"TooManyRequests\",\"details\":{\"retryAfterSeconds\":3},\"code\":429}",
	  ERR_BUSY, 3000, "slow" },
	{ "too many requests, without a reason", 429, "", ERR_BUSY, 0, "the server answered 429" },
	{ "a server that is starting", 503, "{\"message\":\"starting\",\"reason\":\"ServiceUnavailable\"}", ERR_BUSY, 0, "starting" },
	{ "a timeout that says when to come back", 504,
	  "{\"message\":\"late\",\"reason\":\"Timeout\",\"details\":{\"retryAfterSeconds\":1}}", ERR_BUSY, 1000, "late" },
	{ "a server timeout", 500, "{\"message\":\"late\",\"reason\":\"ServerTimeout\"}", ERR_BUSY, 0, "late" },
	{ "a version that the server has not seen yet", 504,
	  "{\"message\":\"Too large resource version\",\"reason\":\"Timeout\",\"details\":{\"retryAfterSeconds\":1,"
	  "\"causes\":[{\"reason\":\"ResourceVersionTooLarge\",\"message\":\"Too large resource version\"}]},\"code\":504}",
	  ERR_GONE, 1000, "Too large resource version" },
	{ "an internal error", 500, "{\"message\":\"oops\",\"reason\":\"InternalError\"}", ERR_NET, 0, "oops" },
	{ "an internal error that says when to come back", 500,
	  "{\"message\":\"oops\",\"details\":{\"retryAfterSeconds\":2}}", ERR_BUSY, 2000, "oops" },
	{ "a proxy's page", 502, "<html>bad gateway</html>", ERR_NET, 0, "the server answered 502" },
	{ "a page with status 404", 404, "<html>", ERR_NOTFOUND, 0, "the server answered 404" },
	{ "JSON that is no object", 500, "[1]", ERR_NET, 0, "the server answered 500" },
	{ "fields of wrong types", 500, "{\"message\":5,\"reason\":[],\"details\":{\"retryAfterSeconds\":\"1\",\"causes\":{}},\"code\":\"x\"}",
	  ERR_NET, 0, "the server answered 500" },
	{ "a reason without a message", 403, "{\"reason\":\"Forbidden\"}", ERR_DENIED, 0, "the server answered 403 Forbidden" },
	{ "a wait beyond a day is none", 429, "{\"details\":{\"retryAfterSeconds\":99999999999}}", ERR_BUSY, 0, "the server answered 429" },
	{ "a redirection", 301, "", ERR_NET, 0, "the server answered 301" },
};

START_TEST(turns_answers_into_errors)
{
	struct err err = ERR_INIT;
	char manager[128] = "untouched";
	int class = status_to_err(rows[_i].http_status, rows[_i].body, strlen(rows[_i].body), manager, &err);

	expect_int(rows[_i].name, class, rows[_i].class);
	expect_int(rows[_i].name, err.class, rows[_i].class);
	expect_int(rows[_i].name, err.http_status, rows[_i].http_status);
	expect_int(rows[_i].name, err.retry_after_ms, rows[_i].retry_after_ms);
	expect_str(rows[_i].name, err.text, rows[_i].text);
	expect_str(rows[_i].name, manager, "");
}
END_TEST

#define CAUSE(message) "{\"reason\":\"FieldManagerConflict\",\"message\":\"" message "\",\"field\":\".spec\"}"

static const struct {
	const char *name;
	const char *causes;
	const char *manager;
} conflicts[] = {
	{ "one manager", CAUSE("conflict with \\\"kubectl-set\\\" using apps/v1"), "kubectl-set" },
	{ "a manager at a subresource", CAUSE("conflict with \\\"vpa\\\" with subresource \\\"scale\\\" using apps/v1"), "vpa" },
	{ "two managers: the first", CAUSE("conflict with \\\"argocd\\\"") "," CAUSE("conflict with \\\"flux\\\""), "argocd" },
	{ "after a cause of another kind", "{\"reason\":\"Other\",\"message\":\"\\\"x\\\"\"}," CAUSE("conflict with \\\"flux\\\""), "flux" },
	{ "a name with a quote in it", CAUSE("conflict with \\\"a\\\\\\\"b\\\" using v1"), "a\"b" },
	{ "a name without an end", CAUSE("conflict with \\\"abc"), "abc" },
	{ "a message without a name", CAUSE("conflict"), "" },
	{ "a name of 200 bytes is cut",
	  CAUSE("conflict with \\\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\\\""),
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "bbbbbbbbbbbbbbbbbbbbbbbbbbb" },
};

START_TEST(names_the_manager_of_a_conflict)
{
	struct err err = ERR_INIT;
	char manager[128];
	char body[1024];

	(void)snprintf(body, sizeof(body),
		       "{\"kind\":\"Status\",\"message\":\"Apply failed\",\"reason\":\"Conflict\",\"details\":{\"causes\":[%s]},"
		       "\"code\":409}",
		       conflicts[_i].causes);
	expect_int(conflicts[_i].name, status_to_err(409, body, strlen(body), manager, &err), ERR_CONFLICT);
	expect_str(conflicts[_i].name, manager, conflicts[_i].manager);
}
END_TEST

START_TEST(needs_nobody_who_asks)
{
	struct err first = ERR_INIT;

	ck_assert_int_eq(status_to_err(404, "", 0, NULL, NULL), ERR_NOTFOUND);
	ck_assert_int_eq(err_set(&first, ERR_BUSY, "earlier"), ERR_BUSY);
	ck_assert_int_eq(status_to_err(404, "", 0, NULL, &first), ERR_NOTFOUND);
	expect_str("the first error wins", first.text, "earlier");
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, turns_answers_into_errors, rows);
	suite_add_rows(tests, names_the_manager_of_a_conflict, conflicts);
	tcase_add_test(tests, needs_nobody_who_asks);
}

SUITE_MAIN("wire: status", add)
