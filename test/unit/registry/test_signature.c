#include "registry/signature.h"

#include <stdio.h>

#include "signing.h"
#include "suite.h"

#define REPOSITORY "127.0.0.1:5977/shop/web"
#define IMAGE "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define OTHER_HEX "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static struct reference reference_of(const char *repository)
{
	struct err err = ERR_INIT;
	struct reference reference;

	ck_assert_msg(reference_parse(repository, &reference, &err) == 0, "%s", err.text);
	return reference;
}

/* ---- what the real cosign wrote ---- */

static const struct {
	const char *name;
	const char *keys[2][3]; /* files of each signer */
	const char *bundle;
	const char *payload;
	const char *signature;
	const char *digest;     /* NULL: the right one */
	bool must_match;
	int signer;             /* -1: it does not count */
	const char *says;
} real[] = {
	{ "a bundle of cosign's", { { "ci.pub" } }, .bundle = "bundle-1.json" },
	{ "a payload of cosign's", { { "ci.pub" } }, .payload = "payload-1.json", .signature = "payload-1.sig" },
	{ "the second signer is found", { { "qa.pub" }, { "ci.pub" } }, .bundle = "bundle-1.json", .signer = 1 },
	{ "any key of a rotation list is the signer's", { { "qa.pub", "ci.pub" } }, .payload = "payload-1.json",
	  .signature = "payload-1.sig" },
	{ "a bundle by another key", { { "ci.pub" } }, .bundle = "bundle-2.json", .signer = -1,
	  .says = "is by no key of the channel" },
	{ "a payload by another key", { { "ci.pub" } }, .payload = "payload-2.json", .signature = "payload-2.sig", .signer = -1,
	  .says = "is by no key of the channel" },
	{ "an attestation of cosign's is no signature", { { "ci.pub" } }, .bundle = "bundle-3.json", .signer = -1,
	  .says = "has a statement of the type \"https://in-toto.io/Statement/v0.1\"" },
	{ "a bundle for another digest", { { "ci.pub" } }, .bundle = "bundle-1.json", .digest = IMAGE, .signer = -1,
	  .says = "is for " },
	{ "a payload for another digest", { { "ci.pub" } }, .payload = "payload-1.json", .signature = "payload-1.sig",
	  .digest = IMAGE, .signer = -1, .says = "is for sha256:" },
	{ "a payload names its repository", { { "ci.pub" } }, .payload = "payload-1.json", .signature = "payload-1.sig",
	  .must_match = true },
	{ "a bundle names none", { { "ci.pub" } }, .bundle = "bundle-1.json", .must_match = true, .signer = -1,
	  .says = "names no repository" },
};

START_TEST(knows_what_cosign_wrote)
{
	const char *name = real[_i].name;
	const struct reference reference = reference_of(REPOSITORY);
	struct signature_policy policy = { .threshold = 1, .must_match_repository = real[_i].must_match };
	const char *digest = real[_i].digest != NULL ? real[_i].digest : signing_file("digest");
	const struct signature_subject subject = { &reference, digest };
	const char *text = signing_file(real[_i].bundle != NULL ? real[_i].bundle : real[_i].payload);
	struct err err = ERR_INIT;
	size_t signer = 99;
	int r;

	for (; policy.count < 2 && real[_i].keys[policy.count][0] != NULL; policy.count++) {
		struct signer *one = &policy.signers[policy.count];

		for (size_t k = 0; real[_i].keys[policy.count][k] != NULL; k++)
			one->count += signing_take_keys(signing_file(real[_i].keys[policy.count][k]), one->keys + one->count);
	}
	if (real[_i].bundle != NULL)
		r = signature_check_bundle(&policy, &subject, text, strlen(text), &signer, &err);
	else
		r = signature_check_payload(&policy, &subject, text, strlen(text), signing_file(real[_i].signature),
					    &signer, &err);
	if (real[_i].signer >= 0) {
		expect_str(name, err.text, "");
		expect_int(name, signer, real[_i].signer);
	} else {
		expect_int(name, r, ERR_INPUT);
		expect_contains(name, err.text, real[_i].says);
		expect_int(name, signer, 99);
	}
}
END_TEST

/* ---- what it would never write ---- */

enum made {
	MADE_WELL,
	MADE_BY_ANOTHER,     /* key, of the same curve */
	MADE_ON_P384,
	MADE_OF_OTHER_BYTES, /* the signature of something else by the right key */
	MADE_NOT_AT_ALL,     /* NULL */
	MADE_EMPTY,
	MADE_WITH_A_BREAK,   /* base64 with white space in it */
	MADE_UNPADDED,
	MADE_URL_SAFE,
	MADE_HUGE,
	MADE_LONGER,         /* DER with bytes behind it */
};

