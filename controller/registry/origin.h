/*
 * registry/origin: scheme, host and port; and where a URL that a registry names leads to.
 *
 * A registry may send us on: a Link to the next page, a redirect, the realm of its token server. This file
 * reads such a URL by a narrow grammar (RFC 3986 without its liberties: printable ASCII, no user
 * information, no fragment, no backslash) and tells whether it stays at the origin. What is asked next
 * is always put together from an origin and a path that are ours, never the text that was sent.
 *
 * May include: base, registry/reference.h.
 */
#ifndef SLUICE_REGISTRY_ORIGIN_H
#define SLUICE_REGISTRY_ORIGIN_H

#include <stdbool.h>

#include "base/err.h"
#include "registry/reference.h"

#define ORIGIN_PATH_SIZE 4096 /* the signed URLs of stores of blobs are long */
#define ORIGIN_URL_SIZE (ORIGIN_PATH_SIZE + REFERENCE_HOST_SIZE + 8)

struct origin {
	bool is_plain; /* http, not https */
	char authority[REFERENCE_HOST_SIZE];
};

/* Are scheme, host and port the same? A scheme's own port may be written or not. */
bool origin_equal(const struct origin *a, const struct origin *b);

/* Reads an absolute http or https URL. ret_path begins with a slash and holds the query. ERR_INPUT. */
int origin_parse(const char *url, struct origin *ret_origin, char ret_path[static ORIGIN_PATH_SIZE],
		 struct err *err) __attribute__((warn_unused_result));

/* Reads target, absolute or relative to path at origin, as a path at the same origin. ERR_INPUT when it
 * leads to another one or is no URL. ret_path may not be path. */
int origin_follow(const struct origin *origin, const char *path, const char *target,
		  char ret_path[static ORIGIN_PATH_SIZE], struct err *err)
	__attribute__((warn_unused_result));

/* "https://authority/path". Returns ret_url. */
const char *origin_url(const struct origin *origin, const char *path,
		       char ret_url[static ORIGIN_URL_SIZE]);

#endif
