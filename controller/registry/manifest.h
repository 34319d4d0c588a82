/*
 * registry/manifest: are these bytes what their digest says, and what are they?
 *
 * The digest is SHA-256 over the bytes as received. What kind of thing they are is read from the bytes,
 * which the digest covers, and only compared with the Content-Type, which nothing covers. A document that
 * could be read as an index and as an image (CVE-2021-41190) is neither. An index is pinned as such: the
 * node picks its platform. Plain functions over their arguments.
 *
 * May include: base, domain, wire (the .c file: openssl).
 */
#ifndef SLUICE_REGISTRY_MANIFEST_H
#define SLUICE_REGISTRY_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "domain/digest.h"

#define MANIFEST_TYPE_SIZE 80

/* The value of the Accept header: OCI index and manifest, Docker's list and schema 2. */
#define MANIFEST_ACCEPT                                                                          \
	"application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, " \
	"application/vnd.docker.distribution.manifest.list.v2+json, "                           \
	"application/vnd.docker.distribution.manifest.v2+json"

struct manifest_facts {
	char digest[DIGEST_SIZE];
	char media_type[MANIFEST_TYPE_SIZE];
	bool is_index;
};

/* Is a Content-Type (parameters and capitals do not matter) one that MANIFEST_ACCEPT asks for? */
bool manifest_type_is_known(const char *content_type);

/* Checks the bytes of a manifest that came as content_type. asked is the digest that was asked for, claimed
 * the Docker-Content-Digest; "" for either when there is none. ERR_INPUT with what does not agree, as
 * the rest of a sentence that begins with the image's name. */
int manifest_verify(const char *bytes, size_t len, const char *content_type, const char *asked,
		    const char *claimed, struct manifest_facts *ret_facts, struct err *err)
	__attribute__((warn_unused_result));

/* Are these the bytes of a blob that a descriptor names by digest (a valid one) and size? ERR_INPUT, with the rest of a
 * sentence that begins with the blob. */
int manifest_verify_blob(const char *bytes, size_t len, const char *digest, int64_t size, struct err *err)
	__attribute__((warn_unused_result));

#endif
