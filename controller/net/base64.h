/*
 * net/base64: the standard alphabet of RFC 4648, strictly. May include: base (the .c file:
 * OpenSSL).
 */
#ifndef SLUICE_NET_BASE64_H
#define SLUICE_NET_BASE64_H

#include <stddef.h>

#include "base/arena.h"

/* Decodes padded base64; line breaks and spaces between the digits are passed over. Returns the
 * bytes, followed by a NUL that does not count in *ret_len, or NULL when text is not base64. */
char *base64_decode(struct arena *arena, const char *text, size_t *ret_len);

/* Encodes len bytes, padded, in one line. */
char *base64_encode(struct arena *arena, const char *bytes, size_t len);

#endif
