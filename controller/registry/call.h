/*
 * registry/call: one question to one registry, with everything that HTTP puts in between.
 *
 * A call waits for a slot at its host, is sent with what authentication is known to work there, answers one
 * Bearer challenge with a token, follows up to three redirects within the same origin, and ends in a
 * good answer or in an error that is ready to be shown. Credentials go to the host that they are for, and
 * as Basic to the token server that this host names; nowhere else.
 *
 * A blob may lie elsewhere: many registries send on to a store. There a redirect may lead to another origin,
 * without any credentials; https only, and to no private address, unless the admin named that host.
 *
 *	WAITING → ASKING ⇄ GETTING_TOKEN, ASKING → (done)
 *
 * May include: base, net, registry. Deliberately absent: retries and back-off (observed).
 */
#ifndef SLUICE_REGISTRY_CALL_H
#define SLUICE_REGISTRY_CALL_H

#include <stddef.h>

#include "base/err.h"
#include "registry/hosts.h"
#include "registry/reference.h"
#include "registry/reply.h"
#include "registry/secret.h"

struct call;

/* What is asked. All pointers are borrowed until the call is over. */
struct call_request {
	const struct reference *reference;
	const struct credentials *credentials; /* a zeroed one: anonymous */
	const char *what;                      /* for sentences: "shop/web:v1" */
	const char *method;                    /* "GET" or "HEAD" */
	const char *path;                      /* "/v2/…"; copied */
	enum reply_kind kind;
	size_t max_body;           /* bytes */
	const char *if_none_match; /* an ETag; NULL: none. With one, 304 is a good answer */
};

/* reply is a good 200 (or 304) and path where it came from (both NULL when err is set): valid during the call. */
typedef void (*call_fn)(void *user, const struct reply *reply, const char *path, const struct err *err);

/* Begins. fn is called once, not from inside this function, unless call_cancel() comes first. ERR_BUSY when
 * the host asked to be left alone, ERR_INPUT, ERR_NOMEM; then there is no call. */
int call_start(struct hosts *hosts, const struct call_request *request, call_fn fn, void *user,
	       struct call **ret_call, struct err *err) __attribute__((warn_unused_result));

/* Ends it without fn. What still runs underneath touches nothing of the hosts's any more. */
void call_cancel(struct call *call);

#endif
