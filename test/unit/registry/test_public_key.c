#include "registry/public_key.h"

#include <stdio.h>

#include "signing.h"
#include "suite.h"

/* What stands in the rows for a text: a file of data/, or the text itself. */
static const struct {
	const char *name;
	const char *files[PUBLIC_KEYS_MAX + 1]; /* one after the other */
	const char *text;                       /* behind them */
	int count;                              /* -1: an error */
	const char *says;
} rows[] = {
	{ "a key as cosign writes it", { "ci.pub" }, "", 1, "" },
	{ "two keys are a list for rotation", { "ci.pub", "qa.pub" }, "", 2, "" },
	{ "words around a key do not matter", { "ci.pub" }, "the key of the build server\n", 1, "" },
	{ "a key twice", { "ci.pub", "ci.pub" }, "", -1, "it holds one key twice" },
	{ "nothing", { NULL }, "", -1, "it holds no public key" },
	{ "words alone", { NULL }, "release-keys", -1, "it holds no public key" },
	{ "a key of another curve", { "p384.pub" }, "", -1, "not an ECDSA key on the curve P-256" },
	{ "an RSA key", { "rsa.pub" }, "", -1, "not an ECDSA key on the curve P-256" },
	{ "an Ed25519 key", { "ed25519.pub" }, "", -1, "not an ECDSA key on the curve P-256" },
	{ "a good key and one of another curve", { "ci.pub", "p384.pub" }, "", -1, "on the curve P-256" },
	{ "a private key", { NULL }, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", -1,
	  "it holds a private key" },
	{ "cosign's own private key", { NULL },
	  "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n", -1,
	  "it holds a private key" },
	{ "a certificate", { NULL }, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", -1,
	  "it holds a block \"CERTIFICATE\", which is no PUBLIC KEY" },
	{ "bytes that are no key", { NULL }, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", -1,
	  "a key in it cannot be read" },
	{ "a block without an end", { NULL }, "-----BEGIN PUBLIC KEY-----\nAAAA\n", -1, "a PEM block in it is broken" },
	{ "a good key and a broken block", { "ci.pub" }, "-----BEGIN PUBLIC KEY-----\n%%%%\n-----END PUBLIC KEY-----\n", -1,
	  "a PEM block in it is broken" },
};

START_TEST(reads_keys)
{
	const char *name = rows[_i].name;
	struct public_key keys[PUBLIC_KEYS_MAX];
	struct err err = ERR_INIT;
	char text[8192] = "";
	size_t count = 99;
	int r;

	for (size_t i = 0; rows[_i].files[i] != NULL; i++)
		strncat(text, signing_file(rows[_i].files[i]), sizeof(text) - strlen(text) - 1);
	strncat(text, rows[_i].text, sizeof(text) - strlen(text) - 1);
	r = public_keys_parse(text, strlen(text), keys, &count, &err);
	if (rows[_i].count < 0) {
		expect_int(name, r, ERR_INPUT);
		expect_contains(name, err.text, rows[_i].says);
		return;
	}
	expect_str(name, err.text, "");
	expect_int(name, count, rows[_i].count);
	for (size_t i = 0; i < count; i++)
		expect_int(name, strlen(keys[i].id), 64);
}
END_TEST

START_TEST(refuses_too_many_and_too_long)
{
	char *text = signing_room(PUBLIC_KEYS_TEXT_MAX + 2);
	struct public_key keys[PUBLIC_KEYS_MAX];
	struct err err = ERR_INIT;
	size_t count;

	for (int i = 0; i <= PUBLIC_KEYS_MAX; i++)
		strcat(text, signing_key_pem(signing_key_make("P-256")));
	ck_assert_int_eq(public_keys_parse(text, strlen(text), keys, &count, &err), ERR_INPUT);
	expect_contains("too many", err.text, "it holds more than 8 keys");
	memset(text, '\n', PUBLIC_KEYS_TEXT_MAX + 1);
	err = ERR_INIT;
	ck_assert_int_eq(public_keys_parse(text, PUBLIC_KEYS_TEXT_MAX + 1, keys, &count, &err), ERR_INPUT);
	expect_contains("too long", err.text, "more than 16384 bytes");
}
END_TEST

/* One key has one form, so that it cannot count as two. */
START_TEST(compressed_points_are_the_same_key)
{
	/* The generator of P-256, compressed and not. */
	static const char *const texts[] = {
		"-----BEGIN PUBLIC KEY-----\n"
		"MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgADaxfR8uEsQkf4vOblY6RA8ncDfYEt\n"
		"6zOg9KE5RdiYwpY=\n-----END PUBLIC KEY-----\n",
		"-----BEGIN PUBLIC KEY-----\n"
		"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\n"
		"6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n-----END PUBLIC KEY-----\n",
	};
	struct public_key keys[2][PUBLIC_KEYS_MAX];

	for (int i = 0; i < 2; i++)
		ck_assert_uint_eq(signing_take_keys(texts[i], keys[i]), 1);
	expect_str("the same", keys[0][0].id, keys[1][0].id);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, reads_keys, rows);
	tcase_add_test(tests, refuses_too_many_and_too_long);
	tcase_add_test(tests, compressed_points_are_the_same_key);
}

SUITE_MAIN("registry public_key", add)
