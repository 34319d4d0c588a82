#include <stdio.h>

#include "fixture.h"
#include "registry/verdicts.h"
#include "signing.h"

#define HOST "127.0.0.1:5977"
#define URL "http://" HOST
#define REPOSITORY HOST "/shop/web"
#define STORE "https://store.example.com"
#define MOST_ROUTES 64

/* What data/routes names, as a registry serves it; with a place for routes of the test's own in front. */
struct scene {
	struct fixture fixture;
	struct fake_route routes[MOST_ROUTES];
	size_t count;
	char *digest;
	struct signature_policy policy;
};

static void add_route(struct scene *scene, struct fake_route route)
{
	ck_assert_uint_lt(scene->count, MOST_ROUTES);
	scene->routes[scene->count++] = route;
}

static char *url_of(const char *path)
{
	return signing_text("%s%s", URL, path);
}

static char *tag_url(const struct scene *scene, const char *suffix)
{
	return signing_text("%s/v2/shop/web/manifests/sha256-%s%s", URL, scene->digest + 7, suffix);
}

static char *referrers_url(const struct scene *scene)
{
	return signing_text("%s/v2/shop/web/referrers/%s?artifactType=application%%2Fvnd.dev.sigstore.bundle.v0.3%%2Bjson", URL,
			    scene->digest);
}

