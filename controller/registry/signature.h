/*
 * registry/signature: does this document, in one of cosign's two formats, sign that digest, and with whose key?
 *
 * Both are checked in the same order: the signature over the bytes first, with every key that is known; only what a
 * known key has signed is read at all; then what it says has to be exactly what cosign writes when it signs an image.
 * So an attestation is no signature, nor is the signature of another image, nor a good one with another payload.
 * Whoever gets an error gets no signer. Plain functions over their arguments.
 *
 *	payload    cosign's signature specification: "simple signing"; the signature lies beside it
 *	bundle     Sigstore's bundle 0.3: a DSSE envelope around an in-toto Statement
 *
 * May include: base, domain, wire, registry (the .c file: openssl). Deliberately absent: where the documents come from;
 * certificates, transparency logs and time stamps, which say nothing about a key that is known.
 */
#ifndef SLUICE_REGISTRY_SIGNATURE_H
#define SLUICE_REGISTRY_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/sha256.h"
#include "registry/public_key.h"
#include "registry/reference.h"

#define SIGNATURE_SIGNERS_MAX 8

/* What makes a layer or a bundle one of ours. */
#define SIGNATURE_PAYLOAD_TYPE "application/vnd.dev.cosign.simplesigning.v1+json"
#define SIGNATURE_BUNDLE_TYPE "application/vnd.dev.sigstore.bundle.v0.3+json"
#define SIGNATURE_PREDICATE_TYPE "https://sigstore.dev/cosign/sign/v1"

struct signer { /* any of his keys is his signature; together they count once */
	struct public_key keys[PUBLIC_KEYS_MAX];
	size_t count;
};

struct signature_policy {
	struct signer signers[SIGNATURE_SIGNERS_MAX];
	size_t count;
	size_t threshold;           /* so many different signers are enough */
	bool must_match_repository; /* a signature counts only where it names the repository that it lies in */
	char id[SHA256_HEX_SIZE];   /* of all of the above: verdicts are kept by it */
};

/* What is signed. */
struct signature_subject {
	const struct reference *reference;
	const char *digest;
};

/* Is the payload signed, and for the subject? signature is base64, NULL when there is none. *ret_signer is the index of
 * who signed it. ERR_INPUT with why it does not count, as the rest of a sentence that begins with a signature. */
int signature_check_payload(const struct signature_policy *policy, const struct signature_subject *subject,
			    const char *payload, size_t len, const char *signature, size_t *ret_signer,
			    struct err *err) __attribute__((warn_unused_result));

/* The same for a bundle. */
int signature_check_bundle(const struct signature_policy *policy, const struct signature_subject *subject,
			   const char *bundle, size_t len, size_t *ret_signer, struct err *err)
	__attribute__((warn_unused_result));

#endif
