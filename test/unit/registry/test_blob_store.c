/* Payloads that the registry does not serve itself, but sends the asker to a store for. */
#include "scene.h"
#include "signing.h"

#define STORE "https://store.example.com"

/* A blob may lie in a store: it is fetched from there without the password, and from no private address. */
START_TEST(fetches_a_payload_from_a_store)
{
	struct credentials credentials = CREDENTIALS_INIT;
	const struct verdict_observation *seen;
	struct err err = ERR_INIT;
	struct scene scene;

	scene_init(&scene);
	scene_add_signer(&scene, signing_file("ci.pub"));
	ck_assert_int_eq(credentials_init(&credentials, "robot", "sesame", &err), 0);
	scene_add(&scene, (struct fake_route){ "GET", scene_file_url("payload-1.json"), "Basic cm9ib3Q6c2VzYW1l", .status = 307,
					       .location = STORE "/x?signature=1" });
	scene_add(&scene, (struct fake_route){ "GET", STORE "/x?signature=1", "", .status = 302, .location = "/y" });
	scene_add(&scene, (struct fake_route){ "GET", STORE "/y", "", .status = 200, .content_type = "binary/octet-stream",
					       .body = signing_file("payload-1.json") });
	scene_add(&scene, (struct fake_route){ "GET", scene_referrers_url(&scene), .status = 404 });
	scene_add_files(&scene, (const char *const[]){ BUNDLES, NULL });
	fixture_init(&scene.fixture, scene.routes, scene.count, HOST);
	seen = scene_look(&scene, &credentials);
	ck_assert_int_eq(seen->state, OBSERVED_KNOWN);
	ck_assert_uint_eq(seen->verdict.signers, 1);
	ck_assert(scene.routes[1].was_forbidden && scene.routes[2].was_forbidden);
	ck_assert(!scene.routes[0].was_forbidden);
	credentials_finish(&credentials);
	fixture_finish(&scene.fixture);
}
END_TEST

static const struct {
	const char *name;
	const char *location;
	int status; /* of the store; 0: it is not asked */
	const char *www_authenticate;
	const char *note;
	int class;
	const char *says;
} stores[] = {
	{ "a store over plain HTTP", "http://store.example.com/x", 0, NULL, "leads to another host", 0, "" },
	{ "a store that wants a password gets none", STORE "/x", 401, "Basic realm=\"store\"", "", ERR_DENIED, "(401)" },
	{ "a store that wants a token gets none", STORE "/x", 401, "Bearer realm=\"https://evil.example.com/token\"", "", ERR_DENIED,
	  "(401)" },
	{ "a store that has it not", STORE "/x", 404, NULL, "is not there", 0, "" },
	{ "a store in trouble", STORE "/x", 503, NULL, "", ERR_BUSY, "is in trouble" },
};

START_TEST(does_not_trust_a_store)
{
	const char *name = stores[_i].name;
	const struct verdict_observation *seen;
	struct scene scene;

	scene_init(&scene);
	scene_add_signer(&scene, signing_file("ci.pub"));
	scene_add(&scene, (struct fake_route){ "GET", scene_file_url("payload-1.json"), .status = 307,
					       .location = stores[_i].location });
	scene_add(&scene, (struct fake_route){ "GET", STORE "/x", "", .status = stores[_i].status,
					       .www_authenticate = stores[_i].www_authenticate });
	scene_add(&scene, (struct fake_route){ "GET", scene_referrers_url(&scene), .status = 404 });
	scene_add_files(&scene, (const char *const[]){ BUNDLES, NULL });
	fixture_init(&scene.fixture, scene.routes, scene.count, HOST);
	seen = scene_look(&scene, NULL);
	expect_int(name, seen->err.class, stores[_i].class);
	if (stores[_i].class != 0)
		expect_contains(name, seen->err.text, stores[_i].says);
	else
		expect_contains(name, seen->verdict.note, stores[_i].note);
	expect_int(name, seen->verdict.signers, 0);
	fixture_finish(&scene.fixture);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, fetches_a_payload_from_a_store);
	suite_add_rows(tests, does_not_trust_a_store, stores);
}

SUITE_MAIN("registry blob_store", add)
