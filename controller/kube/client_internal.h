/*
 * kube/client_internal: what the files of a client share, and nobody else may include.
 *
 *	client.c       the client: what is the same for each request
 *	client_call.c  one call: the request, its answer, the second try
 *	client_wait.c  calls that wait for the identity, or that it leaves behind
 */
#ifndef SLUICE_KUBE_CLIENT_INTERNAL_H
#define SLUICE_KUBE_CLIENT_INTERNAL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/vec.h"
#include "kube/client.h"
#include "kube/identity.h"
#include "kube/limiter.h"
#include "net/http.h"

struct client {
	struct loop *loop;
	struct http *http;
	struct arena arena; /* of the strings below */
	const char *server;
	const char *proxy;
	const char *namespace;
	const char **headers; /* that are the same for each request */
	size_t header_count;
	struct identity *identity;
	bool is_plain;
	bool is_closed;   /* no call is taken any more */
	struct vec calls; /* struct client_call: those that have not ended */
	struct limiter limiter;
	struct crash_page *crash_page;
	struct client_observer observer; /* no functions: nobody is told */
	client_news_fn news;
	void *news_user;
};

struct client_call {
	struct client *client;
	struct http_exchange *exchange;
	struct arena arena; /* of the request's copies */
	struct client_request request;
	client_fn fn; /* of a call that is answered whole; or else stream */
	void *user;
	struct client_stream stream;
	bool is_stream;
	bool was_retried; /* with another identity */
	bool is_cancelled;
	bool is_let_go;         /* client_calls_let_go() has cancelled it */
	bool is_waiting;        /* for the identity */
	bool is_settled;        /* client_calls_settle() is about to go on with it */
	struct timer *patience; /* with the identity; NULL: it has never had to wait */
	unsigned version;       /* of the identity that was sent */
	int64_t began_ms;
	int64_t started_ms; /* the last time that it was sent */
	int status; /* once the headers are there */
	int64_t retry_after_ms;
	char *warning;
	char *flow_schema;
	struct buf body;
	struct err err; /* why we refused the body */
};

#define CALL_TIMEOUT_MS 30000

/* ---- client_call.c ---- */

/* Sends the request as it stands; also a second time. Errors as client_send(). */
int client_call_send(struct client_call *call, struct err *err) __attribute__((warn_unused_result));

/* Tells the caller and is gone. */
void client_call_finish(struct client_call *call, int status, const struct err *err);

/* What is left of the time for the whole call, at least 1. */
int64_t client_call_time_left_ms(const struct client_call *call);

/* ---- client_wait.c ---- */

/* Sends the request, or waits until it may be sent. Errors as client_send(), and those of a
 * credential that cannot be had. */
int client_call_start(struct client_call *call, struct err *err) __attribute__((warn_unused_result));

/* Waits for client_calls_settle(), as long as the call has time. */
void client_call_wait(struct client_call *call);

/* Goes on with the calls that wait for the identity, or ends them with err. */
void client_calls_settle(struct client *client, const struct err *err);

/* Ends the streams in good order: their connections belong to somebody whom we are no longer, or do
 * not believe any more. Other calls end on the old connection. */
void client_calls_let_go(struct client *client);

#endif
