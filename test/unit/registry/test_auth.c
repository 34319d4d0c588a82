#include "registry/auth.h"
#include "suite.h"

static const struct {
	const char *name;
	const char *text;
	bool has_basic;
	bool has_bearer;
	const char *realm;
	const char *service;
} good[] = {
	{ "no header offers nothing", "", false, false, "", "" },
	{ "Basic with its realm", "Basic realm=\"Registry\"", true, false, "", "" },
	{ "Basic without anything", "Basic", true, false, "", "" },
	{ "a scheme's capitals do not count", "bAsIc realm=x", true, false, "", "" },
	{ "Bearer as Docker Hub says it",
	  "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\","
	  "scope=\"repository:library/nginx:pull\"",
	  false, true, "https://auth.docker.io/token", "registry.docker.io" },
	{ "spaces around equals and commas", "Bearer realm = \"https://a/t\" ,\tservice=\"s\"", false, true,
	  "https://a/t", "s" },
	{ "parameters in another order", "Bearer service=\"s\",realm=\"https://a/t\"", false, true,
	  "https://a/t", "s" },
	{ "a service is optional", "Bearer realm=\"https://a/t\"", false, true, "https://a/t", "" },
	{ "commas within a quoted string are text", "Bearer realm=\"https://a/t?x=1,2\",service=s", false,
	  true, "https://a/t?x=1,2", "s" },
	{ "a backslash quotes one character", "Bearer realm=\"https://a/\\\"t\\\\\"", false, true,
	  "https://a/\"t\\", "" },
	{ "two challenges in one header", "Basic realm=\"r\", Bearer realm=\"https://a/t\"", true, true,
	  "https://a/t", "" },
	{ "two challenges the other way round", "Bearer realm=\"https://a/t\",service=s, Basic realm=\"r\"",
	  true, true, "https://a/t", "s" },
	{ "the first Bearer counts", "Bearer realm=\"https://a/t\", Bearer realm=\"https://b/t\"", false,
	  true, "https://a/t", "" },
	{ "the realm of another scheme is not Bearer's", "Digest realm=\"d\", Bearer realm=\"https://a/t\"",
	  false, true, "https://a/t", "" },
	{ "a scheme with a token68 is passed over", "Negotiate YIIabc==, Basic realm=\"r\"", true, false,
	  "", "" },
	{ "an unknown scheme alone offers nothing", "Digest realm=\"d\", nonce=\"n\"", false, false, "", "" },
	{ "empty members of the list do not count", ",, Basic realm=\"r\" ,,", true, false, "", "" },
	{ "an unknown parameter is passed over", "Bearer realm=\"https://a/t\",error=\"invalid_token\"",
	  false, true, "https://a/t", "" },
};

START_TEST(reads_challenges)
{
	struct auth_offer offer;
	struct err err = ERR_INIT;

	expect_int(good[_i].name, auth_parse(good[_i].text, strlen(good[_i].text), &offer, &err), 0);
	expect_int(good[_i].name, offer.has_basic, good[_i].has_basic);
	expect_int(good[_i].name, offer.has_bearer, good[_i].has_bearer);
	expect_str(good[_i].name, offer.realm, good[_i].realm);
	expect_str(good[_i].name, offer.service, good[_i].service);
}
END_TEST

static const struct {
	const char *name;
	const char *text;
	const char *says;
} bad[] = {
	{ "Bearer needs a realm", "Bearer service=\"s\"", "Bearer without a realm" },
	{ "Bearer alone needs a realm", "Bearer", "Bearer without a realm" },
	{ "Bearer before Basic needs a realm", "Bearer, Basic realm=\"r\"", "Bearer without a realm" },
	{ "a quoted string ends", "Bearer realm=\"https://a/t", "inside a quoted string" },
	{ "a backslash at the end quotes nothing", "Bearer realm=\"x\\", "inside a quoted string" },
	{ "a realm stands there once", "Bearer realm=\"https://a/t\",realm=\"https://b/t\"", "twice" },
	{ "a service stands there once", "Bearer realm=\"https://a\",service=a,service=b", "twice" },
	{ "a line break does not get in", "Bearer realm=\"https://a\r\nX: y\"", "control character" },
	{ "a quoted line break does not get in", "Bearer realm=\"a\\\nb\"", "control character" },
	{ "a list begins with a scheme", "=x", "grammar" },
	{ "a quoted string is no scheme", "\"Basic\"", "grammar" },
	{ "two parameters need a comma", "Bearer realm=\"a\" service=\"b\"", "grammar" },
	{ "an endless list ends", "a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a",
	  "too long a list" },
};

START_TEST(refuses_hostile_challenges)
{
	struct auth_offer offer;
	struct err err = ERR_INIT;

	expect_int(bad[_i].name, auth_parse(bad[_i].text, strlen(bad[_i].text), &offer, &err), ERR_INPUT);
	expect_contains(bad[_i].name, err.text, bad[_i].says);
}
END_TEST

START_TEST(refuses_a_realm_that_is_too_long)
{
	char text[AUTH_REALM_SIZE + 64] = "Bearer realm=\"";
	size_t len = strlen(text);
	struct auth_offer offer;
	struct err err = ERR_INIT;

	memset(text + len, 'a', AUTH_REALM_SIZE);
	text[len + AUTH_REALM_SIZE] = '"';
	expect_int("realm", auth_parse(text, len + AUTH_REALM_SIZE + 1, &offer, &err), ERR_INPUT);
	expect_contains("realm", err.text, "too long");
}
END_TEST

START_TEST(refuses_a_service_that_is_too_long)
{
	char text[AUTH_SERVICE_SIZE + 64] = "Bearer realm=\"a\",service=\"";
	size_t len = strlen(text);
	struct auth_offer offer;
	struct err err = ERR_INIT;

	memset(text + len, 's', AUTH_SERVICE_SIZE);
	text[len + AUTH_SERVICE_SIZE] = '"';
	expect_int("service", auth_parse(text, len + AUTH_SERVICE_SIZE + 1, &offer, &err), ERR_INPUT);
	expect_contains("service", err.text, "too long");
}
END_TEST

/* Each header cut at each byte and put into memory of exactly that size: the address sanitizer sees a
 * step too far, and whatever the answer is, the offer's texts end. */
START_TEST(stays_inside_the_bytes)
{
	size_t whole = strlen(good[_i].text);
	size_t len;

	for (len = 0; len <= whole; len++) {
		struct auth_offer offer;
		struct err err = ERR_INIT;
		char *exact = malloc(len > 0 ? len : 1);

		memcpy(exact, good[_i].text, len);
		expect_int(good[_i].name, auth_parse(exact, len, &offer, &err), (int)err.class);
		expect(good[_i].name, strlen(offer.realm) < AUTH_REALM_SIZE);
		free(exact);
	}
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, reads_challenges, good);
	suite_add_rows(tests, refuses_hostile_challenges, bad);
	tcase_add_test(tests, refuses_a_realm_that_is_too_long);
	tcase_add_test(tests, refuses_a_service_that_is_too_long);
	suite_add_rows(tests, stays_inside_the_bytes, good);
}

SUITE_MAIN("auth", add)
