/* TLS against servers of the openssl command: who is believed, and who we say that we are. */

#include <openssl/x509.h>
#include <stdio.h>

#include "base/err.h"
#include "fake/tls.h"
#include "net/http.h"
#include "suite.h"

static const struct {
	const char *name;
	const char *server;    /* certificate */
	const char *arguments; /* of the server */
	const char *ca;
	const char *cert;
	const char *key;
	const char *server_name;
	bool is_insecure;
	enum err_class want;
	const char *want_text;
} rows[] = {
	{ "a certificate of the given authority for the address", "address", "", "ca.crt", NULL, NULL,
	  NULL, false, ERR_NONE, "" },
	{ "an authority that nobody has named", "address", "", NULL, NULL, NULL, NULL, false, ERR_NET,
	  "certificate" },
	{ "another authority", "address", "", "other.crt", NULL, NULL, NULL, false, ERR_NET,
	  "certificate" },
	{ "a certificate for somebody else", "name", "", "ca.crt", NULL, NULL, NULL, false, ERR_NET,
	  "127.0.0.1" },
	{ "another server name is the one that counts", "name", "", "ca.crt", NULL, NULL,
	  "inside.example", false, ERR_NONE, "" },
	{ "another server name that is not in the certificate", "address", "", "ca.crt", NULL, NULL,
	  "outside.example", false, ERR_NET, "outside.example" },
	{ "without verification anybody is believed", "name", "", NULL, NULL, NULL, NULL, true,
	  ERR_NONE, "" },
	{ "a client certificate where one is asked for", "address",
	  "-Verify 1 -CAfile ca.crt -verify_return_error", "ca.crt", "client.crt", "client.key", NULL,
	  false, ERR_NONE, "" },
	{ "no client certificate where one is asked for", "address",
	  "-Verify 1 -CAfile ca.crt -verify_return_error", "ca.crt", NULL, NULL, NULL, false, ERR_NET,
	  "" },
	{ "a client certificate with another key", "address", "", "ca.crt", "client.crt", "other.key",
	  NULL, false, ERR_INPUT, "key" },
	{ "an authority that is no PEM", "address", "", "address.ext", NULL, NULL, NULL, false,
	  ERR_INPUT, "CA" },
	{ "TLS 1.2 is spoken", "address", "-tls1_2", "ca.crt", NULL, NULL, NULL, false, ERR_NONE, "" },
	{ "TLS 1.1 is not", "address", "-tls1_1 -cipher DEFAULT@SECLEVEL=0", "ca.crt", NULL, NULL, NULL,
	  false, ERR_NET, "" },
};

struct fetched {
	struct loop *loop;
	struct err err;
	int status;
};

static void on_answer(void *user, const struct http_answer *answer, const struct err *err)
{
	struct fetched *fetched = user;

	fetched->err = *err;
	fetched->status = answer == NULL ? 0 : answer->status;
	loop_stop(fetched->loop);
}

/* A folder of authorities that curl asks OpenSSL for: this goes before OpenSSL's own function. */
static int folders_believed;

int X509_STORE_load_path(X509_STORE *store, const char *path)
{
	(void)store;
	(void)path;
	folders_believed++;
	return 1;
}

static void fetch(int port, const struct http_tls *tls, struct fetched *fetched)
{
	struct http_request request = { .method = "GET", .tls = tls, .total_timeout_ms = 5000 };
	struct err err = ERR_INIT;
	struct http *http;
	char url[64];

	(void)snprintf(url, sizeof(url), "https://127.0.0.1:%d/", port);
	request.url = url;
	ck_assert(loop_create(&fetched->loop, &err) == 0);
	ck_assert(http_create(fetched->loop, &http, &err) == 0);
	ck_assert(http_fetch(http, &request, (size_t)1 << 20, on_answer, fetched, NULL, &err) == 0);
	loop_run(fetched->loop);
	http_destroy(http);
	loop_destroy(fetched->loop);
}

START_TEST(believes_and_is_believed)
{
	struct fake_tls_server server = fake_tls_serve(rows[_i].server, rows[_i].arguments);
	struct fetched fetched = { .status = 0 };
	char room[3][FAKE_TLS_ROOM];
	const struct http_tls tls = {
		.ca_pem = fake_tls_text(room[0], rows[_i].ca),
		.cert_pem = fake_tls_text(room[1], rows[_i].cert),
		.key_pem = fake_tls_text(room[2], rows[_i].key),
		.server_name = rows[_i].server_name,
		.is_insecure = rows[_i].is_insecure,
	};

	fetch(server.port, &tls, &fetched);
	fake_tls_stop(&server);
	expect_int(rows[_i].name, fetched.err.class, rows[_i].want);
	expect_contains(rows[_i].name, fetched.err.text, rows[_i].want_text);
	expect_int(rows[_i].name, fetched.status, rows[_i].want == ERR_NONE ? 200 : 0);
}
END_TEST

START_TEST(a_given_authority_stands_alone)
{
	struct fake_tls_server server = fake_tls_serve("address", "");
	struct fetched fetched = { .status = 0 };
	char room[FAKE_TLS_ROOM];
	struct http_tls tls = { .ca_pem = fake_tls_text(room, "ca.crt") };

	fetch(server.port, &tls, &fetched);
	ck_assert_int_eq(fetched.status, 200);
	ck_assert_int_eq(folders_believed, 0);
	tls.ca_pem = NULL;
	fetch(server.port, &tls, &fetched);
	ck_assert_int_gt(folders_believed, 0);
	fake_tls_stop(&server);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_unchecked_fixture(tests, fake_tls_make, fake_tls_remove);
	suite_add_rows(tests, believes_and_is_believed, rows);
	tcase_add_test(tests, a_given_authority_stands_alone);
}

SUITE_MAIN("http tls", add)
