/* What is known of a registry: how it comes to be known, who sees it, and when it is forgotten. */
#include <stdio.h>

#include "shop.h"

START_TEST(goes_from_nothing_over_pending_to_known)
{
	struct fake_route routes[] = { TAGS_ROUTE };
	const struct tags_observation *tags;
	struct fixture fixture;

	fixture_init(&fixture, routes, 1, NULL);
	expect_int("none", registry_tags(fixture.registry, REPOSITORY, NULL)->state, OBSERVED_NONE);
	registry_list_tags(fixture.registry, REPOSITORY, NULL, MINUTE_MS);
	tags = registry_tags(fixture.registry, REPOSITORY, NULL);
	expect_int("pending", tags->state, OBSERVED_PENDING);
	expect("pending", tags->is_asking);
	expect_int("nothing told from inside", fixture.told, 0);
	fake_http_run(&fixture.http);
	tags = registry_tags(fixture.registry, REPOSITORY, NULL);
	expect_int("known", tags->state, OBSERVED_KNOWN);
	expect("known", !tags->is_asking);
	expect_int("at", tags->at_ms, fixture_now_ms());
	expect_int("told once", fixture.told, 1);
	expect_str("told whom it is about", fixture.repository, REPOSITORY);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(many_askers_cost_one_poll)
{
	struct fake_route routes[] = { TAGS_ROUTE, HEAD_ROUTE, GET_ROUTE };
	struct fixture fixture;
	int i;

	fixture_init(&fixture, routes, 3, NULL);
	for (i = 0; i < 1000; i++) { /* all before the first answer */
		registry_list_tags(fixture.registry, REPOSITORY, NULL, MINUTE_MS);
		registry_resolve(fixture.registry, REPOSITORY, "v1", NULL, MINUTE_MS);
	}
	fake_http_run(&fixture.http);
	for (i = 0; i < 1000; i++) { /* and all after it, within the interval */
		fixture_clock_ms += 59;
		registry_list_tags(fixture.registry, REPOSITORY, NULL, MINUTE_MS);
		registry_resolve(fixture.registry, REPOSITORY, "v1", NULL, MINUTE_MS);
	}
	fake_http_run(&fixture.http);
	expect_int("one list", routes[0].hits, 1);
	expect_int("one HEAD", routes[1].hits, 1);
	fixture_clock_ms += 1000;
	fixture_list(&fixture, REPOSITORY, NULL);
	expect_int("the next interval, the next poll", routes[0].hits, 2);
	expect_int("stats", (int)registry_stats(fixture.registry).requests, 4);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(nobody_asks_more_often_than_each_second)
{
	struct fake_route routes[] = { TAGS_ROUTE };
	struct fixture fixture;
	int i;

	fixture_init(&fixture, routes, 1, NULL);
	for (i = 0; i < 10; i++) {
		registry_list_tags(fixture.registry, REPOSITORY, NULL, 0);
		fake_http_run(&fixture.http);
		fixture_clock_ms += 100;
	}
	expect_int("in one second", routes[0].hits, 1);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(other_credentials_do_not_see_the_answer)
{
	struct fake_route routes[] = {
		{ "GET", TAGS, .authorization = "Basic dXNlcjpwYXNz", .status = 200, .content_type = JSON,
		  .body = LIST },
		{ "GET", TAGS, .status = 401, .www_authenticate = "Basic realm=\"r\"" },
	};
	struct credentials good;
	struct credentials bad;
	struct fixture fixture;
	struct err err = ERR_INIT;

	expect_int("good", credentials_init(&good, "user", "pass", &err), 0);
	expect_int("bad", credentials_init(&bad, "user", "guess", &err), 0);
	fixture_init(&fixture, routes, 2, NULL);
	expect_int("good", fixture_list(&fixture, REPOSITORY, &good)->state, OBSERVED_KNOWN);
	expect_int("nobody asked yet", registry_tags(fixture.registry, REPOSITORY, &bad)->state, OBSERVED_NONE);
	expect_int("bad", fixture_list(&fixture, REPOSITORY, &bad)->err.class, ERR_DENIED);
	expect_int("anonymous", fixture_list(&fixture, REPOSITORY, NULL)->err.class, ERR_DENIED);
	expect_int("good is not touched", registry_tags(fixture.registry, REPOSITORY, &good)->count, 2);
	fixture_finish(&fixture);
	credentials_finish(&good);
	credentials_finish(&bad);
}
END_TEST

START_TEST(a_good_answer_survives_a_failure)
{
	struct fake_route routes[] = {
		{ "GET", TAGS, .most = 1, .status = 200, .content_type = JSON, .body = LIST },
		{ "GET", TAGS, .most = 1, .failure = "connection refused" },
		TAGS_ROUTE,
	};
	const struct tags_observation *tags;
	struct fixture fixture;
	int64_t first_ms;

	fixture_init(&fixture, routes, 3, NULL);
	first_ms = fixture_list(&fixture, REPOSITORY, NULL)->at_ms;
	fixture_clock_ms += 2 * MINUTE_MS;
	tags = fixture_list(&fixture, REPOSITORY, NULL);
	expect_int("failed", tags->state, OBSERVED_FAILED);
	expect_int("why", tags->err.class, ERR_NET);
	expect_int("the names are still there", tags->count, 2);
	expect_int("and as old as they are", tags->at_ms, first_ms);
	expect("a moment to ask again", tags->retry_at_ms > fixture_now_ms());
	fixture_clock_ms += MINUTE_MS;
	expect_int("good again", fixture_list(&fixture, REPOSITORY, NULL)->state, OBSERVED_KNOWN);
	expect_int("told thrice", fixture.told, 3);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(asking_from_inside_the_answer_is_fine)
{
	struct fake_route routes[] = { TAGS_ROUTE, HEAD_ROUTE, GET_ROUTE };
	struct fixture fixture;

	fixture_init(&fixture, routes, 3, NULL);
	fixture.ask_again = REPOSITORY;
	fixture_list(&fixture, REPOSITORY, NULL);
	expect_str("asked and answered", registry_digest(fixture.registry, REPOSITORY, "v1", NULL)->digest,
		   WEB_DIGEST);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(ends_while_questions_are_under_way)
{
	struct fake_route routes[100];
	char urls[100][80];
	struct fixture fixture;

	shop_fill_hundred(routes, urls);
	fixture_init(&fixture, routes, 100, NULL);
	shop_ask_a_hundred(&fixture);
	registry_list_tags(fixture.registry, REPOSITORY, NULL, MINUTE_MS);
	fixture_finish(&fixture);
	expect_int("nobody was told", fixture.told, 0);
}
END_TEST

START_TEST(ends_while_a_token_is_under_way)
{
	struct fake_route routes[] = {
		{ "GET", TAGS, .status = 401, .www_authenticate = "Bearer realm=\"https://a.example.com/t\"" },
	};
	struct fixture fixture;

	fixture_init(&fixture, routes, 1, NULL);
	registry_list_tags(fixture.registry, REPOSITORY, NULL, MINUTE_MS);
	fake_http_step(&fixture.http);
	expect_int("the token", fixture.http.running, 1);
	fixture_finish(&fixture);
	expect_int("nobody was told", fixture.told, 0);
}
END_TEST

START_TEST(what_cannot_be_asked_is_known_at_once)
{
	static const struct {
		const char *repository;
		const char *says;
	} bad[] = {
		{ "r.example.com/shop/web:v1", "has a tag" },
		{ "https://r.example.com/web", "has a scheme" },
		{ "", "is not a repository" },
	};
	struct fixture fixture;
	size_t i;

	fixture_init(&fixture, NULL, 0, NULL);
	for (i = 0; i < 3; i++) {
		const struct tags_observation *tags;

		registry_list_tags(fixture.registry, bad[i].repository, NULL, MINUTE_MS);
		tags = registry_tags(fixture.registry, bad[i].repository, NULL);
		expect_int(bad[i].says, tags->state, OBSERVED_FAILED);
		expect_int(bad[i].says, tags->err.class, ERR_INPUT);
		expect_contains(bad[i].says, tags->err.text, bad[i].says);
	}
	expect_int("no request", (int)registry_stats(fixture.registry).requests, 0);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(the_least_recently_used_is_forgotten)
{
	struct fake_route routes[100];
	char urls[100][80];
	struct fixture fixture;

	shop_fill_hundred(routes, urls);
	fixture_init_options(&fixture, routes, 100, (struct registry_options){ .max_observations = 10 });
	fixture_resolve(&fixture, REPOSITORY, "v0", NULL);
	fixture_resolve(&fixture, REPOSITORY, "v1", NULL);
	shop_ask_a_hundred(&fixture); /* v0 and v1 are not due; they become the oldest but two */
	fake_http_run(&fixture.http);
	registry_digest(fixture.registry, REPOSITORY, "v95", NULL); /* used: it may stay */
	fixture_resolve(&fixture, REPOSITORY, "v0", NULL);
	expect("few are left", registry_stats(fixture.registry).observations <= 10);
	expect_int("an old one", registry_digest(fixture.registry, REPOSITORY, "v50", NULL)->state,
		   OBSERVED_NONE);
	expect_int("a used one", registry_digest(fixture.registry, REPOSITORY, "v95", NULL)->state,
		   OBSERVED_FAILED);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(memory_has_a_limit_in_bytes)
{
	struct fake_route routes[50];
	char urls[50][80];
	char repository[64];
	char *body = malloc(200000);
	size_t len = (size_t)sprintf(body, "{\"tags\":[");
	struct fixture fixture;
	int i;

	for (i = 0; i < 1000; i++)
		len += (size_t)sprintf(body + len, "%s\"%0100d\"", i == 0 ? "" : ",", i);
	sprintf(body + len, "]}");
	for (i = 0; i < 50; i++) {
		snprintf(urls[i], 80, HOST "/v2/shop/w%d/tags/list?n=1000", i);
		routes[i] = (struct fake_route){ "GET", urls[i], .status = 200, .content_type = JSON, .body = body };
	}
	fixture_init_options(&fixture, routes, 50, (struct registry_options){ .max_bytes = 1000000 });
	for (i = 0; i < 50; i++) { /* 110 KB each, 5.5 MB in all */
		snprintf(repository, sizeof(repository), "r.example.com/shop/w%d", i);
		expect_int(repository, fixture_list(&fixture, repository, NULL)->count, 1000);
		expect(repository, registry_stats(fixture.registry).bytes <= 1000000);
	}
	expect("but not all is forgotten", registry_stats(fixture.registry).observations >= 5);
	fixture_finish(&fixture);
	free(body);
}
END_TEST

START_TEST(hosts_are_forgotten_too)
{
	struct fake_route routes[1];
	char repository[64];
	char url[96];
	struct fixture fixture;
	int i;

	fixture_init(&fixture, routes, 1, NULL);
	for (i = 0; i < 600; i++) {
		snprintf(repository, sizeof(repository), "r%d.example.com/shop/web", i);
		snprintf(url, sizeof(url), "https://r%d.example.com/v2/shop/web/tags/list?n=1000", i);
		routes[0] = (struct fake_route){ "GET", url, .status = 200, .content_type = JSON, .body = LIST };
		expect_int(repository, fixture_list(&fixture, repository, NULL)->count, 2);
		expect(repository, registry_stats(fixture.registry).hosts <= 256);
	}
	fixture_finish(&fixture);
}
END_TEST

START_TEST(options_with_a_bad_host_are_refused)
{
	const char *const hosts[] = { "http://127.0.0.1:5000", NULL };
	struct registry_options options = { .insecure_hosts = hosts };
	struct registry *registry = NULL;
	struct http http = { .routes = NULL };
	struct err err = ERR_INIT;

	expect_int("a scheme", registry_create(&http, &options, &registry, &err), ERR_INPUT);
	expect_contains("a scheme", err.text, "\"http://127.0.0.1:5000\" is not a host");
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, goes_from_nothing_over_pending_to_known);
	tcase_add_test(tests, many_askers_cost_one_poll);
	tcase_add_test(tests, nobody_asks_more_often_than_each_second);
	tcase_add_test(tests, other_credentials_do_not_see_the_answer);
	tcase_add_test(tests, a_good_answer_survives_a_failure);
	tcase_add_test(tests, asking_from_inside_the_answer_is_fine);
	tcase_add_test(tests, ends_while_questions_are_under_way);
	tcase_add_test(tests, ends_while_a_token_is_under_way);
	tcase_add_test(tests, what_cannot_be_asked_is_known_at_once);
	tcase_add_test(tests, the_least_recently_used_is_forgotten);
	tcase_add_test(tests, memory_has_a_limit_in_bytes);
	tcase_add_test(tests, hosts_are_forgotten_too);
	tcase_add_test(tests, options_with_a_bad_host_are_refused);
}

SUITE_MAIN("observed", add)
