/*
 * unit/registry/fake_http: net/http.h without a network, so that every answer comes when the test says.
 *
 * It takes the place of the net room in a test program: http_start() puts the exchange aside, and
 * fake_http_run() answers what is waiting from a table of routes, in the order of arrival. A request that no
 * route fits is a complaint. The time is the test's, too. May include: libc, base, net/http.h.
 */
#ifndef SLUICE_UNIT_REGISTRY_FAKE_HTTP_H
#define SLUICE_UNIT_REGISTRY_FAKE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/http.h"

struct fake_route {
	const char *method;
	const char *url;
	const char *authorization; /* NULL: any; "": there must be none */
	unsigned most;             /* answers so many times, then the next route is tried; 0: always */
	int status;
	const char *content_type; /* NULL: "" — as all the others */
	const char *digest;
	const char *www_authenticate;
	const char *link;
	const char *location;
	const char *etag;
	const char *if_none_match; /* as authorization */
	const char *ca;            /* the CAs that it is sent with; NULL: any; "": the system's */
	int64_t retry_after_ms;
	int64_t content_length;    /* 0: not announced */
	const char *body;
	size_t body_len;           /* 0: strlen(body) */
	bool is_endless;           /* repeats the body until nobody listens */
	const char *failure;       /* no answer, but this error */
	/* ---- what happened ---- */
	unsigned hits;
	size_t delivered;          /* bytes handed over by the last answer */
	bool was_forbidden;        /* forbid_private_peers of the last request */
};

struct http {
	struct fake_route *routes;
	size_t route_count;
	struct http_exchange *first;
	struct http_exchange *last;
	size_t running;
	size_t most_running;
	char complaint[512]; /* "": none */
};

/* Answers everything that waits, and what is asked because of the answers. Returns how many. */
size_t fake_http_run(struct http *http);

/* Answers the oldest one alone. false when nothing waits. */
bool fake_http_step(struct http *http);

#endif
