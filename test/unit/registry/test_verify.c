/* Who has signed a digest: looked for in all places, in both formats, and what is found there and not believed. */
#include <stdio.h>

#include "scene.h"
#include "signing.h"

/* ---- the whole way, over what the real cosign pushed ---- */

enum place { NOWHERE, REFERRERS, INDEX_TAG, SIG_TAG, FIRST_BUNDLE, LAST_BUNDLE, LAST_MANIFEST };

static char *url_at(const struct scene *scene, enum place place)
{
	switch (place) {
	case NOWHERE:
		return NULL;
	case REFERRERS:
		return scene_referrers_url(scene);
	case INDEX_TAG:
		return scene_tag_url(scene, "");
	case SIG_TAG:
		return scene_tag_url(scene, ".sig");
	case FIRST_BUNDLE:
		return scene_file_url("bundle-1.json");
	case LAST_BUNDLE:
		return scene_file_url("bundle-3.json");
	case LAST_MANIFEST:
		return scene_file_url("bundle-3.manifest.json");
	}
	return NULL;
}

static const struct {
	const char *name;
	const char *keys[4];       /* a file each; "": a key that signed nothing */
	size_t threshold;
	const char *lost[6];
	enum place place;          /* answers this instead */
	struct fake_route instead;
	unsigned signers;
	size_t found;
	const char *note;
	int class;                 /* 0: there is a verdict */
	const char *says;
} rows[] = {
	{ "a key whose signature is there", { "ci.pub" }, 1, { NULL }, .signers = 1, .found = 3, .note = "bundle-3" },
	{ "two keys of two, in bundles", { "ci.pub", "qa.pub" }, 2, { PAYLOADS }, .signers = 3, .found = 3, .note = "bundle-3" },
	{ "two keys of two, in payloads", { "ci.pub", "qa.pub" }, 2, { BUNDLES }, .signers = 3, .found = 2, .note = "" },
	{ "one of two is enough", { "", "qa.pub" }, 1, { BUNDLES }, .signers = 2, .found = 1, .note = "" },
	{ "two of three are not three", { "ci.pub", "qa.pub", "" }, 3, { NULL }, .signers = 3, .found = 5, .note = "bundle-3" },
	{ "a key's two signatures count once", { "ci.pub", "" }, 2, { NULL }, .signers = 1, .found = 5, .note = "bundle-3" },
	{ "keys that signed nothing", { "", "" }, 1, { NULL }, .signers = 0, .found = 5, .note = "is by no key of the channel" },
	{ "not signed", { "ci.pub" }, 1, { BUNDLES, PAYLOADS }, .signers = 0, .found = 0, .note = "" },
	{ "a bundle that is not there", { "qa.pub" }, 1, { "bundle-2.json", PAYLOADS }, .signers = 0, .found = 2,
	  .note = "is by no key" },
	{ "a bundle that is not there, and a payload", { "qa.pub" }, 1, { "bundle-2.json", "bundle-3.json" }, .signers = 1,
	  .found = 2, .note = "is not there" },
	{ "a manifest that is not there", { "qa.pub" }, 1, { "bundle-2.manifest.json", "bundle-3.json" }, .signers = 1, .found = 2,
	  .note = "is not there" },

	{ "the referrers API is asked first", { "ci.pub" }, 1, { BUNDLES }, REFERRERS,
	  { .status = 200, .content_type = INDEX, .body = "@referrers.json" }, .signers = 1, .found = 3, .note = "bundle-3" },
	{ "an empty list of referrers", { "ci.pub" }, 1, { PAYLOADS }, REFERRERS,
	  { .status = 200, .content_type = INDEX, .body = LIST("") }, .signers = 0, .found = 0, .note = "" },
	{ "a registry that calls the referrers a bad request", { "ci.pub" }, 1, { PAYLOADS }, REFERRERS, { .status = 400 },
	  .signers = 1, .found = 3, .note = "bundle-3" },
	{ "a registry that knows no such method", { "ci.pub" }, 1, { PAYLOADS }, REFERRERS, { .status = 405 }, .signers = 1,
	  .found = 3, .note = "bundle-3" },
	{ "referrers of other kinds are passed over", { "ci.pub" }, 1, { BUNDLES, PAYLOADS }, REFERRERS,
	  { .status = 200, .content_type = INDEX,
	    .body = LIST("{\"mediaType\":\"" MANIFEST "\",\"digest\":\"" OTHER_DIGEST
			 "\",\"size\":10,\"artifactType\":\"application/spdx\"},"
			 "{\"mediaType\":\"" MANIFEST "\",\"digest\":\"" OTHER_DIGEST "\",\"size\":10,\"artifactType\":\"" SIGNATURE_BUNDLE_TYPE
			 "\",\"annotations\":{\"dev.sigstore.bundle.predicateType\":\"https://slsa.dev/provenance/v1\"}}") },
	  .signers = 0, .found = 0, .note = "" },
	{ "a referrer without a digest", { "ci.pub" }, 1, { PAYLOADS }, REFERRERS,
	  { .status = 200, .content_type = INDEX,
	    .body = LIST("{\"artifactType\":\"" SIGNATURE_BUNDLE_TYPE "\",\"size\":1,\"digest\":\"../x\"}") },
	  .signers = 0, .found = 0, .note = "without a sha256 digest" },
	{ "a referrer of a gigabyte", { "ci.pub" }, 1, { PAYLOADS }, REFERRERS,
	  { .status = 200, .content_type = INDEX,
	    .body = LIST("{\"artifactType\":\"" SIGNATURE_BUNDLE_TYPE "\",\"size\":1073741824,\"digest\":\"" OTHER_DIGEST "\"}") },
	  .signers = 0, .found = 0, .note = "is too large" },
	{ "a referrer of a size below nothing", { "ci.pub" }, 1, { PAYLOADS }, REFERRERS,
	  { .status = 200, .content_type = INDEX,
	    .body = LIST("{\"artifactType\":\"" SIGNATURE_BUNDLE_TYPE "\",\"size\":-5,\"digest\":\"" OTHER_DIGEST "\"}") },
	  .class = ERR_INPUT, .says = "the referrers of shop/web@" },

	{ "a good bundle under the digest of another", { "ci.pub" }, 1, { "bundle-1.json", "bundle-2.json", PAYLOADS }, LAST_BUNDLE,
	  { .status = 200, .body = "@bundle-1.json" }, .signers = 0, .found = 1, .note = "has other bytes than its digest says" },
	{ "a manifest whose bytes are others", { "ci.pub" }, 1, { "bundle-1.json", "bundle-2.json", PAYLOADS }, LAST_MANIFEST,
	  { .status = 200, .content_type = MANIFEST, .body = "@bundle-1.manifest.json" }, .signers = 0, .found = 0,
	  .note = "the bytes hash to" },
	{ "an index in the place of a manifest", { "ci.pub" }, 1, { BUNDLES }, SIG_TAG,
	  { .status = 200, .content_type = INDEX, .body = LIST("") }, .class = ERR_INPUT, .says = "it is an index" },
	{ "a layer of another type is no signature", { "ci.pub" }, 1, { BUNDLES }, SIG_TAG,
	  { .status = 200, .content_type = MANIFEST,
	    .body = "{\"schemaVersion\":2,\"config\":{},\"layers\":["
		    "{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\",\"size\":1,"
		    "\"digest\":\"" OTHER_DIGEST "\"}]}" },
	  .signers = 0, .found = 0, .note = "sha256:0123456789ab is of the type \"application/vnd.oci.image.layer.v1.tar\"" },
	{ "a manifest without layers", { "ci.pub" }, 1, { BUNDLES }, SIG_TAG,
	  { .status = 200, .content_type = MANIFEST, .body = "{\"schemaVersion\":2,\"config\":{},\"layers\":[]}" }, .signers = 0,
	  .found = 0, .note = "" },
	{ "a digest twice in one layer", { "ci.pub" }, 1, { BUNDLES }, SIG_TAG,
	  { .status = 200, .content_type = MANIFEST,
	    .body = "{\"schemaVersion\":2,\"config\":{},\"layers\":[{\"digest\":\"a\",\"digest\":\"b\"}]}" },
	  .class = ERR_INPUT, .says = "duplicate object key" },

	{ "no answer is not the same as not signed", { "ci.pub" }, 1, { NULL }, REFERRERS, { .failure = "connection refused" },
	  .class = ERR_NET, .says = "gave no answer for the referrers of shop/web@" },
	{ "nor is trouble", { "ci.pub" }, 1, { NULL }, REFERRERS, { .status = 503 }, .class = ERR_BUSY, .says = "is in trouble" },
	{ "nor a registry that asks to wait", { "ci.pub" }, 1, { NULL }, REFERRERS, { .status = 429, .retry_after_ms = 5000 },
	  .class = ERR_BUSY, .says = "asks to wait 5s" },
	{ "nor one that forbids", { "ci.pub" }, 1, { PAYLOADS }, REFERRERS, { .status = 403 }, .class = ERR_DENIED,
	  .says = "forbids access to the referrers of" },
	{ "nor a page for people", { "ci.pub" }, 1, { PAYLOADS }, REFERRERS,
	  { .status = 200, .content_type = "text/html", .body = "<html>" }, .class = ERR_INPUT, .says = "with \"text/html\"" },
	{ "nor a list that never ends", { "ci.pub" }, 1, { PAYLOADS }, REFERRERS,
	  { .status = 200, .content_type = INDEX, .body = "                    ", .is_endless = true }, .class = ERR_INPUT,
	  .says = "with more than 1048576 bytes; cut off" },
	{ "nor trouble at the second place", { "ci.pub" }, 1, { BUNDLES }, SIG_TAG, { .status = 500 }, .class = ERR_BUSY,
	  .says = "is in trouble" },
	{ "nor trouble at a bundle", { "ci.pub" }, 1, { "bundle-3.json", PAYLOADS }, FIRST_BUNDLE, { .status = 500 },
	  .class = ERR_BUSY, .says = "is in trouble" },
	{ "what is found in spite of it counts", { "ci.pub" }, 1, { NULL }, REFERRERS, { .status = 403 }, .signers = 1, .found = 2,
	  .note = "is by no key" },
};

