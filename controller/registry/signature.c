#include "registry/signature.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "registry/quote.h"
#include "wire/sextets.h"
#include "wire/signature_json.h"

#define LONGEST_SIGNATURE 128 /* base64; DER of two numbers of 32 bytes has at most 72 bytes, so 96 characters */

/* Decodes base64 into the arena; NULL when it is none. */
static char *decode(struct arena *arena, const char *text, size_t *ret_len)
{
	size_t len = strlen(text);
	char *bytes = arena_alloc(arena, SEXTETS_DECODED_SIZE(len));

	return sextets_decode(text, len, bytes, ret_len) ? bytes : NULL;
}

/* Who signed these bytes? */
static int find_signer(const struct signature_policy *policy, const char *bytes, size_t len, const char *signature,
		       size_t *ret_signer, struct err *err)
{
	char der[SEXTETS_DECODED_SIZE(LONGEST_SIGNATURE)];
	size_t der_len = 0;

	if (str_is_empty(signature))
		return err_set(err, ERR_INPUT, "is empty");
	if (strlen(signature) > LONGEST_SIGNATURE || !sextets_decode(signature, strlen(signature), der, &der_len))
		return err_set(err, ERR_INPUT, "is no ECDSA signature in base64");
	for (size_t i = 0; i < policy->count; i++) {
		const struct signer *signer = &policy->signers[i];

		for (size_t k = 0; k < signer->count; k++) {
			if (!public_key_verify(&signer->keys[k], bytes, len, der, der_len))
				continue;
			*ret_signer = i;
			return 0;
		}
	}
	return err_set(err, ERR_INPUT, "is by no key of the channel");
}

static int refuse_digest(const char *digest, struct err *err)
{
	char quoted[QUOTE_SIZE];

	return err_set(err, ERR_INPUT, "is for %s", digest == NULL ? "no digest" : quote(digest, quoted));
}

/* Does "host/path", with a tag or a digest behind it or without, name this repository? */
static bool names_repository(struct arena *arena, const char *text, const struct reference *reference)
{
	char *repository = arena_strdup(arena, text);
	struct err ignored = ERR_INIT;
	struct reference named;
	char *slash;
	char *colon;

	repository[strcspn(repository, "@")] = '\0';
	slash = strrchr(repository, '/');
	colon = strchr(slash == NULL ? repository : slash, ':');
	if (colon != NULL)
		*colon = '\0';
	return reference_parse(repository, &named, &ignored) == 0 && str_equal(named.host, reference->host) &&
	       str_equal(named.name, reference->name);
}

/* A stranger's document is no such thing: what the parser says may quote it. */
static int refuse_document(const char *what, const struct err *why, struct err *err)
{
	char quoted[QUOTE_SIZE];

	return err_set(err, why->class, "%s that cannot be used: %s", what, quote(why->text, quoted));
}

/* ---- simple signing ---- */

static int read_payload(struct arena *arena, const struct signature_policy *policy,
			const struct signature_subject *subject, const char *payload, size_t len, struct err *err)
{
	struct signature_payload said;
	struct err why = ERR_INIT;
	char quoted[QUOTE_SIZE];

	if (signature_payload_from_json(payload, len, arena, &said, &why) < 0)
		return refuse_document("has a payload", &why, err);
	if (!str_equal(said.type, "cosign container image signature"))
		return err_set(err, ERR_INPUT, "has a payload of the type \"%s\"",
			       said.type == NULL ? "" : quote(said.type, quoted));
	if (!str_equal(said.digest, subject->digest))
		return refuse_digest(said.digest, err);
	if (policy->must_match_repository &&
	    (said.reference == NULL || !names_repository(arena, said.reference, subject->reference)))
		return err_set(err, ERR_INPUT, "is for the repository \"%s\"",
			       said.reference == NULL ? "" : quote(said.reference, quoted));
	return 0;
}

int signature_check_payload(const struct signature_policy *policy, const struct signature_subject *subject,
			    const char *payload, size_t len, const char *signature, size_t *ret_signer,
			    struct err *err)
{
	struct arena arena = ARENA_INIT;
	size_t signer = 0;
	int r = find_signer(policy, payload, len, signature, &signer, err);

	if (r == 0)
		r = read_payload(&arena, policy, subject, payload, len, err);
	if (r == 0)
		*ret_signer = signer;
	arena_finish(&arena);
	return r;
}

/* ---- bundles ---- */