/* The bytes' signature, with the flaw. */
static const char *make_signature(const struct signing_key *key, enum made made, const char *bytes, size_t len)
{
	char *good = signing_sign(key, bytes, len);
	char *text = signing_room(200 * 1024);

	switch (made) {
	case MADE_WELL:
		return good;
	case MADE_BY_ANOTHER:
		return signing_sign(signing_key_make("P-256"), bytes, len);
	case MADE_ON_P384:
		return signing_sign(signing_key_make("P-384"), bytes, len);
	case MADE_OF_OTHER_BYTES:
		return signing_sign(key, "something else", 14);
	case MADE_NOT_AT_ALL:
		return NULL;
	case MADE_EMPTY:
		return "";
	case MADE_WITH_A_BREAK:
		snprintf(text, 1024, "%.20s\n%s", good, good + 20);
		return text;
	case MADE_UNPADDED:
		snprintf(text, 1024, "%.*s", (int)strcspn(good, "="), good);
		text[strlen(text) % 4 == 0 ? strlen(text) - 1 : strlen(text)] = '\0';
		return text;
	case MADE_URL_SAFE:
		snprintf(text, 1024, "-_-_%s", good + 4);
		return text;
	case MADE_HUGE:
		memset(text, 'A', 128 * 1024);
		return text;
	case MADE_LONGER:
		return signing_base64("\x30\x06\x02\x01\x01\x02\x01\x01\x00\x00", 10);
	}
	return NULL;
}

static void make_policy(struct signature_policy *policy, const struct signing_key *key, bool must_match)
{
	*policy = (struct signature_policy){ .count = 1, .threshold = 1, .must_match_repository = must_match };
	policy->signers[0].count = signing_take_keys(signing_key_pem(key), policy->signers[0].keys);
}

#define TYPE "cosign container image signature"
#define SIMPLE(reference, digest, type)                                                                           \
	"{\"critical\":{\"identity\":{\"docker-reference\":\"" reference "\"},\"image\":{\"docker-manifest-digest\":\"" \
	digest "\"},\"type\":\"" type "\"},\"optional\":null}"

