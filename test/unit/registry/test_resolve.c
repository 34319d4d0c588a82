#include "fixture.h"

#define HOST "https://r.example.com"
#define BY_TAG HOST "/v2/shop/web/manifests/v1"
#define BY_DIGEST HOST "/v2/shop/web/manifests/"

/* One question for r.example.com/shop/web, v1 unless the row says otherwise, and what comes of it. */
static const struct {
	const char *name;
	const char *reference; /* NULL: v1 */
	struct fake_route routes[3];
	enum observed_state state;
	const char *digest;
	bool is_index;
	int class;
	const char *says;
} rows[] = {
	{ "HEAD names the digest, GET shows the bytes", NULL,
	  { { "HEAD", BY_TAG, .status = 200, .content_type = MANIFEST, .digest = WEB_DIGEST },
	    { "GET", BY_DIGEST WEB_DIGEST, .status = 200, .content_type = MANIFEST, .digest = WEB_DIGEST,
	      .body = WEB_BODY } },
	  OBSERVED_KNOWN, WEB_DIGEST, false, 0, "" },
	{ "an index is pinned as such", NULL,
	  { { "HEAD", BY_TAG, .status = 200, .content_type = INDEX, .digest = MULTI_DIGEST },
	    { "GET", BY_DIGEST MULTI_DIGEST, .status = 200, .content_type = INDEX, .body = MULTI_BODY } },
	  OBSERVED_KNOWN, MULTI_DIGEST, true, 0, "" },
	{ "without a digest header the bytes tell", NULL,
	  { { "HEAD", BY_TAG, .status = 200, .content_type = MANIFEST },
	    { "GET", BY_TAG, .status = 200, .content_type = MANIFEST, .body = WEB_BODY } },
	  OBSERVED_KNOWN, WEB_DIGEST, false, 0, "" },
	{ "a registry without HEAD is asked by GET", NULL,
	  { { "HEAD", BY_TAG, .status = 405 },
	    { "GET", BY_TAG, .status = 200, .content_type = MANIFEST, .digest = WEB_DIGEST, .body = WEB_BODY } },
	  OBSERVED_KNOWN, WEB_DIGEST, false, 0, "" },
	{ "a digest is looked up, too", WEB_DIGEST,
	  { { "HEAD", BY_DIGEST WEB_DIGEST, .status = 200, .content_type = MANIFEST, .digest = WEB_DIGEST },
	    { "GET", BY_DIGEST WEB_DIGEST, .status = 200, .content_type = MANIFEST, .body = WEB_BODY } },
	  OBSERVED_KNOWN, WEB_DIGEST, false, 0, "" },
	{ "a digest without a header is looked up by its bytes", WEB_DIGEST,
	  { { "HEAD", BY_DIGEST WEB_DIGEST, .status = 200, .content_type = MANIFEST },
	    { "GET", BY_DIGEST WEB_DIGEST, .status = 200, .content_type = MANIFEST, .body = WEB_BODY } },
	  OBSERVED_KNOWN, WEB_DIGEST, false, 0, "" },
	{ "a redirect within the origin is followed", NULL,
	  { { "HEAD", BY_TAG, .status = 307, .location = "/other/v1" },
	    { "HEAD", HOST "/other/v1", .status = 200, .content_type = MANIFEST, .digest = WEB_DIGEST },
	    { "GET", BY_DIGEST WEB_DIGEST, .status = 200, .content_type = MANIFEST, .body = WEB_BODY } },
	  OBSERVED_KNOWN, WEB_DIGEST, false, 0, "" },
	{ "a redirect elsewhere is not", NULL,
	  { { "HEAD", BY_TAG, .status = 307, .location = "https://evil.example.com/v2/x" } },
	  OBSERVED_FAILED, "", false, ERR_INPUT,
	  "registry r.example.com, shop/web:v1: the URL \"https://evil.example.com/v2/x\" leads to another host" },
	{ "a redirect to plain HTTP is not", NULL,
	  { { "HEAD", BY_TAG, .status = 302, .location = "http://r.example.com/v2/x" } },
	  OBSERVED_FAILED, "", false, ERR_INPUT, "leads to another host" },
	{ "a redirect in a circle ends", NULL, { { "HEAD", BY_TAG, .status = 301, .location = BY_TAG } },
	  OBSERVED_FAILED, "", false, ERR_INPUT, "more than 3 redirects" },
	{ "a redirect to nowhere is told", NULL, { { "HEAD", BY_TAG, .status = 302 } }, OBSERVED_FAILED, "",
	  false, ERR_INPUT, "answered 302 for shop/web:v1; that redirect is not followed" },
	{ "a digest header that lies: both are said", NULL,
	  { { "HEAD", BY_TAG, .status = 200, .content_type = MANIFEST, .digest = OTHER_DIGEST },
	    { "GET", BY_DIGEST OTHER_DIGEST, .status = 200, .content_type = MANIFEST, .digest = OTHER_DIGEST,
	      .body = WEB_BODY } },
	  OBSERVED_FAILED, "", false, ERR_INPUT,
	  "the bytes hash to " WEB_DIGEST ", but the registry's Docker-Content-Digest says " OTHER_DIGEST },
	{ "a digest header that lies on HEAD only", NULL,
	  { { "HEAD", BY_TAG, .status = 200, .content_type = MANIFEST, .digest = OTHER_DIGEST },
	    { "GET", BY_DIGEST OTHER_DIGEST, .status = 200, .content_type = MANIFEST, .body = WEB_BODY } },
	  OBSERVED_FAILED, "", false, ERR_INPUT, "but were sent for " OTHER_DIGEST },
	{ "a digest that the registry does not have", NULL,
	  { { "HEAD", BY_TAG, .status = 200, .content_type = MANIFEST, .digest = OTHER_DIGEST },
	    { "GET", BY_DIGEST OTHER_DIGEST, .status = 404, .content_type = "application/json",
	      .body = "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"manifest unknown\"}]}" } },
	  OBSERVED_FAILED, "", false, ERR_NOTFOUND, "has no shop/web:v1 (404): MANIFEST_UNKNOWN: manifest unknown" },
	{ "HEAD of a digest that names another", WEB_DIGEST,
	  { { "HEAD", BY_DIGEST WEB_DIGEST, .status = 200, .content_type = MANIFEST, .digest = OTHER_DIGEST } },
	  OBSERVED_FAILED, "", false, ERR_INPUT, "Docker-Content-Digest says " OTHER_DIGEST },
	{ "a digest header that is none", NULL,
	  { { "HEAD", BY_TAG, .status = 200, .content_type = MANIFEST, .digest = "md5:\x1b[31mabc" } },
	  OBSERVED_FAILED, "", false, ERR_INPUT, "\"md5:?[31mabc\", which is no sha256 digest" },
	{ "HTML with status 200 on HEAD", NULL,
	  { { "HEAD", BY_TAG, .status = 200, .content_type = "text/html; charset=utf-8", .digest = WEB_DIGEST } },
	  OBSERVED_FAILED, "", false, ERR_INPUT,
	  "answered for shop/web:v1 with \"text/html; charset=utf-8\", which is not a manifest" },
	{ "HTML with status 200 on GET", NULL,
	  { { "HEAD", BY_TAG, .status = 200, .content_type = MANIFEST },
	    { "GET", BY_TAG, .status = 200, .content_type = "text/html", .body = "<html>hello</html>" } },
	  OBSERVED_FAILED, "", false, ERR_INPUT, "with \"text/html\", which is not a manifest" },
	{ "a schema 1 manifest", NULL,
	  { { "HEAD", BY_TAG, .status = 200,
	      .content_type = "application/vnd.docker.distribution.manifest.v1+prettyjws", .digest = WEB_DIGEST } },
	  OBSERVED_FAILED, "", false, ERR_INPUT, "which is not a manifest that Sluice knows" },
	{ "no Content-Type", NULL, { { "HEAD", BY_TAG, .status = 200, .digest = WEB_DIGEST } }, OBSERVED_FAILED,
	  "", false, ERR_INPUT, "with \"\", which is not a manifest" },
	{ "404 is told by name", NULL, { { "HEAD", BY_TAG, .status = 404 } }, OBSERVED_FAILED, "", false,
	  ERR_NOTFOUND, "registry r.example.com has no shop/web:v1 (404)" },
	{ "401 to anonymous asks for a secret", NULL,
	  { { "HEAD", BY_TAG, .status = 401, .www_authenticate = "Basic realm=\"r\"" } }, OBSERVED_FAILED, "",
	  false, ERR_DENIED, "registry r.example.com wants credentials for shop/web:v1 (401): set pullSecretRef" },
	{ "401 with a header out of its mind", NULL,
	  { { "HEAD", BY_TAG, .status = 401, .www_authenticate = "Bearer realm=\"x" } }, OBSERVED_FAILED, "",
	  false, ERR_INPUT, "the WWW-Authenticate header ends inside a quoted string" },
	{ "403 is told", NULL, { { "HEAD", BY_TAG, .status = 403 } }, OBSERVED_FAILED, "", false, ERR_DENIED,
	  "registry r.example.com forbids access to shop/web:v1 (403); no pullSecretRef is set" },
	{ "500 is trouble of theirs", NULL, { { "HEAD", BY_TAG, .status = 500 } }, OBSERVED_FAILED, "", false,
	  ERR_BUSY, "registry r.example.com is in trouble: it answered 500 for shop/web:v1" },
	{ "a status out of its mind", NULL, { { "HEAD", BY_TAG, .status = 418 } }, OBSERVED_FAILED, "", false,
	  ERR_INPUT, "answered 418 for shop/web:v1" },
	{ "no answer", NULL, { { "HEAD", BY_TAG, .failure = "connection refused" } }, OBSERVED_FAILED, "", false,
	  ERR_NET, "registry r.example.com gave no answer for shop/web:v1: connection refused" },
	{ "a reference that is neither tag nor digest", "v1/../x", { { .method = NULL } }, OBSERVED_FAILED, "", false,
	  ERR_INPUT, "\"v1/../x\" is neither a tag nor a sha256 digest" },
	{ "a digest of another algorithm", "sha512:" "ab", { { .method = NULL } }, OBSERVED_FAILED, "", false, ERR_INPUT,
	  "neither a tag nor a sha256 digest" },
};

