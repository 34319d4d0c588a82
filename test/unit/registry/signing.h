/*
 * unit/registry/signing: keys and signatures made at the time, for what the real cosign would never sign, and the
 * documents that it did sign (data/, made by data/make.py). May include: libc, OpenSSL, registry/public_key.h.
 */
#ifndef SLUICE_UNIT_REGISTRY_SIGNING_H
#define SLUICE_UNIT_REGISTRY_SIGNING_H

#include <stddef.h>

#include "registry/public_key.h"

struct signing_key; /* a private key */

/* A new key on an OpenSSL curve ("P-256"). */
struct signing_key *signing_key_make(const char *curve);

/* Its public half as PEM. */
char *signing_key_pem(const struct signing_key *key);

/* Signs by ECDSA over SHA-256; base64. */
char *signing_sign(const struct signing_key *key, const char *bytes, size_t len);

/* base64. */
char *signing_base64(const char *bytes, size_t len);

/* A file of test/unit/registry/data as text. */
char *signing_file(const char *name);

/* Formatted text. */
char *signing_text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* size zeroed bytes. */
char *signing_room(size_t size);

/* Adds the keys of a text to a signer; fails the test when it is not right. */
size_t signing_take_keys(const char *pem, struct public_key keys[static PUBLIC_KEYS_MAX]);

#endif
