/*
 * registry/query: one question to a registry, asked at its mirrors first.
 *
 * The places of a question are the mirrors of its registry (registry/mirror.h), in their order, and behind them the
 * registry itself. The first good answer is the answer. Each place is asked as what it is (registry/call.h): by its own
 * name of the repository, with the credentials that are for its own host, with its own tokens, limits and CAs; those of
 * the registry never go to a mirror. A mirror that gave no answer or is in trouble rests for a while. When no place has
 * a good answer, the error is the registry's, and what a mirror said stands behind it.
 *
 * May include: base, net, registry. Deliberately absent: what an answer means (resolve, tags).
 */
#ifndef SLUICE_REGISTRY_QUERY_H
#define SLUICE_REGISTRY_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "registry/hosts.h"
#include "registry/reference.h"
#include "registry/reply.h"
#include "registry/secret.h"

struct query;

/* What came with a good answer, for asking the same place whether it has changed. */
struct validator {
	char etag[REPLY_ETAG_SIZE]; /* "": there is none */
	size_t place;
};

/* What is asked. All pointers are borrowed until the query is over. */
struct query_request {
	const struct reference *reference;
	const struct credentials *credentials; /* a zeroed one: anonymous */
	const char *what;                      /* for sentences: "shop/web:v1" */
	const char *method;                    /* "GET" or "HEAD" */
	const char *path;                      /* "/v2/<the reference's name>/…"; copied */
	enum reply_kind kind;
	size_t max_body;               /* bytes */
	size_t first_place;            /* 0: the first mirror, or the registry where it has none */
	bool is_there_only;            /* ask no other place; path is that place's own */
	const struct validator *known; /* NULL: none. With one, 304 is a good answer of its place */
};

/* Valid during the call. */
struct query_answer {
	const struct reply *reply; /* a good 200 (or 304) */
	const char *path;          /* where it came from, at the place's own host */
	size_t place;
	bool is_mirror;
	const char *host; /* the place's, for sentences */
	const struct origin *origin;
};

/* answer is NULL when err is set. */
typedef void (*query_fn)(void *user, const struct query_answer *answer, const struct err *err);

/* Begins. fn is called once, not from inside this function, unless query_cancel() comes first. Errors as
 * call_start(); then there is no query. */
int query_start(struct hosts *hosts, const struct query_request *request, query_fn fn, void *user,
		struct query **ret_query, struct err *err) __attribute__((warn_unused_result));

/* Ends it without fn. */
void query_cancel(struct query *query);

#endif
