#include "reconcile/measured.h"

#include <stdio.h>

#include "bench.h"

#define ANSWER(value) \
	"{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"" value "\"]}}"
#define QUERY_STEP(text) { .method = "POST", .target = "/api/v1/query", .status = 200, .reply = (text) }
#define SECRET_STEP(code, text) \
	{ .method = "GET", .target = "/api/v1/namespaces/n/secrets/read", .status = (code), \
	  .reply_headers = JSON_TYPE, .reply = (text) }

static const struct metric_spec plain = { .name = "success", .query = "up" };
static const struct metric_spec edited = { .name = "success", .query = "down" };
static const struct metric_spec secret = { .name = "success", .query = "up", .secret = "read" };

static struct metric_look look_at(struct bench *b, const struct metric_spec *spec)
{
	struct metric_look look = { .state = KNOWLEDGE_NONE };

	measured_fill(b->tools.measured, "n/shop", spec, &b->arena, &look);
	return look;
}

static struct order measure_order(const struct metric_spec *spec)
{
	struct order order = bench_order(ACTION_MEASURE, KIND_COUNT, NULL);

	order.metric = *spec;
	return order;
}

static void wait_for_answer(struct bench *b)
{
	for (int i = 0; i < 1000 && b->woken[0] == '\0'; i++)
		fake_run_for(b->loop, 5);
	ck_assert_str_eq(b->woken, "n/shop ");
}

START_TEST(an_answer_is_kept_and_the_channel_is_told)
{
	const struct fake_step script[] = { QUERY_STEP(ANSWER("0.5")) };
	struct metric_look look;
	struct bench b;

	bench_init(&b, script, 1);
	ck_assert_int_eq(look_at(&b, &plain).state, KNOWLEDGE_NONE);
	bench_begin(&b, "n/shop", measure_order(&plain));
	ck_assert(b.is_done);
	ck_assert_int_eq(look_at(&b, &plain).state, KNOWLEDGE_PENDING);
	bench_set_now(BENCH_NOW_MS + 7);
	wait_for_answer(&b);
	look = look_at(&b, &plain);
	ck_assert_int_eq(look.state, KNOWLEDGE_KNOWN);
	ck_assert_int_eq(look.at_ms, BENCH_NOW_MS + 7);
	ck_assert(look.count == 1 && look.values[0] == 0.5);
	bench_finish(&b);
}
END_TEST

START_TEST(an_answer_to_another_question_is_none)
{
	const struct fake_step script[] = { QUERY_STEP(ANSWER("0.5")) };
	struct bench b;

	bench_init(&b, script, 1);
	bench_begin(&b, "n/shop", measure_order(&plain));
	wait_for_answer(&b);
	ck_assert_int_eq(look_at(&b, &edited).state, KNOWLEDGE_NONE);
	ck_assert_int_eq(look_at(&b, &plain).state, KNOWLEDGE_KNOWN);
	bench_finish(&b);
}
END_TEST

START_TEST(what_is_under_way_is_not_asked_again)
{
	const struct fake_step script[] = { QUERY_STEP(ANSWER("1")) };
	struct bench b;

	bench_init(&b, script, 1);
	bench_begin(&b, "n/shop", measure_order(&plain));
	bench_begin(&b, "n/shop", measure_order(&plain));
	wait_for_answer(&b);
	bench_finish(&b);
}
END_TEST

START_TEST(an_error_is_an_answer)
{
	const struct fake_step script[] = { { .method = "POST", .target = "*", .status = 500 } };
	struct metric_look look;
	struct bench b;

	bench_init(&b, script, 1);
	bench_begin(&b, "n/shop", measure_order(&plain));
	wait_for_answer(&b);
	look = look_at(&b, &plain);
	ck_assert_int_eq(look.state, KNOWLEDGE_FAILED);
	ck_assert_int_eq(look.at_ms, BENCH_NOW_MS);
	ck_assert_ptr_nonnull(strstr(look.failure.message, "answered 500"));
	bench_finish(&b);
}
END_TEST

/* Secrets that cannot be used, and one whose credentials may not go over http: answers, all of them. */
static const struct {
	const char *name;
	int status;
	const char *reply;
	const char *message;
} secrets[] = {
	{ "a secret that is missing", 404, STATUS(404, "NotFound", "not found"), "credentialsRef read" },
	{ "a secret that may not be read", 403, STATUS(403, "Forbidden", "no"), "credentialsRef read" },
	{ "a secret of something else", 200, "{\"kind\":\"Secret\",\"data\":{}}", "none of token" },
	{ "a token for a server without TLS", 200, "{\"kind\":\"Secret\",\"data\":{\"token\":\"YWJj\"}}", "over https only" },
};

START_TEST(a_secret_that_does_not_help_is_an_answer)
{
	const struct fake_step script[] = { SECRET_STEP(secrets[_i].status, secrets[_i].reply) };
	struct metric_look look;
	struct bench b;

	bench_init(&b, script, 1);
	bench_run(&b, measure_order(&secret));
	expect_int(secrets[_i].name, b.outcome.err.class, ERR_NONE);
	expect_str(secrets[_i].name, b.woken, "n/shop ");
	look = look_at(&b, &secret);
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
	bench_run(&b, measure_order(&secret));
	ck_assert_int_eq(b.outcome.err.class, ERR_BUSY);
	ck_assert_int_eq(look_at(&b, &secret).state, KNOWLEDGE_NONE);
	bench_finish(&b);
}
END_TEST

START_TEST(what_nobody_asks_for_is_forgotten)
{
	const struct fake_step script[] = { QUERY_STEP(ANSWER("1")) };
	struct bench b;

	bench_init(&b, script, 1);
	bench_begin(&b, "n/shop", measure_order(&plain));
	wait_for_answer(&b);
	bench_set_now(BENCH_NOW_MS + MEASURED_LIFE_MS);
	measured_sweep(b.tools.measured);
	ck_assert_int_eq(look_at(&b, &plain).state, KNOWLEDGE_KNOWN);
	bench_set_now(BENCH_NOW_MS + MEASURED_LIFE_MS + 1);
	measured_sweep(b.tools.measured);
	ck_assert_int_eq(look_at(&b, &plain).state, KNOWLEDGE_NONE);
	bench_finish(&b);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, an_answer_is_kept_and_the_channel_is_told);
	tcase_add_test(tests, an_answer_to_another_question_is_none);
	tcase_add_test(tests, what_is_under_way_is_not_asked_again);
	tcase_add_test(tests, an_error_is_an_answer);
	suite_add_rows(tests, a_secret_that_does_not_help_is_an_answer, secrets);
	tcase_add_test(tests, a_secret_that_was_not_answered_is_asked_for_again);
	tcase_add_test(tests, what_nobody_asks_for_is_forgotten);
}

SUITE_MAIN("measured", add)
