#include <stdio.h>

#include "fixture.h"

#define HOST "https://r.example.com"
#define PATH "/v2/shop/web/tags/list"
#define FIRST HOST PATH "?n=1000"
#define JSON "application/json"
#define PAGE(tags) "{\"name\":\"shop/web\",\"tags\":[" tags "]}"

static const struct {
	const char *name;
	struct fake_route routes[3];
	int count; /* -1: an error */
	const char *last;
	int class;
	const char *says;
} rows[] = {
	{ "one page", { { "GET", FIRST, .status = 200, .content_type = JSON, .body = PAGE("\"v1\",\"v2\"") } },
	  2, "v2", 0, "" },
	{ "a Content-Type may have parameters",
	  { { "GET", FIRST, .status = 200, .content_type = "application/json; charset=utf-8",
	      .body = PAGE("\"v1\"") } }, 1, "v1", 0, "" },
	{ "a repository may have no tags",
	  { { "GET", FIRST, .status = 200, .content_type = JSON, .body = PAGE("") } }, 0, "", 0, "" },
	{ "no tags may be null, as docker-registry has it",
	  { { "GET", FIRST, .status = 200, .content_type = JSON, .body = "{\"name\":\"shop/web\",\"tags\":null}" } },
	  0, "", 0, "" },
	{ "three pages",
	  { { "GET", FIRST, .status = 200, .content_type = JSON, .body = PAGE("\"v1\""),
	      .link = "<" PATH "?last=v1&n=1000>; rel=\"next\"" },
	    { "GET", HOST PATH "?last=v1&n=1000", .status = 200, .content_type = JSON, .body = PAGE("\"v2\""),
	      .link = "<" HOST PATH "?last=v2&n=1000>; rel=\"next\"" },
	    { "GET", HOST PATH "?last=v2&n=1000", .status = 200, .content_type = JSON, .body = PAGE("\"v3\"") } },
	  3, "v3", 0, "" },
	{ "a next page at another host is refused",
	  { { "GET", FIRST, .status = 200, .content_type = JSON, .body = PAGE("\"v1\""),
	      .link = "<https://evil.example.com" PATH "?last=v1>; rel=\"next\"" } },
	  -1, "", ERR_INPUT,
	  "registry r.example.com, shop/web: next page of the tags: the URL \"https://evil.example.com" },
	{ "a next page over plain HTTP is refused",
	  { { "GET", FIRST, .status = 200, .content_type = JSON, .body = PAGE("\"v1\""),
	      .link = "<http://r.example.com" PATH "?last=v1>; rel=\"next\"" } },
	  -1, "", ERR_INPUT, "leads to another host" },
	{ "a next page that is the same page is refused",
	  { { "GET", FIRST, .status = 200, .content_type = JSON, .body = PAGE("\"v1\""),
	      .link = "<" PATH "?n=1000>; rel=\"next\"" } },
	  -1, "", ERR_INPUT, "the same page again" },
	{ "a Link header out of its mind is refused",
	  { { "GET", FIRST, .status = 200, .content_type = JSON, .body = PAGE("\"v1\""), .link = "next" } },
	  -1, "", ERR_INPUT, "the Link header does not follow its grammar" },
	{ "an error on the second page is an error",
	  { { "GET", FIRST, .status = 200, .content_type = JSON, .body = PAGE("\"v1\""),
	      .link = "<" PATH "?last=v1>; rel=\"next\"" },
	    { "GET", HOST PATH "?last=v1", .status = 404 } },
	  -1, "", ERR_NOTFOUND, "registry r.example.com has no shop/web (404)" },
	{ "pages in a circle end",
	  { { "GET", FIRST, .status = 200, .content_type = JSON, .body = PAGE("\"v1\""),
	      .link = "<" PATH "?last=a>; rel=\"next\"" },
	    { "GET", HOST PATH "?last=a", .status = 200, .content_type = JSON, .body = PAGE("\"v1\""),
	      .link = "<" PATH "?last=b>; rel=\"next\"" },
	    { "GET", HOST PATH "?last=b", .status = 200, .content_type = JSON, .body = PAGE("\"v1\""),
	      .link = "<" PATH "?last=a>; rel=\"next\"" } },
	  -1, "", ERR_INPUT, "more than 256 pages" },
	{ "HTML with status 200",
	  { { "GET", FIRST, .status = 200, .content_type = "text/html", .body = "<html>please log in</html>" } },
	  -1, "", ERR_INPUT, "registry r.example.com answered for shop/web with \"text/html\", which is not JSON" },
	{ "HTML that says it is JSON",
	  { { "GET", FIRST, .status = 200, .content_type = JSON, .body = "<html>" } }, -1, "", ERR_INPUT,
	  "the list of tags cannot be used: not JSON" },
	{ "a list of numbers",
	  { { "GET", FIRST, .status = 200, .content_type = JSON, .body = PAGE("1,2") } }, -1, "", ERR_INPUT,
	  "holds what is not text" },
	{ "no list", { { "GET", FIRST, .status = 200, .content_type = JSON, .body = "{}" } }, -1, "", ERR_INPUT,
	  "\"tags\" is not a list" },
	{ "a tag that is none",
	  { { "GET", FIRST, .status = 200, .content_type = JSON, .body = PAGE("\"v1\",\"../\\u001b[2J\"") } },
	  -1, "", ERR_INPUT, "the list of tags holds \"../?[2J\", which is no tag" },
	{ "404 says that there is no such repository",
	  { { "GET", FIRST, .status = 404, .content_type = JSON,
	      .body = "{\"errors\":[{\"code\":\"NAME_UNKNOWN\",\"message\":\"repository name not known to registry\"}]}" } },
	  -1, "", ERR_NOTFOUND,
	  "registry r.example.com has no shop/web (404): NAME_UNKNOWN: repository name not known to registry" },
	{ "an error body may be nonsense",
	  { { "GET", FIRST, .status = 403, .content_type = "text/html", .body = "<html>" } }, -1, "", ERR_DENIED,
	  "registry r.example.com forbids access to shop/web (403); no pullSecretRef is set" },
};

