/* The memory of verdicts: which are the same, when they are looked for again, and where the registry has mirrors. */
#include <stdio.h>

#include "scene.h"
#include "signing.h"

/* A verdict is another one for another digest, another policy, other credentials; and nobody else's trouble. */
START_TEST(keeps_verdicts_apart)
{
	struct verdicts *verdicts;
	struct scene scene;

	scene_init(&scene);
	scene_add_signer(&scene, signing_file("ci.pub"));
	scene_add(&scene, (struct fake_route){ "GET", scene_referrers_url(&scene), .status = 404 });
	scene_add_files(&scene, (const char *const[]){ NULL });
	fixture_init(&scene.fixture, scene.routes, scene.count, HOST);
	ck_assert_int_eq(scene_look(&scene, NULL)->state, OBSERVED_KNOWN);
	verdicts = registry_verdicts(scene.fixture.registry);
	ck_assert_int_eq(verdicts_find(verdicts, REPOSITORY, OTHER_DIGEST, "policy", NULL)->state, OBSERVED_NONE);
	ck_assert_int_eq(verdicts_find(verdicts, REPOSITORY, scene.digest, "another", NULL)->state, OBSERVED_NONE);
	ck_assert_int_eq(verdicts_find(verdicts, REPOSITORY "2", scene.digest, "policy", NULL)->state, OBSERVED_NONE);
	{
		const struct credentials other = { .basic = NULL, .id = "somebody" };

		ck_assert_int_eq(verdicts_find(verdicts, REPOSITORY, scene.digest, "policy", &other)->state, OBSERVED_NONE);
	}
	ck_assert_int_eq(scene.fixture.told, 1);
	ck_assert_str_eq(scene.fixture.repository, REPOSITORY);
	fixture_finish(&scene.fixture);
}
END_TEST

/* One search for all who ask; again when the verdict is old, or the back-off of a failure is over. */
START_TEST(asks_when_it_is_due)
{
	struct fake_route *referrers;
	struct verdicts *verdicts;
	struct scene scene;

	scene_init(&scene);
	scene_add_signer(&scene, signing_file("ci.pub"));
	scene_add(&scene, (struct fake_route){ "GET", scene_referrers_url(&scene), .status = 404, .most = 2 });
	scene_add(&scene, (struct fake_route){ "GET", scene_referrers_url(&scene), .status = 500, .most = 1 });
	scene_add(&scene, (struct fake_route){ "GET", scene_referrers_url(&scene), .status = 404 });
	referrers = scene.routes;
	scene_add_files(&scene, (const char *const[]){ BUNDLES, PAYLOADS, NULL });
	fixture_init(&scene.fixture, scene.routes, scene.count, HOST);
	verdicts = registry_verdicts(scene.fixture.registry);
	verdicts_ask(verdicts, REPOSITORY, scene.digest, &scene.policy, NULL, MINUTE_MS);
	ck_assert_int_eq(verdicts_find(verdicts, REPOSITORY, scene.digest, "policy", NULL)->state, OBSERVED_PENDING);
	ck_assert(verdicts_find(verdicts, REPOSITORY, scene.digest, "policy", NULL)->is_asking);
	scene_look(&scene, NULL);
	scene_look(&scene, NULL);
	ck_assert_uint_eq(referrers[0].hits, 1);
	fixture_clock_ms += MINUTE_MS;
	scene_look(&scene, NULL);
	ck_assert_uint_eq(referrers[0].hits, 2);
	fixture_clock_ms += MINUTE_MS;
	ck_assert_int_eq(scene_look(&scene, NULL)->state, OBSERVED_FAILED);
	ck_assert_int_gt(scene_look(&scene, NULL)->at_ms, 0);
	ck_assert_uint_eq(referrers[1].hits, 1);
	fixture_clock_ms += MINUTE_MS;
	ck_assert_int_eq(scene_look(&scene, NULL)->state, OBSERVED_KNOWN);
	ck_assert_uint_eq(referrers[2].hits, 1);
	fixture_finish(&scene.fixture);
}
END_TEST

