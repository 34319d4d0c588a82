/* Whose credentials and authorities a mirror and its registry see. */
#include <stdio.h>

#include "mirrors.h"

#define BELOW "/v2/proxy/hub/shop/web/manifests/" /* where the prefix is proxy/hub */

/* dXNlcjpwYXNz = user:pass, b3RoZXI6c2VjcmV0 = other:secret */
#define USER "Basic dXNlcjpwYXNz"
#define OTHER "Basic b3RoZXI6c2VjcmV0"
#define ENTRY(server, auth) "\"" server "\":{\"auth\":\"" auth "\"}"

/* Whose credentials go where. */
static const struct {
	const char *name;
	const char *entries;
	const char *at_mirror; /* Authorization */
	const char *at_origin;
} secrets[] = {
	{ "those of the registry never go to its mirror", ENTRY("r.example.com", "dXNlcjpwYXNz"), "", USER },
	{ "those of the mirror never go to the registry", ENTRY("m.example.com", "b3RoZXI6c2VjcmV0"), OTHER, "" },
	{ "each has its own", ENTRY("r.example.com", "dXNlcjpwYXNz") "," ENTRY("m.example.com", "b3RoZXI6c2VjcmV0"), OTHER,
	  USER },
	{ "a path serves what is called so at the mirror",
	  ENTRY("m.example.com/proxy", "b3RoZXI6c2VjcmV0") "," ENTRY("m.example.com/shop", "dXNlcjpwYXNz"), OTHER, "" },
	{ "a longer host is another one", ENTRY("m.example.com.evil.com", "b3RoZXI6c2VjcmV0") "," ENTRY("r.example.com", "dXNlcjpwYXNz"),
	  "", USER },
};

