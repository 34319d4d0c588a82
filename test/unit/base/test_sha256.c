#include "base/sha256.h"

#include <openssl/sha.h>
#include <stdio.h>

#include "suite.h"

/* The examples published with FIPS 180-4. */
static const struct {
	const char *name;
	const char *text;
	size_t times;
	const char *want;
} vectors[] = {
	{ "nothing", "", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "two blocks", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	{ "a million times a", "a", 1000000,
	  "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
};

START_TEST(the_published_examples)
{
	size_t piece = strlen(vectors[_i].text);
	char *text = malloc(piece * vectors[_i].times + 1);
	char hex[SHA256_HEX_SIZE];

	for (size_t n = 0; n < vectors[_i].times; n++)
		memcpy(text + n * piece, vectors[_i].text, piece);
	sha256_hex(text, piece * vectors[_i].times, hex);
	expect_str(vectors[_i].name, hex, vectors[_i].want);
	free(text);
}
END_TEST

/* Every length around the borders of one to five blocks. */
START_TEST(the_same_as_openssl)
{
	unsigned char bytes[300];
	unsigned char hash[SHA256_DIGEST_LENGTH];
	char hex[SHA256_HEX_SIZE];
	char want[SHA256_HEX_SIZE];

	for (size_t n = 0; n < sizeof(bytes); n++)
		bytes[n] = (unsigned char)(n * 131 + 17);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		SHA256(bytes, len, hash);
		for (size_t n = 0; n < sizeof(hash); n++)
			(void)snprintf(want + 2 * n, 3, "%02x", hash[n]);
		sha256_hex(bytes, len, hex);
		ck_assert_msg(strcmp(hex, want) == 0, "%zu bytes: %s, not %s", len, hex, want);
	}
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, the_published_examples, vectors);
	tcase_add_test(tests, the_same_as_openssl);
}

SUITE_MAIN("sha256", add)