START_TEST(lists_tags)
{
	const char *name = rows[_i].name;
	const struct tags_observation *tags;
	struct fake_route routes[3];
	struct fixture fixture;
	size_t count = 0;

	memcpy(routes, rows[_i].routes, sizeof(routes));
	while (count < 3 && routes[count].method != NULL)
		count++;
	fixture_init(&fixture, routes, count, NULL);
	tags = fixture_list(&fixture, "r.example.com/shop/web", NULL);
	expect_int(name, tags->err.class, rows[_i].class);
	expect_contains(name, tags->err.text, rows[_i].says);
	expect_int(name, tags->state, rows[_i].count < 0 ? OBSERVED_FAILED : OBSERVED_KNOWN);
	expect_int(name, tags->count, rows[_i].count < 0 ? 0 : rows[_i].count);
	if (rows[_i].count > 0)
		expect_str(name, tags->names[rows[_i].count - 1], rows[_i].last);
	fixture_finish(&fixture);
}
END_TEST

/* A page of count tags t0, t1, …; malloc'd. */
static char *make_page(size_t count)
{
	char *page = malloc(count * 16 + 64);
	size_t len = (size_t)sprintf(page, "{\"name\":\"shop/web\",\"tags\":[");
	size_t i;

	for (i = 0; i < count; i++)
		len += (size_t)sprintf(page + len, "%s\"t%zu\"", i == 0 ? "" : ",", i);
	sprintf(page + len, "]}");
	return page;
}

START_TEST(ten_thousand_tags_are_the_most)
{
	struct fake_route routes[] = {
		{ "GET", FIRST, .status = 200, .content_type = JSON },
	};
	const struct tags_observation *tags;
	struct fixture fixture;
	char *page = make_page((size_t)REGISTRY_MAX_TAGS + (size_t)_i);

	routes[0].body = page;
	fixture_init(&fixture, routes, 1, NULL);
	tags = fixture_list(&fixture, "r.example.com/shop/web", NULL);
	if (_i == 0) {
		expect_int("10,000", tags->count, REGISTRY_MAX_TAGS);
		expect_str("the last one", tags->names[REGISTRY_MAX_TAGS - 1], "t9999");
	} else {
		expect_int("10,001", tags->err.class, ERR_INPUT);
		expect_contains("10,001", tags->err.text, "more than 10000 tags");
	}
	fixture_finish(&fixture);
	free(page);
}
END_TEST

