/* Signatures: the documents of both formats, base64, and the keys of a ConfigMap. Nothing here is signed, so nothing counts. */
#include "base/str.h"
#include "domain/digest.h"
#include "fuzz.h"
#include "registry/signature.h"
#include "wire/sextets.h"
#include "wire/signature_json.h"

#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void check_documents(const char *json, size_t len)
{
	struct arena arena = ARENA_INIT;
	struct signature_parts parts;
	struct signature_payload payload;
	struct signature_statement statement;
	struct err err = ERR_INIT;

	if (signature_layers_from_json(json, len, &arena, &parts, &err) == 0)
		CHECK(parts.count == 0 || parts.items != NULL);
	err_clear(&err);
	if (signature_referrers_from_json(json, len, &arena, &parts, &err) == 0)
		CHECK(parts.count == 0 || parts.items != NULL);
	err_clear(&err);
	if (signature_payload_from_json(json, len, &arena, &payload, &err) < 0)
		CHECK(err_is_set(&err));
	err_clear(&err);
	if (signature_statement_from_json(json, len, &arena, &statement, &err) == 0) {
		for (size_t i = 0; i < statement.count; i++)
			CHECK(statement.digests[i] != NULL);
	}
	arena_finish(&arena);
}

static void check_signatures(const char *text, size_t len)
{
	const struct reference reference = { .host = "r.example.com", .authority = "r.example.com", .name = "shop/web" };
	const struct signature_subject subject = { &reference, DIGEST };
	struct signature_policy policy = { .count = 1, .threshold = 1 };
	struct signer *signer = &policy.signers[0];
	struct err err = ERR_INIT;
	size_t index;

	if (public_keys_parse(text, len, signer->keys, &signer->count, &err) < 0)
		signer->count = 0;
	else
		CHECK(signer->count > 0 && signer->count <= PUBLIC_KEYS_MAX);
	err_clear(&err);
	CHECK(signature_check_bundle(&policy, &subject, text, len, &index, &err) < 0 && err_is_set(&err));
	err_clear(&err);
	CHECK(signature_check_payload(&policy, &subject, text, len, "MAYCAQECAQE=", &index, &err) < 0);
}

/* What decodes has one spelling: its length says how much padding there is. */
static void check_base64(const char *text, size_t len)
{
	char *bytes = malloc(SEXTETS_DECODED_SIZE(len));
	size_t bytes_len = 0;

	CHECK(bytes != NULL);
	if (sextets_decode(text, len, bytes, &bytes_len))
		CHECK((bytes_len + 2) / 3 * 4 == len && bytes[bytes_len] == '\0');
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = fuzz_text(bytes, len);

	check_documents(text, len);
	check_signatures(text, len);
	check_base64(text, len);
	free(text);
	return 0;
}