static const struct {
	const char *name;
	const char *payload;
	enum made made;
	bool must_match;
	const char *says; /* NULL: it counts */
} payloads[] = {
	{ "a good one", SIMPLE(REPOSITORY, IMAGE, TYPE), .says = NULL },
	{ "a repository of another name does not matter", SIMPLE("elsewhere.example.com/x", IMAGE, TYPE), .says = NULL },
	{ "unless it has to match", SIMPLE("elsewhere.example.com/x", IMAGE, TYPE), .must_match = true,
	  .says = "is for the repository \"elsewhere.example.com/x\"" },
	{ "a repository whose name begins the same", SIMPLE(REPOSITORY "2", IMAGE, TYPE), .must_match = true,
	  .says = "is for the repository" },
	{ "the same repository", SIMPLE(REPOSITORY, IMAGE, TYPE), .must_match = true },
	{ "the same with a tag", SIMPLE(REPOSITORY ":v1", IMAGE, TYPE), .must_match = true },
	{ "the same with a digest", SIMPLE(REPOSITORY "@" IMAGE, IMAGE, TYPE), .must_match = true },
	{ "no repository, and it has to match", SIMPLE("", IMAGE, TYPE), .must_match = true, .says = "is for the repository \"\"" },
	{ "the digest of another image", SIMPLE(REPOSITORY, OTHER, TYPE), .says = "is for " OTHER },
	{ "no digest", SIMPLE(REPOSITORY, "", TYPE), .says = "is for " },
	{ "the digest in capitals", SIMPLE(REPOSITORY, "SHA256:" HEX, TYPE), .says = "is for SHA256:" },
	{ "the digest without its algorithm", SIMPLE(REPOSITORY, HEX, TYPE), .says = "is for " HEX },
	{ "another type of payload", SIMPLE(REPOSITORY, IMAGE, "atomic container signature"),
	  .says = "has a payload of the type \"atomic container signature\"" },
	{ "no type", "{\"critical\":{\"image\":{\"docker-manifest-digest\":\"" IMAGE "\"}}}",
	  .says = "has a payload of the type \"\"" },
	{ "two digests", "{\"critical\":{\"image\":{\"docker-manifest-digest\":\"" OTHER "\",\"docker-manifest-digest\":\"" IMAGE
	  "\"},\"type\":\"" TYPE "\"}}", .says = "has a payload that cannot be used" },
	{ "critical twice", "{\"critical\":{},\"critical\":{\"image\":{\"docker-manifest-digest\":\"" IMAGE "\"},\"type\":\"" TYPE
	  "\"}}", .says = "has a payload that cannot be used" },
	{ "text behind the payload", SIMPLE(REPOSITORY, IMAGE, TYPE) "{}", .says = "has a payload that cannot be used" },
	{ "a payload that is no JSON", "sha256", .says = "has a payload that cannot be used" },
	{ "an empty payload", "", .says = "has a payload that cannot be used" },
	{ "a list for a payload", "[]", .says = "not a JSON object" },
	{ "null for a digest", "{\"critical\":{\"image\":{\"docker-manifest-digest\":null},\"type\":\"" TYPE "\"}}",
	  .says = "is for no digest" },
	{ "a number for a digest", "{\"critical\":{\"image\":{\"docker-manifest-digest\":1},\"type\":\"" TYPE "\"}}",
	  .says = "critical.image.docker-manifest-digest: expected a string" },
	{ "the signature of another key", SIMPLE(REPOSITORY, IMAGE, TYPE), MADE_BY_ANOTHER, .says = "is by no key of the channel" },
	{ "the signature of a key of another curve", SIMPLE(REPOSITORY, IMAGE, TYPE), MADE_ON_P384,
	  .says = "is no ECDSA signature in base64" },
	{ "the signature of other bytes", SIMPLE(REPOSITORY, IMAGE, TYPE), MADE_OF_OTHER_BYTES, .says = "is by no key" },
	{ "no signature", SIMPLE(REPOSITORY, IMAGE, TYPE), MADE_NOT_AT_ALL, .says = "is empty" },
	{ "an empty signature", SIMPLE(REPOSITORY, IMAGE, TYPE), MADE_EMPTY, .says = "is empty" },
	{ "a line break in the base64", SIMPLE(REPOSITORY, IMAGE, TYPE), MADE_WITH_A_BREAK, .says = "in base64" },
	{ "base64 without its padding", SIMPLE(REPOSITORY, IMAGE, TYPE), MADE_UNPADDED, .says = "in base64" },
	{ "base64 of the other alphabet", SIMPLE(REPOSITORY, IMAGE, TYPE), MADE_URL_SAFE, .says = "in base64" },
	{ "a huge signature", SIMPLE(REPOSITORY, IMAGE, TYPE), MADE_HUGE, .says = "in base64" },
	{ "bytes behind the signature", SIMPLE(REPOSITORY, IMAGE, TYPE), MADE_LONGER, .says = "is by no key" },
};

START_TEST(judges_payloads)
{
	const char *name = payloads[_i].name;
	const struct reference reference = reference_of(REPOSITORY);
	const struct signature_subject subject = { &reference, IMAGE };
	struct signing_key *key = signing_key_make("P-256");
	const char *payload = payloads[_i].payload;
	struct signature_policy policy;
	struct err err = ERR_INIT;
	size_t signer = 99;

	make_policy(&policy, key, payloads[_i].must_match);
	(void)!signature_check_payload(&policy, &subject, payload, strlen(payload),
				       make_signature(key, payloads[_i].made, payload, strlen(payload)), &signer, &err);
	if (payloads[_i].says == NULL)
		expect_str(name, err.text, "");
	else
		expect_contains(name, err.text, payloads[_i].says);
	expect_int(name, signer, payloads[_i].says == NULL ? 0 : 99);
}
END_TEST

#define IN_TOTO "application/vnd.in-toto+json"
#define STATEMENT_TYPE "https://in-toto.io/Statement/v1"
#define STATEMENT(type, subjects, predicate) \
	"{\"_type\":\"" type "\",\"subject\":[" subjects "],\"predicateType\":\"" predicate "\",\"predicate\":{}}"
#define SUBJECT(hex) "{\"digest\":{\"sha256\":\"" hex "\"}}"
#define GOOD STATEMENT(STATEMENT_TYPE, SUBJECT(HEX), SIGNATURE_PREDICATE_TYPE)
#define MESSAGE "{\"mediaType\":\"" SIGNATURE_BUNDLE_TYPE "\",\"messageSignature\":{\"messageDigest\":{\"algorithm\":" \
	"\"SHA2_256\",\"digest\":\"ASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4mrze8=\"},\"signature\":\"%s%s%s\"}}"

