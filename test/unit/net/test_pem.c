#include "net/pem.h"

#include <stdio.h>

#include "fake/tls.h"
#include "suite.h"

/* More files of the folder: chains, whole files and broken ones. */
static void make_files(void)
{
	fake_tls_make();
	fake_tls_run("cat client.crt ca.crt >chain.crt; cat ca.crt client.crt >turned.crt; "
		     "cat client.crt client.key >both.pem; cat client.key client.crt >key-first.pem; "
		     "head -n 3 client.crt >cut.crt; (cat ca.crt; head -n 3 client.crt) >cut-chain.crt; "
		     "tr A-Z a-z <client.crt | sed '1s/.*/-----BEGIN CERTIFICATE-----/;"
		     "$s/.*/-----END CERTIFICATE-----/' >garbled.crt; : >empty; echo hello >words; "
		     "(echo '# ours'; cat ca.crt; echo; cat other.crt; echo '# end') >bundle.crt; "
		     "openssl ec -in client.key -aes256 -passout pass:x -out phrase.key 2>/dev/null; "
		     "openssl genrsa -traditional -out rsa.key 2048 2>/dev/null; "
		     "openssl req -x509 -key rsa.key -subj /CN=rsa -out rsa.crt -days 2 2>/dev/null");
}

static const struct {
	const char *name;
	const char *file;
	enum err_class want;
	const char *want_text;
} authorities[] = {
	{ "one authority", "ca.crt", ERR_NONE, "" },
	{ "several, with words between them", "bundle.crt", ERR_NONE, "" },
	{ "nothing", "empty", ERR_INPUT, "there is no certificate" },
	{ "words", "words", ERR_INPUT, "there is no certificate" },
	{ "a key", "client.key", ERR_INPUT, "there is no certificate" },
	{ "one that is cut", "cut.crt", ERR_INPUT, "cannot be read" },
	{ "the second one is cut", "cut-chain.crt", ERR_INPUT, "cannot be read" },
	{ "one that is garbled", "garbled.crt", ERR_INPUT, "cannot be read" },
};

START_TEST(authorities_are_checked)
{
	char room[FAKE_TLS_ROOM];
	struct err err = ERR_INIT;

	expect_int(authorities[_i].name,
		   pem_check_authorities(fake_tls_text(room, authorities[_i].file), &err),
		   authorities[_i].want);
	expect_contains(authorities[_i].name, err.text, authorities[_i].want_text);
}
END_TEST

static const struct {
	const char *name;
	const char *cert;
	const char *key;
	enum err_class want;
	const char *want_text;
} pairs[] = {
	{ "a certificate and its key", "client.crt", "client.key", ERR_NONE, "" },
	{ "an RSA key in its own form", "rsa.crt", "rsa.key", ERR_NONE, "" },
	{ "a chain: the first one counts", "chain.crt", "client.key", ERR_NONE, "" },
	{ "a chain the wrong way round", "turned.crt", "client.key", ERR_INPUT, "not that of the certificate" },
	{ "both in one file", "both.pem", "both.pem", ERR_NONE, "" },
	{ "both in one file, the key first", "key-first.pem", "key-first.pem", ERR_NONE, "" },
	{ "the key of another one", "client.crt", "second.key", ERR_INPUT, "not that of the certificate" },
	{ "a key that asks for a pass phrase", "client.crt", "phrase.key", ERR_INPUT, "no private key" },
	{ "no key", "client.crt", "empty", ERR_INPUT, "no private key" },
	{ "a certificate where the key belongs", "client.crt", "client.crt", ERR_INPUT, "no private key" },
	{ "no certificate", "words", "client.key", ERR_INPUT, "no certificate" },
	{ "a chain that is cut", "cut-chain.crt", "ca.key", ERR_INPUT, "cannot be read" },
};

START_TEST(pairs_are_checked)
{
	char room[2][FAKE_TLS_ROOM];
	struct err err = ERR_INIT;

	expect_int(pairs[_i].name,
		   pem_check_pair(fake_tls_text(room[0], pairs[_i].cert), fake_tls_text(room[1], pairs[_i].key),
				  &err),
		   pairs[_i].want);
	expect_contains(pairs[_i].name, err.text, pairs[_i].want_text);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_unchecked_fixture(tests, make_files, fake_tls_remove);
	suite_add_rows(tests, authorities_are_checked, authorities);
	suite_add_rows(tests, pairs_are_checked, pairs);
}

SUITE_MAIN("pem", add)
