#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "exchange_probe.h"

static const char *const no_headers[] = { NULL };
static const char *const two_headers[] = { "Accept: text/plain", "X-One: 1", NULL };

/* One request, one answer. */
static const struct {
	const char *name;
	struct http_request request;
	struct fake_step step;
	int want_status;
	const char *want_body;
} rows[] = {
	{ "a GET brings status and body",
	  { .headers = no_headers },
	  { .method = "GET", .target = "/a", .status = 200, .reply = "hello" }, 200, "hello" },
	{ "headers are sent as given and curl adds none of its own",
	  { .headers = two_headers },
	  { .method = "GET", .target = "/a",
	    .headers = "Accept: text/plain\nX-One: 1\n!User-Agent\n!Accept-Encoding\n!Authorization\n",
	    .status = 200 }, 200, "" },
	{ "no Accept is made up",
	  { .headers = NULL },
	  { .method = "GET", .target = "/a", .headers = "!Accept\n!Expect\n", .status = 204 }, 204, "" },
	{ "a PATCH carries its body, with no content type but the caller's",
	  { .method = "PATCH", .body = "{\"a\":1}", .body_len = 7 },
	  { .method = "PATCH", .target = "/a", .body = "{\"a\":1}",
	    .headers = "Content-Length: 7\n!Content-Type\n!Expect\n", .status = 200, .reply = "ok" },
	  200, "ok" },
	{ "an empty body is a body",
	  { .method = "POST", .body = "", .body_len = 0 },
	  { .method = "POST", .target = "/a", .headers = "Content-Length: 0\n", .body = "",
	    .status = 201 }, 201, "" },
	{ "a DELETE may have no body",
	  { .method = "DELETE" },
	  { .method = "DELETE", .target = "/a", .headers = "!Content-Length\n", .status = 200 }, 200, "" },
	{ "a HEAD has a length and no body",
	  { .method = "HEAD" },
	  { .method = "HEAD", .target = "/a", .status = 200, .reply = "hello" }, 200, "" },
	{ "a failure is an answer, with its body",
	  { .headers = NULL },
	  { .method = "GET", .target = "/a", .status = 503, .reply = "later" }, 503, "later" },
	{ "a redirect is an answer and is not followed",
	  { .headers = NULL },
	  { .method = "GET", .target = "/a", .status = 302, .reply_headers = "Location: /b\r\n" }, 302, "" },
	{ "chunks are put together, byte by byte",
	  { .headers = NULL },
	  { .method = "GET", .target = "/a", .status = 200, .reply = "hello", .is_chunked = true,
	    .piece = 1 }, 200, "hello" },
	{ "interim answers are passed over",
	  { .headers = NULL },
	  { .method = "GET", .target = "/a",
	    .raw = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi" },
	  200, "hi" },
	{ "an answer without a length ends with the connection",
	  { .headers = NULL },
	  { .method = "GET", .target = "/a", .raw = "HTTP/1.1 200 OK\r\n\r\nall of it", .end = FAKE_CLOSE },
	  200, "all of it" },
	{ "nothing is asked for compressed, and what comes so is left as it is",
	  { .headers = NULL },
	  { .method = "GET", .target = "/a", .headers = "!Accept-Encoding\n", .status = 200,
	    .reply_headers = "Content-Encoding: gzip\r\n", .reply = "\x1f\x8bxyz" }, 200, "\x1f\x8bxyz" },
};

START_TEST(brings_answers)
{
	struct bench bench = bench_open(&rows[_i].step, 1);
	struct probe probe = { .heads = 0 };

	probe_start(&probe, &bench, "/a", rows[_i].request);
	expect(rows[_i].name, fake_run_until(bench.loop, &probe.is_over, 5000));
	expect_str(rows[_i].name, probe.err.text, "");
	expect_int(rows[_i].name, probe.status, rows[_i].want_status);
	expect_str(rows[_i].name, buf_text(&probe.body), rows[_i].want_body);
	expect_int(rows[_i].name, probe.heads, 1);
	probe_finish(&probe);
	bench_close(&bench, rows[_i].name);
}
END_TEST

START_TEST(reads_the_headers_that_matter)
{
	static const struct fake_step script[] = {
		{ .method = "GET", .target = "/a", .status = 401, .reply = "12345",
		  .reply_headers = "content-type: text/html; charset=utf-8\r\nWWW-Authenticate: Basic\r\n"
				   "www-authenticate: Bearer realm=\"x\"\r\nRetry-After: 7\r\n" },
	};
	struct bench bench = bench_open(script, 1);
	struct probe probe = { .heads = 0 };

	probe_start(&probe, &bench, "/a", (struct http_request){ .method = "GET" });
	ck_assert(fake_run_until(bench.loop, &probe.is_over, 5000));
	ck_assert_str_eq(probe.www_authenticate, "Basic, Bearer realm=\"x\"");
	ck_assert_str_eq(probe.content_type, "text/html; charset=utf-8");
	ck_assert_int_eq(probe.head.retry_after_ms, 7000);
	ck_assert_int_eq(probe.head.content_length, 5);
	probe_finish(&probe);
	bench_close(&bench, "headers");
}
END_TEST

static const struct {
	const char *name;
	const char *header;
	int64_t want_min_ms;
	int64_t want_max_ms;
} retries[] = {
	{ "none", "X-A: b\r\n", 0, 0 },
	{ "seconds", "Retry-After: 5\r\n", 5000, 5000 },
	{ "zero", "Retry-After: 0\r\n", 0, 0 },
	{ "more than an hour is an hour", "Retry-After: 86400\r\n", 3600000, 3600000 },
	{ "more than any number", "Retry-After: 99999999999999999999\r\n", 3600000, 3600000 },
	{ "a date in the past", "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n", 0, 0 },
	{ "a date far off is an hour", "Retry-After: Wed, 21 Oct 2065 07:28:00 GMT\r\n", 3600000, 3600000 },
	{ "nonsense", "Retry-After: soon\r\n", 0, 0 },
	{ "negative", "Retry-After: -5\r\n", 0, 0 },
};

START_TEST(reads_retry_after)
{
	struct fake_step step = { .method = "GET", .target = "/a", .status = 429,
				  .reply_headers = retries[_i].header };
	struct bench bench = bench_open(&step, 1);
	struct probe probe = { .heads = 0 };

	probe_start(&probe, &bench, "/a", (struct http_request){ .method = "GET" });
	expect(retries[_i].name, fake_run_until(bench.loop, &probe.is_over, 5000));
	expect(retries[_i].name, probe.head.retry_after_ms >= retries[_i].want_min_ms);
	expect(retries[_i].name, probe.head.retry_after_ms <= retries[_i].want_max_ms);
	probe_finish(&probe);
	bench_close(&bench, retries[_i].name);
}
END_TEST

/* Requests that are refused before anything is sent. */
static const struct {
	const char *name;
	const char *url;
	bool allow_plain;
	const char *header;
	const char *want;
} refusals[] = {
	{ "plain HTTP without leave", "http://127.0.0.1:1/", false, NULL, "http:// is not allowed" },
	{ "another scheme", "ftp://127.0.0.1/", true, NULL, "not allowed" },
	{ "a file", "file:///etc/passwd", true, NULL, "" },
	{ "no URL at all", "hello there", true, NULL, "not an absolute URL" },
	{ "a user name", "http://joe:secret@127.0.0.1/", true, NULL, "must not hold a user name" },
	{ "a line break in a header", "http://127.0.0.1:1/", true, "X: a\r\nY: b", "line break" },
};

START_TEST(refuses)
{
	const char *headers[] = { refusals[_i].header, NULL };
	struct http_request request = { .method = "GET", .url = refusals[_i].url,
					.allow_plain = refusals[_i].allow_plain, .headers = headers };
	struct bench bench = bench_open(NULL, 0);
	struct probe probe = { .heads = 0 };
	struct http_handler handler = { NULL, NULL, probe_on_done, &probe };
	struct err err = ERR_INIT;

	expect_int(refusals[_i].name, http_start(bench.http, &request, &handler, NULL, &err), ERR_INPUT);
	expect_contains(refusals[_i].name, err.text, refusals[_i].want);
	expect(refusals[_i].name, strstr(err.text, "secret") == NULL);
	fake_run_for(bench.loop, 5);
	expect_int(refusals[_i].name, probe.ends, 0);
	bench_close(&bench, refusals[_i].name);
}
END_TEST

START_TEST(a_private_peer_is_refused_also_on_an_open_connection)
{
	static const struct fake_step script[] = { { .method = "GET", .target = "/a", .status = 200 } };
	struct bench bench = bench_open(script, 1);
	struct probe first = { .heads = 0 };
	struct probe second = { .heads = 0 };

	probe_start(&first, &bench, "/a", (struct http_request){ .method = "GET" });
	ck_assert(fake_run_until(bench.loop, &first.is_over, 5000));
	ck_assert_int_eq(first.status, 200);
	probe_start(&second, &bench, "/b", (struct http_request){ .method = "GET", .forbid_private_peers = true });
	ck_assert(fake_run_until(bench.loop, &second.is_over, 5000));
	ck_assert_int_eq(second.err.class, ERR_INPUT);
	ck_assert_ptr_nonnull(strstr(second.err.text, "private address"));
	probe_finish(&first);
	probe_finish(&second);
	bench_close(&bench, "private peer");
}
END_TEST

START_TEST(a_private_peer_is_refused_before_a_byte_is_sent)
{
	struct bench bench = bench_open(NULL, 0);
	struct probe probe = { .heads = 0 };

	probe_start(&probe, &bench, "/a", (struct http_request){ .method = "GET", .forbid_private_peers = true });
	ck_assert(fake_run_until(bench.loop, &probe.is_over, 5000));
	ck_assert_int_eq(probe.err.class, ERR_INPUT);
	ck_assert_uint_eq(fake_server_accepted(bench.server), 0);
	probe_finish(&probe);
	bench_close(&bench, "private peer");
}
END_TEST

START_TEST(one_lane_keeps_its_connection_and_another_has_its_own)
{
	static const struct fake_step script[] = {
		{ .method = "GET", .target = "/1", .status = 200, .reply = "a" },
		{ .method = "GET", .target = "/2", .status = 200, .reply = "b" },
		{ .method = "GET", .target = "/3", .status = 200, .reply = "c" },
		{ .method = "GET", .target = "/4", .status = 200, .reply = "d" },
	};
	static const struct {
		const char *path;
		enum http_lane lane;
		size_t want_connections;
	} steps[] = {
		{ "/1", HTTP_LANE_WATCH, 1 },
		{ "/2", HTTP_LANE_WATCH, 1 },
		{ "/3", HTTP_LANE_WRITE, 2 },
		{ "/4", HTTP_LANE_WATCH, 3 }, /* after a drop */
	};
	struct bench bench = bench_open(script, 4);

	for (size_t i = 0; i < 4; i++) {
		struct probe probe = { .heads = 0 };

		if (i == 3)
			http_drop_connections(bench.http, HTTP_LANE_WATCH);
		probe_start(&probe, &bench, steps[i].path, (struct http_request){ .lane = steps[i].lane });
		ck_assert(fake_run_until(bench.loop, &probe.is_over, 5000));
		ck_assert_uint_eq(fake_server_accepted(bench.server), steps[i].want_connections);
		probe_finish(&probe);
	}
	fake_run_for(bench.loop, 5);
	ck_assert_uint_eq(fake_server_open(bench.server), 2);
	bench_close(&bench, "lanes");
}
END_TEST

/* A server may close a connection in the very moment in which the next request leaves. */
START_TEST(a_kept_connection_that_is_closed_is_replaced)
{
	static const struct fake_step script[] = {
		{ .method = "GET", .target = "/1", .status = 200 },
		{ .method = "PATCH", .target = "/2", .body = "x", .end = FAKE_CLOSE },
		{ .method = "PATCH", .target = "/2", .body = "x", .status = 200 },
	};
	struct bench bench = bench_open(script, 3);
	struct probe first = { .heads = 0 };
	struct probe second = { .heads = 0 };

	probe_start(&first, &bench, "/1", (struct http_request){ .method = "GET" });
	ck_assert(fake_run_until(bench.loop, &first.is_over, 5000));
	probe_start(&second, &bench, "/2",
		    (struct http_request){ .method = "PATCH", .body = "x", .body_len = 1 });
	ck_assert(fake_run_until(bench.loop, &second.is_over, 5000));
	ck_assert_int_eq(second.status, 200);
	probe_finish(&first);
	probe_finish(&second);
	bench_close(&bench, "closed");
}
END_TEST

/* After two seconds it is older than one; curl counts whole ones. */
START_TEST(a_connection_that_is_too_old_is_replaced)
{
	static const struct fake_step script[] = {
		{ .method = "GET", .target = "/1", .status = 200 },
		{ .method = "GET", .target = "/1", .status = 200 },
		{ .method = "GET", .target = "/1", .status = 200 },
	};
	static const int64_t pauses_ms[] = { 0, 2100, 0 };
	struct bench bench = bench_open(script, 3);

	for (size_t i = 0; i < 3; i++) {
		struct probe probe = { .heads = 0 };

		fake_run_for(bench.loop, pauses_ms[i]);
		probe_start(&probe, &bench, "/1", (struct http_request){ .connection_life_s = 1 });
		ck_assert(fake_run_until(bench.loop, &probe.is_over, 5000));
		probe_finish(&probe);
	}
	ck_assert_uint_eq(fake_server_accepted(bench.server), 2);
	bench_close(&bench, "old");
}
END_TEST

static void wait_for_head(const struct probe *probe, struct bench *bench)
{
	for (int i = 0; i < 1000 && probe->heads == 0; i++)
		fake_run_for(bench->loop, 5);
}

/* The socket of ours that is connected to the server. */
static int find_socket(const struct fake_server *server)
{
	for (int fd = 3; fd < 1024; fd++) {
		struct sockaddr_in peer;
		socklen_t len = sizeof(peer);
		char host[64];

		if (getpeername(fd, (struct sockaddr *)&peer, &len) < 0 || peer.sin_family != AF_INET)
			continue;
		(void)snprintf(host, sizeof(host), "127.0.0.1:%d", ntohs(peer.sin_port));
		if (strcmp(host, fake_server_host(server)) == 0)
			return fd;
	}
	return -1;
}

static int socket_option(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	ck_assert_int_eq(getsockopt(fd, level, name, &value, &len), 0);
	return value;
}

/* A peer that is gone without a word is the kernel's to notice: within 45 s, whether bytes of ours are on
 * the way or not. */
START_TEST(the_kernel_looks_whether_the_peer_is_there)
{
	static const struct fake_step script[] = {
		{ .method = "GET", .target = "/1", .status = 200, .end = FAKE_HOLD },
	};
	struct bench bench = bench_open(script, 1);
	struct probe probe = { .heads = 0 };
	int silent_s;
	int fd;

	probe_start(&probe, &bench, "/1", (struct http_request){ .lane = HTTP_LANE_WATCH });
	wait_for_head(&probe, &bench);
	fd = find_socket(bench.server);
	ck_assert_int_ge(fd, 0);
	silent_s = socket_option(fd, IPPROTO_TCP, TCP_KEEPIDLE) +
		   socket_option(fd, IPPROTO_TCP, TCP_KEEPINTVL) *
			   socket_option(fd, IPPROTO_TCP, TCP_KEEPCNT);
	ck_assert_int_eq(socket_option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
	ck_assert_int_le(silent_s, 45);
	ck_assert_int_gt(socket_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
	ck_assert_int_le(socket_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 45000);
	fake_server_end(bench.server, 0, FAKE_KEEP);
	ck_assert(fake_run_until(bench.loop, &probe.is_over, 5000));
	probe_finish(&probe);
	bench_close(&bench, "kernel");
}
END_TEST

START_TEST(an_exchange_survives_the_drop_of_its_connection)
{
	static const struct fake_step script[] = {
		{ .method = "GET", .target = "/1", .status = 200, .end = FAKE_HOLD },
	};
	struct bench bench = bench_open(script, 1);
	struct probe probe = { .heads = 0 };

	probe_start(&probe, &bench, "/1", (struct http_request){ .lane = HTTP_LANE_WATCH });
	wait_for_head(&probe, &bench);
	ck_assert_int_eq(probe.heads, 1);
	http_drop_connections(bench.http, HTTP_LANE_WATCH);
	fake_server_push(bench.server, 0, "still here");
	fake_server_end(bench.server, 0, FAKE_KEEP);
	ck_assert(fake_run_until(bench.loop, &probe.is_over, 5000));
	ck_assert(!err_is_set(&probe.err));
	ck_assert_str_eq(buf_text(&probe.body), "still here");
	fake_run_for(bench.loop, 10);
	ck_assert_uint_eq(fake_server_open(bench.server), 0);
	probe_finish(&probe);
	bench_close(&bench, "drop");
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, brings_answers, rows);
	tcase_add_test(tests, reads_the_headers_that_matter);
	suite_add_rows(tests, reads_retry_after, retries);
	suite_add_rows(tests, refuses, refusals);
	tcase_add_test(tests, a_private_peer_is_refused_before_a_byte_is_sent);
	tcase_add_test(tests, a_private_peer_is_refused_also_on_an_open_connection);
	tcase_add_test(tests, one_lane_keeps_its_connection_and_another_has_its_own);
	tcase_add_test(tests, a_kept_connection_that_is_closed_is_replaced);
	tcase_add_test(tests, a_connection_that_is_too_old_is_replaced);
	tcase_add_test(tests, the_kernel_looks_whether_the_peer_is_there);
	tcase_add_test(tests, an_exchange_survives_the_drop_of_its_connection);
}

SUITE_MAIN("http", add)
