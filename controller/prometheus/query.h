/*
 * prometheus/query: one instant query to one server.
 *
 * A POST of /api/v1/query (a query may be longer than a URL), over TLS unless it is the admin's own server;
 * credentials go over TLS only; redirects are not followed. Nothing is remembered, nothing is tried again: the next measurement
 * is. May include: base, net, wire, prometheus/credentials.h.
 */
#ifndef SLUICE_PROMETHEUS_QUERY_H
#define SLUICE_PROMETHEUS_QUERY_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "prometheus/credentials.h"

#define PROMETHEUS_TIMEOUT_MS 30000

struct http;

struct prometheus {
	struct http *http;
	const char *url; /* the admin's own server, which may speak http; NULL: there is none */
};

struct prometheus_query {
	const char *url;   /* "https://prometheus.example.com/prefix"; NULL: the admin's */
	const char *query; /* PromQL */
	const struct prometheus_credentials *credentials; /* NULL: none */
};

/* The end, exactly once: err is not set and there are count samples (0: no data), or it says why there are none. values are
 * valid during the call. Errors: ERR_INPUT (the server's complaint, or an answer without numbers), ERR_DENIED (401, 403), ERR_BUSY
 * (429, 5xx), ERR_NET. */
typedef void (*prometheus_fn)(void *user, const double *values, size_t count, const struct err *err);

/* Asks. Everything is copied. fn is never called from inside. ERR_INPUT: no URL, one that is none, http where that is not allowed
 * or with credentials; ERR_NOMEM: then fn is not called at all. */
int prometheus_ask(const struct prometheus *prometheus, const struct prometheus_query *query, prometheus_fn fn, void *user,
		   struct err *err) __attribute__((warn_unused_result));

#endif
