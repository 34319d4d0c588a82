#include "prometheus/query.h"

#include <stdio.h>

#include "fake/server.h"
#include "fake/tls.h"
#include "net/http.h"
#include "suite.h"

#define ANSWER(value) \
	"{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"" value "\"]}}"

struct answered {
	bool is_over;
	size_t count;
	double first;
	struct err err;
};

static void on_answer(void *user, const double *values, size_t count, const struct err *err)
{
	struct answered *answered = user;

	answered->is_over = true;
	answered->count = count;
	answered->first = count > 0 ? values[0] : 0;
	answered->err = *err;
}

/* What the server answers, and what is made of it. */
static const struct {
	const char *name;
	struct fake_step step;
	size_t count;
	double first;
	enum err_class class;
	const char *says;
} rows[] = {
	{ "a value; the query is sent encoded in the body",
	  { .method = "POST", .target = "/p/api/v1/query", .body = "query=sum%28a%29%20%2F%20b%7Bx%3D%221%22%7D",
	    .headers = "Content-Type: application/x-www-form-urlencoded\n!Authorization\n", .status = 200,
	    .reply = ANSWER("0.5") }, 1, 0.5, ERR_NONE, "" },
	{ "a query that it does not like",
	  { .method = "POST", .target = "*", .status = 400,
	    .reply = "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"unknown function\"}" },
	  0, 0, ERR_INPUT, "unknown function (400)" },
	{ "it wants credentials", { .method = "POST", .target = "*", .status = 401 }, 0, 0, ERR_DENIED,
	  "refuses us (401): look at credentialsRef" },
	{ "it is overloaded", { .method = "POST", .target = "*", .status = 503 }, 0, 0, ERR_BUSY, "answered 503" },
	{ "it asks to wait", { .method = "POST", .target = "*", .status = 429 }, 0, 0, ERR_BUSY, "answered 429" },
	{ "it is no Prometheus", { .method = "POST", .target = "*", .status = 404, .reply = "no" }, 0, 0, ERR_NET,
	  "answered 404" },
	{ "a redirect is not followed",
	  { .method = "POST", .target = "*", .status = 302, .reply_headers = "Location: http://127.0.0.1:1/\r\n" }, 0,
	  0, ERR_NET, "answered 302" },
	{ "a page with status 200", { .method = "POST", .target = "*", .status = 200, .reply = "<html>" }, 0, 0,
	  ERR_INPUT, "not JSON" },
	{ "the connection goes", { .method = "POST", .target = "*", .end = FAKE_CLOSE }, 0, 0, ERR_NET, "" },
};

START_TEST(asks)
{
	struct prometheus prometheus = { .http = NULL };
	const struct prometheus_query query = { .query = "sum(a) / b{x=\"1\"}" };
	struct answered answered = { .is_over = false };
	struct fake_server *server;
	struct err err = ERR_INIT;
	struct loop *loop;
	char url[80];

	ck_assert_int_eq(loop_create(&loop, &err), 0);
	ck_assert_int_eq(http_create(loop, &prometheus.http, &err), 0);
	server = fake_server_create(loop, &rows[_i].step, 1);
	(void)snprintf(url, sizeof(url), "%s/p/", fake_server_url(server));
	prometheus.url = url;
	expect_int(rows[_i].name, prometheus_ask(&prometheus, &query, on_answer, &answered, &err), 0);
	expect(rows[_i].name, !answered.is_over);
	expect(rows[_i].name, fake_run_until(loop, &answered.is_over, 5000));
	expect_int(rows[_i].name, answered.err.class, rows[_i].class);
	expect_contains(rows[_i].name, answered.err.text, rows[_i].says);
	if (rows[_i].class != ERR_NONE)
		expect_contains(rows[_i].name, answered.err.text, fake_server_url(server));
	expect_int(rows[_i].name, answered.count, rows[_i].count);
	expect(rows[_i].name, answered.first == rows[_i].first);
	ck_assert_msg(fake_server_complaint(server) == NULL, "%s", fake_server_complaint(server));
	http_destroy(prometheus.http);
	fake_server_destroy(server);
	loop_destroy(loop);
}
END_TEST

