/*
 * wire/signature_json: the documents in which cosign keeps signatures of container images.
 *
 * Formats: cosign's signature specification (an image manifest whose layers are payloads of "simple signing", the
 * signature in an annotation), the OCI image and distribution specs 1.1 (index, referrers), Sigstore's bundle 0.3, and
 * in-toto's Statement 1. All of it comes from strangers: texts are limited, nesting and repeated keys are refused
 * (wire/json_read.h). Only shape is read here; what counts as a signature is for registry/signature.
 *
 * May include: base. Deliberately absent: the network, keys.
 */
#ifndef SLUICE_WIRE_SIGNATURE_JSON_H
#define SLUICE_WIRE_SIGNATURE_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

#define SIGNATURE_MANIFEST_MAX ((size_t)1024 * 1024) /* bytes of a manifest or of a list of referrers */
#define SIGNATURE_PAYLOAD_MAX ((size_t)64 * 1024)    /* bytes of a payload, a bundle or a statement */

/* A layer of a manifest, or a manifest of an index. A text is NULL where the document has none. */
struct signature_part {
	const char *media_type;
	const char *artifact_type;
	const char *digest;
	int64_t size;
	const char *signature;      /* the annotation dev.cosignproject.cosign/signature */
	const char *predicate_type; /* the annotation dev.sigstore.bundle.predicateType */
};

struct signature_parts {
	struct signature_part *items;
	size_t count;
};

struct signature_payload { /* simple signing */
	const char *type;      /* critical.type */
	const char *digest;    /* critical.image.docker-manifest-digest */
	const char *reference; /* critical.identity.docker-reference */
};

struct signature_bundle {
	const char *media_type;
	const char *payload_type;
	const char *payload;   /* base64 */
	const char *signature; /* base64 */
	size_t count;          /* signatures in the envelope; 0: there is no envelope */
};

struct signature_statement {
	const char *type;
	const char *predicate_type;
	const char **digests; /* of the subjects, sha256 only: hex */
	size_t count;
};

/* The layers of an image manifest. ERR_INPUT, ERR_NOMEM; so do all of these. */
int signature_layers_from_json(const char *json, size_t len, struct arena *arena,
			       struct signature_parts *ret_layers, struct err *err)
	__attribute__((warn_unused_result));

/* The manifests of an image index; a list of referrers is one. */
int signature_referrers_from_json(const char *json, size_t len, struct arena *arena,
				  struct signature_parts *ret_referrers, struct err *err)
	__attribute__((warn_unused_result));

int signature_payload_from_json(const char *json, size_t len, struct arena *arena,
				struct signature_payload *ret_payload, struct err *err)
	__attribute__((warn_unused_result));

int signature_bundle_from_json(const char *json, size_t len, struct arena *arena,
			       struct signature_bundle *ret_bundle, struct err *err)
	__attribute__((warn_unused_result));

int signature_statement_from_json(const char *json, size_t len, struct arena *arena,
				  struct signature_statement *ret_statement, struct err *err)
	__attribute__((warn_unused_result));

#endif
