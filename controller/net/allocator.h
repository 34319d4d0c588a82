/*
 * net/allocator: where the libraries of this room get their memory from.
 *
 * Not all tell that they got none. OpenSSL says then that a certificate cannot be read or that a good signature is not
 * good, and a promotion would be refused for it; libuv aborts; libcurl may forget a transfer, and nobody is ever answered.
 * So they get memory as base/memory gives it: never NULL.
 *
 * May include: base. Deliberately absent: everything else that the libraries are used for.
 */
#ifndef SLUICE_NET_ALLOCATOR_H
#define SLUICE_NET_ALLOCATOR_H

#include <stdbool.h>

#include "base/err.h"

/* To be called by main before anything that might use OpenSSL. ERR_BUG: it was not. */
int allocator_set_openssl(struct err *err) __attribute__((warn_unused_result));

/* To be called before a loop is made, each time. */
void allocator_set_uv(void);

/* In the place of curl_global_init(), each time. false: libcurl cannot be initialised. */
bool allocator_init_curl(void);

#endif