/* The URL under which data/routes serves a file. */
static char *file_url(const char *file)
{
	char *routes = signing_file("routes");
	char *save = NULL;

	for (char *line = strtok_r(routes, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		char *path = signing_text("%s", line);

		path[strcspn(path, " ")] = '\0';
		if (strcmp(strrchr(line, ' ') + 1, file) == 0)
			return url_of(path);
	}
	ck_abort_msg("no route serves %s", file);
	return NULL;
}

static bool is_listed(const char *const *names, const char *name)
{
	for (; *names != NULL; names++) {
		if (strcmp(*names, name) == 0)
			return true;
	}
	return false;
}

/* Serves every file of data/routes; those that are lost by 404. */
static void add_files(struct scene *scene, const char *const *lost)
{
	char *routes = signing_file("routes");
	char *save = NULL;

	for (char *line = strtok_r(routes, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		char *type = strchr(line, ' ');
		char *file = strrchr(line, ' ');

		*type++ = '\0';
		*file++ = '\0';
		if (is_listed(lost, file))
			add_route(scene, (struct fake_route){ "GET", url_of(line), .status = 404 });
		else
			add_route(scene, (struct fake_route){ "GET", url_of(line), .status = 200, .content_type = type,
							      .body = signing_file(file) });
	}
}

static void add_signer(struct scene *scene, const char *pem)
{
	struct signer *signer = &scene->policy.signers[scene->policy.count++];

	signer->count = signing_take_keys(pem, signer->keys);
}

static void scene_init(struct scene *scene)
{
	*scene = (struct scene){ .digest = signing_file("digest"), .policy = { .threshold = 1, .id = "policy" } };
}

static const struct verdict_observation *look(struct scene *scene, const struct credentials *credentials)
{
	struct verdicts *verdicts = registry_verdicts(scene->fixture.registry);

	verdicts_ask(verdicts, REPOSITORY, scene->digest, &scene->policy, credentials, MINUTE_MS);
	fake_http_run(&scene->fixture.http);
	return verdicts_find(verdicts, REPOSITORY, scene->digest, scene->policy.id, credentials);
}

/* ---- the whole way, over what the real cosign pushed ---- */

enum place { NOWHERE, REFERRERS, INDEX_TAG, SIG_TAG, FIRST_BUNDLE, LAST_BUNDLE, LAST_MANIFEST };

static char *url_at(const struct scene *scene, enum place place)
{
	switch (place) {
	case NOWHERE:
		return NULL;
	case REFERRERS:
		return referrers_url(scene);
	case INDEX_TAG:
		return tag_url(scene, "");
	case SIG_TAG:
		return tag_url(scene, ".sig");
	case FIRST_BUNDLE:
		return file_url("bundle-1.json");
	case LAST_BUNDLE:
		return file_url("bundle-3.json");
	case LAST_MANIFEST:
		return file_url("bundle-3.manifest.json");
	}
	return NULL;
}

#define BUNDLES "referrers.json"
#define PAYLOADS "payloads.manifest.json"
#define LIST(items) "{\"schemaVersion\":2,\"mediaType\":\"" INDEX "\",\"manifests\":[" items "]}"

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
	return signing_text("%.19s has a statement of the type", strstr(file_url("bundle-3.json"), "sha256:"));
}

START_TEST(looks_everywhere)
{
	const char *name = rows[_i].name;
	const struct verdict_observation *seen;
	struct fake_route instead = rows[_i].instead;
	struct scene scene;

	scene_init(&scene);
	for (size_t i = 0; rows[_i].keys[i] != NULL; i++)
		add_signer(&scene, rows[_i].keys[i][0] == '\0' ? signing_key_pem(signing_key_make("P-256"))
								 : signing_file(rows[_i].keys[i]));
	scene.policy.threshold = rows[_i].threshold;
	if (rows[_i].place != NOWHERE) {
		instead.method = "GET";
		instead.url = url_at(&scene, rows[_i].place);
		if (instead.body != NULL && instead.body[0] == '@')
			instead.body = signing_file(instead.body + 1);
		add_route(&scene, instead);
	}
	add_route(&scene, (struct fake_route){ "GET", referrers_url(&scene), .status = 404 });
	add_files(&scene, rows[_i].lost);
	fixture_init(&scene.fixture, scene.routes, scene.count, HOST);
	seen = look(&scene, NULL);
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

		add_route(scene, (struct fake_route){ "GET", url_of(path), .status = 200, .body = payload });
		len += (size_t)sprintf(manifest + len,
				       "%s{\"mediaType\":\"" SIGNATURE_PAYLOAD_TYPE "\",\"size\":%zu,\"digest\":\"%s\",\"annotations\":"
				       "{\"dev.cosignproject.cosign/signature\":\"%s\"}}",
				       i == 0 ? "" : ",", strlen(payload) + off, digest,
				       signing_sign(i == good ? key : signing_key_make("P-256"), payload, strlen(payload)));
	}
	sprintf(manifest + len, "]}");
	add_route(scene, (struct fake_route){ "GET", tag_url(scene, ".sig"), .status = 200, .content_type = MANIFEST,
					      .body = manifest });
	add_route(scene, (struct fake_route){ "GET", tag_url(scene, ""), .status = 404 });
	add_route(scene, (struct fake_route){ "GET", referrers_url(scene), .status = 404 });
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
	add_signer(&scene, signing_key_pem(key));
	add_layers(&scene, key, layers[_i].count, layers[_i].good, layers[_i].off);
	fixture_init(&scene.fixture, scene.routes, scene.count, HOST);
	seen = look(&scene, NULL);
	expect_int(layers[_i].name, seen->verdict.signers, layers[_i].signers);
	expect_int(layers[_i].name, seen->verdict.found, layers[_i].found);
	expect_contains(layers[_i].name, seen->verdict.note, layers[_i].note);
	fixture_finish(&scene.fixture);
}
END_TEST

