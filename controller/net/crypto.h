/*
 * net/crypto: where OpenSSL gets its memory from.
 *
 * It does not always tell that it got none: a certificate is then just not readable, a good signature just not good, and a
 * promotion would be refused for it. So it gets memory as base/memory gives it: never NULL.
 *
 * May include: base. Deliberately absent: everything that OpenSSL is used for.
 */
#ifndef SLUICE_NET_CRYPTO_H
#define SLUICE_NET_CRYPTO_H

#include "base/err.h"

/* To be called before anything else that might use OpenSSL. ERR_BUG: it was not. */
int crypto_set_memory(struct err *err) __attribute__((warn_unused_result));

#endif
