/* Mirrors: who is asked for what, and what is said when nobody answers. */
#include <stdio.h>

#include "mirrors.h"

#define MOST_ROUTES 6

/* What is asked for r.example.com/shop/web:v1, where m.example.com and second.example.com:5000 are mirrors, and what comes of
 * it. Every route is used. */
static const struct {
	const char *name;
	struct fake_route routes[MOST_ROUTES];
	int class;
	const char *says;
} rows[] = {
	{ "the first mirror answers, and nobody else is asked",
	  { { "HEAD", MIRROR MANIFESTS "v1", WEB }, { "GET", MIRROR MANIFESTS WEB_DIGEST, BYTES } }, 0, "" },
	{ "one that lacks it is passed over for the next",
	  { { "HEAD", MIRROR MANIFESTS "v1", .status = 404 }, { "HEAD", SECOND MANIFESTS "v1", WEB },
	    { "GET", SECOND MANIFESTS WEB_DIGEST, BYTES } },
	  0, "" },
	{ "in the end the registry itself is asked",
	  { { "HEAD", MIRROR MANIFESTS "v1", .status = 404 },
	    { "HEAD", SECOND MANIFESTS "v1", .failure = "connection refused" }, { "HEAD", ORIGIN MANIFESTS "v1", WEB },
	    { "GET", ORIGIN MANIFESTS WEB_DIGEST, BYTES } },
	  0, "" },
	{ "a mirror that wants other credentials is as good as none",
	  { { "HEAD", MIRROR MANIFESTS "v1", .status = 401, .www_authenticate = "Basic realm=\"m\"" },
	    { "HEAD", SECOND MANIFESTS "v1", .status = 403 }, { "HEAD", ORIGIN MANIFESTS "v1", WEB },
	    { "GET", ORIGIN MANIFESTS WEB_DIGEST, BYTES } },
	  0, "" },
	{ "so is one that answers with a page",
	  { { "HEAD", MIRROR MANIFESTS "v1", .status = 200, .content_type = "text/html" },
	    { "HEAD", SECOND MANIFESTS "v1", WEB }, { "GET", SECOND MANIFESTS WEB_DIGEST, BYTES } },
	  0, "" },
	{ "one that knows the digest and lacks the bytes",
	  { { "HEAD", MIRROR MANIFESTS "v1", WEB }, { "GET", MIRROR MANIFESTS WEB_DIGEST, .status = 404 },
	    { "GET", SECOND MANIFESTS WEB_DIGEST, BYTES } },
	  0, "" },
	{ "one whose digest nobody has",
	  { { "HEAD", MIRROR MANIFESTS "v1", .status = 200, .content_type = MANIFEST, .digest = OTHER_DIGEST },
	    { "GET", MIRROR MANIFESTS OTHER_DIGEST, .status = 404 }, { "GET", SECOND MANIFESTS OTHER_DIGEST, .status = 404 },
	    { "GET", ORIGIN MANIFESTS OTHER_DIGEST, .status = 404 }, { "HEAD", SECOND MANIFESTS "v1", WEB },
	    { "GET", SECOND MANIFESTS WEB_DIGEST, BYTES } },
	  0, "" },
	{ "one whose bytes are others",
	  { { "HEAD", MIRROR MANIFESTS "v1", WEB },
	    { "GET", MIRROR MANIFESTS WEB_DIGEST, .status = 200, .content_type = INDEX, .body = MULTI_BODY },
	    { "HEAD", SECOND MANIFESTS "v1", WEB }, { "GET", SECOND MANIFESTS WEB_DIGEST, BYTES } },
	  0, "" },
	{ "one whose digest is none",
	  { { "HEAD", MIRROR MANIFESTS "v1", .status = 200, .content_type = MANIFEST, .digest = "md5:0" },
	    { "HEAD", SECOND MANIFESTS "v1", WEB }, { "GET", SECOND MANIFESTS WEB_DIGEST, BYTES } },
	  0, "" },
	{ "what nobody has is said of the registry and of its mirror",
	  { { "HEAD", MIRROR MANIFESTS "v1", .status = 404 }, { "HEAD", SECOND MANIFESTS "v1", .status = 404 },
	    { "HEAD", ORIGIN MANIFESTS "v1", .status = 404 } },
	  ERR_NOTFOUND, "registry r.example.com has no shop/web:v1 (404); its mirror: registry second.example.com:5000 has no "
			"shop/web:v1 (404)" },
	{ "a registry that cannot be reached shows what its mirror said",
	  { { "HEAD", MIRROR MANIFESTS "v1", .failure = "timed out" }, { "HEAD", SECOND MANIFESTS "v1", .status = 403 },
	    { "HEAD", ORIGIN MANIFESTS "v1", .failure = "connection refused" } },
	  ERR_NET, "registry r.example.com gave no answer for shop/web:v1: connection refused; its mirror: registry "
		   "second.example.com:5000 forbids access to shop/web:v1 (403)" },
};

