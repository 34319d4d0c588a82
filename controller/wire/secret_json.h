/*
 * wire/secret_json: one entry of a Secret's data.
 *
 * Sluice reads Secrets by name, uses one entry, and keeps nothing. What passes through here is wiped
 * before it is freed, as far as it is ours; errors never hold what a Secret holds.
 *
 * May include: base. Deliberately absent: trees in the header.
 */
#ifndef SLUICE_WIRE_SECRET_JSON_H
#define SLUICE_WIRE_SECRET_JSON_H

#include <stddef.h>

#include "base/err.h"

/* Reads a Secret and decodes data[key] (base64, RFC 4648 section 4). *ret_text is malloc'd, terminated, and
 * ended with secret_wipe(). ERR_INPUT: no Secret, no such entry, no base64. ERR_NOMEM. */
int secret_from_json(const char *json, size_t len, const char *key, char **ret_text, size_t *ret_len,
		     struct err *err) __attribute__((warn_unused_result));

/* The same for an entry that need not be there: *ret_text is NULL then. */
int secret_optional_from_json(const char *json, size_t len, const char *key, char **ret_text, size_t *ret_len,
			      struct err *err) __attribute__((warn_unused_result));

/* Wipes len bytes and frees them. NULL is fine. */
void secret_wipe(char *text, size_t len);

#endif
