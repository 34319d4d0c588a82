/*
 * wire/oci_json: what registries, token servers and pull secrets say in JSON.
 *
 * Formats: OCI distribution spec (tag lists, error bodies), OCI image spec and Docker schema 2 (manifests,
 * indexes), distribution's token authentication, and the dockerconfigjson of Kubernetes. All of it comes
 * from strangers: texts are limited, and the number of values is checked before there is a tree. Only
 * shape is read here; what a digest, a tag or a password may look like is for others.
 *
 * May include: base, wire/json_read.h. Deliberately absent: the network.
 */
#ifndef SLUICE_WIRE_OCI_JSON_H
#define SLUICE_WIRE_OCI_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct oci_tags {
	const char **names; /* in the document's order */
	size_t count;
};

struct oci_manifest {
	const char *media_type; /* NULL: the document does not say */
	int64_t schema_version; /* 0: the document does not say */
	bool has_manifests;     /* a list of "manifests": an index */
	bool has_layers;        /* a list of "layers" */
	bool has_config;
};

struct oci_token {
	const char *token;
	int64_t expires_in_s; /* 60 where the server does not say, as the spec has it */
};

struct oci_auth { /* one entry of a pull secret; NULL: the field is absent */
	const char *server;
	const char *username;
	const char *password;
	const char *auth;           /* base64 of "user:password" */
	const char *identity_token; /* an OAuth2 refresh token */
};

struct oci_docker_config {
	struct oci_auth *auths;
	size_t count;
};

/* A page of a tag list with at most max tags. "tags": null is an empty page. ERR_INPUT, ERR_NOMEM. */
int oci_tags_from_json(const char *json, size_t len, size_t max, struct arena *arena,
		       struct oci_tags *ret_tags, struct err *err) __attribute__((warn_unused_result));

/* The outside of a manifest or an index. ERR_INPUT, ERR_NOMEM. */
int oci_manifest_from_json(const char *json, size_t len, struct arena *arena,
			   struct oci_manifest *ret_manifest, struct err *err)
	__attribute__((warn_unused_result));

/* The answer of a token server ("token" or "access_token"). Errors do not quote it. ERR_INPUT,
 * ERR_NOMEM. */
int oci_token_from_json(const char *json, size_t len, struct arena *arena, struct oci_token *ret_token,
			struct err *err) __attribute__((warn_unused_result));

/* A .dockerconfigjson. Errors do not quote it, but may name a server. ERR_INPUT, ERR_NOMEM. */
int oci_docker_config_from_json(const char *json, size_t len, struct arena *arena,
				struct oci_docker_config *ret_config, struct err *err)
	__attribute__((warn_unused_result));

/* The first error of an error body as "CODE: message" in the arena; NULL when the text is no such body. */
const char *oci_error_from_json(const char *json, size_t len, struct arena *arena);

#endif
