#include "telemetry/health.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/clock.h"
#include "suite.h"

#define PATIENCE_MS 5000

/* A server on a loop of its own, with two checks that the test sets. */
struct fixture {
	struct loop *loop;
	struct metrics *metrics;
	struct health *health;
	bool cache_is_well;
	bool lease_is_well;
	char reply[65536];
};

static bool check_cache(void *user, struct err *err)
{
	struct fixture *fixture = user;

	if (!fixture->cache_is_well)
		err_set(err, ERR_BUSY, "2 of 11 watches have not synced");
	return fixture->cache_is_well;
}

static bool check_lease(void *user, struct err *err)
{
	(void)err;
	return ((struct fixture *)user)->lease_is_well;
}

static void start(struct fixture *fixture, const char *address)
{
	struct err err = ERR_INIT;

	*fixture = (struct fixture){ .cache_is_well = true, .lease_is_well = true };
	ck_assert_int_eq(loop_create(&fixture->loop, &err), 0);
	fixture->metrics = metrics_create("1.2.3");
	ck_assert_msg(health_create(fixture->loop, address, fixture->metrics, &fixture->health, &err) == 0,
		      "%s", err.text);
	health_add_check(fixture->health, "caches", check_cache, fixture);
	health_add_check(fixture->health, "lease", check_lease, fixture);
}

static void stop(struct fixture *fixture)
{
	health_destroy(fixture->health);
	loop_destroy(fixture->loop);
	metrics_destroy(fixture->metrics);
}

static int connect_to(const struct fixture *fixture, int family)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int r;

	v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	v4.sin_port = v6.sin6_port = htons((uint16_t)health_port(fixture->health));
	r = family == AF_INET ? connect(fd, (struct sockaddr *)&v4, sizeof(v4)) :
				connect(fd, (struct sockaddr *)&v6, sizeof(v6));
	ck_assert_msg(r == 0, "cannot connect: %s", strerror(errno));
	return fd;
}

/* Turns the loop until the server has closed fd, and reads all that comes. */
static const char *read_reply(struct fixture *fixture, int fd)
{
	int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
	size_t len = 0;

	for (;;) {
		ssize_t n;

		(void)uv_run(loop_uv(fixture->loop), UV_RUN_NOWAIT);
		n = recv(fd, fixture->reply + len, sizeof(fixture->reply) - 1 - len, MSG_DONTWAIT);
		if (n > 0)
			len += (size_t)n;
		else if (n == 0 || errno != EAGAIN)
			break;
		else
			usleep(500);
		ck_assert_msg(clock_monotonic_ms() < until_ms, "no end of the reply");
	}
	fixture->reply[len] = '\0';
	close(fd);
	return fixture->reply;
}

static const char *ask(struct fixture *fixture, int family, const char *head)
{
	char request[512];
	int fd = connect_to(fixture, family);
	int len = snprintf(request, sizeof(request), "%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
			   head);

	ck_assert_int_eq(send(fd, request, (size_t)len, MSG_NOSIGNAL), len);
	return read_reply(fixture, fd);
}

static const struct {
	const char *name;
	const char *request;
	bool cache_is_well;
	const char *want_status;
	const char *want_end; /* of the reply */
} rows[] = {
	{ "alive", "GET /healthz", true, "200 OK", "\r\n\r\nok\n" },
	{ "alive, though not ready", "GET /healthz", false, "200 OK", "\r\n\r\nok\n" },
	{ "ready", "GET /readyz", true, "200 OK", "\r\n\r\nok\n" },
	{ "ready, in full", "GET /readyz?verbose", true, "200 OK",
	  "\r\n\r\n[+] caches ok\n[+] lease ok\nready\n" },
	{ "ready, in full, as a flag with a value", "GET /readyz?verbose=1", true, "200 OK",
	  "\r\n\r\n[+] caches ok\n[+] lease ok\nready\n" },
	{ "not ready: the list comes unasked", "GET /readyz", false, "503 Service Unavailable",
	  "\r\n\r\n[-] caches failed: 2 of 11 watches have not synced\n[+] lease ok\n" },
	{ "one check", "GET /readyz/lease", false, "200 OK", "\r\n\r\nok\n" },
	{ "one check that fails", "GET /readyz/caches", false, "503 Service Unavailable",
	  "\r\n\r\n[-] caches failed: 2 of 11 watches have not synced\n" },
	{ "a check that there is not", "GET /readyz/moon", true, "404 Not Found", "no such check\n" },
	{ "a path that there is not", "GET /", true, "404 Not Found", "not found\n" },
	{ "a path that only begins right", "GET /metricsx", true, "404 Not Found", "not found\n" },
	{ "a check without a name", "GET /readyz/", true, "404 Not Found", "not found\n" },
	{ "HEAD has no body", "HEAD /healthz", true, "200 OK", "\r\n\r\n" },
	{ "nothing can be posted", "POST /metrics", true, "405 Method Not Allowed",
	  "only GET and HEAD\n" },
	{ "nothing can be deleted", "DELETE /healthz", true, "405 Method Not Allowed",
	  "only GET and HEAD\n" },
};

