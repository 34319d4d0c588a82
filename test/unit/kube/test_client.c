#include "kube/client.h"

#include <stdio.h>
#include <unistd.h>

#include "bench.h"
#include "ended.h"
#include "objects.h"

/* Answers and what becomes of them. */
static const struct {
	const char *name;
	struct fake_step step;
	int want_status;
	enum err_class want;
	int64_t want_retry_ms;
	const char *want_text;
	const char *want_manager;
} rows[] = {
	{ "200 is an answer",
	  { .method = "GET", .target = "/a", .status = 200, .reply = "{}" }, 200, ERR_NONE, 0, "", "" },
	{ "201 is an answer",
	  { .method = "GET", .target = "/a", .status = 201, .reply = "{}" }, 201, ERR_NONE, 0, "", "" },
	{ "404 is not there, in the server's words",
	  { .method = "GET", .target = "/a", .status = 404,
	    .reply = REFUSAL("404", "NotFound", "pods x not found", "") },
	  404, ERR_NOTFOUND, 0, "pods x not found", "" },
	{ "403 is denied",
	  { .method = "GET", .target = "/a", .status = 403,
	    .reply = REFUSAL("403", "Forbidden", "user x cannot", "") }, 403, ERR_DENIED, 0, "cannot", "" },
	{ "a conflict names the other manager",
	  { .method = "GET", .target = "/a", .status = 409, .reply = CONFLICT }, 409, ERR_CONFLICT, 0,
	  "1 conflict", "kubectl-set" },
	{ "429 says when",
	  { .method = "GET", .target = "/a", .status = 429, .reply_headers = "Retry-After: 3\r\n",
	    .reply = "too many" }, 429, ERR_BUSY, 3000, "429", "" },
	{ "429 names the flow schema that was full",
	  { .method = "GET", .target = "/a", .status = 429,
	    .reply_headers = "Retry-After: 1\r\nX-Kubernetes-PF-FlowSchema-UID: f-1\r\n", .reply = "too many" },
	  429, ERR_BUSY, 1000, "(flow schema f-1)", "" },
	{ "500 says when",
	  { .method = "GET", .target = "/a", .status = 500, .reply_headers = "Retry-After: 2\r\n" }, 500,
	  ERR_BUSY, 2000, "500", "" },
	{ "502 without a time",
	  { .method = "GET", .target = "/a", .status = 502 }, 502, ERR_NET, 0, "502", "" },
	{ "503 in HTML from something in between",
	  { .method = "GET", .target = "/a", .status = 503, .reply = "<html>no</html>" }, 503, ERR_BUSY, 0,
	  "503", "" },
	{ "410 is gone",
	  { .method = "GET", .target = "/a", .status = 410,
	    .reply = REFUSAL("410", "Expired", "too old", "") }, 410, ERR_GONE, 0, "too old", "" },
	{ "422 is for a person to mend",
	  { .method = "GET", .target = "/a", .status = 422,
	    .reply = REFUSAL("422", "Invalid", "spec.x: wrong", "") }, 422, ERR_INPUT, 0, "spec.x", "" },
	{ "a failure whose body breaks off still is that failure",
	  { .method = "GET", .target = "/a",
	    .raw = "HTTP/1.1 403 Forbidden\r\nContent-Length: 500\r\n\r\n{\"kind\":", .end = FAKE_CLOSE },
	  403, ERR_DENIED, 0, "403", "" },
	{ "no answer at all",
	  { .method = "GET", .target = "/a", .end = FAKE_CLOSE }, 0, ERR_NET, 0, "127.0.0.1", "" },
	{ "a redirect is a failure",
	  { .method = "GET", .target = "/a", .status = 302, .reply_headers = "Location: /b\r\n" }, 302,
	  ERR_NET, 0, "302", "" },
};

START_TEST(turns_statuses_into_classes)
{
	struct bench bench = bench_open(&rows[_i].step, 1, (struct kubeconfig){ .token = "t" });
	struct ended ended = { .calls = 0 };
	struct err err = ERR_INIT;

	ck_assert(client_get(bench.client, "/a", on_end, &ended, &err) == 0);
	expect(rows[_i].name, fake_run_until(bench.loop, &ended.is_over, 5000));
	expect_int(rows[_i].name, ended.err.class, rows[_i].want);
	expect_int(rows[_i].name, ended.status, rows[_i].want_status);
	expect_int(rows[_i].name, ended.err.http_status,
		   rows[_i].want == ERR_NONE ? 0 : rows[_i].want_status);
	expect_int(rows[_i].name, ended.err.retry_after_ms, rows[_i].want_retry_ms);
	expect_contains(rows[_i].name, ended.err.text, rows[_i].want_text);
	expect_str(rows[_i].name, ended.manager, rows[_i].want_manager);
	expect_int(rows[_i].name, ended.calls, 1);
	bench_close(&bench, rows[_i].name);
}
END_TEST