/* Notes name the attestation by its digest, which data/ has. */
static const char *note_of(const char *note)
{
	if (strcmp(note, "bundle-3") != 0)
		return note;
	return signing_text("%.19s has a statement of the type", strstr(scene_file_url("bundle-3.json"), "sha256:"));
}

START_TEST(looks_everywhere)
{
	const char *name = rows[_i].name;
	const struct verdict_observation *seen;
	struct fake_route instead = rows[_i].instead;
	struct scene scene;

	scene_init(&scene);
	for (size_t i = 0; rows[_i].keys[i] != NULL; i++)
		scene_add_signer(&scene, rows[_i].keys[i][0] == '\0' ? signing_key_pem(signing_key_make("P-256"))
								       : signing_file(rows[_i].keys[i]));
	scene.policy.threshold = rows[_i].threshold;
	if (rows[_i].place != NOWHERE) {
		instead.method = "GET";
		instead.url = url_at(&scene, rows[_i].place);
		if (instead.body != NULL && instead.body[0] == '@')
			instead.body = signing_file(instead.body + 1);
		scene_add(&scene, instead);
	}
	scene_add(&scene, (struct fake_route){ "GET", scene_referrers_url(&scene), .status = 404 });
	scene_add_files(&scene, rows[_i].lost);
	fixture_init(&scene.fixture, scene.routes, scene.count, HOST);
	seen = scene_look(&scene, NULL);
	expect_int(name, seen->err.class, rows[_i].class);
	expect_int(name, seen->state, rows[_i].class == 0 ? OBSERVED_KNOWN : OBSERVED_FAILED);
	if (rows[_i].class != 0) {
		expect_contains(name, seen->err.text, rows[_i].says);
	} else {
		expect_int(name, seen->verdict.signers, rows[_i].signers);
		expect_int(name, seen->verdict.found, rows[_i].found);
		expect_contains(name, seen->verdict.note, note_of(rows[_i].note));
	}
	fixture_finish(&scene.fixture);
}
END_TEST