START_TEST(asks_one_after_the_other)
{
	const struct digest_observation *digest;
	struct fake_route routes[MOST_ROUTES];
	struct fixture fixture;
	size_t count = 0;
	size_t i;

	memcpy(routes, rows[_i].routes, sizeof(routes));
	while (count < MOST_ROUTES && routes[count].method != NULL)
		count++;
	mirrors_init(&fixture, routes, count, "r.example.com=" MIRROR);
	digest = fixture_resolve(&fixture, "r.example.com/shop/web", "v1", NULL);
	expect_int(rows[_i].name, digest->err.class, rows[_i].class);
	expect_contains(rows[_i].name, digest->err.text, rows[_i].says);
	expect_str(rows[_i].name, digest->digest, rows[_i].class == 0 ? WEB_DIGEST : "");
	for (i = 0; i < count; i++)
		expect_int(rows[_i].name, routes[i].hits, 1);
	fixture_finish(&fixture);
}
END_TEST

/* How a repository is called at a mirror. */
static const struct {
	const char *name;
	const char *mirror;
	const char *repository;
	const char *url;
} names[] = {
	{ "without a path it has its own name", "r.example.com=" MIRROR, "r.example.com/shop/web",
	  MIRROR "/v2/shop/web/manifests/v1" },
	{ "a slash alone is no path", "r.example.com=" MIRROR "/", "r.example.com/shop/web",
	  MIRROR "/v2/shop/web/manifests/v1" },
	{ "a path goes in front", "r.example.com=" MIRROR "/proxy/hub/", "r.example.com/shop/web",
	  MIRROR "/v2/proxy/hub/shop/web/manifests/v1" },
	{ "the /v2 that containerd writes is none", "r.example.com=" MIRROR "/v2", "r.example.com/shop/web",
	  MIRROR "/v2/shop/web/manifests/v1" },
	{ "a path behind /v2", "r.example.com=" MIRROR "/v2/hub", "r.example.com/shop/web",
	  MIRROR "/v2/hub/shop/web/manifests/v1" },
	{ "a port belongs to the host", "r.example.com:5000=" MIRROR ":5001", "r.example.com:5000/shop/web",
	  MIRROR ":5001/v2/shop/web/manifests/v1" },
	{ "capitals of the host do not count", "R.Example.COM=" MIRROR, "r.example.com/shop/web",
	  MIRROR "/v2/shop/web/manifests/v1" },
	{ "an official image of Docker Hub lies under library", "docker.io=" MIRROR, "nginx",
	  MIRROR "/v2/library/nginx/manifests/v1" },
	{ "Docker Hub has other names", "registry-1.docker.io=" MIRROR, "docker.io/shop/web",
	  MIRROR "/v2/shop/web/manifests/v1" },
	{ "another registry has no mirror", "r.example.com=" MIRROR, "r.example.com:5000/shop/web",
	  "https://r.example.com:5000/v2/shop/web/manifests/v1" },
};

START_TEST(calls_repositories_by_the_names_they_have_there)
{
	struct fake_route routes[] = {
		{ "HEAD", names[_i].url, WEB },
		{ "GET", "", BYTES },
	};
	const char *const mirrors[] = { names[_i].mirror, NULL };
	struct fixture fixture;
	char bytes[512];

	snprintf(bytes, sizeof(bytes), "%.*s" WEB_DIGEST, (int)strlen(names[_i].url) - 2, names[_i].url);
	routes[1].url = bytes;
	fixture_init_options(&fixture, routes, 2, (struct registry_options){ .mirrors = mirrors });
	expect_str(names[_i].name, fixture_resolve(&fixture, names[_i].repository, "v1", NULL)->digest, WEB_DIGEST);
	fixture_finish(&fixture);
}
END_TEST

