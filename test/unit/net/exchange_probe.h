/*
 * What the tests of net/http share: a loop, the HTTP client, a scripted server, and a record of one
 * exchange. May include: Check, fake/server.h, net.
 */
#ifndef SLUICE_TEST_EXCHANGE_PROBE_H
#define SLUICE_TEST_EXCHANGE_PROBE_H

#include <stdio.h>

#include "base/buf.h"
#include "fake/server.h"
#include "net/http.h"
#include "suite.h"

struct bench {
	struct loop *loop;
	struct http *http;
	struct fake_server *server;
};

/* What became of one exchange. */
struct probe {
	struct http_exchange *exchange;
	struct http_head head;      /* strings are gone when it is over; see the copies */
	char www_authenticate[128];
	char content_type[64];
	struct buf body;
	struct err err;
	int status;
	int heads;
	int ends;
	bool is_over;
	bool cancels_in_head;
	bool cancels_in_bytes;
	bool refuses_bytes;
};

static inline struct bench bench_open(const struct fake_step *script, size_t count)
{
	struct bench bench;
	struct err err = ERR_INIT;

	ck_assert(loop_create(&bench.loop, &err) == 0);
	ck_assert(http_create(bench.loop, &bench.http, &err) == 0);
	bench.server = fake_server_create(bench.loop, script, count);
	return bench;
}

/* Ends everything, and asserts that the server saw what its script says. */
static inline void bench_close(struct bench *bench, const char *row)
{
	const char *complaint;

	http_destroy(bench->http);
	complaint = fake_server_complaint(bench->server);
	ck_assert_msg(complaint == NULL, "%s: %s", row, complaint);
	fake_server_destroy(bench->server);
	loop_destroy(bench->loop);
}

static inline void probe_on_head(void *user, const struct http_head *head)
{
	struct probe *probe = user;

	probe->heads++;
	probe->head = *head;
	(void)snprintf(probe->www_authenticate, sizeof(probe->www_authenticate), "%s",
		       head->www_authenticate);
	(void)snprintf(probe->content_type, sizeof(probe->content_type), "%s", head->content_type);
	if (probe->cancels_in_head)
		http_cancel(probe->exchange);
}

static inline bool probe_on_bytes(void *user, const char *bytes, size_t len)
{
	struct probe *probe = user;

	ck_assert(buf_append(&probe->body, bytes, len, NULL) == 0);
	if (probe->cancels_in_bytes)
		http_cancel(probe->exchange);
	return !probe->refuses_bytes;
}

static inline void probe_on_done(void *user, int status, const struct err *err)
{
	struct probe *probe = user;

	probe->ends++;
	probe->status = status;
	probe->err = *err;
	probe->is_over = true;
}

/* Starts request (its url is filled in from path) and records it. */
static inline void probe_start(struct probe *probe, struct bench *bench, const char *path,
			       struct http_request request)
{
	struct http_handler handler = { probe_on_head, probe_on_bytes, probe_on_done, probe };
	struct err err = ERR_INIT;
	char url[512];

	(void)snprintf(url, sizeof(url), "%s%s", fake_server_url(bench->server), path);
	request.url = url;
	request.allow_plain = true;
	if (request.method == NULL)
		request.method = "GET";
	probe->body = BUF_INIT((size_t)16 << 20);
	ck_assert_msg(http_start(bench->http, &request, &handler, &probe->exchange, &err) == 0, "%s",
		      err.text);
}

static inline void probe_finish(struct probe *probe)
{
	buf_finish(&probe->body);
}

#endif
