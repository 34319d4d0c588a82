/*
 * base/sha256: SHA-256 (FIPS 180-4) for release ids.
 *
 * The decision core names releases by a hash and may link against nothing but base, so this one
 * algorithm is here; the registry room hashes what it receives with OpenSSL, and a test holds the two
 * against each other. May include: libc.
 */
#ifndef SLUICE_BASE_SHA256_H
#define SLUICE_BASE_SHA256_H

#include <stddef.h>

#define SHA256_HEX_SIZE 65

/* Writes the hash of len bytes as 64 lower-case hex digits and a NUL. */
void sha256_hex(const void *bytes, size_t len, char ret_hex[static SHA256_HEX_SIZE]);

#endif
