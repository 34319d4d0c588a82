/*
 * registry/resolve: from a tag (or a digest) to a digest whose bytes have been seen.
 *
 * HEAD gives the digest. One that this repository has shown before is the answer; else the manifest is
 * fetched by that digest and hashed. A registry without HEAD, or without the digest header, is asked
 * for the manifest itself, and does not send it again while it is the same (If-None-Match).
 *
 *	HEAD ─ known digest → done
 *	  ├─ new digest → BYTES (by digest) → done
 *	  └─ no digest  → BYTES (by reference) → done
 *
 * What a mirror says that does not hold together is as good as nothing: the next place is asked.
 *
 * May include: base, net, registry.
 */
#ifndef SLUICE_REGISTRY_RESOLVE_H
#define SLUICE_REGISTRY_RESOLVE_H

#include "base/err.h"
#include "registry/hosts.h"
#include "registry/manifest.h"
#include "registry/query.h"
#include "registry/reference.h"
#include "registry/secret.h"

struct resolve;

/* The facts of a manifest that this repository has shown before, or NULL. */
typedef const struct manifest_facts *(*resolve_recall_fn)(void *user, const struct reference *reference,
							   const char *digest);

/* facts is NULL when err is set, and when nothing has changed since the answer that known came with. validator is for
 * the next time. All are valid during the call. */
typedef void (*resolve_done_fn)(void *user, const struct manifest_facts *facts,
				const struct validator *validator, const struct err *err);

/* Begins; text is a tag or a digest; known (NULL: none) is the validator of an answer that is still there. All
 * arguments but user are copied. done is called once, not from inside this function, unless resolve_cancel() comes
 * first. Errors as query_start(), and ERR_INPUT for a text that is neither. */
int resolve_start(struct hosts *hosts, const struct reference *reference, const char *text,
		  const struct credentials *credentials, const struct validator *known, resolve_recall_fn recall,
		  resolve_done_fn done, void *user, struct resolve **ret_resolve, struct err *err)
	__attribute__((warn_unused_result));

/* Ends it without done. */
void resolve_cancel(struct resolve *resolve);

#endif