START_TEST(probes_are_answered)
{
	static struct fixture fixture;
	char status[64];
	const char *reply;

	start(&fixture, "127.0.0.1:0");
	fixture.cache_is_well = rows[_i].cache_is_well;
	reply = ask(&fixture, AF_INET, rows[_i].request);
	(void)snprintf(status, sizeof(status), "HTTP/1.1 %s\r\n", rows[_i].want_status);
	expect_int(rows[_i].name, strncmp(reply, status, strlen(status)), 0);
	expect(rows[_i].name, strlen(reply) > strlen(rows[_i].want_end));
	expect_str(rows[_i].name, reply + strlen(reply) - strlen(rows[_i].want_end), rows[_i].want_end);
	expect_contains(rows[_i].name, reply, "X-Content-Type-Options: nosniff\r\n");
	expect_int(rows[_i].name, strstr(reply, "Allow: GET, HEAD\r\n") != NULL,
		   strstr(rows[_i].want_status, "405") != NULL);
	stop(&fixture);
}
END_TEST

START_TEST(metrics_are_served)
{
	static struct fixture fixture;
	const char *reply;

	start(&fixture, "127.0.0.1:0");
	reply = ask(&fixture, AF_INET, "GET /metrics");
	expect_contains("its type", reply, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n");
	expect_contains("its content", reply, "\nsluice_build_info{version=\"1.2.3\"} 1\n");
	stop(&fixture);
}
END_TEST

START_TEST(without_metrics_there_is_no_page)
{
	static struct fixture fixture;
	struct err err = ERR_INIT;

	ck_assert_int_eq(loop_create(&fixture.loop, &err), 0);
	ck_assert_int_eq(health_create(fixture.loop, "127.0.0.1:0", NULL, &fixture.health, &err), 0);
	expect_contains("404", ask(&fixture, AF_INET, "GET /metrics"), "HTTP/1.1 404 ");
	expect_contains("no checks, so all pass", ask(&fixture, AF_INET, "GET /readyz"), "HTTP/1.1 200 ");
	health_destroy(fixture.health);
	loop_destroy(fixture.loop);
}
END_TEST

static const struct {
	const char *name;
	const char *address;
	int family;
} families[] = {
	{ "IPv4 on every address", ":0", AF_INET },
	{ "IPv6 on every address", ":0", AF_INET6 },
	{ "IPv6 alone", "[::1]:0", AF_INET6 },
};

START_TEST(both_families_are_served)
{
	static struct fixture fixture;

	start(&fixture, families[_i].address);
	expect_contains(families[_i].name, ask(&fixture, families[_i].family, "GET /healthz"), "200 OK");
	stop(&fixture);
}
END_TEST

START_TEST(a_bad_address_is_told)
{
	struct loop *loop;
	struct health *health = NULL;
	struct err err = ERR_INIT;

	ck_assert_int_eq(loop_create(&loop, &err), 0);
	expect_int("no port", health_create(loop, "127.0.0.1", NULL, &health, &err), ERR_INPUT);
	expect("nothing was made", health == NULL);
	health_destroy(health);
	loop_destroy(loop);
}
END_TEST

/* Hostile bytes: an error or a closed connection or silence until the time limit, and the next probe
 * is served at once. */
static const struct {
	const char *name;
	const char *bytes;
} rubbish[] = {
	{ "no HTTP", "hello\r\n\r\n" },
	{ "a TLS hello", "\x16\x03\x01\x02\x01\x01" },
	{ "a version from the future", "GET / HTTP/9.9\r\n\r\n" },
	{ "no Host", "GET /healthz HTTP/1.1\r\n\r\n" },
	{ "a body that is announced and never comes",
	  "GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n" },
	{ "a probe with a body", "GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc" },
	{ "an upload", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" },
};

START_TEST(rubbish_does_no_harm)
{
	static struct fixture fixture;
	int fd;
	ssize_t len;

	start(&fixture, "127.0.0.1:0");
	fd = connect_to(&fixture, AF_INET);
	ck_assert(send(fd, rubbish[_i].bytes, strlen(rubbish[_i].bytes), MSG_NOSIGNAL) > 0);
	expect_contains(rubbish[_i].name, ask(&fixture, AF_INET, "GET /healthz"), "200 OK");
	len = recv(fd, fixture.reply, sizeof(fixture.reply) - 1, MSG_DONTWAIT);
	fixture.reply[len < 0 ? 0 : len] = '\0';
	expect(rubbish[_i].name, fixture.reply[0] == '\0' || strstr(fixture.reply, "HTTP/1.1 4") != NULL ||
					 strstr(fixture.reply, "HTTP/1.1 505") != NULL);
	close(fd);
	stop(&fixture);
}
END_TEST

START_TEST(a_head_without_end_is_refused)
{
	static struct fixture fixture;
	char filler[1024];
	int fd;

	memset(filler, 'a', sizeof(filler));
	start(&fixture, "127.0.0.1:0");
	fd = connect_to(&fixture, AF_INET);
	ck_assert(send(fd, "GET /", 5, MSG_NOSIGNAL) == 5);
	for (int n = 0; n < 64; n++) {
		if (send(fd, filler, sizeof(filler), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break;
		(void)uv_run(loop_uv(fixture.loop), UV_RUN_NOWAIT);
	}
	(void)read_reply(&fixture, fd);
	expect("no success", strstr(fixture.reply, "200 OK") == NULL);
	expect_contains("the next one is served", ask(&fixture, AF_INET, "GET /healthz"), "200 OK");
	stop(&fixture);
}
END_TEST

/* One address may hold 16 connections; the 17th is closed at once. All of them end with the server. */
START_TEST(connections_are_bounded)
{
	static struct fixture fixture;
	int fds[20];
	int closed = 0;

	start(&fixture, "127.0.0.1:0");
	for (int i = 0; i < 20; i++)
		fds[i] = connect_to(&fixture, AF_INET);
	for (int turn = 0; turn < 100; turn++) {
		(void)uv_run(loop_uv(fixture.loop), UV_RUN_NOWAIT);
		usleep(500);
	}
	for (int i = 0; i < 20; i++) {
		char byte;

		closed += recv(fds[i], &byte, 1, MSG_DONTWAIT) == 0 ? 1 : 0;
	}
	expect_int("four too many", closed, 4);
	stop(&fixture);
	for (int i = 0; i < 20; i++)
		close(fds[i]);
}
END_TEST

START_TEST(keep_alive_serves_twice)
{
	static struct fixture fixture;
	static const char requests[] = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
				       "GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
	const char *second;
	int fd;

	start(&fixture, "127.0.0.1:0");
	fd = connect_to(&fixture, AF_INET);
	ck_assert(send(fd, requests, strlen(requests), MSG_NOSIGNAL) > 0);
	expect_contains("one reply", read_reply(&fixture, fd), "HTTP/1.1 200 OK");
	second = strstr(fixture.reply + 1, "HTTP/1.1 200 OK");
	expect("and another", second != NULL);
	stop(&fixture);
}
END_TEST

/* A server that nobody asks wakes nobody. */
START_TEST(an_idle_server_sleeps)
{
	static struct fixture fixture;

	start(&fixture, "127.0.0.1:0");
	(void)ask(&fixture, AF_INET, "GET /healthz");
	for (int turn = 0; turn < 20; turn++)
		(void)uv_run(loop_uv(fixture.loop), UV_RUN_NOWAIT);
	expect_int("no timeout is set", uv_backend_timeout(loop_uv(fixture.loop)), -1);
	stop(&fixture);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, probes_are_answered, rows);
	tcase_add_test(tests, metrics_are_served);
	tcase_add_test(tests, without_metrics_there_is_no_page);
	suite_add_rows(tests, both_families_are_served, families);
	tcase_add_test(tests, a_bad_address_is_told);
	suite_add_rows(tests, rubbish_does_no_harm, rubbish);
	tcase_add_test(tests, a_head_without_end_is_refused);
	tcase_add_test(tests, connections_are_bounded);
	tcase_add_test(tests, keep_alive_serves_twice);
	tcase_add_test(tests, an_idle_server_sleeps);
}

SUITE_MAIN("health", add)