START_TEST(ten_thousand_tags_count_over_all_pages)
{
	struct fake_route routes[] = {
		{ "GET", FIRST, .status = 200, .content_type = JSON,
		  .link = "<" PATH "?last=x>; rel=\"next\"" },
		{ "GET", HOST PATH "?last=x", .status = 200, .content_type = JSON },
	};
	const struct tags_observation *tags;
	struct fixture fixture;
	char *page = make_page(5001);

	routes[0].body = page;
	routes[1].body = page;
	fixture_init(&fixture, routes, 2, NULL);
	tags = fixture_list(&fixture, "r.example.com/shop/web", NULL);
	expect_int("2 × 5,001", tags->err.class, ERR_INPUT);
	expect_contains("2 × 5,001", tags->err.text, "more than 10000 tags");
	expect_int("nothing of it is kept", tags->count, 0);
	fixture_finish(&fixture);
	free(page);
}
END_TEST

START_TEST(cuts_a_long_page_off)
{
	struct fake_route routes[] = {
		{ "GET", FIRST, .status = 200, .content_type = JSON, .body = "                ",
		  .is_endless = true },
	};
	const struct tags_observation *tags;
	struct fixture fixture;

	fixture_init(&fixture, routes, 1, NULL);
	tags = fixture_list(&fixture, "r.example.com/shop/web", NULL);
	expect_int("class", tags->err.class, ERR_INPUT);
	expect_contains("text", tags->err.text, "answered for shop/web with more than 2097152 bytes; cut off");
	expect("early", routes[0].delivered <= 2097152);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(a_page_of_other_things_never_becomes_a_tree)
{
	char *page = malloc(1 << 20);
	struct fake_route routes[] = {
		{ "GET", FIRST, .status = 200, .content_type = JSON },
	};
	const struct tags_observation *tags;
	struct fixture fixture;

	memset(page, ',', (1 << 20) - 1);
	page[(1 << 20) - 1] = '\0';
	memcpy(page, "{\"x\":[[]", 8);
	routes[0].body = page;
	fixture_init(&fixture, routes, 1, NULL);
	tags = fixture_list(&fixture, "r.example.com/shop/web", NULL);
	expect_int("class", tags->err.class, ERR_INPUT);
	expect_contains("text", tags->err.text, "more than 10000 tags");
	fixture_finish(&fixture);
	free(page);
}
END_TEST

START_TEST(a_header_that_is_too_long_is_no_last_page)
{
	char *link = malloc(8192);
	struct fake_route routes[] = {
		{ "GET", FIRST, .status = 200, .content_type = JSON, .body = PAGE("\"v1\"") },
	};
	const struct tags_observation *tags;
	struct fixture fixture;

	memset(link, 'x', 8191);
	link[8191] = '\0';
	routes[0].link = link;
	fixture_init(&fixture, routes, 1, NULL);
	tags = fixture_list(&fixture, "r.example.com/shop/web", NULL);
	expect_int("class", tags->err.class, ERR_INPUT);
	expect_contains("text", tags->err.text, "has a header of more than");
	fixture_finish(&fixture);
	free(link);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, lists_tags, rows);
	tcase_add_loop_test(tests, ten_thousand_tags_are_the_most, 0, 2);
	tcase_add_test(tests, ten_thousand_tags_count_over_all_pages);
	tcase_add_test(tests, cuts_a_long_page_off);
	tcase_add_test(tests, a_page_of_other_things_never_becomes_a_tree);
	tcase_add_test(tests, a_header_that_is_too_long_is_no_last_page);
}

SUITE_MAIN("tags", add)