/* What makes a mirror rest, and for how long it does at least and at most. */
static const struct {
	const char *name;
	struct fake_route fails;
	int64_t least_ms;
	int64_t most_ms;
} rests[] = {
	{ "no answer", { .failure = "timed out" }, 1500, 2500 },
	{ "trouble of its own", { .status = 500 }, 1500, 2500 },
	{ "a wish to be left alone", { .status = 429, .retry_after_ms = 3600000 }, 3600000, 3600000 },
};

START_TEST(a_mirror_in_trouble_is_left_alone)
{
	struct fake_route routes[] = {
		rests[_i].fails,
		{ "HEAD", SECOND MANIFESTS "v1", WEB },
		{ "GET", MIRROR MANIFESTS WEB_DIGEST, BYTES },
		{ "GET", SECOND MANIFESTS WEB_DIGEST, BYTES },
	};
	struct fixture fixture;

	routes[0].method = "HEAD";
	routes[0].url = MIRROR MANIFESTS "v1";
	mirrors_init(&fixture, routes, 4, "r.example.com=" MIRROR);
	registry_resolve(fixture.registry, "r.example.com/shop/web", "v1", NULL, 0);
	fake_http_run(&fixture.http);
	fixture_clock_ms += rests[_i].least_ms - 1;
	registry_resolve(fixture.registry, "r.example.com/shop/web", "v1", NULL, 0);
	fake_http_run(&fixture.http);
	expect_int("not yet", routes[0].hits, 1);
	expect_int("the next one answers meanwhile", routes[1].hits, 2);
	fixture_clock_ms += rests[_i].most_ms - rests[_i].least_ms + 1001;
	registry_resolve(fixture.registry, "r.example.com/shop/web", "v1", NULL, 0);
	fake_http_run(&fixture.http);
	expect_int("asked again", routes[0].hits, 2);
	fixture_finish(&fixture);
}
END_TEST

/* All pages of a list come from one place. */
static const struct {
	const char *name;
	struct fake_route second; /* page of the mirror */
	int count;
	const char *last;
} pages[] = {
	{ "a list is taken from the mirror to its end", { LIST("\"m2\"") }, 2, "m2" },
	{ "a mirror that loses the rest is not mixed with the registry", { .status = 404 }, 3, "o3" },
	{ "nor is one that breaks off", { .failure = "reset" }, 3, "o3" },
	{ "nor is one whose rest is nonsense", { .status = 200, .content_type = JSON, .body = "[]" }, 3, "o3" },
	{ "nor is one that leads away", { LIST("\"m2\""), .link = "<https://evil.example.com/>; rel=next" }, 3, "o3" },
};

