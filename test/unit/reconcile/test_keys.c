#include "reconcile/keys.h"

#include <stdio.h>

#include "bench.h"
#include "registry/verdicts.h"

#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define CONFIG_MAP(text) "{\"kind\":\"ConfigMap\",\"data\":{\"ci.pub\":\"" text "\",\"other\":\"x\"}}"
/* Two public keys on P-256. */
#define KEY_ONE                                                                  \
	"-----BEGIN PUBLIC KEY-----\\n"                                          \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\\n" \
	"6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\\n"      \
	"-----END PUBLIC KEY-----\\n"
#define KEY_TWO                                                                  \
	"-----BEGIN PUBLIC KEY-----\\n"                                          \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAElvEMbjpqiXdfeJWn/O9EKEPy02Ef\\n" \
	"zykxDXtw7j/O5znjdQL9Sm/+DR/boC7ZYg/+pppG4YTgLcZVlcVpGXv0hg==\\n"      \
	"-----END PUBLIC KEY-----\\n"

static const struct signature_key ci = { "release-keys", "ci.pub" };

static struct fake_step config_map_step(int status, const char *reply)
{
	return (struct fake_step){ .method = "GET", .target = "/api/v1/namespaces/n/configmaps/release-keys",
				   .status = status, .reply_headers = JSON_TYPE, .reply = reply };
}

static struct order read_order(void)
{
	struct order order = bench_order(ACTION_READ_KEY, KIND_COUNT, NULL);

	order.key = ci;
	return order;
}

static bool is_there(const void *user, const char *namespace, const char *channel)
{
	(void)user, (void)namespace, (void)channel;
	return true;
}

static struct key_look look_at(struct bench *b)
{
	struct key_look look;

	keys_fill(b->tools.keys, "n", &ci, bench_now(), &b->arena, &look);
	return look;
}

static const struct {
	const char *name;
	int status;
	const char *reply;
	const char *message;
} bad[] = {
	{ "a ConfigMap that is missing", 404, STATUS(404, "NotFound", "configmaps release-keys not found"), "not found" },
	{ "a ConfigMap that may not be read", 403, STATUS(403, "Forbidden", "cannot get resource configmaps"), "cannot get" },
	{ "a ConfigMap without the entry", 200, "{\"kind\":\"ConfigMap\",\"data\":{\"other\":\"x\"}}", "has no entry ci.pub" },
	{ "a ConfigMap without data", 200, "{\"kind\":\"ConfigMap\"}", "has no entry ci.pub" },
	{ "an entry that is no text", 200, "{\"kind\":\"ConfigMap\",\"data\":{\"ci.pub\":5}}", "has no entry ci.pub" },
	{ "an entry that is no key", 200, CONFIG_MAP("sesame"), "it holds no public key" },
	{ "an entry with a private key", 200, CONFIG_MAP("-----BEGIN PRIVATE KEY-----\\nAAAA\\n-----END PRIVATE KEY-----\\n"),
	  "it holds a private key" },
	{ "an answer that is no ConfigMap", 200, "[]", "has no entry ci.pub" },
	{ "an answer that is no JSON", 200, "<html>", "not JSON" },
};

START_TEST(a_bad_config_map_is_an_answer)
{
	const struct fake_step script[] = { config_map_step(bad[_i].status, bad[_i].reply) };
	struct key_look look;
	struct bench b;

	bench_init(&b, script, 1);
	bench_run(&b, read_order());
	expect_int(bad[_i].name, b.outcome.err.class, ERR_NONE);
	expect(bad[_i].name, b.outcome.is_news);
	look = look_at(&b);
	expect_int(bad[_i].name, look.state, KNOWLEDGE_FAILED);
	expect_contains(bad[_i].name, look.failure.message, bad[_i].message);
	expect_int(bad[_i].name, look.failure.retry_ms, BENCH_NOW_MS + KEYS_FAILURE_MS);
	bench_finish(&b);
}
END_TEST

START_TEST(no_answer_leaves_what_was_known)
{
	const struct fake_step script[] = { config_map_step(503, ""), config_map_step(200, CONFIG_MAP(KEY_ONE)),
					    config_map_step(503, "") };
	struct bench b;

	bench_init(&b, script, 3);
	bench_run(&b, read_order());
	ck_assert_int_eq(b.outcome.err.class, ERR_BUSY);
	ck_assert_int_eq(look_at(&b).state, KNOWLEDGE_NONE);
	bench_run(&b, read_order());
	ck_assert_int_eq(look_at(&b).state, KNOWLEDGE_KNOWN);
	ck_assert_int_eq(look_at(&b).at_ms, BENCH_NOW_MS);
	bench_set_now(BENCH_NOW_MS + 1000);
	bench_run(&b, read_order());
	ck_assert_int_eq(look_at(&b).state, KNOWLEDGE_KNOWN);
	ck_assert_int_eq(look_at(&b).at_ms, BENCH_NOW_MS);
	bench_finish(&b);
}
END_TEST

