#include "fixture.h"

#define HOST "https://r.example.com"
#define BY_TAG HOST "/v2/shop/web/manifests/v1"
#define BY_DIGEST HOST "/v2/shop/web/manifests/" WEB_DIGEST
#define TOKEN_URL "https://auth.example.com/token?service=the%20registry&scope=repository%3Ashop%2Fweb%3Apull"
#define CHALLENGE                                                                          \
	"Bearer realm=\"https://auth.example.com/token\",service=\"the registry\",scope=\"" \
	"repository:shop/web:pull,push,delete\""
#define JSON "application/json"
#define BASIC "Basic dXNlcjpwYXNz"

/* What a registry with tokens answers: 401 until the right token comes. */
#define REGISTRY_ROUTES(token)                                                                           \
	{ "HEAD", BY_TAG, .authorization = "Bearer " token, .status = 200, .content_type = MANIFEST,      \
	  .digest = WEB_DIGEST },                                                                         \
	{ "GET", BY_DIGEST, .authorization = "Bearer " token, .status = 200, .content_type = MANIFEST,    \
	  .body = WEB_BODY },                                                                             \
	{ "HEAD", BY_TAG, .status = 401, .www_authenticate = CHALLENGE }

START_TEST(gets_a_token_without_credentials)
{
	struct fake_route routes[] = {
		REGISTRY_ROUTES("abc"),
		{ "GET", TOKEN_URL, .authorization = "", .status = 200, .content_type = JSON,
		  .body = "{\"token\":\"abc\",\"expires_in\":300}" },
	};
	const struct digest_observation *digest;
	struct fixture fixture;

	fixture_init(&fixture, routes, 4, NULL);
	digest = fixture_resolve(&fixture, "r.example.com/shop/web", "v1", NULL);
	expect_str("text", digest->err.text, "");
	expect_str("digest", digest->digest, WEB_DIGEST);
	expect_int("one token", routes[3].hits, 1);
	expect("never at a private address", routes[3].was_forbidden);
	expect("the registry itself may be", !routes[0].was_forbidden);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(gets_a_token_with_credentials)
{
	struct fake_route routes[] = {
		REGISTRY_ROUTES("abc"),
		{ "GET", TOKEN_URL, .authorization = BASIC, .status = 200, .content_type = JSON,
		  .body = "{\"access_token\":\"abc\"}" },
	};
	struct credentials credentials;
	struct fixture fixture;
	struct err err = ERR_INIT;

	expect_int("credentials", credentials_init(&credentials, "user", "pass", &err), 0);
	fixture_init(&fixture, routes, 4, NULL);
	expect_str("digest", fixture_resolve(&fixture, "r.example.com/shop/web", "v1", &credentials)->digest,
		   WEB_DIGEST);
	fixture_finish(&fixture);
	credentials_finish(&credentials);
}
END_TEST

/* A token serves until ten seconds before it expires. Without expires_in that is after 50 seconds. */
static const struct {
	const char *name;
	const char *body;
	int64_t later_ms;
	unsigned tokens;
} lives[] = {
	{ "a token is used again", "{\"token\":\"abc\",\"expires_in\":300}", 289000, 1 },
	{ "a token is given up before it expires", "{\"token\":\"abc\",\"expires_in\":300}", 291000, 2 },
	{ "without a time it lives for a minute", "{\"token\":\"abc\"}", 61000, 2 },
	{ "a life out of its mind is cut", "{\"token\":\"abc\",\"expires_in\":99999999999}", 86400000, 2 },
};

START_TEST(keeps_a_token_for_its_life)
{
	struct fake_route routes[] = {
		REGISTRY_ROUTES("abc"),
		{ "GET", TOKEN_URL, .status = 200, .content_type = JSON },
	};
	struct fixture fixture;

	routes[3].body = lives[_i].body;
	fixture_init(&fixture, routes, 4, NULL);
	fixture_resolve(&fixture, "r.example.com/shop/web", "v1", NULL);
	fixture_clock_ms += lives[_i].later_ms;
	expect_str(lives[_i].name, fixture_resolve(&fixture, "r.example.com/shop/web", "v1", NULL)->err.text,
		   "");
	expect_int(lives[_i].name, routes[3].hits, lives[_i].tokens);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(replaces_a_token_that_is_not_taken_any_more)
{
	struct fake_route routes[] = {
		{ "HEAD", BY_TAG, .authorization = "Bearer old", .most = 1, .status = 200,
		  .content_type = MANIFEST, .digest = WEB_DIGEST },
		{ "GET", BY_DIGEST, .authorization = "Bearer old", .status = 200, .content_type = MANIFEST,
		  .body = WEB_BODY },
		{ "HEAD", BY_TAG, .authorization = "Bearer new", .status = 200, .content_type = MANIFEST,
		  .digest = WEB_DIGEST },
		{ "HEAD", BY_TAG, .status = 401, .www_authenticate = CHALLENGE },
		{ "GET", TOKEN_URL, .most = 1, .status = 200, .content_type = JSON,
		  .body = "{\"token\":\"old\",\"expires_in\":3600}" },
		{ "GET", TOKEN_URL, .status = 200, .content_type = JSON,
		  .body = "{\"token\":\"new\",\"expires_in\":3600}" },
	};
	const struct digest_observation *digest;
	struct fixture fixture;

	fixture_init(&fixture, routes, 6, NULL);
	fixture_resolve(&fixture, "r.example.com/shop/web", "v1", NULL);
	fixture_clock_ms += 2 * MINUTE_MS;
	digest = fixture_resolve(&fixture, "r.example.com/shop/web", "v1", NULL);
	expect_str("text", digest->err.text, "");
	expect_int("the new one serves", routes[2].hits, 1);
	fixture_finish(&fixture);
}
END_TEST

/* The token server is gone, too: what the registry would not have is not offered to it again. */
START_TEST(a_token_that_is_not_taken_is_forgotten)
{
	struct fake_route routes[] = {
		{ "HEAD", BY_TAG, .authorization = "Bearer old", .most = 1, .status = 200,
		  .content_type = MANIFEST, .digest = WEB_DIGEST },
		{ "GET", BY_DIGEST, .authorization = "Bearer old", .status = 200, .content_type = MANIFEST,
		  .body = WEB_BODY },
		{ "HEAD", BY_TAG, .authorization = "Bearer old", .status = 401, .www_authenticate = CHALLENGE },
		{ "HEAD", BY_TAG, .authorization = "", .status = 401, .www_authenticate = CHALLENGE },
		{ "GET", TOKEN_URL, .most = 1, .status = 200, .content_type = JSON,
		  .body = "{\"token\":\"old\",\"expires_in\":3600}" },
		{ "GET", TOKEN_URL, .failure = "connection refused" },
	};
	struct fixture fixture;

	fixture_init(&fixture, routes, 6, NULL);
	fixture_resolve(&fixture, "r.example.com/shop/web", "v1", NULL);
	fixture_clock_ms += 2 * MINUTE_MS;
	expect_int("no token", fixture_resolve(&fixture, "r.example.com/shop/web", "v1", NULL)->err.class, ERR_NET);
	fixture_clock_ms += 2 * MINUTE_MS;
	fixture_resolve(&fixture, "r.example.com/shop/web", "v1", NULL);
	expect_int("refused once", routes[2].hits, 1);
	expect_int("asked without it at first and at last", routes[3].hits, 2);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(tokens_of_others_are_not_used)
{
	struct fake_route routes[] = {
		REGISTRY_ROUTES("abc"),
		{ "GET", TOKEN_URL, .authorization = BASIC, .status = 200, .content_type = JSON,
		  .body = "{\"token\":\"abc\",\"expires_in\":3600}" },
		{ "GET", TOKEN_URL, .authorization = "", .status = 401, .content_type = JSON, .body = "{}" },
	};
	const struct digest_observation *digest;
	struct credentials credentials;
	struct fixture fixture;
	struct err err = ERR_INIT;

	expect_int("credentials", credentials_init(&credentials, "user", "pass", &err), 0);
	fixture_init(&fixture, routes, 5, NULL);
	fixture_resolve(&fixture, "r.example.com/shop/web", "v1", &credentials);
	digest = fixture_resolve(&fixture, "r.example.com/shop/web", "v1", NULL);
	expect_int("anonymous stays outside", digest->err.class, ERR_DENIED);
	expect_contains("anonymous stays outside", digest->err.text,
			"token server auth.example.com of registry r.example.com wants credentials for shop/web:v1");
	fixture_finish(&fixture);
	credentials_finish(&credentials);
}
END_TEST

static const struct {
	const char *name;
	const char *challenge;
	struct fake_route token;
	int class;
	const char *says;
} bad[] = {
	{ "a realm without TLS", "Bearer realm=\"http://auth.example.com/token\"", { .method = NULL }, ERR_INPUT,
	  "names a token server without TLS, http://auth.example.com; that is not followed" },
	{ "a realm with a user name", "Bearer realm=\"https://r.example.com@169.254.169.254/\"", { .method = NULL },
	  ERR_INPUT, "registry r.example.com names an unusable token server" },
	{ "a realm with a fragment", "Bearer realm=\"https://auth.example.com/#x\"", { .method = NULL }, ERR_INPUT,
	  "names an unusable token server" },
	{ "a realm that is a file", "Bearer realm=\"file:///etc/passwd\"", { .method = NULL }, ERR_INPUT,
	  "not an absolute http or https URL" },
	{ "a realm that is a path", "Bearer realm=\"/token\"", { .method = NULL }, ERR_INPUT,
	  "not an absolute http or https URL" },
	{ "a realm with a dot of another script", "Bearer realm=\"https://auth\xe3\x80\x82" "example.com/t\"",
	  { .method = NULL }, ERR_INPUT, "names an unusable token server" },
	{ "a token server that sends us on", CHALLENGE,
	  { "GET", TOKEN_URL, .status = 302, .location = "https://evil.example.com/" }, ERR_INPUT,
	  "token server auth.example.com of registry r.example.com answered 302" },
	{ "a token server that refuses", CHALLENGE, { "GET", TOKEN_URL, .status = 403 }, ERR_DENIED,
	  "forbids access to shop/web:v1 (403)" },
	{ "a token server without the page", CHALLENGE, { "GET", TOKEN_URL, .status = 404 }, ERR_INPUT,
	  "token server auth.example.com of registry r.example.com answered 404" },
	{ "a token server that is down", CHALLENGE, { "GET", TOKEN_URL, .failure = "connection refused" },
	  ERR_NET, "token server auth.example.com of registry r.example.com gave no answer for shop/web:v1" },
	{ "a token server that speaks HTML", CHALLENGE,
	  { "GET", TOKEN_URL, .status = 200, .content_type = "text/html", .body = "<html>" }, ERR_INPUT,
	  "which is not JSON" },
	{ "a token server without an end", CHALLENGE,
	  { "GET", TOKEN_URL, .status = 200, .content_type = JSON, .body = "                ",
	    .is_endless = true }, ERR_INPUT, "with more than 65536 bytes" },
	{ "an answer without a token", CHALLENGE,
	  { "GET", TOKEN_URL, .status = 200, .content_type = JSON, .body = "{\"expires_in\":300}" }, ERR_INPUT,
	  "no \"token\" in it" },
	{ "a token with a line break", CHALLENGE,
	  { "GET", TOKEN_URL, .status = 200, .content_type = JSON, .body = "{\"token\":\"a\\r\\nX: y\"}" },
	  ERR_INPUT, "the token cannot be sent in a header" },
	{ "a token that does not help", CHALLENGE,
	  { "GET", TOKEN_URL, .status = 200, .content_type = JSON, .body = "{\"token\":\"no\"}" }, ERR_DENIED,
	  "registry r.example.com wants credentials for shop/web:v1 (401): set pullSecretRef" },
};

START_TEST(follows_no_bad_realm)
{
	struct fake_route routes[] = {
		{ "HEAD", BY_TAG, .status = 401, .www_authenticate = bad[_i].challenge },
		bad[_i].token,
	};
	const struct digest_observation *digest;
	struct fixture fixture;

	fixture_init(&fixture, routes, bad[_i].token.method == NULL ? 1 : 2, NULL);
	digest = fixture_resolve(&fixture, "r.example.com/shop/web", "v1", NULL);
	expect_int(bad[_i].name, digest->err.class, bad[_i].class);
	expect_contains(bad[_i].name, digest->err.text, bad[_i].says);
	expect_int(bad[_i].name, routes[1].hits, bad[_i].token.method == NULL ? 0 : 1);
	fixture_finish(&fixture);
}
END_TEST

/* Which token servers may have a private address. */
static const struct {
	const char *name;
	const char *realm; /* where it stands */
	const char *url;   /* where the token is asked for */
	bool is_forbidden;
} places[] = {
	{ "another host may not", "https://other.example.com/t",
	  "https://other.example.com/t?scope=repository%3Ashop%2Fweb%3Apull", true },
	{ "the registry's own host may", "https://r.example.com/t",
	  "https://r.example.com/t?scope=repository%3Ashop%2Fweb%3Apull", false },
	{ "a host that the admin named may", "https://auth.internal:8443/t?a=b",
	  "https://auth.internal:8443/t?a=b&scope=repository%3Ashop%2Fweb%3Apull", false },
	{ "a host that the admin allowed in plain may", "http://10.0.0.9:5001/t",
	  "http://10.0.0.9:5001/t?scope=repository%3Ashop%2Fweb%3Apull", false },
};

START_TEST(private_token_servers_need_a_reason)
{
	static const char *const realms[] = { "auth.internal:8443", NULL };
	static const char *const insecure[] = { "10.0.0.9:5001", NULL };
	char challenge[256] = "Bearer realm=\"";
	struct fake_route routes[] = {
		REGISTRY_ROUTES("abc"),
		{ "GET", places[_i].url, .status = 200, .content_type = JSON, .body = "{\"token\":\"abc\"}" },
	};
	struct fixture fixture;

	strcat(strcat(challenge, places[_i].realm), "\"");
	routes[2].www_authenticate = challenge;
	fixture_init_options(&fixture, routes, 4,
			     (struct registry_options){ .realm_hosts = realms, .insecure_hosts = insecure });
	expect_str(places[_i].name, fixture_resolve(&fixture, "r.example.com/shop/web", "v1", NULL)->err.text,
		   "");
	expect_int(places[_i].name, routes[3].was_forbidden, places[_i].is_forbidden);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(a_token_server_that_asks_to_wait_is_left_alone)
{
	struct fake_route routes[] = {
		{ "HEAD", BY_TAG, .status = 401, .www_authenticate = CHALLENGE },
		{ "GET", TOKEN_URL, .status = 429, .retry_after_ms = 3600000 },
		{ "HEAD", HOST "/v2/shop/web/manifests/v2", .status = 401, .www_authenticate = CHALLENGE },
	};
	const struct digest_observation *digest;
	struct fixture fixture;

	fixture_init(&fixture, routes, 3, NULL);
	digest = fixture_resolve(&fixture, "r.example.com/shop/web", "v1", NULL);
	expect_int("busy", digest->err.class, ERR_BUSY);
	expect("obeyed", digest->retry_at_ms >= DAY_ONE_MS + fixture_clock_ms - 1000000 + 3600000);
	digest = fixture_resolve(&fixture, "r.example.com/shop/web", "v2", NULL);
	expect_contains("told", digest->err.text, "token server auth.example.com of registry r.example.com");
	expect_contains("told", digest->err.text, "asked to be left alone for 1h");
	expect_int("asked once", routes[1].hits, 1);
	fixture_finish(&fixture);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, gets_a_token_without_credentials);
	tcase_add_test(tests, gets_a_token_with_credentials);
	suite_add_rows(tests, keeps_a_token_for_its_life, lives);
	tcase_add_test(tests, replaces_a_token_that_is_not_taken_any_more);
	tcase_add_test(tests, a_token_that_is_not_taken_is_forgotten);
	tcase_add_test(tests, tokens_of_others_are_not_used);
	suite_add_rows(tests, follows_no_bad_realm, bad);
	suite_add_rows(tests, private_token_servers_need_a_reason, places);
	tcase_add_test(tests, a_token_server_that_asks_to_wait_is_left_alone);
}

SUITE_MAIN("bearer", add)