/* ---- what is sent ---- */

static const char *const groups[] = { "one", "two", NULL };

static const struct kubeconfig_pair extra[] = {
	{ "scopes", "view only" },
	{ "example.org/Team:a%", "7" },
	{ NULL, NULL },
};

static const struct {
	const char *name;
	struct kubeconfig config;
	const char *headers;
} identities[] = {
	{ "a token", { .token = "abc" },
	  "Authorization: Bearer abc\nUser-Agent: sluice/*\nAccept: application/json\n!Accept-Encoding\n" },
	{ "nobody", { .token = NULL }, "!Authorization\n" },
	{ "somebody else", { .token = "abc", .as_user = "joe", .as_uid = "7", .as_groups = groups },
	  "Authorization: Bearer abc\nImpersonate-User: joe\nImpersonate-Uid: 7\nImpersonate-Group: one\n"
	  "Impersonate-Group: two\n" },
	{ "somebody else of whom more is known", { .token = "abc", .as_user = "joe", .as_extra = extra },
	  "Impersonate-User: joe\nImpersonate-Extra-scopes: view only\n"
	  "Impersonate-Extra-example.org%2FTeam%3Aa%25: 7\n!Impersonate-Uid\n!Impersonate-Group\n" },
	{ "a user name and a password", { .username = "Aladdin", .password = "open sesame" },
	  "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\n" },
	{ "a user name without a password", { .username = "joe" }, "Authorization: Basic am9lOg==\n" },
};

START_TEST(says_who_we_are)
{
	struct fake_step step = { .method = "GET", .target = "/a", .headers = identities[_i].headers,
				  .status = 200 };
	struct bench bench = bench_open(&step, 1, identities[_i].config);
	struct ended ended = { .calls = 0 };
	struct err err = ERR_INIT;

	ck_assert(client_get(bench.client, "/a", on_end, &ended, &err) == 0);
	expect(identities[_i].name, fake_run_until(bench.loop, &ended.is_over, 5000));
	expect_int(identities[_i].name, ended.status, 200);
	bench_close(&bench, identities[_i].name);
}
END_TEST

static const struct {
	const char *name;
	struct kubeconfig config;
	const char *want; /* NULL: it is taken */
} starts[] = {
	{ "a token in the clear", { .server = "http://example.com:8080", .token = "abc" }, "without TLS" },
	{ "a password in the clear", { .server = "http://example.com", .username = "joe" }, "without TLS" },
	{ "a program's credential in the clear",
	  { .server = "http://example.com", .exec = { .command = "aws" } }, "without TLS" },
	{ "nothing in the clear", { .server = "http://example.com" }, NULL },
	{ "a token to this machine by way of a proxy",
	  { .server = "http://127.0.0.1", .token = "abc", .proxy_url = "http://proxy" }, "without TLS" },
	{ "a token to this machine", { .server = "http://[::1]:8080", .token = "abc" }, NULL },
	{ "a token file that is missing", { .server = "https://example.com", .token_file = "/nowhere/token" },
	  "/nowhere/token" },
	{ "an authority that is missing", { .server = "https://example.com", .ca_file = "/nowhere/ca.crt" },
	  "certificate-authority: /nowhere/ca.crt" },
};

START_TEST(a_client_needs_what_it_sends_and_sends_no_secret_in_the_clear)
{
	struct client *client = NULL;
	struct loop *loop;
	struct http *http;
	struct err err = ERR_INIT;

	ck_assert(loop_create(&loop, &err) == 0);
	ck_assert(http_create(loop, &http, &err) == 0);
	expect_int(starts[_i].name, client_create(loop, http, &starts[_i].config, &client, &err),
		   starts[_i].want == NULL ? 0 : ERR_INPUT);
	expect_contains(starts[_i].name, err.text, starts[_i].want == NULL ? "" : starts[_i].want);
	client_destroy(client);
	http_destroy(http);
	loop_destroy(loop);
}
END_TEST