/* A blob may lie in a store: it is fetched from there without the password, and from no private address. */
START_TEST(fetches_a_payload_from_a_store)
{
	struct credentials credentials = CREDENTIALS_INIT;
	const struct verdict_observation *seen;
	struct err err = ERR_INIT;
	struct scene scene;

	scene_init(&scene);
	add_signer(&scene, signing_file("ci.pub"));
	ck_assert_int_eq(credentials_init(&credentials, "robot", "sesame", &err), 0);
	add_route(&scene, (struct fake_route){ "GET", file_url("payload-1.json"), "Basic cm9ib3Q6c2VzYW1l", .status = 307,
					       .location = STORE "/x?signature=1" });
	add_route(&scene, (struct fake_route){ "GET", STORE "/x?signature=1", "", .status = 302, .location = "/y" });
	add_route(&scene, (struct fake_route){ "GET", STORE "/y", "", .status = 200, .content_type = "binary/octet-stream",
					       .body = signing_file("payload-1.json") });
	add_route(&scene, (struct fake_route){ "GET", referrers_url(&scene), .status = 404 });
	add_files(&scene, (const char *const[]){ BUNDLES, NULL });
	fixture_init(&scene.fixture, scene.routes, scene.count, HOST);
	seen = look(&scene, &credentials);
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
	add_signer(&scene, signing_file("ci.pub"));
	add_route(&scene, (struct fake_route){ "GET", file_url("payload-1.json"), .status = 307, .location = stores[_i].location });
	add_route(&scene, (struct fake_route){ "GET", STORE "/x", "", .status = stores[_i].status,
					       .www_authenticate = stores[_i].www_authenticate });
	add_route(&scene, (struct fake_route){ "GET", referrers_url(&scene), .status = 404 });
	add_files(&scene, (const char *const[]){ BUNDLES, NULL });
	fixture_init(&scene.fixture, scene.routes, scene.count, HOST);
	seen = look(&scene, NULL);
	expect_int(name, seen->err.class, stores[_i].class);
	if (stores[_i].class != 0)
		expect_contains(name, seen->err.text, stores[_i].says);
	else
		expect_contains(name, seen->verdict.note, stores[_i].note);
	expect_int(name, seen->verdict.signers, 0);
	fixture_finish(&scene.fixture);
}
END_TEST

/* A list of referrers may have pages, but not for ever. */
START_TEST(follows_pages)
{
	const struct verdict_observation *seen;
	struct scene scene;

	scene_init(&scene);
	add_signer(&scene, signing_file("ci.pub"));
	add_route(&scene, (struct fake_route){ "GET", referrers_url(&scene), .status = 200, .content_type = INDEX, .body = LIST(""),
					       .link = "</v2/shop/web/referrers/next>; rel=\"next\"" });
	add_route(&scene, (struct fake_route){ "GET", URL "/v2/shop/web/referrers/next", .status = 200, .content_type = INDEX,
					       .body = signing_file("referrers.json"), .most = 1 });
	add_files(&scene, (const char *const[]){ BUNDLES, PAYLOADS, NULL });
	fixture_init(&scene.fixture, scene.routes, scene.count, HOST);
	seen = look(&scene, NULL);
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
	add_signer(&scene, signing_file("ci.pub"));
	add_route(&scene, (struct fake_route){ "GET", referrers_url(&scene), .status = 200, .content_type = INDEX, .body = LIST(""),
					       .link = "<?again>; rel=\"next\"" });
	again = referrers_url(&scene);
	strcpy(strchr(again, '?'), "?again");
	add_route(&scene, (struct fake_route){ "GET", again, .status = 200, .content_type = INDEX, .body = LIST(""),
					       .link = "<?more>; rel=\"next\"" });
	more = signing_text("%s", again);
	strcpy(strchr(more, '?'), "?more");
	add_route(&scene, (struct fake_route){ "GET", more, .status = 200, .content_type = INDEX, .body = LIST(""),
					       .link = "<?again>; rel=\"next\"" });
	add_files(&scene, (const char *const[]){ BUNDLES, PAYLOADS, NULL });
	fixture_init(&scene.fixture, scene.routes, scene.count, HOST);
	seen = look(&scene, NULL);
	expect_contains("for ever", seen->err.text, "more than 4 pages of referrers");
	fixture_finish(&scene.fixture);
}
END_TEST

/* ---- the memory of it ---- */

