/* Answers that have not changed are not sent again; what is known by its digest is not fetched again. */
#include "fixture.h"

#define HOST "https://r.example.com"
#define TAGS HOST "/v2/shop/web/tags/list?n=1000"
#define BY_TAG HOST "/v2/shop/web/manifests/v1"
#define BY_DIGEST HOST "/v2/shop/web/manifests/"
#define JSON "application/json"

#define UNCHANGED(url, tag) { "GET", url, .if_none_match = tag, .status = 304 }

/* The second request for the tags, by what the first answer brought. */
static const struct {
	const char *name;
	struct fake_route routes[2];
	const char *condition; /* If-None-Match of the second request */
} etags[] = {
	{ "an entity-tag is sent back", { { .etag = "\"a1\"" } }, "\"a1\"" },
	{ "so is a weak one", { { .etag = "W/\"a1\"" } }, "W/\"a1\"" },
	{ "nothing is asked of a registry that gives none", { { .etag = NULL } }, "" },
	{ "an entity-tag without quotes is none", { { .etag = "a1" } }, "" },
	{ "one with a line break is none", { { .etag = "\"a\r\nX: y\"" } }, "" },
	{ "half of one is none", { { .etag = "W/\"" } }, "" },
	{ "one of 200 bytes is not kept",
	  { { .etag = "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"" } },
	  "" },
	{ "a list of several pages is asked for as a whole",
	  { { .etag = "\"a1\"", .link = "</v2/shop/web/tags/list?last=v1>; rel=next" },
	    { "GET", HOST "/v2/shop/web/tags/list?last=v1", .if_none_match = "", .status = 200, .content_type = JSON,
	      .body = "{\"tags\":[\"v2\"]}", .etag = "\"a2\"" } },
	  "" },
};

START_TEST(sends_back_what_the_registry_gave)
{
	struct fake_route routes[] = {
		{ "GET", TAGS, .if_none_match = "", .most = 1, .status = 200, .content_type = JSON,
		  .body = "{\"tags\":[\"v1\"]}", .etag = etags[_i].routes[0].etag, .link = etags[_i].routes[0].link },
		{ "GET", TAGS, .if_none_match = etags[_i].condition, .status = 404 },
		etags[_i].routes[1],
	};
	struct fixture fixture;

	fixture_init(&fixture, routes, routes[2].method == NULL ? 2 : 3, NULL);
	expect_int(etags[_i].name, fixture_list(&fixture, "r.example.com/shop/web", NULL)->state, OBSERVED_KNOWN);
	fixture_clock_ms += 2 * MINUTE_MS;
	fixture_list(&fixture, "r.example.com/shop/web", NULL);
	expect_int(etags[_i].name, routes[1].hits, 1);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(an_unchanged_list_is_as_good_as_a_new_one)
{
	struct fake_route routes[] = {
		{ "GET", TAGS, .if_none_match = "", .status = 200, .content_type = JSON,
		  .body = "{\"tags\":[\"v1\",\"v2\"]}", .etag = "\"a1\"" },
		UNCHANGED(TAGS, "\"a1\""),
	};
	const struct tags_observation *tags;
	struct fixture fixture;
	int64_t first_ms;

	fixture_init(&fixture, routes, 2, NULL);
	first_ms = fixture_list(&fixture, "r.example.com/shop/web", NULL)->at_ms;
	fixture_clock_ms += 2 * MINUTE_MS;
	tags = fixture_list(&fixture, "r.example.com/shop/web", NULL);
	expect_int("known", tags->state, OBSERVED_KNOWN);
	expect_int("all of it", tags->count, 2);
	expect_str("all of it", tags->names[1], "v2");
	expect_int("as fresh as the answer", tags->at_ms - first_ms, 2 * MINUTE_MS);
	fixture_clock_ms += 2 * MINUTE_MS;
	expect_int("and again", fixture_list(&fixture, "r.example.com/shop/web", NULL)->count, 2);
	expect_int("sent once", routes[0].hits, 1);
	expect_int("told", fixture.told, 3);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(a_failure_between_does_not_lose_the_list)
{
	struct fake_route routes[] = {
		{ "GET", TAGS, .if_none_match = "", .status = 200, .content_type = JSON, .body = "{\"tags\":[\"v1\"]}",
		  .etag = "\"a1\"" },
		{ "GET", TAGS, .if_none_match = "\"a1\"", .most = 1, .status = 500 },
		UNCHANGED(TAGS, "\"a1\""),
	};
	const struct tags_observation *tags;
	struct fixture fixture;

	fixture_init(&fixture, routes, 3, NULL);
	fixture_list(&fixture, "r.example.com/shop/web", NULL);
	fixture_clock_ms += 2 * MINUTE_MS;
	expect_int("failed", fixture_list(&fixture, "r.example.com/shop/web", NULL)->state, OBSERVED_FAILED);
	fixture_clock_ms += 2 * MINUTE_MS;
	tags = fixture_list(&fixture, "r.example.com/shop/web", NULL);
	expect_int("known again", tags->state, OBSERVED_KNOWN);
	expect_str("the same", tags->names[0], "v1");
	fixture_finish(&fixture);
}
END_TEST

START_TEST(a_304_that_nobody_asked_for_is_an_error)
{
	struct fake_route routes[] = { { "GET", TAGS, .status = 304 } };
	const struct tags_observation *tags;
	struct fixture fixture;

	fixture_init(&fixture, routes, 1, NULL);
	tags = fixture_list(&fixture, "r.example.com/shop/web", NULL);
	expect_int("class", tags->err.class, ERR_INPUT);
	expect_contains("text", tags->err.text, "answered 304 (not modified) for shop/web, which it was not asked");
	fixture_finish(&fixture);
}
END_TEST

/* A registry without HEAD, and one that gives no digest with it: what they would send again each time. */
static const struct fake_route heads[] = {
	{ "HEAD", BY_TAG, .if_none_match = "", .status = 405 },
	{ "HEAD", BY_TAG, .if_none_match = "", .status = 200, .content_type = MANIFEST },
};

START_TEST(an_unchanged_manifest_is_not_sent_again)
{
	struct fake_route routes[] = {
		heads[_i],
		{ "GET", BY_TAG, .if_none_match = "", .status = 200, .content_type = MANIFEST, .body = WEB_BODY,
		  .etag = "\"" WEB_DIGEST "\"" },
		UNCHANGED(BY_TAG, "\"" WEB_DIGEST "\""),
	};
	const struct digest_observation *digest;
	struct fixture fixture;
	int round;

	fixture_init(&fixture, routes, 3, NULL);
	for (round = 0; round < 3; round++) {
		digest = fixture_resolve(&fixture, "r.example.com/shop/web", "v1", NULL);
		expect_str("no error", digest->err.text, "");
		expect_str("the digest", digest->digest, WEB_DIGEST);
		fixture_clock_ms += 2 * MINUTE_MS;
	}
	expect_int("sent once", routes[1].hits, 1);
	expect_int("unchanged twice", routes[2].hits, 2);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(a_manifest_that_changed_is_sent)
{
	struct fake_route routes[] = {
		heads[0],
		{ "GET", BY_TAG, .if_none_match = "", .status = 200, .content_type = MANIFEST, .body = WEB_BODY,
		  .etag = "\"" WEB_DIGEST "\"" },
		{ "GET", BY_TAG, .if_none_match = "\"" WEB_DIGEST "\"", .status = 200, .content_type = INDEX,
		  .body = MULTI_BODY, .etag = "\"" MULTI_DIGEST "\"" },
	};
	struct fixture fixture;

	fixture_init(&fixture, routes, 3, NULL);
	fixture_resolve(&fixture, "r.example.com/shop/web", "v1", NULL);
	fixture_clock_ms += 2 * MINUTE_MS;
	expect_str("moved", fixture_resolve(&fixture, "r.example.com/shop/web", "v1", NULL)->digest, MULTI_DIGEST);
	fixture_finish(&fixture);
}
END_TEST

/* The content of a digest cannot change: under whatever tag it comes, its bytes are fetched once. */
START_TEST(one_digest_under_many_tags_is_fetched_once)
{
	static const char *const texts[] = { "v1", "v2", WEB_DIGEST };
	struct fake_route routes[] = {
		{ "HEAD", BY_DIGEST "v1", .status = 200, .content_type = MANIFEST, .digest = WEB_DIGEST },
		{ "HEAD", BY_DIGEST "v2", .status = 200, .content_type = MANIFEST, .digest = WEB_DIGEST },
		{ "HEAD", BY_DIGEST WEB_DIGEST, .status = 200, .content_type = MANIFEST, .digest = WEB_DIGEST },
		{ "GET", BY_DIGEST WEB_DIGEST, .status = 200, .content_type = MANIFEST, .body = WEB_BODY },
	};
	struct fixture fixture;
	size_t i;

	fixture_init(&fixture, routes, 4, NULL);
	for (i = 0; i < 3; i++)
		expect_str(texts[i], fixture_resolve(&fixture, "r.example.com/shop/web", texts[i], NULL)->digest,
			   WEB_DIGEST);
	expect_int("fetched once", routes[3].hits, 1);
	fixture_finish(&fixture);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, sends_back_what_the_registry_gave, etags);
	tcase_add_test(tests, an_unchanged_list_is_as_good_as_a_new_one);
	tcase_add_test(tests, a_failure_between_does_not_lose_the_list);
	tcase_add_test(tests, a_304_that_nobody_asked_for_is_an_error);
	suite_add_rows(tests, an_unchanged_manifest_is_not_sent_again, heads);
	tcase_add_test(tests, a_manifest_that_changed_is_sent);
	tcase_add_test(tests, one_digest_under_many_tags_is_fetched_once);
}

SUITE_MAIN("conditional", add)
