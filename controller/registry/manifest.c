#include "registry/manifest.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/str.h"
#include "registry/quote.h"
#include "wire/oci_json.h"

static const struct {
	const char *name;
	bool is_index;
} types[] = {
	{ "application/vnd.oci.image.index.v1+json", true },
	{ "application/vnd.oci.image.manifest.v1+json", false },
	{ "application/vnd.docker.distribution.manifest.list.v2+json", true },
	{ "application/vnd.docker.distribution.manifest.v2+json", false },
};

#define TYPE_COUNT (sizeof(types) / sizeof(types[0]))

/* The index of a media type in the table, TYPE_COUNT when it is not there. */
static size_t find_type(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < TYPE_COUNT; i++) {
		if (strlen(types[i].name) == len && strncasecmp(types[i].name, name, len) == 0)
			break;
	}
	return i;
}

/* The same for a Content-Type, whose parameters are cut off. */
static size_t find_content_type(const char *content_type)
{
	return find_type(content_type, strcspn(content_type, "; \t"));
}

bool manifest_type_is_known(const char *content_type)
{
	return find_content_type(content_type) < TYPE_COUNT;
}

static int hash(const char *bytes, size_t len, char ret_digest[static DIGEST_SIZE], struct err *err)
{
	unsigned char sum[32];
	size_t sum_len = sizeof(sum);
	size_t i;

	if (EVP_Q_digest(NULL, "SHA256", NULL, bytes, len, sum, &sum_len) != 1 || sum_len != sizeof(sum))
		return err_set(err, ERR_NOMEM, "SHA-256 failed over %zu bytes", len);
	memcpy(ret_digest, "sha256:", 7);
	for (i = 0; i < sizeof(sum); i++)
		snprintf(ret_digest + 7 + 2 * i, 3, "%02x", sum[i]);
	return 0;
}

static int compare_digests(const char *got, const char *asked, const char *claimed, struct err *err)
{
	char quoted[QUOTE_SIZE];

	if (claimed[0] != '\0' && !str_equal(got, claimed))
		return err_set(err, ERR_INPUT,
			       "the bytes hash to %s, but the registry's Docker-Content-Digest says %s", got,
			       quote(claimed, quoted));
	if (asked[0] != '\0' && !str_equal(got, asked))
		return err_set(err, ERR_INPUT, "the bytes hash to %s, but were sent for %s", got, asked);
	return 0;
}

/* Which of the types is the document, by its own words? */
static int classify(const struct oci_manifest *manifest, size_t *ret_type, struct err *err)
{
	char quoted[QUOTE_SIZE];
	bool is_index = manifest->has_manifests;

	if (manifest->schema_version != 2)
		return err_set(err, ERR_INPUT, "the manifest's schemaVersion is %d; only 2 is supported",
			       (int)manifest->schema_version);
	if (is_index && (manifest->has_layers || manifest->has_config))
		return err_set(err, ERR_INPUT, "the manifest claims to be an index and an image at once");
	if (!is_index && !(manifest->has_layers && manifest->has_config))
		return err_set(err, ERR_INPUT,
			       "the manifest is neither an index (manifests) nor an image (config, layers)");
	if (manifest->media_type == NULL) { /* OCI allows that, Docker does not */
		*ret_type = is_index ? 0 : 1;
		return 0;
	}
	*ret_type = find_type(manifest->media_type, strlen(manifest->media_type));
	if (*ret_type == TYPE_COUNT)
		return err_set(err, ERR_INPUT, "the manifest's mediaType \"%s\" is not supported",
			       quote(manifest->media_type, quoted));
	if (types[*ret_type].is_index != is_index)
		return err_set(err, ERR_INPUT, "the manifest's mediaType %s contradicts its content",
			       types[*ret_type].name);
	return 0;
}

static int read_facts(const char *bytes, size_t len, const char *content_type,
		      struct manifest_facts *ret_facts, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct oci_manifest manifest;
	char quoted[QUOTE_SIZE];
	size_t type = TYPE_COUNT;
	int r = oci_manifest_from_json(bytes, len, &arena, &manifest, err);

	err_prefix(err, "the manifest");
	if (r == 0)
		r = classify(&manifest, &type, err);
	arena_finish(&arena);
	if (r < 0)
		return r;
	if (find_content_type(content_type) != type)
		return err_set(err, ERR_INPUT, "the manifest is %s, but came as %s", types[type].name,
			       quote(content_type, quoted));
	snprintf(ret_facts->media_type, sizeof(ret_facts->media_type), "%s", types[type].name);
	ret_facts->is_index = types[type].is_index;
	return 0;
}

int manifest_verify(const char *bytes, size_t len, const char *content_type, const char *asked,
		    const char *claimed, struct manifest_facts *ret_facts, struct err *err)
{
	int r;

	*ret_facts = (struct manifest_facts){ .is_index = false };
	r = hash(bytes, len, ret_facts->digest, err);
	if (r == 0)
		r = compare_digests(ret_facts->digest, asked, claimed, err);
	if (r == 0)
		r = read_facts(bytes, len, content_type, ret_facts, err);
	return r;
}

int manifest_verify_blob(const char *bytes, size_t len, const char *digest, int64_t size, struct err *err)
{
	char got[DIGEST_SIZE];
	int r = hash(bytes, len, got, err);

	if (r < 0)
		return r;
	if (!str_equal(got, digest))
		return err_set(err, ERR_INPUT, "has other bytes than its digest says");
	if ((int64_t)len != size)
		return err_set(err, ERR_INPUT, "has another size than its manifest says");
	return 0;
}
