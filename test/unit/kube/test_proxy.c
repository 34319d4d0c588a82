/* A kubeconfig's proxy-url, with real proxies between the client and a server that only they know by name. */

#include <stdio.h>
#include <unistd.h>

#include "bench.h"
#include "ended.h"
#include "fake/tls.h"

static const struct {
	const char *name;
	const char *proxy; /* its arguments; NULL: there is none */
	const char *url;   /* without the port */
	const char *ca;
	int want_status;
	const char *want_text;
} rows[] = {
	{ "by CONNECT", "http", "http://127.0.0.1", "ca.crt", 200, "" },
	{ "by CONNECT, with a password", "http --user joe:secret", "http://joe:secret@127.0.0.1", "ca.crt", 200,
	  "" },
	{ "by CONNECT, with another password", "http --user joe:secret", "http://joe:wrong@127.0.0.1", "ca.crt",
	  0, "407" },
	{ "by CONNECT within TLS", "https", "https://127.0.0.1", "ca.crt", 200, "" },
	{ "a proxy whose certificate is for somebody else", "https --pair name", "https://127.0.0.1", "ca.crt", 0,
	  "certificate" },
	{ "the server is verified behind a proxy", "http", "http://127.0.0.1", "other.crt", 0, "certificate" },
	{ "by SOCKS, which resolves the name", "socks5", "socks5://127.0.0.1", "ca.crt", 200, "" },
	{ "by SOCKS, with a password", "socks5 --user joe:secret", "socks5://joe:secret@127.0.0.1", "ca.crt", 200,
	  "" },
	{ "by SOCKS, with another password", "socks5 --user joe:secret", "socks5://joe:wrong@127.0.0.1", "ca.crt",
	  0, "connecting" },
	{ "without a proxy nobody knows the name", NULL, NULL, "ca.crt", 0, "resolve" },
};

static struct fake_tls_server start_proxy(const char *arguments)
{
	char command[512];

	(void)snprintf(command, sizeof(command), "/usr/bin/python3 '%s' %s", getenv("FAKE_PROXY"), arguments);
	return fake_tls_listen(command);
}

START_TEST(a_proxy_is_gone_through)
{
	struct fake_tls_server server = fake_tls_serve("name", "");
	struct fake_tls_server proxy = { .port = 0 };
	struct kubeconfig config = { .token = "abc", .ca_file = rows[_i].ca };
	struct ended ended = { .status = 0 };
	struct bench bench;
	struct err err = ERR_INIT;
	char room[FAKE_TLS_ROOM];
	char urls[2][128];
	char want[64] = "";

	ck_assert_int_eq(chdir(fake_tls_folder()), 0);
	fake_tls_run("rm -f proxied");
	/* A proxy of the environment is none. */
	(void)setenv("HTTPS_PROXY", "http://127.0.0.1:1", 1);
	if (rows[_i].proxy != NULL) {
		proxy = start_proxy(rows[_i].proxy);
		(void)snprintf(urls[1], sizeof(urls[1]), "%s:%d", rows[_i].url, proxy.port);
		config.proxy_url = urls[1];
	}
	bench = bench_open(NULL, 0, (struct kubeconfig){ .token = NULL });
	client_destroy(bench.client);
	(void)snprintf(urls[0], sizeof(urls[0]), "https://inside.example:%d", server.port);
	config.server = urls[0];
	ck_assert_msg(client_create(bench.loop, bench.http, &config, &bench.client, &err) == 0, "%s", err.text);
	ck_assert(client_get(bench.client, "/a", on_end, &ended, &err) == 0);
	ck_assert(fake_run_until(bench.loop, &ended.is_over, 8000));
	expect_int(rows[_i].name, ended.status, rows[_i].want_status);
	expect_contains(rows[_i].name, ended.err.text, rows[_i].want_text);
	expect(rows[_i].name, strstr(ended.err.text, "wrong") == NULL);
	if (rows[_i].want_status == 200) {
		(void)snprintf(want, sizeof(want), "inside.example:%d\n", server.port);
		expect_str(rows[_i].name, fake_tls_text(room, "proxied"), want);
	}
	if (rows[_i].proxy != NULL)
		fake_tls_stop(&proxy);
	fake_tls_stop(&server);
	bench_close(&bench, rows[_i].name);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_unchecked_fixture(tests, fake_tls_make, fake_tls_remove);
	suite_add_rows(tests, a_proxy_is_gone_through, rows);
}

SUITE_MAIN("proxy", add)
