/*
 * prometheus/credentials: how to introduce ourselves to a Prometheus server, read from a Secret.
 *
 * Its entries: token (Bearer), or username and password (Basic); ca.crt, the authorities to believe. May include: base,
 * wire (the .c file: net/base64). Deliberately absent: reading the Secret from the apiserver.
 */
#ifndef SLUICE_PROMETHEUS_CREDENTIALS_H
#define SLUICE_PROMETHEUS_CREDENTIALS_H

#include <stddef.h>

#include "base/err.h"

struct prometheus_credentials {
	char *authorization; /* "Bearer …", "Basic …"; NULL: none */
	char *ca_pem;        /* NULL: the system's authorities */
};

/* Reads the Secret's JSON. ERR_INPUT: it has none of the entries, a username without a password, both sorts, or a token that
 * cannot be sent. On success the caller ends it with prometheus_credentials_finish(). */
int prometheus_credentials_read(const char *json, size_t len, struct prometheus_credentials *ret_credentials,
				struct err *err) __attribute__((warn_unused_result));

/* Wipes and frees. A zeroed one is fine. */
void prometheus_credentials_finish(struct prometheus_credentials *credentials);

#endif