/* ---- made at the time ---- */

static char *digest_of(const char *text)
{
	char *digest = signing_room(DIGEST_SIZE);

	memcpy(digest, "sha256:", 7);
	sha256_hex(text, strlen(text), digest + 7);
	return digest;
}

/* A .sig manifest with count layers, of which the one called good holds a signature of key. All say that they are off bytes
 * longer than they are. */
static void add_layers(struct scene *scene, const struct signing_key *key, size_t count, size_t good, size_t off)
{
	char *manifest = signing_room(1024 * 1024);
	size_t len = (size_t)sprintf(manifest, "{\"schemaVersion\":2,\"config\":{},\"layers\":[");

	for (size_t i = 0; i < count; i++) {
		const char *payload =
			signing_text("{\"critical\":{\"image\":{\"docker-manifest-digest\":\"%s\"},\"type\":\"cosign container image "
				     "signature\"},\"optional\":{\"number\":%zu}}",
				     scene->digest, i);
		const char *digest = digest_of(payload);
		const char *path = signing_text("/v2/shop/web/blobs/%s", digest);

		scene_add(scene, (struct fake_route){ "GET", scene_url(path), .status = 200, .body = payload });
		len += (size_t)sprintf(manifest + len,
				       "%s{\"mediaType\":\"" SIGNATURE_PAYLOAD_TYPE "\",\"size\":%zu,\"digest\":\"%s\",\"annotations\":"
				       "{\"dev.cosignproject.cosign/signature\":\"%s\"}}",
				       i == 0 ? "" : ",", strlen(payload) + off, digest,
				       signing_sign(i == good ? key : signing_key_make("P-256"), payload, strlen(payload)));
	}
	sprintf(manifest + len, "]}");
	scene_add(scene, (struct fake_route){ "GET", scene_tag_url(scene, ".sig"), .status = 200, .content_type = MANIFEST,
					      .body = manifest });
	scene_add(scene, (struct fake_route){ "GET", scene_tag_url(scene, ""), .status = 404 });
	scene_add(scene, (struct fake_route){ "GET", scene_referrers_url(scene), .status = 404 });
}