START_TEST(a_list_comes_from_one_place)
{
	struct fake_route routes[] = {
		{ "GET", MIRROR "/v2/hub/shop/web/tags/list?n=1000", LIST("\"m1\""),
		  .link = "</v2/hub/shop/web/tags/list?last=m1>; rel=next" },
		pages[_i].second,
		{ "GET", ORIGIN TAGS "?n=1000", LIST("\"o1\",\"o2\",\"o3\"") },
	};
	const char *const mirrors[] = { "r.example.com=" MIRROR "/hub", NULL };
	const struct tags_observation *tags;
	struct fixture fixture;

	routes[1].method = "GET";
	routes[1].url = MIRROR "/v2/hub/shop/web/tags/list?last=m1";
	fixture_init_options(&fixture, routes, 3, (struct registry_options){ .mirrors = mirrors });
	tags = fixture_list(&fixture, "r.example.com/shop/web", NULL);
	expect_str(pages[_i].name, tags->err.text, "");
	expect_int(pages[_i].name, tags->count, pages[_i].count);
	expect_str(pages[_i].name, tags->names[tags->count - 1], pages[_i].last);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(an_entity_tag_goes_back_to_where_it_came_from)
{
	struct fake_route routes[] = {
		{ "GET", MIRROR TAGS "?n=1000", .if_none_match = "", .most = 1, LIST("\"v1\""), .etag = "\"m\"" },
		{ "GET", MIRROR TAGS "?n=1000", .if_none_match = "\"m\"", .most = 1, .status = 304 },
		{ "GET", MIRROR TAGS "?n=1000", .if_none_match = "\"m\"", .status = 404 },
		{ "GET", SECOND TAGS "?n=1000", .if_none_match = "", .status = 404 },
		{ "GET", ORIGIN TAGS "?n=1000", .if_none_match = "", LIST("\"v1\",\"v2\"") },
	};
	static const int counts[] = { 1, 1, 2 };
	struct fixture fixture;
	int round;

	mirrors_init(&fixture, routes, 5, "r.example.com=" MIRROR);
	for (round = 0; round < 3; round++) {
		expect_int("count", fixture_list(&fixture, "r.example.com/shop/web", NULL)->count, counts[round]);
		fixture_clock_ms += 2 * MINUTE_MS;
	}
	fixture_finish(&fixture);
}
END_TEST

static const struct {
	const char *name;
	const char *mirror;
	const char *says;
} bad[] = {
	{ "a URL alone", "https://m.example.com", "it is not HOST=URL" },
	{ "no host", "=https://m.example.com", "it is not HOST=URL" },
	{ "an image in place of a host", "r.example.com/web=https://m.example.com", "it is not HOST=URL" },
	{ "a host in place of a URL", "r.example.com=m.example.com", "not an absolute http or https URL" },
	{ "a user name in it", "r.example.com=https://u:p@m.example.com", "holds a user name" },
	{ "a path with capitals", "r.example.com=https://m.example.com/Hub", "is not a repository" },
	{ "a query", "r.example.com=https://m.example.com/hub?x=1", "is not a repository" },
	{ "no TLS, and nobody allowed that", "r.example.com=http://m.example.com:5000",
	  "it has no TLS; that has to be allowed: --insecure-registry=m.example.com:5000" },
	{ "TLS, and the admin says otherwise", "r.example.com=https://plain.example.com",
	  "the URL says https, --insecure-registry=plain.example.com says http" },
};

START_TEST(refuses_what_is_no_mirror)
{
	static const char *const insecure[] = { "plain.example.com", NULL };
	const char *const mirrors[] = { bad[_i].mirror, NULL };
	const struct registry_options options = { .insecure_hosts = insecure, .mirrors = mirrors };
	struct http http = { .routes = NULL };
	struct registry *registry = NULL;
	struct err err = ERR_INIT;

	expect_int(bad[_i].name, registry_create(&http, &options, &registry, &err), ERR_INPUT);
	expect_contains(bad[_i].name, err.text, bad[_i].says);
	expect_contains(bad[_i].name, err.text, bad[_i].mirror);
}
END_TEST

START_TEST(a_mirror_without_tls_is_asked_where_that_is_allowed)
{
	static const char *const insecure[] = { "m.example.com:5000", NULL };
	static const char *const mirrors[] = { "r.example.com=http://m.example.com:5000", NULL };
	struct fake_route routes[] = {
		{ "HEAD", "http://m.example.com:5000" MANIFESTS "v1", WEB },
		{ "GET", "http://m.example.com:5000" MANIFESTS WEB_DIGEST, BYTES },
	};
	struct fixture fixture;

	fixture_init_options(&fixture, routes, 2,
			     (struct registry_options){ .insecure_hosts = insecure, .mirrors = mirrors });
	expect_str("digest", fixture_resolve(&fixture, "r.example.com/shop/web", "v1", NULL)->digest, WEB_DIGEST);
	fixture_finish(&fixture);
}
END_TEST

/* The room ends while a question is at its first or its last place. */
START_TEST(ends_while_a_mirror_is_asked)
{
	struct fake_route routes[] = {
		{ "HEAD", MIRROR MANIFESTS "v1", .status = 404 },
		{ "GET", MIRROR TAGS "?n=1000", .status = 404 },
	};
	struct fixture fixture;

	mirrors_init(&fixture, routes, 2, "r.example.com=" MIRROR);
	registry_resolve(fixture.registry, "r.example.com/shop/web", "v1", NULL, 0);
	registry_list_tags(fixture.registry, "r.example.com/shop/web", NULL, 0);
	if (_i == 1)
		fake_http_step(&fixture.http);
	fixture_finish(&fixture);
	expect_int("nothing is told", fixture.told, 0);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, asks_one_after_the_other, rows);
	suite_add_rows(tests, calls_repositories_by_the_names_they_have_there, names);
	suite_add_rows(tests, a_mirror_in_trouble_is_left_alone, rests);
	suite_add_rows(tests, a_list_comes_from_one_place, pages);
	tcase_add_test(tests, an_entity_tag_goes_back_to_where_it_came_from);
	suite_add_rows(tests, refuses_what_is_no_mirror, bad);
	tcase_add_test(tests, a_mirror_without_tls_is_asked_where_that_is_allowed);
	tcase_add_loop_test(tests, ends_while_a_mirror_is_asked, 0, 2);
}

SUITE_MAIN("mirror", add)