/* A file of authorities was renewed: the next request is made with what it holds now. */
START_TEST(authorities_may_change_under_way)
{
	static const struct registry_ca cas[] = { { "m.example.com", "another CA of m" }, { NULL, NULL } };
	const struct registry_options renewed = { .cas = cas, .ca_pem = "CA of all" };
	struct fake_route routes[] = {
		{ "HEAD", MIRROR MANIFESTS "v1", .ca = "another CA of m", WEB },
		{ "GET", MIRROR MANIFESTS WEB_DIGEST, .ca = "another CA of m", BYTES },
	};
	struct fixture fixture;

	mirrors_init(&fixture, routes, 2, "r.example.com=" MIRROR);
	ck_assert(registry_set_authorities(fixture.registry, &renewed));
	ck_assert(!registry_set_authorities(fixture.registry, &renewed));
	ck_assert_str_eq(fixture_resolve(&fixture, "r.example.com/shop/web", "v1", NULL)->digest, WEB_DIGEST);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(credentials_stay_where_they_belong)
{
	struct fake_route routes[] = {
		{ "HEAD", MIRROR BELOW "v1", .authorization = secrets[_i].at_mirror, .ca = "CA of m", .status = 404 },
		{ "HEAD", SECOND MANIFESTS "v1", .authorization = "", .ca = "CA of all", .status = 404 },
		{ "HEAD", ORIGIN MANIFESTS "v1", .authorization = secrets[_i].at_origin, .ca = "CA of all", WEB },
		{ "GET", MIRROR BELOW WEB_DIGEST, .authorization = secrets[_i].at_mirror, .status = 404 },
		{ "GET", SECOND MANIFESTS WEB_DIGEST, .authorization = "", .status = 404 },
		{ "GET", ORIGIN MANIFESTS WEB_DIGEST, .authorization = secrets[_i].at_origin, BYTES },
	};
	const struct digest_observation *digest;
	struct credentials credentials;
	struct fixture fixture;
	struct err err = ERR_INIT;
	char json[512];

	snprintf(json, sizeof(json), "{\"auths\":{%s}}", secrets[_i].entries);
	mirrors_init(&fixture, routes, 6, "r.example.com=" MIRROR "/proxy/hub");
	expect_int(secrets[_i].name, registry_credentials(fixture.registry, json, strlen(json), "r.example.com/shop/web",
							   &credentials, &err), 0);
	digest = fixture_resolve(&fixture, "r.example.com/shop/web", "v1", &credentials);
	expect_str(secrets[_i].name, digest->err.text, "");
	expect_str(secrets[_i].name, digest->digest, WEB_DIGEST);
	credentials_finish(&credentials);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(a_secret_for_none_of_them_is_refused)
{
	static const char json[] = "{\"auths\":{" ENTRY("r.example.org", "dXNlcjpwYXNz") "}}";
	struct fake_route routes[1];
	struct credentials credentials;
	struct fixture fixture;
	struct err err = ERR_INIT;

	mirrors_init(&fixture, routes, 0, "r.example.com=" MIRROR);
	expect_int("refused", registry_credentials(fixture.registry, json, sizeof(json) - 1, "r.example.com/shop/web",
						   &credentials, &err), ERR_INPUT);
	expect_str("told", err.text, ".dockerconfigjson has no entry for r.example.com (hosts must be the same)");
	expect_str("anonymous", credentials.basic, NULL);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(other_credentials_of_the_mirror_are_others)
{
	static const char one[] = "{\"auths\":{" ENTRY("m.example.com", "dXNlcjpwYXNz") "}}";
	static const char two[] = "{\"auths\":{" ENTRY("m.example.com", "b3RoZXI6c2VjcmV0") "}}";
	struct credentials first;
	struct credentials second;
	struct credentials copy;
	struct fixture fixture;
	struct err err = ERR_INIT;

	mirrors_init(&fixture, NULL, 0, "r.example.com=" MIRROR);
	expect_int("first", registry_credentials(fixture.registry, one, sizeof(one) - 1, "r.example.com/shop/web", &first,
						 &err), 0);
	expect_int("second", registry_credentials(fixture.registry, two, sizeof(two) - 1, "r.example.com/shop/web", &second,
						  &err), 0);
	expect("they share no answer", strcmp(first.id, second.id) != 0 && first.id[0] != '\0');
	expect_int("a copy", credentials_copy(&copy, &first, &err), 0);
	expect_str("is the same", copy.id, first.id);
	expect_str("all of it", copy.mirrors[0].basic, "dXNlcjpwYXNz");
	credentials_finish(&copy);
	credentials_finish(&second);
	credentials_finish(&first);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(a_token_is_for_the_name_that_it_has_there)
{
	struct fake_route routes[] = {
		{ "HEAD", MIRROR BELOW "v1", .authorization = "Bearer abc", WEB },
		{ "GET", MIRROR BELOW WEB_DIGEST, .authorization = "Bearer abc", BYTES },
		{ "HEAD", MIRROR BELOW "v1", .status = 401, .www_authenticate = "Bearer realm=\"" MIRROR "/token\"" },
		{ "GET", MIRROR "/token?scope=repository%3Aproxy%2Fhub%2Fshop%2Fweb%3Apull", .ca = "CA of m", .status = 200,
		  .content_type = JSON, .body = "{\"token\":\"abc\"}" },
	};
	struct fixture fixture;

	mirrors_init(&fixture, routes, 4, "r.example.com=" MIRROR "/proxy/hub");
	expect_str("digest", fixture_resolve(&fixture, "r.example.com/shop/web", "v1", NULL)->digest, WEB_DIGEST);
	fixture_finish(&fixture);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, credentials_stay_where_they_belong, secrets);
	tcase_add_test(tests, authorities_may_change_under_way);
	tcase_add_test(tests, a_secret_for_none_of_them_is_refused);
	tcase_add_test(tests, other_credentials_of_the_mirror_are_others);
	tcase_add_test(tests, a_token_is_for_the_name_that_it_has_there);
}

SUITE_MAIN("mirror_credentials", add)
