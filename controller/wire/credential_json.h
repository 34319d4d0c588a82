/*
 * wire/credential_json: ExecCredential, what a program that is asked for credentials is told and answers.
 *
 * The group is client.authentication.k8s.io, versions v1 and v1beta1, which say the same. What the program
 * answers is secret: it is wiped before it is freed, and errors never hold any of it.
 *
 * May include: base. Deliberately absent: trees in the header; is the certificate one, is it the key's?
 */
#ifndef SLUICE_WIRE_CREDENTIAL_JSON_H
#define SLUICE_WIRE_CREDENTIAL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* A cluster as the program is told of it. Strings may be NULL. */
struct credential_cluster {
	const char *server;
	const char *tls_server_name;
	const char *ca_data; /* base64 of PEM */
	const char *proxy_url;
	const char *config; /* JSON: of the kubeconfig's extension */
	bool is_insecure;
	bool disables_compression;
};

/* Writes the request, malloc'd. cluster NULL: the program is not told. ERR_INPUT: too long; ERR_NOMEM. */
int credential_request(const char *api_version, const struct credential_cluster *cluster, char **ret_json,
		       struct err *err) __attribute__((warn_unused_result));

/* What the program answered. At least a token, or a certificate and its key; the others are NULL. */
struct credential {
	char *token;
	char *cert_pem;
	char *key_pem;
	int64_t expires_ms; /* CLOCK_NEVER: it does not say */
};

/* Reads len bytes of text. ERR_INPUT: it is no ExecCredential of that version, or says too little; ERR_NOMEM. On
 * success the caller ends it with credential_finish(). */
int credential_from_json(const char *json, size_t len, const char *api_version,
			 struct credential *ret_credential, struct err *err)
	__attribute__((warn_unused_result));

/* Wipes and frees it. A zeroed one is fine. */
void credential_finish(struct credential *credential);

#endif
