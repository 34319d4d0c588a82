/*
 * registry/link: the next page, as a Link header names it (RFC 8288).
 *
 * May include: base, registry/origin.h.
 */
#ifndef SLUICE_REGISTRY_LINK_H
#define SLUICE_REGISTRY_LINK_H

#include <stddef.h>

#include "base/err.h"
#include "registry/origin.h"

/* Finds the target of the first link with rel=next in the header's value of len bytes. ret_target is ""
 * when there is none. ERR_INPUT when the value does not follow the grammar or the target is too long. */
int link_next(const char *text, size_t len, char ret_target[static ORIGIN_PATH_SIZE], struct err *err)
	__attribute__((warn_unused_result));

#endif
