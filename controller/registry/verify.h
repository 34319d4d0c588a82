/*
 * registry/verify: looks for the signatures of one digest until enough signers are found, or nothing is left.
 *
 * Asked, in this order: the referrers of the digest (OCI distribution 1.1), or, at a registry that does not know them,
 * the tag sha256-<hex> that stands for them; each bundle found there; then the tag sha256-<hex>.sig, and each payload
 * found there. The steps to take lie on a stack, one request runs at a time.
 *
 * A registry's mirrors are asked first; where what they show is not enough, all of it is looked for at the registry.
 *
 * What is not there (404) is no signature. What cannot be used is none either: it is noted, and the others are looked at
 * all the same. A registry that gives no answer is another thing: then nothing is known, and that is an error.
 *
 * May include: base, domain, wire, registry.
 */
#ifndef SLUICE_REGISTRY_VERIFY_H
#define SLUICE_REGISTRY_VERIFY_H

#include <stdint.h>

#include "base/err.h"
#include "registry/hosts.h"
#include "registry/reference.h"
#include "registry/secret.h"
#include "registry/signature.h"

#define VERIFY_SIGNATURES_MAX 32 /* of each format; no more are looked at */
#define VERIFY_PAGES_MAX 4       /* of a list of referrers */
#define VERIFY_NOTE_SIZE 240

struct verdict {
	uint32_t signers;             /* bit i: the policy's signer i has signed */
	size_t found;                 /* signatures that were looked at */
	char note[VERIFY_NOTE_SIZE]; /* the first that does not count: "sha256-… is by no key …"; "": none */
};

struct verify;

/* verdict is NULL when err is set. Both are valid during the call. */
typedef void (*verify_done_fn)(void *user, const struct verdict *verdict, const struct err *err);

/* Begins; digest is a valid one. All arguments but user are copied. done is called once, not from inside this function,
 * unless verify_cancel() comes first. Errors as call_start(). */
int verify_start(struct hosts *hosts, const struct reference *reference, const char *digest,
		 const struct signature_policy *policy, const struct credentials *credentials, verify_done_fn done,
		 void *user, struct verify **ret_verify, struct err *err) __attribute__((warn_unused_result));

/* Ends it without done. */
void verify_cancel(struct verify *verify);

/* How many different signers a verdict has. */
size_t verify_count(const struct verdict *verdict);

#endif