START_TEST(the_usual_requests)
{
	static const struct fake_step script[] = {
		{ .method = "POST", .target = "/b", .body = "{\"a\":1}", .status = 201,
		  .headers = "Content-Type: application/json\n" },
		{ .method = "PUT", .target = "/b/c", .body = "{}", .status = 200,
		  .headers = "Content-Type: application/json\n" },
		{ .method = "PATCH", .target = "/b/c?x=1", .body = "[]", .status = 200,
		  .headers = "Content-Type: application/json-patch+json\n",
		  .reply_headers = "Warning: 299 - \"old\"\r\n" },
		{ .method = "DELETE", .target = "/b/c", .body = "", .status = 200,
		  .headers = "!Content-Type\n" },
	};
	struct bench bench = bench_open(script, 4, (struct kubeconfig){ .token = "t" });
	struct err err = ERR_INIT;

	for (int i = 0; i < 4; i++) {
		struct ended ended = { .calls = 0 };
		int r = 0;

		if (i == 0)
			r = client_post(bench.client, "/b", "{\"a\":1}", 7, on_end, &ended, &err);
		else if (i == 1)
			r = client_put(bench.client, "/b/c", "{}", 2, on_end, &ended, &err);
		else if (i == 2)
			r = client_patch(bench.client, "/b/c?x=1", "application/json-patch+json", "[]", 2,
					 on_end, &ended, &err);
		else
			r = client_delete(bench.client, "/b/c", NULL, 0, on_end, &ended, &err);
		ck_assert_int_eq(r, 0);
		ck_assert(fake_run_until(bench.loop, &ended.is_over, 5000));
		ck_assert_int_eq(ended.err.class, ERR_NONE);
		ck_assert_str_eq(ended.warning, i == 2 ? "299 - \"old\"" : "");
	}
	bench_close(&bench, "requests");
}
END_TEST

/* ---- limits ---- */

START_TEST(an_answer_has_a_limit_and_a_time)
{
	static const struct fake_step script[] = {
		{ .method = "GET", .target = "/long", .status = 200, .reply = "12345678901" },
		{ .method = "GET", .target = "/slow", .status = 200, .delay_ms = 3000 },
	};
	struct bench bench = bench_open(script, 2, (struct kubeconfig){ .token = "t" });
	struct ended ended = { .calls = 0 };
	struct err err = ERR_INIT;

	ck_assert(client_send(bench.client,
			      &(struct client_request){ .method = "GET", .target = "/long", .max_body = 10 },
			      on_end, &ended, NULL, &err) == 0);
	ck_assert(fake_run_until(bench.loop, &ended.is_over, 5000));
	ck_assert_int_eq(ended.err.class, ERR_INPUT);
	ck_assert_ptr_nonnull(strstr(ended.err.text, "GET /long: more than 10 bytes"));
	ended = (struct ended){ .calls = 0 };
	ck_assert(client_send(bench.client,
			      &(struct client_request){ .method = "GET", .target = "/slow", .timeout_ms = 50 },
			      on_end, &ended, NULL, &err) == 0);
	ck_assert(fake_run_until(bench.loop, &ended.is_over, 2000));
	ck_assert_int_eq(ended.err.class, ERR_NET);
	ck_assert_ptr_nonnull(strstr(ended.err.text, "not finished within")); /* what is left of the 50 ms when it leaves */
	bench_close(&bench, "limits");
}
END_TEST

START_TEST(a_cancelled_call_ends_once)
{
	static const struct fake_step script[] = {
		{ .method = "GET", .target = "/slow", .status = 200, .delay_ms = 3000 },
	};
	struct bench bench = bench_open(script, 1, (struct kubeconfig){ .token = "t" });
	struct ended ended = { .calls = 0 };
	struct client_call *call;
	struct err err = ERR_INIT;

	ck_assert(client_send(bench.client, &(struct client_request){ .method = "GET", .target = "/slow" },
			      on_end, &ended, &call, &err) == 0);
	fake_run_for(bench.loop, 30);
	client_cancel(call);
	ck_assert_int_eq(ended.calls, 0);
	ck_assert(fake_run_until(bench.loop, &ended.is_over, 2000));
	ck_assert_int_eq(ended.calls, 1);
	ck_assert_int_eq(ended.err.class, ERR_NET);
	bench_close(&bench, "cancel");
}
END_TEST