/* payload type, payload, signature */
#define BUNDLE(media_type, signatures) "{\"mediaType\":\"" media_type "\",\"verificationMaterial\":{\"publicKey\":" \
	"{\"hint\":\"somebody else's\"}},\"dsseEnvelope\":{\"payloadType\":\"%s\",\"payload\":\"%s\",\"signatures\":[" signatures "]}}"
#define LOGGED "{\"mediaType\":\"" SIGNATURE_BUNDLE_TYPE "\",\"verificationMaterial\":{\"publicKey\":{\"hint\":\"\"},\"tlogEntries\":" \
	"[{\"logIndex\":\"1\",\"canonicalizedBody\":\"" OTHER_HEX "\"}]},\"dsseEnvelope\":{\"payloadType\":\"%s\"," \
	"\"payload\":\"%s\",\"signatures\":[{\"sig\":\"%s\"}]}}"
#define USUAL BUNDLE(SIGNATURE_BUNDLE_TYPE, "{\"sig\":\"%s\"}")

static const struct {
	const char *name;
	const char *statement;
	const char *bundle;       /* NULL: USUAL */
	const char *payload_type; /* NULL: IN_TOTO */
	const char *signed_type;  /* what the signature is over; NULL: the same */
	enum made made;
	const char *says;
} bundles[] = {
	{ "a good one, whatever the hint says", GOOD, .says = NULL },
	{ "the image as the second of two subjects",
	  STATEMENT(STATEMENT_TYPE, SUBJECT(OTHER_HEX) "," SUBJECT(HEX), SIGNATURE_PREDICATE_TYPE),
	  .says = NULL },
	{ "another image", STATEMENT(STATEMENT_TYPE, SUBJECT(OTHER_HEX), SIGNATURE_PREDICATE_TYPE), .says = "is for " OTHER_HEX },
	{ "no subject", STATEMENT(STATEMENT_TYPE, "", SIGNATURE_PREDICATE_TYPE), .says = "is for no digest" },
	{ "the digest under another algorithm", STATEMENT(STATEMENT_TYPE, "{\"digest\":{\"sha512\":\"" HEX "\"}}",
	  SIGNATURE_PREDICATE_TYPE), .says = "is for no digest" },
	{ "an attestation", STATEMENT(STATEMENT_TYPE, SUBJECT(HEX), "https://slsa.dev/provenance/v1"),
	  .says = "is an attestation of the type \"https://slsa.dev/provenance/v1\"" },
	{ "no predicate type", "{\"_type\":\"" STATEMENT_TYPE "\",\"subject\":[" SUBJECT(HEX) "]}", .says = "is an attestation" },
	{ "another statement", STATEMENT("https://in-toto.io/Statement/v0.1", SUBJECT(HEX), SIGNATURE_PREDICATE_TYPE),
	  .says = "has a statement of the type \"https://in-toto.io/Statement/v0.1\"" },
	{ "subjects twice", "{\"_type\":\"" STATEMENT_TYPE "\",\"subject\":[],\"subject\":[" SUBJECT(HEX) "],\"predicateType\":\""
	  SIGNATURE_PREDICATE_TYPE "\"}", .says = "has a statement that cannot be used" },
	{ "a statement that is no JSON", "in-toto", .says = "has a statement that cannot be used" },
	{ "another type of payload", GOOD, .payload_type = "text/plain", .says = "has a payload of the type \"text/plain\"" },
	{ "a type of payload that was not signed", GOOD, .signed_type = "text/plain", .says = "is by no key of the channel" },
	{ "another version of bundles", GOOD, BUNDLE("application/vnd.dev.sigstore.bundle.v0.1+json", "{\"sig\":\"%s\"}"),
	  .says = "is a bundle of the type" },
	{ "no envelope", GOOD, "{\"mediaType\":\"" SIGNATURE_BUNDLE_TYPE "\"}", .says = "without a DSSE envelope of one signature" },
	{ "the signature of bytes, which may be anything", GOOD, MESSAGE, .says = "without a DSSE envelope" },
	{ "no signature in the envelope", GOOD, BUNDLE(SIGNATURE_BUNDLE_TYPE, ""), .says = "of one signature" },
	{ "two signatures in the envelope", GOOD, BUNDLE(SIGNATURE_BUNDLE_TYPE, "{\"sig\":\"%s\"},{\"sig\":\"\"}"),
	  .says = "of one signature" },
	{ "an entry of a log, for something else, is not asked for", GOOD, LOGGED, .says = NULL },
	{ "nor does it vouch for the signature of another key", GOOD, LOGGED, .made = MADE_BY_ANOTHER, .says = "is by no key" },
	{ "a bundle that is no JSON", GOOD, "<html>", .says = "is a bundle that cannot be used" },
	{ "the signature of another key", GOOD, .made = MADE_BY_ANOTHER, .says = "is by no key of the channel" },
	{ "the signature of other bytes", GOOD, .made = MADE_OF_OTHER_BYTES, .says = "is by no key of the channel" },
	{ "an empty signature", GOOD, .made = MADE_EMPTY, .says = "is empty" },
	{ "base64 without its padding", GOOD, .made = MADE_UNPADDED, .says = "in base64" },
	{ "a huge signature", GOOD, .made = MADE_HUGE, .says = "more than 65536" },
};