static const struct {
	const char *name;
	size_t count;
	size_t good;
	size_t off;
	unsigned signers;
	size_t found;
	const char *note;
} layers[] = {
	{ "the newest is looked at first", 5, 4, 0, 1, 1, "" },
	{ "the oldest of many is found", 32, 0, 0, 1, 32, "is by no key of the channel" },
	{ "no more than 32 are looked at", 40, 35, 0, 0, 32, "was not looked at: there are too many" },
	{ "a payload of another size than it says", 1, 0, 1, 0, 1, "has another size than its manifest says" },
	{ "a payload that says it is too large", 1, 0, 65536, 0, 0, "is too large" },
};

START_TEST(looks_at_so_many)
{
	const struct verdict_observation *seen;
	struct signing_key *key = signing_key_make("P-256");
	struct scene scene;

	scene_init(&scene);
	scene_add_signer(&scene, signing_key_pem(key));
	add_layers(&scene, key, layers[_i].count, layers[_i].good, layers[_i].off);
	fixture_init(&scene.fixture, scene.routes, scene.count, HOST);
	seen = scene_look(&scene, NULL);
	expect_int(layers[_i].name, seen->verdict.signers, layers[_i].signers);
	expect_int(layers[_i].name, seen->verdict.found, layers[_i].found);
	expect_contains(layers[_i].name, seen->verdict.note, layers[_i].note);
	fixture_finish(&scene.fixture);
}
END_TEST

/* A list of referrers may have pages, but not for ever. */
START_TEST(follows_pages)
{
	const struct verdict_observation *seen;
	struct scene scene;

	scene_init(&scene);
	scene_add_signer(&scene, signing_file("ci.pub"));
	scene_add(&scene, (struct fake_route){ "GET", scene_referrers_url(&scene), .status = 200, .content_type = INDEX,
					       .body = LIST(""), .link = "</v2/shop/web/referrers/next>; rel=\"next\"" });
	scene_add(&scene, (struct fake_route){ "GET", URL "/v2/shop/web/referrers/next", .status = 200, .content_type = INDEX,
					       .body = signing_file("referrers.json"), .most = 1 });
	scene_add_files(&scene, (const char *const[]){ BUNDLES, PAYLOADS, NULL });
	fixture_init(&scene.fixture, scene.routes, scene.count, HOST);
	seen = scene_look(&scene, NULL);
	ck_assert_uint_eq(seen->verdict.signers, 1);
	fixture_finish(&scene.fixture);
}
END_TEST

START_TEST(does_not_follow_pages_for_ever)
{
	const struct verdict_observation *seen;
	struct scene scene;
	char *again;
	char *more;

	scene_init(&scene);
	scene_add_signer(&scene, signing_file("ci.pub"));
	scene_add(&scene, (struct fake_route){ "GET", scene_referrers_url(&scene), .status = 200, .content_type = INDEX,
					       .body = LIST(""), .link = "<?again>; rel=\"next\"" });
	again = scene_referrers_url(&scene);
	strcpy(strchr(again, '?'), "?again");
	scene_add(&scene, (struct fake_route){ "GET", again, .status = 200, .content_type = INDEX, .body = LIST(""),
					       .link = "<?more>; rel=\"next\"" });
	more = signing_text("%s", again);
	strcpy(strchr(more, '?'), "?more");
	scene_add(&scene, (struct fake_route){ "GET", more, .status = 200, .content_type = INDEX, .body = LIST(""),
					       .link = "<?again>; rel=\"next\"" });
	scene_add_files(&scene, (const char *const[]){ BUNDLES, PAYLOADS, NULL });
	fixture_init(&scene.fixture, scene.routes, scene.count, HOST);
	seen = scene_look(&scene, NULL);
	expect_contains("for ever", seen->err.text, "more than 4 pages of referrers");
	fixture_finish(&scene.fixture);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, looks_everywhere, rows);
	suite_add_rows(tests, looks_at_so_many, layers);
	tcase_add_test(tests, follows_pages);
	tcase_add_test(tests, does_not_follow_pages_for_ever);
}

SUITE_MAIN("registry verify", add)