START_TEST(bulk_has_a_connection_of_its_own)
{
	static const struct fake_step script[] = {
		{ .method = "GET", .target = "/list", .status = 200 },
		{ .method = "GET", .target = "/lease", .status = 200 },
	};
	struct bench bench = bench_open(script, 2, (struct kubeconfig){ .token = "t" });
	struct err err = ERR_INIT;

	for (int i = 0; i < 2; i++) {
		struct ended ended = { .calls = 0 };

		ck_assert(client_send(bench.client,
				      &(struct client_request){ .method = "GET", .target = script[i].target,
								.is_bulk = i == 0 },
				      on_end, &ended, NULL, &err) == 0);
		ck_assert(fake_run_until(bench.loop, &ended.is_over, 2000));
	}
	ck_assert_uint_eq(fake_server_accepted(bench.server), 2);
	bench_close(&bench, "bulk");
}
END_TEST

/* ---- tokens ---- */

static void write_token(const char *path, const char *token)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert(fputs(token, file) >= 0 && fclose(file) == 0);
}

static const struct {
	const char *name;
	const char *new_token; /* what the file holds at the 401 */
	const char *want_second; /* the Authorization of a second try; NULL: there is none */
	int want_status;
} reloads[] = {
	{ "a new token is tried at once", "second\n", "Authorization: Bearer second\n", 200 },
	{ "the same token is not tried again", "first", NULL, 401 },
	{ "an empty file leaves the old token, which is not tried again", "", NULL, 401 },
	{ "a file that holds no token is none", "two words", NULL, 401 },
};

START_TEST(a_401_reads_the_token_again)
{
	struct fake_step script[] = {
		{ .method = "PATCH", .target = "/a", .headers = "Authorization: Bearer first\n",
		  .body = "body", .status = 401, .reply = "{}" },
		{ .method = "PATCH", .target = "/a", .headers = reloads[_i].want_second, .body = "body",
		  .status = 200 },
	};
	char path[] = "/tmp/sluice-token-XXXXXX";
	struct ended ended = { .calls = 0 };
	struct err err = ERR_INIT;
	struct bench bench;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	(void)close(fd);
	write_token(path, "first\n");
	bench = bench_open(script, reloads[_i].want_second == NULL ? 1 : 2,
			   (struct kubeconfig){ .token_file = path });
	write_token(path, reloads[_i].new_token);
	ck_assert(client_patch(bench.client, "/a", "text/x", "body", 4, on_end, &ended, &err) == 0);
	expect(reloads[_i].name, fake_run_until(bench.loop, &ended.is_over, 5000));
	expect_int(reloads[_i].name, ended.status, reloads[_i].want_status);
	expect_int(reloads[_i].name, ended.calls, 1);
	(void)unlink(path);
	bench_close(&bench, reloads[_i].name);
}
END_TEST

START_TEST(a_second_401_is_the_answer)
{
	static const struct fake_step script[] = {
		{ .method = "GET", .target = "/a", .headers = "Authorization: Bearer first\n", .status = 401 },
		{ .method = "GET", .target = "/a", .headers = "Authorization: Bearer second\n", .status = 401 },
	};
	char path[] = "/tmp/sluice-token-XXXXXX";
	struct ended ended = { .calls = 0 };
	struct err err = ERR_INIT;
	struct bench bench;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	(void)close(fd);
	write_token(path, "first");
	bench = bench_open(script, 2, (struct kubeconfig){ .token_file = path });
	write_token(path, "second");
	ck_assert(client_get(bench.client, "/a", on_end, &ended, &err) == 0);
	ck_assert(fake_run_until(bench.loop, &ended.is_over, 5000));
	ck_assert_int_eq(ended.err.class, ERR_DENIED);
	(void)unlink(path);
	bench_close(&bench, "401");
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, turns_statuses_into_classes, rows);
	suite_add_rows(tests, says_who_we_are, identities);
	suite_add_rows(tests, a_client_needs_what_it_sends_and_sends_no_secret_in_the_clear, starts);
	tcase_add_test(tests, the_usual_requests);
	tcase_add_test(tests, an_answer_has_a_limit_and_a_time);
	tcase_add_test(tests, a_cancelled_call_ends_once);
	tcase_add_test(tests, bulk_has_a_connection_of_its_own);
	suite_add_rows(tests, a_401_reads_the_token_again, reloads);
	tcase_add_test(tests, a_second_401_is_the_answer);
}

SUITE_MAIN("client", add)