/* A mirror in front of the registry. What data/routes names lies at HOST. */
static const struct {
	const char *name;
	const char *repository;
	const char *mirror;
	struct fake_route other; /* what the other one says of referrers, as an index or not */
	const char *lost[2];
	int class;
	const char *says;
} mirrored[] = {
	{ "a mirror shows all of it", "r.example.com/shop/web", "r.example.com=" URL, { .status = 404 }, { NULL }, 0, "" },
	{ "also while the registry cannot be reached", "r.example.com/shop/web", "r.example.com=" URL,
	  { .failure = "connection refused" }, { NULL }, 0, "" },
	{ "a mirror that shows none is not the last word", REPOSITORY, HOST "=https://r.example.com",
	  { .status = 200, .content_type = INDEX, .body = LIST("") }, { PAYLOADS, NULL }, 0, "" },
	{ "without the registry nothing is known of what the mirror lacks", "r.example.com/shop/web", "r.example.com=" URL,
	  { .failure = "connection refused" }, { BUNDLES, NULL }, ERR_NET, "registry r.example.com gave no answer" },
};

START_TEST(asks_mirrors)
{
	static const char *const insecure[] = { HOST, NULL };
	const char *const mirrors[] = { mirrored[_i].mirror, NULL };
	bool is_payload_lost = mirrored[_i].class != 0;
	const struct verdict_observation *seen;
	struct fake_route other = mirrored[_i].other;
	struct verdicts *verdicts;
	struct scene scene;
	char *urls[3];

	scene_init(&scene);
	scene_add_signer(&scene, signing_file("ci.pub"));
	scene_add(&scene, (struct fake_route){ "GET", scene_referrers_url(&scene), .status = 404 });
	if (is_payload_lost)
		scene_add(&scene, (struct fake_route){ "GET", scene_tag_url(&scene, ".sig"), .status = 404 });
	scene_add_files(&scene, mirrored[_i].lost);
	other.method = "GET";
	urls[0] = scene_referrers_url(&scene);
	urls[1] = scene_tag_url(&scene, "");
	urls[2] = scene_tag_url(&scene, ".sig");
	for (size_t i = 0; i < 3; i++) { /* the same at the other host */
		char *url = signing_text("https://r.example.com%s", urls[i] + strlen(URL));

		other.url = url;
		if (i > 0 && other.failure == NULL)
			other = (struct fake_route){ "GET", url, .status = 404 };
		scene_add(&scene, other);
	}
	fixture_init_options(&scene.fixture, scene.routes, scene.count,
			     (struct registry_options){ .insecure_hosts = insecure, .mirrors = mirrors });
	verdicts = registry_verdicts(scene.fixture.registry);
	verdicts_ask(verdicts, mirrored[_i].repository, scene.digest, &scene.policy, NULL, MINUTE_MS);
	fake_http_run(&scene.fixture.http);
	seen = verdicts_find(verdicts, mirrored[_i].repository, scene.digest, scene.policy.id, NULL);
	expect_int(mirrored[_i].name, seen->err.class, mirrored[_i].class);
	expect_contains(mirrored[_i].name, seen->err.text, mirrored[_i].says);
	expect_int(mirrored[_i].name, seen->verdict.signers, mirrored[_i].class == 0 ? 1 : 0);
	fixture_finish(&scene.fixture);
}
END_TEST

/* The room can go while something is asked, and keeps no more than so many verdicts. */
START_TEST(ends_in_the_middle)
{
	struct verdicts *verdicts;
	struct scene scene;

	scene_init(&scene);
	scene_add_signer(&scene, signing_file("ci.pub"));
	fixture_init(&scene.fixture, scene.routes, 0, HOST);
	verdicts = registry_verdicts(scene.fixture.registry);
	verdicts_ask(verdicts, REPOSITORY, scene.digest, &scene.policy, NULL, MINUTE_MS);
	for (int i = 0; i < VERDICTS_MAX + 10; i++) {
		snprintf(scene.policy.id, sizeof(scene.policy.id), "%d", i);
		verdicts_ask(verdicts, "not a repository", scene.digest, &scene.policy, NULL, MINUTE_MS);
	}
	ck_assert_int_eq(verdicts_find(verdicts, REPOSITORY, scene.digest, "policy", NULL)->state, OBSERVED_PENDING);
	ck_assert_int_eq(verdicts_find(verdicts, "not a repository", scene.digest, "0", NULL)->state, OBSERVED_NONE);
	ck_assert_int_eq(verdicts_find(verdicts, "not a repository", scene.digest, scene.policy.id, NULL)->state, OBSERVED_FAILED);
	fixture_finish(&scene.fixture);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, keeps_verdicts_apart);
	tcase_add_test(tests, asks_when_it_is_due);
	suite_add_rows(tests, asks_mirrors, mirrored);
	tcase_add_test(tests, ends_in_the_middle);
}

SUITE_MAIN("registry verdicts", add)
