#include "reconcile/asked.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/vec.h"
#include "fake/server.h"
#include "suite.h"

#define TAGS "{\"name\":\"web\",\"tags\":[\"v1.0.0\",\"main-9\",\"main-10\",\"other\"]}"
#define JSON_TYPE "Content-Type: application/json\r\n"

/* A registry that answers one script, the memory over it, and the artifact web in the namespace
 * n. */
struct bench {
	struct loop *loop;
	struct http *http;
	struct fake_server *server;
	struct registry *registry;
	struct asked *asked;
	struct arena arena;
	char repository[64];
	bool is_observed;
	char woken[256];
};

static void on_channel(void *user, const char *namespace, const char *channel)
{
	struct bench *b = user;
	size_t len = strlen(b->woken);

	(void)snprintf(b->woken + len, sizeof(b->woken) - len, "%s/%s ", namespace, channel);
}

static void on_observed(void *user, const char *repository)
{
	struct bench *b = user;

	b->is_observed = true;
	asked_each_channel(b->asked, repository, on_channel, b);
}

static void bench_init(struct bench *b, const struct fake_step *script, size_t count)
{
	struct registry_options options = { .on_observed = on_observed, .user = b };
	struct err err = ERR_INIT;
	const char *hosts[2] = { NULL, NULL };

	*b = (struct bench){ .arena = ARENA_INIT };
	ck_assert_msg(loop_create(&b->loop, &err) == 0, "%s", err.text);
	ck_assert_msg(http_create(b->loop, &b->http, &err) == 0, "%s", err.text);
	b->server = fake_server_create(b->loop, script, count);
	hosts[0] = fake_server_host(b->server);
	options.insecure_hosts = hosts;
	ck_assert_msg(registry_create(b->http, &options, &b->registry, &err) == 0, "%s", err.text);
	b->asked = asked_create(b->registry);
	(void)snprintf(b->repository, sizeof(b->repository), "%s/web", hosts[0]);
}

static void bench_finish(struct bench *b)
{
	const char *complaint = fake_server_complaint(b->server);

	ck_assert_msg(complaint == NULL, "%s", complaint);
	asked_destroy(b->asked);
	registry_destroy(b->registry);
	http_destroy(b->http);
	fake_server_destroy(b->server);
	loop_destroy(b->loop);
	arena_finish(&b->arena);
}

static struct asked_place place_of(const struct bench *b, const char *namespace, const char *secret)
{
	return (struct asked_place){ .namespace = namespace,
				     .repository = b->repository,
				     .secret = secret };
}

/* ---- tags ---- */

static const struct fake_step tags_script[] = {
	{ .method = "GET",
	  .target = "/v2/web/tags/list*",
	  .status = 200,
	  .reply_headers = JSON_TYPE,
	  .reply = TAGS },
};

static const struct {
	const char *name;
	enum intake_policy policy;
	const char *pattern;
	const char *last_tag;
	const char *want; /* "tag=key …" */
	const char *last_key;
	const char *error;
} patterns[] = {
	{ "semver sees all tags, by their own names", INTAKE_SEMVER, ">=1", NULL,
	  "v1.0.0=v1.0.0 main-9=main-9 main-10=main-10 other=other ", NULL, NULL },
	{ "semver knows the last one, by its own name as well, when it is gone", INTAKE_SEMVER, ">=1", "v1.1.0",
	  "v1.0.0=v1.0.0 main-9=main-9 main-10=main-10 other=other ", "v1.1.0", NULL },
	{ "newest sees those that match, by their key", INTAKE_NEWEST, "^main-([0-9]+)$", NULL,
	  "main-9=9 main-10=10 ", NULL, NULL },
	{ "the tag chosen last has its key under today's pattern", INTAKE_NEWEST, "^main-([0-9]+)$",
	  "main-7", "main-9=9 main-10=10 ", "7", NULL },
	{ "or none when it does not match any more", INTAKE_NEWEST, "^main-([0-9]+)$", "v7",
	  "main-9=9 main-10=10 ", NULL, NULL },
	{ "a pattern that is none says so and shows no tags", INTAKE_NEWEST, "(", "v7", "", NULL,
	  "missing" },
};