START_TEST(answers_one_question)
{
	const char *name = rows[_i].name;
	const struct digest_observation *digest;
	struct fake_route routes[3];
	struct fixture fixture;
	size_t count = 0;
	size_t i;

	memcpy(routes, rows[_i].routes, sizeof(routes));
	while (count < 3 && routes[count].method != NULL)
		count++;
	fixture_init(&fixture, routes, count, NULL);
	digest = fixture_resolve(&fixture, "r.example.com/shop/web",
				 rows[_i].reference == NULL ? "v1" : rows[_i].reference, NULL);
	if (rows[_i].class == 0)
		expect_str(name, digest->err.text, "");
	expect_int(name, digest->state, rows[_i].state);
	expect_str(name, digest->digest, rows[_i].digest);
	expect_int(name, digest->is_index, rows[_i].is_index);
	expect_int(name, digest->err.class, rows[_i].class);
	expect_contains(name, digest->err.text, rows[_i].says);
	expect_int(name, digest->is_asking, false);
	for (i = 0; i < count; i++)
		expect(name, routes[i].hits > 0);
	fixture_finish(&fixture);
}
END_TEST

/* A manifest of a gigabyte is given up after its limit, one that announces it at its first byte. */
START_TEST(cuts_a_long_body_off)
{
	static char mebibyte[1 << 20];
	struct fake_route routes[] = {
		{ "HEAD", BY_TAG, .status = 200, .content_type = MANIFEST },
		{ "GET", BY_TAG, .status = 200, .content_type = MANIFEST, .body = mebibyte,
		  .body_len = sizeof(mebibyte), .is_endless = true },
	};
	const struct digest_observation *digest;
	struct fixture fixture;

	routes[1].content_length = _i == 0 ? 0 : 1 << 30;
	fixture_init(&fixture, routes, 2, NULL);
	digest = fixture_resolve(&fixture, "r.example.com/shop/web", "v1", NULL);
	expect_int("class", digest->err.class, ERR_INPUT);
	expect_contains("text", digest->err.text, "answered for shop/web:v1 with more than 4194304 bytes");
	expect("early", routes[1].delivered <= (_i == 0 ? REGISTRY_MAX_MANIFEST : 0));
	fixture_finish(&fixture);
}
END_TEST

