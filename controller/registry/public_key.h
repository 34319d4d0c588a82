/*
 * registry/public_key: the keys that signatures are checked with: ECDSA on P-256, over SHA-256.
 *
 * That is what cosign makes, and the one kind that its specification wants everybody to know. Another curve, another
 * algorithm, a certificate or a private key is refused where the key is read, so that nothing has to be decided when a
 * signature is checked. A text may hold several keys one after the other: the old one and the new one of one signer,
 * while he changes from one to the other.
 *
 * May include: base (the .c file: openssl).
 */
#ifndef SLUICE_REGISTRY_PUBLIC_KEY_H
#define SLUICE_REGISTRY_PUBLIC_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/sha256.h"

#define PUBLIC_KEYS_MAX 8 /* in one text */
#define PUBLIC_KEYS_TEXT_MAX ((size_t)16 * 1024)
#define PUBLIC_KEY_DER_SIZE 91

struct public_key {
	unsigned char der[PUBLIC_KEY_DER_SIZE]; /* SubjectPublicKeyInfo, the point not compressed: one form for each key */
	char id[SHA256_HEX_SIZE];               /* the hash of it */
};

/* Reads the keys of len bytes of text: PEM blocks "PUBLIC KEY", words around them do not matter. ERR_INPUT says what is
 * wrong (none, too many, one twice, one of another kind), ERR_NOMEM. */
int public_keys_parse(const char *pem, size_t len, struct public_key ret_keys[static PUBLIC_KEYS_MAX],
		      size_t *ret_count, struct err *err) __attribute__((warn_unused_result));

/* Did the key sign these bytes? signature is in DER, to the letter. */
bool public_key_verify(const struct public_key *key, const char *bytes, size_t len, const char *signature,
		       size_t signature_len);

#endif