START_TEST(shows_tags)
{
	struct intake intake = { .policy = patterns[_i].policy, .pattern = patterns[_i].pattern };
	struct bench b;
	struct asked_place place;
	struct tags_look look;
	char text[256] = "";
	size_t len = 0;

	bench_init(&b, tags_script, 1);
	place = place_of(&b, "n", NULL);
	asked_note(b.asked, &place, "shop", NULL, 5);
	registry_list_tags(b.registry, b.repository, NULL, 0);
	asked_fill_tags(b.asked, &place, &intake, patterns[_i].last_tag, &b.arena, &look);
	expect_int(patterns[_i].name, look.state, KNOWLEDGE_PENDING);
	ck_assert(fake_run_until(b.loop, &b.is_observed, 5000));
	expect_str(patterns[_i].name, b.woken, "n/shop ");
	asked_fill_tags(b.asked, &place, &intake, patterns[_i].last_tag, &b.arena, &look);
	expect_int(patterns[_i].name, look.state, KNOWLEDGE_KNOWN);
	expect(patterns[_i].name, look.at_ms > 0);
	for (size_t i = 0; i < look.count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s=%s ", look.tags[i].name,
					look.tags[i].key);
	expect_str(patterns[_i].name, text, patterns[_i].want);
	expect_str(patterns[_i].name, look.last_key, patterns[_i].last_key);
	if (patterns[_i].error == NULL)
		expect_str(patterns[_i].name, look.pattern_error, NULL);
	else
		expect_contains(patterns[_i].name, look.pattern_error, patterns[_i].error);
	bench_finish(&b);
}
END_TEST

/* ---- digests ---- */

static const struct fake_step missing_script[] = {
	{ .method = "HEAD", .target = "/v2/web/manifests/v1", .status = 404 },
};

static void on_look(void *user, const void *object)
{
	vec_push(user, (void *)object);
}

/* The only digest known at a place; NULL when none was asked for. */
static const struct digest_look *one_digest(struct bench *b, const struct asked_place *place)
{
	const struct digest_look *look;
	struct vec found = VEC_INIT;

	asked_each_digest(b->asked, place, &b->arena, on_look, &found);
	ck_assert_uint_le(found.len, 1);
	look = found.len == 0 ? NULL : found.items[0];
	vec_finish(&found);
	return look;
}

START_TEST(shows_digests_to_those_who_asked)
{
	const struct digest_look *look;
	struct asked_place place;
	struct asked_place other;
	struct bench b;

	bench_init(&b, missing_script, 1);
	place = place_of(&b, "n", NULL);
	other = place_of(&b, "m", NULL);
	ck_assert_ptr_null(one_digest(&b, &place));
	asked_note(b.asked, &place, "shop", "v1", 5);
	look = one_digest(&b, &place);
	ck_assert_int_eq(look->state, KNOWLEDGE_NONE);
	registry_resolve(b.registry, b.repository, "v1", NULL, 0);
	ck_assert_int_eq(one_digest(&b, &place)->state, KNOWLEDGE_PENDING);
	ck_assert(fake_run_until(b.loop, &b.is_observed, 5000));
	look = one_digest(&b, &place);
	ck_assert_int_eq(look->state, KNOWLEDGE_FAILED);
	ck_assert_str_eq(look->repository, b.repository);
	ck_assert_str_eq(look->reference, "v1");
	ck_assert_ptr_null(look->digest);
	ck_assert_int_eq(look->failure.class, ERR_NOTFOUND);
	ck_assert_int_gt(look->failure.retry_ms, clock_now_ms());
	ck_assert_ptr_null(one_digest(&b, &other));
	bench_finish(&b);
}
END_TEST

START_TEST(answers_belong_to_the_credentials_they_were_got_with)
{
	struct asked_place anonymous;
	struct asked_place secret;
	struct bench b;

	bench_init(&b, missing_script, 1);
	anonymous = place_of(&b, "n", NULL);
	secret = place_of(&b, "n", "pull");
	asked_note(b.asked, &anonymous, "open", "v1", 5);
	asked_note(b.asked, &secret, "shop", "v1", 5);
	asked_set_credentials(b.asked, &secret, "0123");
	registry_resolve(b.registry, b.repository, "v1", NULL, 0);
	ck_assert(fake_run_until(b.loop, &b.is_observed, 5000));
	ck_assert_int_eq(one_digest(&b, &anonymous)->state, KNOWLEDGE_FAILED);
	ck_assert_int_eq(one_digest(&b, &secret)->state, KNOWLEDGE_NONE);
	bench_finish(&b);
}
END_TEST

START_TEST(a_bad_secret_is_a_failed_answer_until_it_is_good)
{
	struct intake intake = { .policy = INTAKE_SEMVER, .pattern = "1" };
	const struct digest_look *look;
	struct err err = ERR_INIT;
	struct asked_place place;
	struct tags_look tags;
	struct bench b;

	bench_init(&b, NULL, 0);
	place = place_of(&b, "n", "pull");
	(void)err_set(&err, ERR_NOTFOUND, "no Secret");
	asked_note(b.asked, &place, "shop", "v1", 1000);
	asked_set_failure(b.asked, &place, &err, 1000);
	look = one_digest(&b, &place);
	ck_assert_int_eq(look->state, KNOWLEDGE_FAILED);
	ck_assert_str_eq(look->failure.message, "no Secret");
	ck_assert_int_eq(look->failure.retry_ms, 1000 + ASKED_FAILURE_MS);
	asked_fill_tags(b.asked, &place, &intake, NULL, &b.arena, &tags);
	ck_assert_int_eq(tags.state, KNOWLEDGE_FAILED);
	asked_set_credentials(b.asked, &place, "0123");
	ck_assert_int_eq(one_digest(&b, &place)->state, KNOWLEDGE_NONE);
	bench_finish(&b);
}
END_TEST

