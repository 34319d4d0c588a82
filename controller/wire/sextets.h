/*
 * wire/sextets: padded base64 (RFC 4648 section 4), to the letter: no white space, no other alphabet, no bit that
 * does not count. May include: libc.
 */
#ifndef SLUICE_WIRE_SEXTETS_H
#define SLUICE_WIRE_SEXTETS_H

#include <stdbool.h>
#include <stddef.h>

/* Room for what len characters decode to, a final NUL included. */
#define SEXTETS_DECODED_SIZE(len) ((len) / 4 * 3 + 1)

/* Decodes len characters of text into ret (SEXTETS_DECODED_SIZE(len) bytes), which ends in a NUL that does not count in
 * *ret_len. false when text is no such base64. */
bool sextets_decode(const char *text, size_t len, char *ret, size_t *ret_len);

#endif
