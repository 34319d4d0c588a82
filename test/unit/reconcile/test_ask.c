#include <stdio.h>

#include "bench.h"
#include "reconcile/asked.h"

#define SECRET_STEP(code, text) \
	{ .method = "GET", .target = "/api/v1/namespaces/n/secrets/pull", .status = (code), \
	  .reply_headers = JSON_TYPE, .reply = (text) }

static struct order resolve_order(struct bench *b, const char *secret)
{
	struct order order = bench_order(ACTION_RESOLVE, KIND_COUNT, NULL);

	order.lookup = (struct action_lookup){ .repository = b->repository, .reference = "v1",
					       .pull_secret = secret };
	return order;
}

static void on_look(void *user, const void *look)
{
	*(struct digest_look *)user = *(const struct digest_look *)look;
}

static struct digest_look look_at_digest(struct bench *b, const char *secret)
{
	const struct asked_place place = { .namespace = "n",
					   .repository = b->repository,
					   .secret = secret };
	struct digest_look look = { .state = KNOWLEDGE_NONE };

	asked_each_digest(b->tools.asked, &place, &b->arena, on_look, &look);
	return look;
}

static const struct {
	const char *name;
	int status;
	const char *reply;
	const char *message; /* of the look */
} secrets[] = {
	{ "a secret that is missing", 404, STATUS(404, "NotFound", "secrets pull not found"),
	  "pull secret pull" },
	{ "a secret that may not be read", 403, STATUS(403, "Forbidden", "no"),
	  "pull secret pull" },
	{ "a secret without the entry", 200, "{\"kind\":\"Secret\",\"data\":{}}",
	  "no entry .dockerconfigjson" },
	{ "a secret that is no base64", 200,
	  "{\"kind\":\"Secret\",\"data\":{\".dockerconfigjson\":\"*\"}}", "not base64" },
	{ "a secret for another registry", 200,
	  "{\"kind\":\"Secret\",\"data\":{\".dockerconfigjson\":\"eyJhdXRocyI6e319\"}}",
	  "pull secret pull" },
};

START_TEST(a_bad_secret_is_an_answer)
{
	const struct fake_step script[] = { SECRET_STEP(secrets[_i].status, secrets[_i].reply) };
	struct digest_look look;
	struct bench b;

	bench_init(&b, script, 1);
	bench_run(&b, resolve_order(&b, "pull"));
	expect_int(secrets[_i].name, b.outcome.err.class, ERR_NONE);
	expect(secrets[_i].name, b.outcome.is_news);
	look = look_at_digest(&b, "pull");
	expect_int(secrets[_i].name, look.state, KNOWLEDGE_FAILED);
	expect_contains(secrets[_i].name, look.failure.message, secrets[_i].message);
	bench_finish(&b);
}
END_TEST

START_TEST(a_secret_that_was_not_answered_is_asked_for_again)
{
	const struct fake_step script[] = { SECRET_STEP(503, "") };
	struct bench b;

	bench_init(&b, script, 1);
	bench_run(&b, resolve_order(&b, "pull"));
	ck_assert_int_eq(b.outcome.err.class, ERR_BUSY);
	ck_assert_int_eq(look_at_digest(&b, "pull").state, KNOWLEDGE_NONE);
	bench_finish(&b);
}
END_TEST

START_TEST(anonymous_questions_need_no_secret_and_wait_for_no_answer)
{
	const struct fake_step script[] = {
		{ .method = "HEAD",
		  .target = "/v2/web/manifests/v1",
		  .headers = "!Authorization\n",
		  .status = 404 },
	};
	struct bench b;

	bench_init(&b, script, 1);
	bench_begin(&b, "n/shop", resolve_order(&b, NULL));
	ck_assert(b.is_done);
	ck_assert(!b.outcome.is_news);
	ck_assert_int_eq(look_at_digest(&b, NULL).state, KNOWLEDGE_PENDING);
	for (int i = 0; i < 1000 && look_at_digest(&b, NULL).state == KNOWLEDGE_PENDING; i++)
		fake_run_for(b.loop, 5);
	ck_assert_int_eq(look_at_digest(&b, NULL).failure.class, ERR_NOTFOUND);
	bench_finish(&b);
}
END_TEST

/* A secret for the scripted registry, whose port is known only now: {"auths":{HOST:{"auth":…}}}. */
static void write_secret(const struct bench *b, char *text, size_t size)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char config[256];
	size_t len =
		(size_t)snprintf(config, sizeof(config),
				 "{\"auths\":{\"%s\":{\"username\":\"u\",\"password\":\"p\"}}}",
				 fake_server_host(b->server));
	size_t n = (size_t)snprintf(text, size,
				    "{\"kind\":\"Secret\",\"data\":{\".dockerconfigjson\":\"");

	while (len % 3 != 0)
		config[len++] = ' ';
	for (size_t i = 0; i < len; i += 3) {
		unsigned bits = (unsigned)config[i] << 16 | (unsigned)config[i + 1] << 8 |
				(unsigned)config[i + 2];

		for (int shift = 18; shift >= 0; shift -= 6)
			text[n++] = digits[bits >> shift & 63];
	}
	(void)snprintf(text + n, size - n, "\"}}");
}

START_TEST(a_good_secret_goes_to_its_registry)
{
	struct fake_step script[] = {
		SECRET_STEP(200, NULL),
		{ .method = "HEAD", .target = "/v2/web/manifests/v1", .status = 401,
		  .reply_headers = "WWW-Authenticate: Basic realm=\"r\"\r\n" },
	};
	char secret[1024];
	struct bench b;

	script[1].headers = "Authorization: Basic dTpw\n";
	bench_init(&b, script, 0);
	write_secret(&b, secret, sizeof(secret));
	script[0].reply = secret;
	fake_server_extend(b.server, script, 2);
	bench_run(&b, resolve_order(&b, "pull"));
	ck_assert_int_eq(b.outcome.err.class, ERR_NONE);
	for (int i = 0; i < 1000 && look_at_digest(&b, "pull").state == KNOWLEDGE_PENDING; i++)
		fake_run_for(b.loop, 5);
	ck_assert_int_eq(look_at_digest(&b, "pull").failure.class, ERR_DENIED);
	bench_finish(&b);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, a_bad_secret_is_an_answer, secrets);
	tcase_add_test(tests, a_secret_that_was_not_answered_is_asked_for_again);
	tcase_add_test(tests, anonymous_questions_need_no_secret_and_wait_for_no_answer);
	tcase_add_test(tests, a_good_secret_goes_to_its_registry);
}

SUITE_MAIN("ask", add)
