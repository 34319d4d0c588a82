/*
 * fake/tunnel: TLS of one connection of the scripted server, between memory and memory.
 *
 * The certificate is made when the server is: for 127.0.0.1, signed by itself. ALPN takes h2, or
 * http/1.1 where that is all that is offered. May include: libc, base; the .c file: OpenSSL.
 */
#ifndef SLUICE_FAKE_TUNNEL_H
#define SLUICE_FAKE_TUNNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct tunnel;
struct tunnel_identity;

/* A new key and its certificate. Aborts on failure, as all of this does. */
struct tunnel_identity *tunnel_identity_create(void);
void tunnel_identity_destroy(struct tunnel_identity *identity);

/* The certificate, PEM. */
const char *tunnel_identity_pem(const struct tunnel_identity *identity);

struct tunnel *tunnel_create(struct tunnel_identity *identity);
void tunnel_destroy(struct tunnel *tunnel);

/* Bytes from the wire: ret_plain gets what they say, ret_wire what has to be answered. false: this is
 * no TLS that we accept. */
bool tunnel_read(struct tunnel *tunnel, const char *bytes, size_t len, struct buf *ret_plain,
		 struct buf *ret_wire);

/* What was agreed on; asked once bytes have come. */
bool tunnel_is_http2(const struct tunnel *tunnel);

/* Bytes for the wire: ret_wire gets them. */
void tunnel_write(struct tunnel *tunnel, const char *bytes, size_t len, struct buf *ret_wire);

#endif
