/* How long what failed is left alone, and how a host is spared. */
#include "shop.h"

static const struct {
	const char *name;
	struct fake_route route;
	int64_t first_ms;
	int64_t longest_ms;
} back_offs[] = {
	{ "an unreachable registry", { "GET", TAGS, .failure = "connection refused" }, 2000, 60000 },
	{ "a registry in trouble", { "GET", TAGS, .status = 502 }, 2000, 60000 },
	{ "a repository that does not exist", { "GET", TAGS, .status = 404 }, 5000, 120000 },
	{ "a registry that refuses", { "GET", TAGS, .status = 403 }, 5000, 120000 },
	{ "nonsense", { "GET", TAGS, .status = 200, .content_type = "text/html", .body = "x" }, 5000, 120000 },
};

START_TEST(backs_off_with_jitter)
{
	struct fake_route routes[] = { back_offs[_i].route };
	const char *name = back_offs[_i].name;
	struct fixture fixture;
	int64_t want_ms = back_offs[_i].first_ms;
	int i;

	fixture_init(&fixture, routes, 1, NULL);
	for (i = 0; i < 12; i++) {
		int64_t wait_ms = fixture_list(&fixture, REPOSITORY, NULL)->retry_at_ms - fixture_now_ms();

		expect_int(name, routes[0].hits, i + 1);
		expect(name, wait_ms >= want_ms * 3 / 4 && wait_ms <= want_ms * 5 / 4);
		fixture_clock_ms += wait_ms - 1;
		fixture_list(&fixture, REPOSITORY, NULL);
		expect_int(name, routes[0].hits, i + 1);
		fixture_clock_ms += 1;
		want_ms = want_ms * 2 < back_offs[_i].longest_ms ? want_ms * 2 : back_offs[_i].longest_ms;
	}
	fixture_finish(&fixture);
}
END_TEST

START_TEST(jitter_differs)
{
	struct fake_route routes[] = { { "HEAD", BY_TAG, .failure = "x" },
				       { "HEAD", HOST "/v2/shop/web/manifests/v2", .failure = "x" },
				       { "HEAD", HOST "/v2/shop/web/manifests/v3", .failure = "x" },
				       { "HEAD", HOST "/v2/shop/web/manifests/v4", .failure = "x" } };
	struct fixture fixture;
	int64_t at_ms[4];

	fixture_init(&fixture, routes, 4, NULL);
	at_ms[0] = fixture_resolve(&fixture, REPOSITORY, "v1", NULL)->retry_at_ms;
	at_ms[1] = fixture_resolve(&fixture, REPOSITORY, "v2", NULL)->retry_at_ms;
	at_ms[2] = fixture_resolve(&fixture, REPOSITORY, "v3", NULL)->retry_at_ms;
	at_ms[3] = fixture_resolve(&fixture, REPOSITORY, "v4", NULL)->retry_at_ms;
	expect("not all the same", at_ms[0] != at_ms[1] || at_ms[1] != at_ms[2] || at_ms[2] != at_ms[3]);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(retry_after_stops_the_whole_host)
{
	struct fake_route routes[] = {
		{ "GET", TAGS, .most = 1, .status = 429, .retry_after_ms = 90000 },
		TAGS_ROUTE,
		HEAD_ROUTE,
		GET_ROUTE,
		{ "GET", "https://other.example.com/v2/shop/web/tags/list?n=1000", .status = 200,
		  .content_type = JSON, .body = LIST },
	};
	const struct tags_observation *tags;
	const struct digest_observation *digest;
	struct fixture fixture;
	int i;

	fixture_init(&fixture, routes, 5, NULL);
	tags = fixture_list(&fixture, REPOSITORY, NULL);
	expect_int("busy", tags->err.class, ERR_BUSY);
	expect_str("told", tags->err.text,
		   "registry r.example.com limits requests and asks to wait 1m30s, asked for shop/web (429)");
	expect_int("status", tags->err.http_status, 429);
	expect_int("obeyed", tags->retry_at_ms, fixture_now_ms() + 90000);
	for (i = 0; i < 89; i++) { /* another question at the same host, each second */
		digest = fixture_resolve(&fixture, REPOSITORY, "v1", NULL);
		expect_int("busy, too", digest->err.class, ERR_BUSY);
		expect_contains("told, too", digest->err.text, "registry r.example.com asked to be left alone for 1");
		expect_int("not asked", routes[2].hits, 0);
		fixture_clock_ms += i == 0 ? 1000 : 0;
	}
	expect_int("until then", digest->retry_at_ms, fixture_now_ms() - 1000 + 90000);
	tags = fixture_list(&fixture, "other.example.com/shop/web", NULL);
	expect_int("another host is another matter", tags->state, OBSERVED_KNOWN);
	fixture_clock_ms += 89000;
	expect_str("afterwards", fixture_resolve(&fixture, REPOSITORY, "v1", NULL)->err.text, "");
	expect_int("afterwards", fixture_list(&fixture, REPOSITORY, NULL)->state, OBSERVED_KNOWN);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(a_429_without_a_time_gets_a_growing_one)
{
	struct fake_route routes[] = { { "GET", TAGS, .status = 429 } };
	struct fixture fixture;
	int64_t want_ms = 5000;
	int i;

	fixture_init(&fixture, routes, 1, NULL);
	for (i = 0; i < 6; i++) {
		int64_t wait_ms = fixture_list(&fixture, REPOSITORY, NULL)->retry_at_ms - fixture_now_ms();

		expect("grows", wait_ms >= want_ms * 3 / 4);
		expect("but not for ever", wait_ms <= 75000);
		fixture_clock_ms += wait_ms;
		want_ms = want_ms * 2 < 60000 ? want_ms * 2 : 60000;
	}
	expect_int("asked each time", routes[0].hits, 6);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(a_host_gets_four_requests_at_a_time)
{
	struct fake_route routes[100];
	char urls[100][80];
	struct fixture fixture;

	shop_fill_hundred(routes, urls);
	fixture_init(&fixture, routes, 100, NULL);
	shop_ask_a_hundred(&fixture);
	expect_int("running", fixture.http.running, 4);
	fake_http_run(&fixture.http);
	expect_int("never more", fixture.http.most_running, 4);
	expect_int("all answered", fixture.told, 100);
	expect_int("the last one, too", routes[99].hits, 1);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(a_429_answers_all_that_wait)
{
	struct fake_route routes[100];
	char urls[100][80];
	struct fixture fixture;
	unsigned hits = 0;
	int i;

	shop_fill_hundred(routes, urls);
	routes[0].status = 429;
	routes[0].retry_after_ms = 30000;
	fixture_init(&fixture, routes, 100, NULL);
	shop_ask_a_hundred(&fixture);
	fake_http_step(&fixture.http);
	expect_int("97 have their answer: one of the four, and all that waited", fixture.told, 97);
	fake_http_run(&fixture.http);
	for (i = 0; i < 100; i++)
		hits += routes[i].hits;
	expect_int("the four that ran reached the host", hits, 4);
	expect_int("one that waited", registry_digest(fixture.registry, REPOSITORY, "v50", NULL)->err.class,
		   ERR_BUSY);
	fixture_finish(&fixture);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, backs_off_with_jitter, back_offs);
	tcase_add_test(tests, jitter_differs);
	tcase_add_test(tests, retry_after_stops_the_whole_host);
	tcase_add_test(tests, a_429_without_a_time_gets_a_growing_one);
	tcase_add_test(tests, a_host_gets_four_requests_at_a_time);
	tcase_add_test(tests, a_429_answers_all_that_wait);
}

SUITE_MAIN("patience", add)