START_TEST(what_is_read_replaces_what_was_known)
{
	const struct fake_step script[] = { config_map_step(200, CONFIG_MAP(KEY_ONE)),
					    config_map_step(200, CONFIG_MAP(KEY_TWO KEY_ONE)),
					    config_map_step(404, STATUS(404, "NotFound", "gone")),
					    config_map_step(200, CONFIG_MAP(KEY_ONE)) };
	struct key_look first;
	struct key_look second;
	struct bench b;

	bench_init(&b, script, 4);
	bench_run(&b, read_order());
	first = look_at(&b);
	ck_assert_uint_eq(first.id_count, 1);
	bench_run(&b, read_order());
	second = look_at(&b);
	ck_assert_uint_eq(second.id_count, 2);
	ck_assert_str_eq(second.ids[1], first.ids[0]);
	ck_assert_str_ne(second.ids[0], first.ids[0]);
	bench_run(&b, read_order());
	ck_assert_int_eq(look_at(&b).state, KNOWLEDGE_FAILED);
	bench_run(&b, read_order());
	ck_assert_int_eq(look_at(&b).state, KNOWLEDGE_KNOWN);
	ck_assert_uint_eq(look_at(&b).id_count, 1);
	bench_finish(&b);
}
END_TEST

/* The id says what a verdict is good for: it is another one when anything is that matters. */
START_TEST(a_policy_has_an_id)
{
	const struct fake_step script[] = { config_map_step(200, CONFIG_MAP(KEY_ONE)), config_map_step(200, CONFIG_MAP(KEY_TWO)) };
	struct signature_key both[] = { ci, { "other-keys", "ci.pub" } };
	struct signatures wanted = { .threshold = 1, .keys = both, .count = 1 };
	struct signature_policy policy[5];
	struct bench b;

	bench_init(&b, script, 2);
	ck_assert(!keys_policy(b.tools.keys, "n", &wanted, &policy[0]));
	bench_run(&b, read_order());
	ck_assert(keys_policy(b.tools.keys, "n", &wanted, &policy[0]));
	ck_assert(!keys_policy(b.tools.keys, "elsewhere", &wanted, &policy[1]));
	ck_assert_uint_eq(policy[0].count, 1);
	ck_assert_uint_eq(policy[0].signers[0].count, 1);
	ck_assert_uint_eq(policy[0].threshold, 1);
	wanted.must_match_repository = true;
	ck_assert(keys_policy(b.tools.keys, "n", &wanted, &policy[1]));
	ck_assert(policy[1].must_match_repository);
	wanted.must_match_repository = false;
	wanted.count = 2;
	ck_assert(!keys_policy(b.tools.keys, "n", &wanted, &policy[2]));
	wanted.count = 1;
	wanted.threshold = 2;
	ck_assert(keys_policy(b.tools.keys, "n", &wanted, &policy[2]));
	wanted.threshold = 1;
	bench_run(&b, read_order());
	ck_assert(keys_policy(b.tools.keys, "n", &wanted, &policy[3]));
	for (int i = 0; i < 4; i++) {
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(policy[i].id, policy[k].id);
	}
	bench_finish(&b);
}
END_TEST

START_TEST(what_nobody_looks_at_is_forgotten)
{
	const struct fake_step script[] = { config_map_step(200, CONFIG_MAP(KEY_ONE)) };
	struct bench b;

	bench_init(&b, script, 1);
	bench_run(&b, read_order());
	bench_set_now(BENCH_NOW_MS + KEYS_LIFE_MS - 1);
	keys_sweep(b.tools.keys, bench_now());
	ck_assert_int_eq(look_at(&b).state, KNOWLEDGE_KNOWN);
	bench_set_now(BENCH_NOW_MS + 2 * KEYS_LIFE_MS - 2);
	keys_sweep(b.tools.keys, bench_now());
	ck_assert_int_eq(look_at(&b).state, KNOWLEDGE_KNOWN);
	bench_set_now(BENCH_NOW_MS + 3 * KEYS_LIFE_MS);
	keys_sweep(b.tools.keys, bench_now());
	ck_assert_int_eq(look_at(&b).state, KNOWLEDGE_NONE);
	bench_finish(&b);
}
END_TEST

/* ---- looking for signatures with them ---- */

static struct order verify_order(struct bench *b, struct signature_key *key)
{
	struct order order = bench_order(ACTION_CHECK_SIGNATURES, KIND_COUNT, NULL);