static char basic[] = "Basic am9lOnNlY3JldA==";

static const struct {
	const char *name;
	const char *own; /* the admin's server */
	const char *url; /* the channel's */
	bool has_credentials;
	const char *says;
} refusals[] = {
	{ "no server at all", NULL, NULL, false, "prometheus.url is missing" },
	{ "http to a server of the channel's choice", NULL, "http://inside.example:9090", false, "http is not allowed" },
	{ "http to another server than the admin's", "http://own.example:9090", "http://own.example:9091", false,
	  "http is not allowed" },
	{ "credentials over http", "http://own.example:9090", NULL, true, "over https only" },
	{ "no URL", NULL, "prometheus", false, "" },
};

START_TEST(refuses)
{
	struct prometheus prometheus = { .url = refusals[_i].own };
	struct prometheus_credentials credentials = { .authorization = basic };
	const struct prometheus_query query = { .url = refusals[_i].url,
						.query = "up",
						.credentials = refusals[_i].has_credentials ? &credentials : NULL };
	struct answered answered = { .is_over = false };
	struct err err = ERR_INIT;
	struct loop *loop;

	ck_assert_int_eq(loop_create(&loop, &err), 0);
	ck_assert_int_eq(http_create(loop, &prometheus.http, &err), 0);
	err_clear(&err);
	expect_int(refusals[_i].name, prometheus_ask(&prometheus, &query, on_answer, &answered, &err), ERR_INPUT);
	expect_contains(refusals[_i].name, err.text, refusals[_i].says);
	http_destroy(prometheus.http);
	loop_destroy(loop);
	expect(refusals[_i].name, !answered.is_over);
}
END_TEST

static const struct {
	const char *name;
	bool has_credentials;
	bool has_authority;
	size_t count;
	const char *says;
} secured[] = {
	{ "with credentials and the authority", true, true, 1, "" },
	{ "without credentials", false, true, 0, "refuses us (401)" },
	{ "without the authority", true, false, 0, "certificate" },
};

START_TEST(introduces_itself_over_tls)
{
	struct prometheus prometheus = { .url = NULL };
	struct fake_tls_server server = fake_tls_listen("/usr/bin/python3 " HTTPS_SERVER);
	char room[FAKE_TLS_ROOM];
	char *ca = (char *)(uintptr_t)fake_tls_text(room, "ca.crt");
	struct prometheus_credentials credentials = { secured[_i].has_credentials ? basic : NULL,
						      secured[_i].has_authority ? ca : NULL };
	struct answered answered = { .is_over = false };
	struct err err = ERR_INIT;
	struct loop *loop;
	char url[64];

	(void)snprintf(url, sizeof(url), "https://127.0.0.1:%d", server.port);
	ck_assert_int_eq(loop_create(&loop, &err), 0);
	ck_assert_int_eq(http_create(loop, &prometheus.http, &err), 0);
	ck_assert_int_eq(prometheus_ask(&prometheus,
					&(struct prometheus_query){ url, "up", &credentials },
					on_answer, &answered, &err), 0);
	expect(secured[_i].name, fake_run_until(loop, &answered.is_over, 10000));
	expect_int(secured[_i].name, answered.count, secured[_i].count);
	expect_contains(secured[_i].name, answered.err.text, secured[_i].says);
	http_destroy(prometheus.http);
	loop_destroy(loop);
	fake_tls_stop(&server);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_unchecked_fixture(tests, fake_tls_make, fake_tls_remove);
	suite_add_rows(tests, asks, rows);
	suite_add_rows(tests, refuses, refusals);
	suite_add_rows(tests, introduces_itself_over_tls, secured);
}

SUITE_MAIN("query", add)