/* ---- limits ---- */

static size_t count_digests(struct bench *b, const struct asked_place *place)
{
	struct vec found = VEC_INIT;
	size_t count;

	asked_each_digest(b->asked, place, &b->arena, on_look, &found);
	count = found.len;
	vec_finish(&found);
	return count;
}

static bool is_there(const void *user, const char *namespace, const char *channel)
{
	(void)namespace;
	return strstr(user, channel) != NULL;
}

static const struct {
	const char *name;
	const char *channels; /* that are there when it sweeps */
	size_t digests;
	bool is_news_woken;
	bool is_shop_woken;
} leavings[] = {
	{ "what channels asked that are there is kept", "news shop", 1, true, true },
	{ "a channel that has gone is not woken, and keeps nothing from the others", "shop", 1, false, true },
	{ "what only channels asked that have gone is forgotten", "", 0, false, false },
};

START_TEST(forgets_channels_that_have_gone)
{
	struct asked_place place;
	struct bench b;

	bench_init(&b, NULL, 0);
	place = place_of(&b, "n", NULL);
	asked_note(b.asked, &place, "news", "v1", 5);
	asked_note(b.asked, &place, "shop", "v1", 5);
	asked_sweep(b.asked, 5, is_there, leavings[_i].channels);
	ck_assert_uint_eq(count_digests(&b, &place), leavings[_i].digests);
	asked_each_channel(b.asked, b.repository, on_channel, &b);
	ck_assert_int_eq(strstr(b.woken, "n/news ") != NULL, leavings[_i].is_news_woken);
	ck_assert_int_eq(strstr(b.woken, "n/shop ") != NULL, leavings[_i].is_shop_woken);
	bench_finish(&b);
}
END_TEST

START_TEST(forgets_what_nobody_asks_for)
{
	struct asked_place place;
	struct bench b;

	bench_init(&b, NULL, 0);
	place = place_of(&b, "n", NULL);
	asked_note(b.asked, &place, "shop", "old", 0);
	asked_note(b.asked, &place, "shop", "new", 1000);
	asked_sweep(b.asked, ASKED_LIFE_MS, is_there, "shop");
	ck_assert_uint_eq(count_digests(&b, &place), 2);
	asked_sweep(b.asked, ASKED_LIFE_MS + 500, is_there, "shop");
	ck_assert_str_eq(one_digest(&b, &place)->reference, "new");
	asked_sweep(b.asked, ASKED_LIFE_MS + 1001, is_there, "shop");
	ck_assert_uint_eq(count_digests(&b, &place), 0);
	asked_each_channel(b.asked, b.repository, on_channel, &b);
	ck_assert_str_eq(b.woken, "");
	bench_finish(&b);
}
END_TEST

START_TEST(the_oldest_reference_goes_when_there_are_too_many)
{
	struct asked_place place;
	struct bench b;
	char tag[16];

	bench_init(&b, NULL, 0);
	place = place_of(&b, "n", NULL);
	asked_note(b.asked, &place, "shop", "oldest", 0);
	for (int i = 0; i < ASKED_REFERENCES_MAX; i++) {
		(void)snprintf(tag, sizeof(tag), "v%d", i);
		asked_note(b.asked, &place, "shop", tag, 1 + i);
	}
	ck_assert_uint_eq(count_digests(&b, &place), ASKED_REFERENCES_MAX);
	asked_sweep(b.asked, ASKED_LIFE_MS + 1, is_there, "shop");
	ck_assert_uint_eq(count_digests(&b, &place), ASKED_REFERENCES_MAX);
	bench_finish(&b);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, shows_tags, patterns);
	tcase_add_test(tests, shows_digests_to_those_who_asked);
	tcase_add_test(tests, answers_belong_to_the_credentials_they_were_got_with);
	tcase_add_test(tests, a_bad_secret_is_a_failed_answer_until_it_is_good);
	suite_add_rows(tests, forgets_channels_that_have_gone, leavings);
	tcase_add_test(tests, forgets_what_nobody_asks_for);
	tcase_add_test(tests, the_oldest_reference_goes_when_there_are_too_many);
}

SUITE_MAIN("asked", add)