/* The page of an error may be endless, too: its sentence is read from the beginning, or not at all. */
START_TEST(cuts_a_long_error_off)
{
	struct fake_route routes[] = {
		{ "HEAD", BY_TAG, .status = 200, .content_type = MANIFEST },
		{ "GET", BY_TAG, .status = 403, .content_type = "application/json", .body = "xxxxxxxxxxxxxxxx",
		  .is_endless = true },
	};
	const struct digest_observation *digest;
	struct fixture fixture;

	fixture_init(&fixture, routes, 2, NULL);
	digest = fixture_resolve(&fixture, "r.example.com/shop/web", "v1", NULL);
	expect_int("class", digest->err.class, ERR_DENIED);
	expect("early", routes[1].delivered <= 16 * 1024);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(a_digest_seen_before_costs_one_request)
{
	struct fake_route routes[] = {
		{ "HEAD", BY_TAG, .status = 200, .content_type = MANIFEST, .digest = WEB_DIGEST },
		{ "GET", BY_DIGEST WEB_DIGEST, .status = 200, .content_type = MANIFEST, .body = WEB_BODY },
	};
	struct fixture fixture;

	fixture_init(&fixture, routes, 2, NULL);
	fixture_resolve(&fixture, "r.example.com/shop/web", "v1", NULL);
	fixture_clock_ms += 2 * MINUTE_MS;
	expect_str("again", fixture_resolve(&fixture, "r.example.com/shop/web", "v1", NULL)->digest, WEB_DIGEST);
	expect_int("asked twice", routes[0].hits, 2);
	expect_int("fetched once", routes[1].hits, 1);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(a_moved_tag_is_seen)
{
	struct fake_route routes[] = {
		{ "HEAD", BY_TAG, .status = 200, .content_type = MANIFEST, .digest = WEB_DIGEST, .most = 1 },
		{ "HEAD", BY_TAG, .status = 200, .content_type = INDEX, .digest = MULTI_DIGEST },
		{ "GET", BY_DIGEST WEB_DIGEST, .status = 200, .content_type = MANIFEST, .body = WEB_BODY },
		{ "GET", BY_DIGEST MULTI_DIGEST, .status = 200, .content_type = INDEX, .body = MULTI_BODY },
	};
	struct fixture fixture;

	fixture_init(&fixture, routes, 4, NULL);
	expect_str("first", fixture_resolve(&fixture, "r.example.com/shop/web", "v1", NULL)->digest, WEB_DIGEST);
	fixture_clock_ms += 2 * MINUTE_MS;
	expect_str("moved", fixture_resolve(&fixture, "r.example.com/shop/web", "v1", NULL)->digest,
		   MULTI_DIGEST);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(plain_http_only_where_allowed)
{
	struct fake_route routes[] = {
		{ "HEAD", "http://127.0.0.1:5000/v2/shop/web/manifests/v1", .status = 404 },
		{ "HEAD", "https://127.0.0.1:5001/v2/shop/web/manifests/v1", .status = 404 },
	};
	struct fixture fixture;

	fixture_init(&fixture, routes, 2, "127.0.0.1:5000");
	fixture_resolve(&fixture, "127.0.0.1:5000/shop/web", "v1", NULL);
	fixture_resolve(&fixture, "127.0.0.1:5001/shop/web", "v1", NULL);
	expect_int("the host that is named", routes[0].hits, 1);
	expect_int("its neighbour", routes[1].hits, 1);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(basic_credentials_go_along)
{
	struct fake_route routes[] = {
		{ "HEAD", BY_TAG, .authorization = "Basic dXNlcjpwYXNz", .status = 401,
		  .www_authenticate = "Basic realm=\"r\"" },
	};
	const struct digest_observation *digest;
	struct credentials credentials;
	struct fixture fixture;
	struct err err = ERR_INIT;

	expect_int("credentials", credentials_init(&credentials, "user", "pass", &err), 0);
	fixture_init(&fixture, routes, 1, NULL);
	digest = fixture_resolve(&fixture, "r.example.com/shop/web", "v1", &credentials);
	expect_str("text", digest->err.text,
		   "registry r.example.com refused the credentials for shop/web:v1 (401): check pullSecretRef");
	expect_int("asked once", routes[0].hits, 1);
	fixture_finish(&fixture);
	credentials_finish(&credentials);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, answers_one_question, rows);
	tcase_add_loop_test(tests, cuts_a_long_body_off, 0, 2);
	tcase_add_test(tests, cuts_a_long_error_off);
	tcase_add_test(tests, a_digest_seen_before_costs_one_request);
	tcase_add_test(tests, a_moved_tag_is_seen);
	tcase_add_test(tests, plain_http_only_where_allowed);
	tcase_add_test(tests, basic_credentials_go_along);
}

SUITE_MAIN("resolve", add)
