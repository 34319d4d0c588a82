/*
 * registry/auth: what a registry offers when it answers 401.
 *
 * Reads WWW-Authenticate (RFC 7235: a list of challenges, each a scheme with parameters, commas between
 * both) and picks out what Sluice can do: Basic, and Bearer as the distribution spec has it (realm, service,
 * scope). The scope is not kept: what is asked for is ours to say. Works on any bytes.
 *
 * May include: base.
 */
#ifndef SLUICE_REGISTRY_AUTH_H
#define SLUICE_REGISTRY_AUTH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define AUTH_REALM_SIZE 1024
#define AUTH_SERVICE_SIZE 256

struct auth_offer {
	bool has_basic;
	bool has_bearer;
	char realm[AUTH_REALM_SIZE];     /* of the first Bearer challenge */
	char service[AUTH_SERVICE_SIZE]; /* of the same; "" without one */
};

/* Reads the header's value, of len bytes. Challenges of other schemes are passed over. ERR_INPUT when it
 * does not follow the grammar, when a parameter is too long, or when Bearer comes without a realm. */
int auth_parse(const char *text, size_t len, struct auth_offer *ret_offer, struct err *err)
	__attribute__((warn_unused_result));

#endif