#define IN_TOTO "application/vnd.in-toto+json"

static bool has_digest(const struct signature_statement *statement, const char *digest)
{
	for (size_t i = 0; i < statement->count; i++) {
		if (str_equal(statement->digests[i], digest + strlen("sha256:")))
			return true;
	}
	return false;
}

static int read_statement(struct arena *arena, const struct signature_policy *policy,
			  const struct signature_subject *subject, const char *text, size_t len, struct err *err)
{
	struct signature_statement said;
	struct err why = ERR_INIT;
	char quoted[QUOTE_SIZE];

	if (signature_statement_from_json(text, len, arena, &said, &why) < 0)
		return refuse_document("has a statement", &why, err);
	if (!str_equal(said.type, "https://in-toto.io/Statement/v1"))
		return err_set(err, ERR_INPUT, "has a statement of the type \"%s\"",
			       said.type == NULL ? "" : quote(said.type, quoted));
	if (!str_equal(said.predicate_type, SIGNATURE_PREDICATE_TYPE))
		return err_set(err, ERR_INPUT, "is an attestation of the type \"%s\", not the signature of an image",
			       said.predicate_type == NULL ? "" : quote(said.predicate_type, quoted));
	if (!has_digest(&said, subject->digest))
		return refuse_digest(said.count == 0 ? NULL : said.digests[0], err);
	if (policy->must_match_repository)
		return err_set(err, ERR_INPUT,
			       "is a bundle, which names no repository, and matchRepository is true");
	return 0;
}

/* The bytes that a DSSE signature is over: its "pre-authentication encoding". */
static char *encode_for_signature(struct arena *arena, const char *type, const char *body, size_t body_len,
				  size_t *ret_len)
{
	size_t room = strlen(type) + body_len + 64;
	char *bytes = arena_alloc(arena, room);
	int head = snprintf(bytes, room, "DSSEv1 %zu %s %zu ", strlen(type), type, body_len);

	CHECK(head > 0 && (size_t)head + body_len <= room);
	memcpy(bytes + head, body, body_len);
	*ret_len = (size_t)head + body_len;
	return bytes;
}

/* Is it a bundle of the one kind that cosign makes of an image's signature? */
static int check_envelope(const struct signature_bundle *bundle, struct err *err)
{
	char quoted[QUOTE_SIZE];

	if (!str_equal(bundle->media_type, SIGNATURE_BUNDLE_TYPE))
		return err_set(err, ERR_INPUT, "is a bundle of the type \"%s\"",
			       bundle->media_type == NULL ? "" : quote(bundle->media_type, quoted));
	if (bundle->count != 1 || bundle->payload == NULL)
		return err_set(err, ERR_INPUT, "is a bundle without a DSSE envelope of one signature");
	if (!str_equal(bundle->payload_type, IN_TOTO))
		return err_set(err, ERR_INPUT, "has a payload of the type \"%s\"",
			       bundle->payload_type == NULL ? "" : quote(bundle->payload_type, quoted));
	return 0;
}

static int check_bundle(struct arena *arena, const struct signature_policy *policy,
			const struct signature_subject *subject, const char *text, size_t len, size_t *ret_signer,
			struct err *err)
{
	struct signature_bundle bundle;
	struct err why = ERR_INIT;
	const char *body;
	const char *bytes;
	size_t body_len = 0;
	size_t bytes_len = 0;

	if (signature_bundle_from_json(text, len, arena, &bundle, &why) < 0)
		return refuse_document("is a bundle", &why, err);
	if (check_envelope(&bundle, err) < 0)
		return err->class;
	body = decode(arena, bundle.payload, &body_len);
	if (body == NULL)
		return err_set(err, ERR_INPUT, "has a payload that is not base64");
	bytes = encode_for_signature(arena, bundle.payload_type, body, body_len, &bytes_len);
	if (find_signer(policy, bytes, bytes_len, bundle.signature, ret_signer, err) < 0)
		return err->class;
	return read_statement(arena, policy, subject, body, body_len, err);
}

int signature_check_bundle(const struct signature_policy *policy, const struct signature_subject *subject,
			   const char *bundle, size_t len, size_t *ret_signer, struct err *err)
{
	struct arena arena = ARENA_INIT;
	size_t signer = 0;
	int r = check_bundle(&arena, policy, subject, bundle, len, &signer, err);

	if (r == 0)
		*ret_signer = signer;
	arena_finish(&arena);
	return r;
}
