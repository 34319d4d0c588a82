#include "prometheus/credentials.h"

#include "suite.h"

#define SECRET(data) "{\"kind\":\"Secret\",\"data\":{" data "}}"

static const struct {
	const char *name;
	const char *json;
	const char *authorization;
	const char *ca_pem;
	const char *says; /* NULL: it is good */
} rows[] = {
	{ "a token", SECRET("\"token\":\"YWJj\""), "Bearer abc", NULL, NULL },
	{ "the line break behind a token does not count", SECRET("\"token\":\"YWJjCg==\""), "Bearer abc", NULL, NULL },
	{ "a name and a password", SECRET("\"username\":\"am9l\",\"password\":\"c2VjcmV0\""), "Basic am9lOnNlY3JldA==", NULL, NULL },
	{ "authorities alone", SECRET("\"ca.crt\":\"UEVN\""), NULL, "PEM", NULL },
	{ "a token and authorities", SECRET("\"token\":\"YWJj\",\"ca.crt\":\"UEVN\""), "Bearer abc", "PEM", NULL },
	{ "nothing of use", SECRET("\"other\":\"YWJj\""), NULL, NULL, "none of token" },
	{ "a name without a password", SECRET("\"username\":\"am9l\""), NULL, NULL, "only one of username and password" },
	{ "both sorts", SECRET("\"token\":\"YWJj\",\"username\":\"am9l\",\"password\":\"c2VjcmV0\""), NULL, NULL, "one of them" },
	{ "a token with a line break in it", SECRET("\"token\":\"YQpi\""), NULL, NULL, "line break" },
	{ "an empty token", SECRET("\"token\":\"\""), NULL, NULL, "is empty" },
	{ "a token that is no base64", SECRET("\"token\":\"!\""), NULL, NULL, "token is not base64" },
	{ "no Secret", "[]", NULL, NULL, "none of token" },
};

START_TEST(reads_a_secret)
{
	struct prometheus_credentials credentials = { .authorization = NULL };
	struct err err = ERR_INIT;
	int r = prometheus_credentials_read(rows[_i].json, strlen(rows[_i].json), &credentials, &err);

	expect_int(rows[_i].name, r, rows[_i].says == NULL ? 0 : ERR_INPUT);
	if (rows[_i].says != NULL)
		expect_contains(rows[_i].name, err.text, rows[_i].says);
	expect_str(rows[_i].name, credentials.authorization, rows[_i].authorization);
	expect_str(rows[_i].name, credentials.ca_pem, rows[_i].ca_pem);
	prometheus_credentials_finish(&credentials);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, reads_a_secret, rows);
}

SUITE_MAIN("credentials", add)