	order.lookup = (struct action_lookup){ .repository = b->repository, .reference = DIGEST };
	order.signatures = (struct signatures){ .threshold = 1, .keys = key, .count = 1 };
	return order;
}

static struct signature_look look_for(struct bench *b, struct signature_key *key)
{
	const struct asked_place place = { .namespace = "n", .repository = b->repository };
	struct signatures wanted = { .threshold = 1, .keys = key, .count = 1 };
	struct signature_policy policy;
	struct signature_look look;

	ck_assert(keys_policy(b->tools.keys, "n", &wanted, &policy));
	asked_fill_signature(b->tools.asked, &place, DIGEST, policy.id, bench_now(), &b->arena, &look);
	return look;
}

START_TEST(an_image_without_signatures_is_found_to_be_so)
{
	const struct fake_step script[] = {
		config_map_step(200, CONFIG_MAP(KEY_ONE)),
		{ .method = "GET", .target = "/v2/web/referrers/" DIGEST "*", .status = 404 },
		{ .method = "GET", .target = "/v2/web/manifests/sha256-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		  .status = 404 },
		{ .method = "GET", .target = "/v2/web/manifests/sha256-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.sig",
		  .status = 404 },
	};
	struct signature_key key = ci;
	struct bench b;

	bench_init(&b, script, 4);
	bench_run(&b, read_order());
	ck_assert_int_eq(look_for(&b, &key).state, KNOWLEDGE_NONE);
	bench_run(&b, verify_order(&b, &key));
	ck_assert_int_eq(b.outcome.err.class, ERR_NONE);
	ck_assert(!b.outcome.is_news);
	ck_assert_int_eq(look_for(&b, &key).state, KNOWLEDGE_PENDING);
	for (int i = 0; i < 1000 && look_for(&b, &key).state == KNOWLEDGE_PENDING; i++)
		fake_run_for(b.loop, 5);
	ck_assert_int_eq(look_for(&b, &key).state, KNOWLEDGE_KNOWN);
	ck_assert_uint_eq(look_for(&b, &key).found, 0);
	for (int i = 1; i < 4; i++) { /* as long as somebody looks at it, it is not forgotten */
		bench_set_now(BENCH_NOW_MS + i * (ASKED_LIFE_MS - 1000));
		ck_assert_int_eq(look_for(&b, &key).state, KNOWLEDGE_KNOWN);
		asked_sweep(b.tools.asked, bench_now() + 500, is_there, NULL);
	}
	ck_assert_uint_eq(look_for(&b, &key).signers, 0);
	bench_finish(&b);
}
END_TEST

START_TEST(without_keys_nothing_is_looked_for)
{
	struct signature_key key = ci;
	struct bench b;

	bench_init(&b, NULL, 0);
	bench_run(&b, verify_order(&b, &key));
	ck_assert_int_eq(b.outcome.err.class, ERR_NONE);
	ck_assert(b.outcome.is_news);
	bench_finish(&b);
}
END_TEST

/* A pull secret that cannot be used is the reason, not a lack of signatures. */
START_TEST(a_bad_pull_secret_is_said)
{
	const struct fake_step script[] = {
		config_map_step(200, CONFIG_MAP(KEY_ONE)),
		{ .method = "GET", .target = "/api/v1/namespaces/n/secrets/pull", .status = 404, .reply_headers = JSON_TYPE,
		  .reply = STATUS(404, "NotFound", "secrets pull not found") },
	};
	struct signature_key key = ci;
	struct signature_look look;
	struct asked_place place;
	struct order order;
	struct bench b;

	bench_init(&b, script, 2);
	bench_run(&b, read_order());
	order = verify_order(&b, &key);
	order.lookup.pull_secret = "pull";
	bench_run(&b, order);
	ck_assert(b.outcome.is_news);
	place = (struct asked_place){ .namespace = "n", .repository = b.repository, .secret = "pull" };
	asked_fill_signature(b.tools.asked, &place, DIGEST, "policy", bench_now(), &b.arena, &look);
	ck_assert_int_eq(look.state, KNOWLEDGE_FAILED);
	expect_contains("a bad pull secret", look.failure.message, "pull secret pull");
	bench_finish(&b);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, a_bad_config_map_is_an_answer, bad);
	tcase_add_test(tests, no_answer_leaves_what_was_known);
	tcase_add_test(tests, what_is_read_replaces_what_was_known);
	tcase_add_test(tests, a_policy_has_an_id);
	tcase_add_test(tests, what_nobody_looks_at_is_forgotten);
	tcase_add_test(tests, an_image_without_signatures_is_found_to_be_so);
	tcase_add_test(tests, without_keys_nothing_is_looked_for);
	tcase_add_test(tests, a_bad_pull_secret_is_said);
}

SUITE_MAIN("keys", add)
