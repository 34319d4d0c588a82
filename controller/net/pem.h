/*
 * net/pem: are these texts what TLS needs?
 *
 * curl finds out no sooner than it connects. Who takes a renewed certificate from a file, or from a
 * stranger, wants to know before the old one is gone. May include: base (the .c file: OpenSSL).
 * Deliberately absent: whom to believe and what has expired; that is for the peers to say.
 */
#ifndef SLUICE_NET_PEM_H
#define SLUICE_NET_PEM_H

#include "base/err.h"

/* At least one certificate, and each of them whole? ERR_INPUT says why not. */
int pem_check_authorities(const char *pem, struct err *err) __attribute__((warn_unused_result));

/* Is cert_pem one certificate or a chain, and key_pem the key of its first one, without a pass
 * phrase? ERR_INPUT says why not. */
int pem_check_pair(const char *cert_pem, const char *key_pem, struct err *err)
	__attribute__((warn_unused_result));

#endif
