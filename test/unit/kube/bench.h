/*
 * What the tests of kube/client, apply and watch share: loop, HTTP client, scripted server, client.
 * May include: Check, fake/server.h, kube, net.
 */
#ifndef SLUICE_TEST_KUBE_BENCH_H
#define SLUICE_TEST_KUBE_BENCH_H

#include "fake/server.h"
#include "kube/client.h"
#include "kube/kubeconfig.h"
#include "net/http.h"
#include "net/loop.h"
#include "suite.h"

struct bench {
	struct loop *loop;
	struct http *http;
	struct client *client;
	struct fake_server *server;
};

/* config's server is filled in, with HTTP/2 its authority as well. */
static inline struct bench bench_open_over(bool is_http2, const struct fake_step *script, size_t count,
					   struct kubeconfig config)
{
	struct bench bench;
	struct err err = ERR_INIT;

	ck_assert(loop_create(&bench.loop, &err) == 0);
	ck_assert(http_create(bench.loop, &bench.http, &err) == 0);
	bench.server = is_http2 ? fake_server_create_http2(bench.loop, script, count)
				: fake_server_create(bench.loop, script, count);
	config.server = fake_server_url(bench.server);
	config.ca_pem = (char *)(uintptr_t)fake_server_ca(bench.server);
	ck_assert_msg(client_create(bench.loop, bench.http, &config, &bench.client, &err) == 0, "%s", err.text);
	return bench;
}

/* Over HTTP/1.1. */
static inline struct bench bench_open(const struct fake_step *script, size_t count,
				      struct kubeconfig config)
{
	return bench_open_over(false, script, count, config);
}

/* Ends all, and asserts that the server saw what its script says. */
static inline void bench_close(struct bench *bench, const char *row)
{
	const char *complaint;

	http_destroy(bench->http);
	client_destroy(bench->client);
	complaint = fake_server_complaint(bench->server);
	ck_assert_msg(complaint == NULL, "%s: %s", row, complaint);
	fake_server_destroy(bench->server);
	loop_destroy(bench->loop);
}

#endif