/* A verdict is another one for another digest, another policy, other credentials; and nobody else's trouble. */
START_TEST(keeps_verdicts_apart)
{
	struct verdicts *verdicts;
	struct scene scene;

	scene_init(&scene);
	add_signer(&scene, signing_file("ci.pub"));
	add_route(&scene, (struct fake_route){ "GET", referrers_url(&scene), .status = 404 });
	add_files(&scene, (const char *const[]){ NULL });
	fixture_init(&scene.fixture, scene.routes, scene.count, HOST);
	ck_assert_int_eq(look(&scene, NULL)->state, OBSERVED_KNOWN);
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
	add_signer(&scene, signing_file("ci.pub"));
	add_route(&scene, (struct fake_route){ "GET", referrers_url(&scene), .status = 404, .most = 2 });
	add_route(&scene, (struct fake_route){ "GET", referrers_url(&scene), .status = 500, .most = 1 });
	add_route(&scene, (struct fake_route){ "GET", referrers_url(&scene), .status = 404 });
	referrers = scene.routes;
	add_files(&scene, (const char *const[]){ BUNDLES, PAYLOADS, NULL });
	fixture_init(&scene.fixture, scene.routes, scene.count, HOST);
	verdicts = registry_verdicts(scene.fixture.registry);
	verdicts_ask(verdicts, REPOSITORY, scene.digest, &scene.policy, NULL, MINUTE_MS);
	ck_assert_int_eq(verdicts_find(verdicts, REPOSITORY, scene.digest, "policy", NULL)->state, OBSERVED_PENDING);
	ck_assert(verdicts_find(verdicts, REPOSITORY, scene.digest, "policy", NULL)->is_asking);
	look(&scene, NULL);
	look(&scene, NULL);
	ck_assert_uint_eq(referrers[0].hits, 1);
	fixture_clock_ms += MINUTE_MS;
	look(&scene, NULL);
	ck_assert_uint_eq(referrers[0].hits, 2);
	fixture_clock_ms += MINUTE_MS;
	ck_assert_int_eq(look(&scene, NULL)->state, OBSERVED_FAILED);
	ck_assert_int_gt(look(&scene, NULL)->at_ms, 0);
	ck_assert_uint_eq(referrers[1].hits, 1);
	fixture_clock_ms += MINUTE_MS;
	ck_assert_int_eq(look(&scene, NULL)->state, OBSERVED_KNOWN);
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
	add_signer(&scene, signing_file("ci.pub"));
	add_route(&scene, (struct fake_route){ "GET", referrers_url(&scene), .status = 404 });
	if (is_payload_lost)
		add_route(&scene, (struct fake_route){ "GET", tag_url(&scene, ".sig"), .status = 404 });
	add_files(&scene, mirrored[_i].lost);
	other.method = "GET";
	urls[0] = referrers_url(&scene);
	urls[1] = tag_url(&scene, "");
	urls[2] = tag_url(&scene, ".sig");
	for (size_t i = 0; i < 3; i++) { /* the same at the other host */
		char *url = signing_text("https://r.example.com%s", urls[i] + strlen(URL));

		other.url = url;
		if (i > 0 && other.failure == NULL)
			other = (struct fake_route){ "GET", url, .status = 404 };
		add_route(&scene, other);
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
	add_signer(&scene, signing_file("ci.pub"));
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
	suite_add_rows(tests, looks_everywhere, rows);
	suite_add_rows(tests, looks_at_so_many, layers);
	tcase_add_test(tests, fetches_a_payload_from_a_store);
	suite_add_rows(tests, does_not_trust_a_store, stores);
	tcase_add_test(tests, follows_pages);
	tcase_add_test(tests, does_not_follow_pages_for_ever);
	tcase_add_test(tests, keeps_verdicts_apart);
	tcase_add_test(tests, asks_when_it_is_due);
	suite_add_rows(tests, asks_mirrors, mirrored);
	tcase_add_test(tests, ends_in_the_middle);
}

SUITE_MAIN("registry verify", add)
