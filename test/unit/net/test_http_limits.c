#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "exchange_probe.h"

/* How exchanges go wrong. */
static const struct {
	const char *name;
	struct http_request request;
	struct fake_step step;
	struct probe probe;
	enum err_class want;
	const char *want_text;
	int want_status;
	int64_t want_at_least_ms;
} rows[] = {
	{ "no headers in time",
	  { .head_timeout_ms = 60 },
	  { .method = "GET", .target = "/a", .status = 200, .delay_ms = 4000 },
	  { .heads = 0 }, ERR_NET, "no answer within 60 ms", 0, 59 },
	{ "headers that trickle in do not stretch their limit",
	  { .head_timeout_ms = 60 },
	  { .method = "GET", .target = "/a", .status = 200, .piece = 1, .gap_ms = 20 },
	  { .heads = 0 }, ERR_NET, "no answer within 60 ms", 0, 59 },
	{ "silence amid the body",
	  { .idle_timeout_ms = 60 },
	  { .method = "GET", .target = "/a", .status = 200, .reply = "hello", .end = FAKE_HOLD },
	  { .heads = 0 }, ERR_NET, "silent for 60 ms", 200, 59 },
	{ "a body that trickles on beyond the limit of the whole",
	  { .idle_timeout_ms = 1000, .total_timeout_ms = 120 },
	  { .method = "GET", .target = "/a",
	    .raw = "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n0123456789012345678901234567890123456789",
	    .piece = 2, .gap_ms = 30 },
	  { .heads = 0 }, ERR_NET, "not finished within 120 ms", 0, 119 },
	{ "the connection ends before the answer",
	  { .method = "GET" },
	  { .method = "GET", .target = "/a", .end = FAKE_CLOSE },
	  { .heads = 0 }, ERR_NET, "waiting for the answer", 0, 0 },
	{ "the connection ends amid the headers",
	  { .method = "GET" },
	  { .method = "GET", .target = "/a", .status = 200, .reply = "hello", .cut_after = 30,
	    .end = FAKE_CLOSE },
	  { .heads = 0 }, ERR_NET, "ended amid the headers", 0, 0 },
	{ "the connection ends amid the body",
	  { .method = "GET" },
	  { .method = "GET", .target = "/a", .status = 200, .reply = "hello", .cut_after = 46,
	    .end = FAKE_CLOSE },
	  { .heads = 0 }, ERR_NET, "reading the answer", 200, 0 },
	{ "the connection is reset amid the body",
	  { .method = "GET" },
	  { .method = "GET", .target = "/a", .status = 200, .reply = "hello", .cut_after = 46,
	    .end = FAKE_RESET },
	  { .heads = 0 }, ERR_NET, "reading the answer", 200, 0 },
	{ "a chunked body without its end",
	  { .method = "GET" },
	  { .method = "GET", .target = "/a",
	    .raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", .end = FAKE_CLOSE },
	  { .heads = 0 }, ERR_NET, "reading the answer", 200, 0 },
	{ "an answer that is not HTTP",
	  { .method = "GET" },
	  { .method = "GET", .target = "/a", .raw = "SSH-2.0-OpenSSH_9.2\r\n", .end = FAKE_CLOSE },
	  { .heads = 0 }, ERR_NET, "127.0.0.1", 0, 0 },
	{ "cancelled when the headers are there",
	  { .method = "GET" },
	  { .method = "GET", .target = "/a", .status = 200, .reply = "hello" },
	  { .cancels_in_head = true }, ERR_NET, "cancelled", 200, 0 },
	{ "cancelled from within the body",
	  { .method = "GET" },
	  { .method = "GET", .target = "/a", .status = 200, .reply = "hello", .end = FAKE_HOLD },
	  { .cancels_in_bytes = true }, ERR_NET, "cancelled", 200, 0 },
	{ "refused by its reader",
	  { .method = "GET" },
	  { .method = "GET", .target = "/a", .status = 200, .reply = "hello", .end = FAKE_HOLD },
	  { .refuses_bytes = true }, ERR_INPUT, "refused", 200, 0 },
};

START_TEST(goes_wrong_in_words)
{
	struct bench bench = bench_open(&rows[_i].step, 1);
	struct probe probe = rows[_i].probe;
	int64_t start = clock_monotonic_ms();

	probe_start(&probe, &bench, "/a", rows[_i].request);
	expect(rows[_i].name, fake_run_until(bench.loop, &probe.is_over, 3000));
	expect_int(rows[_i].name, probe.err.class, rows[_i].want);
	expect_contains(rows[_i].name, probe.err.text, rows[_i].want_text);
	expect_int(rows[_i].name, probe.status, rows[_i].want_status);
	expect(rows[_i].name, clock_monotonic_ms() - start >= rows[_i].want_at_least_ms);
	fake_run_for(bench.loop, 5);
	expect_int(rows[_i].name, probe.ends, 1);
	probe_finish(&probe);
	bench_close(&bench, rows[_i].name);
}
END_TEST

START_TEST(a_refused_connection_is_said_so)
{
	struct bench bench = bench_open(NULL, 0);
	struct probe probe = { .heads = 0 };

	fake_server_go_down(bench.server);
	fake_run_for(bench.loop, 5);
	probe_start(&probe, &bench, "/a", (struct http_request){ .method = "GET" });
	ck_assert(fake_run_until(bench.loop, &probe.is_over, 3000));
	ck_assert_int_eq(probe.err.class, ERR_NET);
	ck_assert_int_eq(probe.status, 0);
	ck_assert_ptr_nonnull(strstr(probe.err.text, "connecting"));
	probe_finish(&probe);
	bench_close(&bench, "refused");
}
END_TEST

/* A port at which the kernel takes connections, and nobody behind it does. Returns the socket. */
static int listen_and_do_nothing(int *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, len), 0);
	ck_assert_int_eq(listen(fd, 4), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

/* So it is with a server that was stopped. */
START_TEST(a_handshake_without_an_answer_has_its_limit)
{
	struct bench bench = bench_open(NULL, 0);
	struct probe probe = { .heads = 0 };
	struct http_handler handler = { NULL, NULL, probe_on_done, &probe };
	struct http_request request = { .method = "GET", .connect_timeout_ms = 100 };
	struct err err = ERR_INIT;
	char url[64];
	int port;
	int fd = listen_and_do_nothing(&port);

	(void)snprintf(url, sizeof(url), "https://127.0.0.1:%d/", port);
	request.url = url;
	ck_assert_int_eq(http_start(bench.http, &request, &handler, NULL, &err), 0);
	ck_assert(fake_run_until(bench.loop, &probe.is_over, 5000));
	ck_assert_int_eq(probe.err.class, ERR_NET);
	ck_assert_ptr_nonnull(strstr(probe.err.text, "connect"));
	(void)close(fd);
	bench_close(&bench, "handshake");
}
END_TEST

START_TEST(headers_without_end_are_cut_off)
{
	static char raw[80 * 1024] = "HTTP/1.1 200 OK\r\n";
	struct fake_step step = { .method = "GET", .target = "/a", .raw = raw };
	struct bench bench;
	struct probe probe = { .heads = 0 };
	size_t len = strlen(raw);

	while (len + 40 < sizeof(raw)) {
		memcpy(raw + len, "X-Padding: 0123456789012345678901234\r\n", 39);
		len += 38;
	}
	bench = bench_open(&step, 1);
	probe_start(&probe, &bench, "/a", (struct http_request){ .method = "GET" });
	ck_assert(fake_run_until(bench.loop, &probe.is_over, 3000));
	ck_assert_int_eq(probe.err.class, ERR_NET);
	ck_assert_ptr_nonnull(strstr(probe.err.text, "headers are longer"));
	probe_finish(&probe);
	bench_close(&bench, "headers");
}
END_TEST

/* An exchange that is cancelled before the loop has turned never reaches the server. */
START_TEST(a_cancel_before_the_start_sends_nothing)
{
	struct bench bench = bench_open(NULL, 0);
	struct probe probe = { .heads = 0 };

	probe_start(&probe, &bench, "/a", (struct http_request){ .method = "GET" });
	http_cancel(probe.exchange);
	http_cancel(probe.exchange);
	ck_assert(!probe.is_over);
	ck_assert(fake_run_until(bench.loop, &probe.is_over, 3000));
	ck_assert_int_eq(probe.ends, 1);
	ck_assert_uint_eq(fake_server_accepted(bench.server), 0);
	probe_finish(&probe);
	bench_close(&bench, "cancel");
}
END_TEST

START_TEST(destroying_the_client_ends_what_runs)
{
	static const struct fake_step script[] = {
		{ .method = "GET", .target = "/a", .status = 200, .end = FAKE_HOLD },
	};
	struct bench bench = bench_open(script, 1);
	struct probe running = { .heads = 0 };
	struct probe queued = { .heads = 0 };

	probe_start(&running, &bench, "/a", (struct http_request){ .method = "GET" });
	fake_run_for(bench.loop, 30);
	probe_start(&queued, &bench, "/b", (struct http_request){ .method = "GET" });
	bench_close(&bench, "destroy");
	ck_assert_int_eq(running.ends, 1);
	ck_assert_int_eq(queued.ends, 1);
	ck_assert_int_eq(running.err.class, ERR_NET);
	probe_finish(&running);
	probe_finish(&queued);
}
END_TEST

/* ---- answers collected whole ---- */

struct fetched {
	bool is_over;
	bool has_answer;
	char body[64];
	char type[64];
	struct err err;
};

static void on_fetched(void *user, const struct http_answer *answer, const struct err *err)
{
	struct fetched *fetched = user;

	fetched->is_over = true;
	fetched->has_answer = answer != NULL;
	fetched->err = *err;
	if (answer != NULL) {
		(void)snprintf(fetched->body, sizeof(fetched->body), "%s", answer->body);
		(void)snprintf(fetched->type, sizeof(fetched->type), "%s", answer->head.content_type);
	}
}

static const struct {
	const char *name;
	const char *reply;
	size_t limit;
	bool wants_answer;
} fetches[] = {
	{ "shorter than the limit", "1234", 5, true },
	{ "as long as the limit", "12345", 5, true },
	{ "one byte longer", "123456", 5, false },
	{ "empty", "", 5, true },
};

START_TEST(fetches_up_to_a_limit)
{
	struct fake_step step = { .method = "GET", .target = "/a", .status = 200,
				  .reply_headers = "Content-Type: text/x\r\n", .reply = fetches[_i].reply,
				  .is_chunked = true, .piece = 1 };
	struct bench bench = bench_open(&step, 1);
	struct fetched fetched = { .is_over = false };
	struct err err = ERR_INIT;
	char url[256];

	(void)snprintf(url, sizeof(url), "%s/a", fake_server_url(bench.server));
	expect_int(fetches[_i].name,
		   http_fetch(bench.http, &(struct http_request){ .method = "GET", .url = url, .allow_plain = true },
			      fetches[_i].limit, on_fetched, &fetched, NULL, &err), 0);
	expect(fetches[_i].name, fake_run_until(bench.loop, &fetched.is_over, 3000));
	expect_int(fetches[_i].name, fetched.has_answer, fetches[_i].wants_answer);
	if (fetches[_i].wants_answer) {
		expect_str(fetches[_i].name, fetched.body, fetches[_i].reply);
		expect_str(fetches[_i].name, fetched.type, "text/x");
	} else {
		expect_int(fetches[_i].name, fetched.err.class, ERR_INPUT);
		expect_contains(fetches[_i].name, fetched.err.text, "more than 5 bytes");
	}
	bench_close(&bench, fetches[_i].name);
}
END_TEST

static int refused_watches; /* so many sockets are not watched: /proc/sys/fs/epoll/max_user_watches is reached */

/* In place of libc's, for libuv. */
int epoll_ctl(int epoll, int op, int fd, struct epoll_event *event)
{
	if (op == EPOLL_CTL_ADD && refused_watches > 0) {
		refused_watches--;
		errno = ENOSPC;
		return -1;
	}
	return (int)syscall(SYS_epoll_ctl, epoll, op, fd, event);
}

START_TEST(a_connection_that_cannot_be_watched_ends_what_waits_for_it)
{
	static const struct fake_step script[] = {
		{ .method = "GET", .target = "/a", .status = 200, .reply = "hello" },
	};
	struct bench bench = bench_open(script, 1);
	struct probe probes[3] = { { .heads = 0 } };

	fake_run_for(bench.loop, 5);
	refused_watches = 1;
	for (int i = 0; i < 2; i++)
		probe_start(&probes[i], &bench, "/a", (struct http_request){ .method = "GET" });
	for (int i = 0; i < 2; i++) {
		ck_assert(fake_run_until(bench.loop, &probes[i].is_over, 3000));
		ck_assert_int_eq(probes[i].err.class, ERR_NET);
		ck_assert_ptr_nonnull(strstr(probes[i].err.text, "its connection cannot be watched: no space left on device"));
	}
	probe_start(&probes[2], &bench, "/a", (struct http_request){ .method = "GET" });
	ck_assert(fake_run_until(bench.loop, &probes[2].is_over, 3000));
	ck_assert_str_eq(probes[2].err.text, "");
	for (int i = 0; i < 3; i++)
		probe_finish(&probes[i]);
	bench_close(&bench, "watch");
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, goes_wrong_in_words, rows);
	tcase_add_test(tests, a_refused_connection_is_said_so);
	tcase_add_test(tests, a_handshake_without_an_answer_has_its_limit);
	tcase_add_test(tests, headers_without_end_are_cut_off);
	tcase_add_test(tests, a_cancel_before_the_start_sends_nothing);
	tcase_add_test(tests, destroying_the_client_ends_what_runs);
	suite_add_rows(tests, fetches_up_to_a_limit, fetches);
	tcase_add_test(tests, a_connection_that_cannot_be_watched_ends_what_waits_for_it);
}

SUITE_MAIN("http limits", add)
