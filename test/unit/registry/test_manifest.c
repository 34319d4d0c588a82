#include "registry/manifest.h"

#include <stdio.h>

#include "base/sha256.h"
#include "fixture.h"

#define DOCKER_LIST "application/vnd.docker.distribution.manifest.list.v2+json"
#define DOCKER_IMAGE "application/vnd.docker.distribution.manifest.v2+json"

static const struct {
	const char *name;
	const char *body;
	const char *content_type;
	const char *media_type;
	bool is_index;
} good[] = {
	{ "an OCI manifest", WEB_BODY, MANIFEST, MANIFEST, false },
	{ "an OCI index", MULTI_BODY, INDEX, INDEX, true },
	{ "a Content-Type may have parameters and capitals", WEB_BODY,
	  "Application/vnd.oci.image.manifest.v1+json; charset=utf-8", MANIFEST, false },
	{ "an OCI manifest need not say its type", "{\"schemaVersion\":2,\"config\":{},\"layers\":[]}",
	  MANIFEST, MANIFEST, false },
	{ "an OCI index need not say its type", "{\"schemaVersion\":2,\"manifests\":[]}", INDEX, INDEX, true },
	{ "a Docker manifest",
	  "{\"schemaVersion\":2,\"mediaType\":\"" DOCKER_IMAGE "\",\"config\":{},\"layers\":[]}",
	  DOCKER_IMAGE, DOCKER_IMAGE, false },
	{ "a Docker list is an index", "{\"schemaVersion\":2,\"mediaType\":\"" DOCKER_LIST "\",\"manifests\":[]}",
	  DOCKER_LIST, DOCKER_LIST, true },
};

START_TEST(tells_what_the_bytes_are)
{
	struct manifest_facts facts;
	struct err err = ERR_INIT;
	char want[DIGEST_SIZE] = "sha256:";

	sha256_hex(good[_i].body, strlen(good[_i].body), want + 7);
	ck_assert_msg(manifest_verify(good[_i].body, strlen(good[_i].body), good[_i].content_type, want, want,
				      &facts, &err) == 0, "%s: %s", good[_i].name, err.text);
	expect_str(good[_i].name, facts.digest, want);
	expect_str(good[_i].name, facts.media_type, good[_i].media_type);
	expect_int(good[_i].name, facts.is_index, good[_i].is_index);
}
END_TEST

static const struct {
	const char *name;
	const char *body;
	const char *content_type;
	const char *asked;
	const char *claimed;
	const char *says;
} bad[] = {
	{ "a header that lies: both digests are said", WEB_BODY, MANIFEST, "", OTHER_DIGEST,
	  "hash to " WEB_DIGEST ", but the registry's Docker-Content-Digest says " OTHER_DIGEST },
	{ "other bytes than asked for: both digests are said", WEB_BODY, MANIFEST, OTHER_DIGEST, "",
	  "hash to " WEB_DIGEST ", but were sent for " OTHER_DIGEST },
	{ "one byte less", "{\"schemaVersion\":2,\"config\":{},\"layers\":[]} ", MANIFEST, WEB_DIGEST, "",
	  "but were sent for" },
	{ "no JSON", "<html>", MANIFEST, "", "", "the manifest: not JSON" },
	{ "a list", "[]", MANIFEST, "", "", "not a JSON object" },
	{ "schema 1", "{\"schemaVersion\":1,\"fsLayers\":[]}", DOCKER_IMAGE, "", "", "schemaVersion is 1" },
	{ "no schema version", "{\"config\":{},\"layers\":[]}", MANIFEST, "", "", "schemaVersion is 0" },
	{ "an index and an image at once",
	  "{\"schemaVersion\":2,\"manifests\":[],\"config\":{},\"layers\":[]}", MANIFEST, "", "",
	  "an index and an image at once" },
	{ "neither an index nor an image", "{\"schemaVersion\":2}", MANIFEST, "", "", "neither an index" },
	{ "an index that came as an image", MULTI_BODY, MANIFEST, "", "", "but came as" },
	{ "an image that came as an index", WEB_BODY, INDEX, "", "", "but came as" },
	{ "a type that contradicts the content",
	  "{\"schemaVersion\":2,\"mediaType\":\"" INDEX "\",\"config\":{},\"layers\":[]}", INDEX, "", "",
	  "contradicts its content" },
	{ "a type that nobody knows", "{\"schemaVersion\":2,\"mediaType\":\"x\\u0007y\",\"manifests\":[]}",
	  INDEX, "", "", "mediaType \"x?y\" is not supported" },
	{ "a type that is a number", "{\"schemaVersion\":2,\"mediaType\":7,\"manifests\":[]}", INDEX, "", "",
	  "mediaType: expected a string" },
};

START_TEST(refuses_what_does_not_agree)
{
	struct manifest_facts facts;
	struct err err = ERR_INIT;

	expect_int(bad[_i].name,
		   manifest_verify(bad[_i].body, strlen(bad[_i].body), bad[_i].content_type, bad[_i].asked,
				   bad[_i].claimed, &facts, &err),
		   ERR_INPUT);
	expect_contains(bad[_i].name, err.text, bad[_i].says);
}
END_TEST

/* OpenSSL hashes here, base/sha256 names releases: they have to agree. */
START_TEST(both_hashes_agree)
{
	char body[300] = "{\"schemaVersion\":2,\"manifests\":[]";
	size_t start = strlen(body);
	size_t len;

	for (len = start; len < sizeof(body) - 1; len++) {
		struct manifest_facts facts;
		struct err err = ERR_INIT;
		char want[SHA256_HEX_SIZE];

		memset(body + start, ' ', len - start);
		body[len] = '}';
		sha256_hex(body, len + 1, want);
		expect_int("verify", manifest_verify(body, len + 1, INDEX, "", "", &facts, &err), 0);
		expect_str("hash", facts.digest + 7, want);
	}
}
END_TEST

START_TEST(a_manifest_has_a_limit_on_values)
{
	size_t len = 200000;
	char *body = malloc(len);
	struct manifest_facts facts;
	struct err err = ERR_INIT;

	memset(body, ',', len);
	memcpy(body, "{\"a\":[0", 7);
	expect_int("values", manifest_verify(body, len, INDEX, "", "", &facts, &err), ERR_INPUT);
	expect_contains("values", err.text, "more than 65536 values");
	free(body);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, tells_what_the_bytes_are, good);
	suite_add_rows(tests, refuses_what_does_not_agree, bad);
	tcase_add_test(tests, both_hashes_agree);
	tcase_add_test(tests, a_manifest_has_a_limit_on_values);
}

SUITE_MAIN("manifest", add)