START_TEST(judges_bundles)
{
	const char *name = bundles[_i].name;
	const struct reference reference = reference_of(REPOSITORY);
	const struct signature_subject subject = { &reference, IMAGE };
	struct signing_key *key = signing_key_make("P-256");
	const char *type = bundles[_i].payload_type != NULL ? bundles[_i].payload_type : IN_TOTO;
	const char *signed_type = bundles[_i].signed_type != NULL ? bundles[_i].signed_type : type;
	const char *payload = signing_base64(bundles[_i].statement, strlen(bundles[_i].statement));
	const char *signature;
	struct signature_policy policy;
	struct err err = ERR_INIT;
	size_t signer = 99;
	char bytes[4096];
	const char *text;
	int len;

	len = snprintf(bytes, sizeof(bytes), "DSSEv1 %zu %s %zu %s", strlen(signed_type), signed_type,
		       strlen(bundles[_i].statement), bundles[_i].statement);
	signature = make_signature(key, bundles[_i].made, bytes, (size_t)len);
	make_policy(&policy, key, false);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	text = signing_text(bundles[_i].bundle != NULL ? bundles[_i].bundle : USUAL, type, payload, signature);
#pragma GCC diagnostic pop
	(void)!signature_check_bundle(&policy, &subject, text, strlen(text), &signer, &err);
	if (bundles[_i].says == NULL)
		expect_str(name, err.text, "");
	else
		expect_contains(name, err.text, bundles[_i].says);
	expect_int(name, signer, bundles[_i].says == NULL ? 0 : 99);
}
END_TEST

/* The image is the last one that the statement is for. Whoever may sign may also name very many: a document has a limit. */
static const struct {
	const char *name;
	int others;
	const char *says;
} crowds[] = {
	{ "four hundred other subjects", 400, NULL },
	{ "a thousand other subjects", 1000, "more than 65536" },
};

START_TEST(many_subjects_are_bounded_by_the_document)
{
	const char *name = crowds[_i].name;
	const struct reference reference = reference_of(REPOSITORY);
	const struct signature_subject subject = { &reference, IMAGE };
	struct signing_key *key = signing_key_make("P-256");
	char *others = signing_room((size_t)crowds[_i].others * sizeof(SUBJECT(OTHER_HEX) ",") + 1);
	char *at = others;
	const char *statement;
	const char *bytes;
	const char *text;
	struct signature_policy policy;
	struct err err = ERR_INIT;
	size_t signer = 99;

	for (int i = 0; i < crowds[_i].others; i++)
		at = stpcpy(at, SUBJECT(OTHER_HEX) ",");
	statement = signing_text(STATEMENT(STATEMENT_TYPE, "%s" SUBJECT(HEX), SIGNATURE_PREDICATE_TYPE), others);
	bytes = signing_text("DSSEv1 %zu %s %zu %s", strlen(IN_TOTO), IN_TOTO, strlen(statement), statement);
	make_policy(&policy, key, false);
	text = signing_text(USUAL, IN_TOTO, signing_base64(statement, strlen(statement)),
			    signing_sign(key, bytes, strlen(bytes)));
	(void)!signature_check_bundle(&policy, &subject, text, strlen(text), &signer, &err);
	if (crowds[_i].says == NULL)
		expect_str(name, err.text, "");
	else
		expect_contains(name, err.text, crowds[_i].says);
	expect_int(name, signer, crowds[_i].says == NULL ? 0 : 99);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, knows_what_cosign_wrote, real);
	suite_add_rows(tests, judges_payloads, payloads);
	suite_add_rows(tests, judges_bundles, bundles);
	suite_add_rows(tests, many_subjects_are_bounded_by_the_document, crowds);
}

SUITE_MAIN("registry signature", add)
