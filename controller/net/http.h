/*
 * net/http: HTTP/1.1 and HTTP/2 exchanges on the loop, by libcurl's multi interface.
 *
 * Each exchange names its lane: exchanges of one lane share connections (HTTP/2 streams, or with
 * HTTP/1.1 one after the other) and a DNS cache, those of different lanes never do, so that a lease
 * renewal cannot queue behind a large list. Of the connections of a lane that have nothing to do
 * sixteen are kept. Redirects are never followed here, no proxy is taken from the environment, no credential is
 * added: headers are sent exactly as given. Nothing is asked for compressed and nothing is decoded.
 * Response bytes are handed over as they come; an exchange is never paused. The one repetition
 * there is: when a connection that was kept open turns out to be closed before a byte of the answer
 * came, the request is sent once more on a new one. Errors: ERR_NET (no usable answer: which phase
 * and why is in the text), ERR_INPUT (URL or TLS material unusable), ERR_NOMEM. An HTTP status,
 * whatever it is, is not an error here.
 *
 * May include: base, net/loop.h (the .c file: curl, uv). Deliberately absent: JSON, retries,
 * tokens.
 */
#ifndef SLUICE_NET_HTTP_H
#define SLUICE_NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "net/loop.h"

struct http;
struct http_exchange;

enum http_lane { HTTP_LANE_WATCH, HTTP_LANE_WRITE, HTTP_LANE_REGISTRY, HTTP_LANE_PROMETHEUS };

/* TLS material in PEM, NULL where there is none. Copied by http_start(). */
struct http_tls {
	const char *ca_pem; /* instead of the system's CAs */
	const char *cert_pem;
	const char *key_pem;
	const char *server_name; /* name to verify and to send as SNI, instead of the URL's host */
	bool is_insecure;        /* do not verify the server */
};

/* What is known when the answer's headers are complete. Valid until on_done returns. */
struct http_head {
	int status;
	const char *content_type;          /* "" when absent */
	const char *www_authenticate;      /* "" when absent; several are joined by ", " */
	const char *docker_content_digest; /* "" when absent */
	const char *link;                  /* "" when absent */
	const char *location;              /* "" when absent */
	const char *etag;                  /* "" when absent */
	const char *warning;               /* "" when absent; several are joined by ", " */
	const char *flow_schema;           /* X-Kubernetes-PF-FlowSchema-UID; "" when absent */
	int64_t retry_after_ms; /* 0 when absent; seconds or HTTP date, at most an hour */
	int64_t content_length; /* -1 when absent */
};

struct http_handler {
	/* Headers are complete (of the final answer, not of 1xx). May be NULL. */
	void (*on_head)(void *user, const struct http_head *head);
	/* A piece of the body. Return false to end the exchange at once with ERR_INPUT. May be
	 * NULL. */
	bool (*on_bytes)(void *user, const char *bytes, size_t len);
	/* The end, exactly once, also after http_cancel(): status is 0 when no answer came; err is
	 * not set when the answer was complete. The exchange is gone after it returns. */
	void (*on_done)(void *user, int status, const struct err *err);
	void *user;
};

struct http_request {
	const char *method;         /* "GET", "HEAD", "PATCH", … */
	const char *url;            /* absolute; http:// only with allow_plain */
	const char *const *headers; /* "Name: value", NULL at the end; NULL: none */
	const char *body;           /* NULL: none; copied */
	size_t body_len;
	const struct http_tls *tls; /* NULL: system CAs, no client certificate */
	/* NULL: direct. "http://…", "https://…" (believed by what tls says), "socks5h://…", each
	 * with a user and a password if it has to be; they are sent to nobody else. */
	const char *proxy;
	enum http_lane lane;
	bool allow_plain;
	bool forbid_http2; /* HTTP/1.1: while it runs it has a connection of its own */
	bool forbid_private_peers; /* refuse addresses that are not public (net/address.h) */
	int connection_life_s;      /* an older connection does not take it; 0: any does */
	int64_t delay_ms;           /* begins only after so long; no time limit runs before */
	int64_t connect_timeout_ms; /* name, TCP and TLS together; 0: 30 s */
	int64_t head_timeout_ms;    /* from start to complete headers; 0: none */
	int64_t idle_timeout_ms;    /* longest silence within the body; 0: none */
	int64_t total_timeout_ms;   /* whole exchange; 0: none */
};

/* Makes a set of connections on loop. ERR_NOMEM, ERR_BUG. */
int http_create(struct loop *loop, struct http **ret_http, struct err *err)
	__attribute__((warn_unused_result));

/* Begins an exchange. Everything in request is copied. handler callbacks are never called from
 * inside this function. On success the exchange is valid until its on_done returns; ret_exchange
 * may be NULL. ERR_INPUT (nothing was begun): the URL is none, holds a user name, or is http://
 * without allow_plain; a header holds a line break. */
int http_start(struct http *http, const struct http_request *request,
	       const struct http_handler *handler, struct http_exchange **ret_exchange,
	       struct err *err) __attribute__((warn_unused_result));

/* Ends an exchange early: on_done follows from the loop, with ERR_NET "cancelled". */
void http_cancel(struct http_exchange *exchange);

/* Closes idle connections of a lane; exchanges that run on them go on, new ones connect afresh. */
void http_drop_connections(struct http *http, enum http_lane lane);

/* Cancels what runs (on_done is called from here for each), then frees everything. Never from
 * inside a callback of an exchange. NULL is fine. */
void http_destroy(struct http *http);

/* ---- the common case: a small answer, collected whole ---- */

struct http_answer {
	int status;
	struct http_head head; /* strings live as long as the answer */
	const char *body;      /* terminated */
	size_t body_len;
};

/* answer is NULL when err is set. Both are valid during the call only. */
typedef void (*http_answer_fn)(void *user, const struct http_answer *answer, const struct err *err);

/* Does request and collects at most max_body bytes of the answer, then calls fn once. A longer body
 * ends in ERR_INPUT. */
int http_fetch(struct http *http, const struct http_request *request, size_t max_body,
	       http_answer_fn fn, void *user, struct http_exchange **ret_exchange, struct err *err)
	__attribute__((warn_unused_result));

#endif
