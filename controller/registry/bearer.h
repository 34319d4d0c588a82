/*
 * registry/bearer: Bearer tokens of registries that have a token server.
 *
 * The flow is distribution's: a challenge names a realm and a service; a GET of the realm with service and
 * scope, with Basic authentication where there are credentials, gives a token. What a challenge names
 * is a stranger's word, so: the realm is https (http only at a host that the admin allowed), has no user
 * name and no fragment; unless it is the registry's own host, or one that the admin named, it may not
 * have a private address (checked where the connection is made); redirects are not followed; the scope is
 * always ours, to pull this one repository. Tokens are kept for as long as the server says (a minute at
 * least, a day at most), for the same host, repository and credentials only.
 *
 * May include: base, net, wire, registry.
 */
#ifndef SLUICE_REGISTRY_BEARER_H
#define SLUICE_REGISTRY_BEARER_H

#include "base/err.h"
#include "registry/auth.h"
#include "registry/hosts.h"
#include "registry/reference.h"
#include "registry/secret.h"

struct bearer_fetch;

/* err is set when there is no token. token is valid during the call only. */
typedef void (*bearer_fn)(void *user, const char *token, const struct err *err);

/* A token for the repository that is still good, or NULL. Valid until control goes back to the loop. */
const char *bearer_find(struct hosts *hosts, struct host *host, const struct reference *reference,
		       const struct credentials *credentials);

/* Drops it: the registry would not have it. */
void bearer_forget(struct host *host, const struct reference *reference,
		  const struct credentials *credentials);

/* Drops all of a host's. */
void bearer_forget_all(struct host *host);

/* Gets a token as offer says and keeps it. fn is called once, not from inside this function, unless
 * bearer_cancel() comes first. host, reference, what and credentials have to live as long. Errors:
 * ERR_INPUT for a realm that may not be asked, ERR_BUSY for one that asked to be left alone, as
 * http_start(). */
int bearer_fetch(struct hosts *hosts, struct host *host, const struct reference *reference,
		const char *what, const struct credentials *credentials, const struct auth_offer *offer,
		bearer_fn fn, void *user, struct bearer_fetch **ret_fetch, struct err *err)
	__attribute__((warn_unused_result));

/* Ends it without fn. */
void bearer_cancel(struct bearer_fetch *fetch);

#endif
