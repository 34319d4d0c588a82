/* What registries say: manifests and indexes, tag lists, tokens, error bodies. */
#include "base/str.h"
#include "fuzz.h"
#include "registry/manifest.h"
#include "wire/oci_json.h"

#define MOST_TAGS 100

static void check_manifest(const char *json, size_t len)
{
	static const char *const types[] = { "application/vnd.oci.image.index.v1+json",
					     "application/vnd.oci.image.manifest.v1+json",
					     "application/vnd.docker.distribution.manifest.list.v2+json",
					     "application/vnd.docker.distribution.manifest.v2+json" };
	struct manifest_facts facts;
	struct err err = ERR_INIT;
	int accepted = 0;
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		err_clear(&err);
		if (manifest_verify(json, len, types[i], "", "", &facts, &err) < 0)
			continue;
		CHECK(str_equal(facts.media_type, types[i]) && digest_is_valid(facts.digest));
		CHECK(facts.is_index == (i % 2 == 0));
		accepted++;
		CHECK(manifest_verify(json, len, types[i], facts.digest, facts.digest, &facts, &err) == 0);
	}
	CHECK(accepted <= 1); /* it is one thing or none */
}

static void check_others(const char *json, size_t len)
{
	struct arena arena = ARENA_INIT;
	struct oci_tags tags;
	struct oci_token token;
	struct err err = ERR_INIT;
	const char *said = oci_error_from_json(json, len, &arena);
	size_t i;

	CHECK(said == NULL || said[0] != '\0');
	if (oci_tags_from_json(json, len, MOST_TAGS, &arena, &tags, &err) == 0) {
		CHECK(tags.count <= MOST_TAGS);
		for (i = 0; i < tags.count; i++)
			CHECK(tags.names[i] != NULL);
	}
	err_clear(&err);
	if (oci_token_from_json(json, len, &arena, &token, &err) == 0)
		CHECK(token.token[0] != '\0' && token.expires_in_s >= 60);
	arena_finish(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	check_manifest((const char *)bytes, len);
	check_others((const char *)bytes, len);
	return 0;
}
