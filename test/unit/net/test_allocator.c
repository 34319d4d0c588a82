/* OpenSSL without memory: each of its requests is refused once, and its answers stay right. realloc is wrapped by the
 * linker. */
#include "net/allocator.h"

#include <stdio.h>

#include "registry/public_key.h"
#include "suite.h"

static size_t asked;
static size_t fails_at; /* 0: never */

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);

void *__wrap_realloc(void *memory, size_t size)
{
	asked++;
	return asked == fails_at ? NULL : __real_realloc(memory, size);
}

/* A file of the registry tests, which have the keys of a real cosign. */
static const char *read_text(const char *name, size_t *ret_len)
{
	static char text[8192];
	char path[512];
	FILE *in;

	(void)snprintf(path, sizeof(path), "%s/%s", getenv("REGISTRY_DATA"), name);
	in = fopen(path, "re");
	ck_assert_msg(in != NULL, "%s", path);
	*ret_len = fread(text, 1, sizeof(text) - 1, in);
	text[*ret_len] = '\0';
	(void)fclose(in);
	return text;
}

static void read_key(void)
{
	struct public_key keys[PUBLIC_KEYS_MAX];
	struct err err = ERR_INIT;
	size_t count = 0;
	size_t len;
	const char *pem = read_text("ci.pub", &len);

	ck_assert_msg(public_keys_parse(pem, len, keys, &count, &err) == 0, "request %zu: %s", fails_at, err.text);
	ck_assert_uint_eq(count, 1);
}

START_TEST(a_refusal_says_nothing_about_a_key)
{
	struct err err = ERR_INIT;
	size_t requests;

	ck_assert_msg(allocator_set_openssl(&err) == 0, "%s", err.text);
	for (int i = 0; i < 2; i++) { /* what OpenSSL keeps for good, it has then */
		asked = 0;
		read_key();
	}
	requests = asked;
	expect("memory is asked for", requests > 10);
	for (fails_at = 1; fails_at <= requests; fails_at++) {
		asked = 0;
		read_key();
	}
	fails_at = 0;
}
END_TEST

START_TEST(it_has_to_be_the_first)
{
	struct err err = ERR_INIT;

	read_key();
	expect_int("OpenSSL has memory already", allocator_set_openssl(&err), ERR_BUG);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, a_refusal_says_nothing_about_a_key);
	tcase_add_test(tests, it_has_to_be_the_first);
}

SUITE_MAIN("net: allocator", add)
