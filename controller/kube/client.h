/*
 * kube/client: requests to one apiserver, as the identity of a kubeconfig.
 *
 * It adds to a request what every request needs: the server's URL, TLS, Authorization, User-Agent,
 * impersonation, time limits, a limit on the answer. And it turns every status but 2xx into a
 * struct err by its class, with http_status and retry_after_ms, so that nobody else reads status
 * codes. When the server says 401 and there is another identity by then (identity.h), the same
 * request is sent once more. There are no other retries here. A request waits for a program that
 * says who we are, within its own time limit.
 *
 * Bulk (watches, lists) shares a connection of HTTP/2. The rest never waits behind it: each of these
 * requests has one of HTTP/1.1 for itself while it runs, which takes the server and us less than a
 * stream of HTTP/2 does, and answers come sooner (measured: ARCHITECTURE.md).
 *
 * Nothing holds requests back but the server (priority and fairness), unless a limit is set: then
 * all keep to it but those that say that they cannot wait.
 *
 * May include: base, net, wire/record.h. Deliberately absent: kinds (apply.h), retries, back-off.
 */
#ifndef SLUICE_KUBE_CLIENT_H
#define SLUICE_KUBE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct crash_page;
struct http;
struct kubeconfig;
struct loop;

struct client;
struct client_call;

/* An answer that is collected whole. */
#define CLIENT_BODY_LIMIT ((size_t)4 * 1024 * 1024)

/* The server's answer, whatever its status. Valid during the callback only. */
struct client_answer {
	int status;       /* 0 when none came */
	const char *body; /* terminated; "" when none came */
	size_t body_len;
	const char *warning; /* what the server warned of, "" if nothing */
	const char *manager; /* who owns the field, when an apply met a conflict; "" otherwise */
};

/* The end of a call, exactly once, also when it is cancelled or the client is destroyed. Neither
 * pointer is NULL; err_is_set(err) says whether it failed: no answer, or a status other than
 * 2xx. */
typedef void (*client_fn)(void *user, const struct client_answer *answer, const struct err *err);

struct client_request {
	const char *method;
	const char *target;       /* path and query, encoded (kube/path.h) */
	const char *content_type; /* of the body; NULL: "application/json" */
	const char *body;         /* NULL: none; copied */
	size_t body_len;
	bool is_bulk;    /* goes over the connection of watches and lists */
	bool is_urgent;  /* does not keep to the limit: what comes late is of no use */
	size_t max_body; /* of the answer; 0: CLIENT_BODY_LIMIT. A longer one ends in ERR_INPUT */
	int64_t timeout_ms; /* of the whole call; 0: 30 s. Connecting has 15 s; until the headers, and
			     * between two pieces of the body, 30 s may pass */
};

/* Makes a client. config's strings are copied. http and loop must outlive it. ERR_INPUT when config
 * names a file that cannot be used, or would send a credential in the clear; ERR_NOMEM. */
int client_create(struct loop *loop, struct http *http, const struct kubeconfig *config,
		  struct client **ret_client, struct err *err) __attribute__((warn_unused_result));

/* Ends the calls that are waiting for a credential (from here), and takes no new ones. http_destroy()
 * ends those that have been sent. NULL is fine. */
void client_close(struct client *client);

/* Closes and frees it. Its calls must have ended. NULL is fine. */
void client_destroy(struct client *client);

/* Sends a request; fn is never called from inside. ret_call may be NULL. ERR_INPUT, ERR_NOMEM,
 * ERR_NET (the HTTP client is shutting down): then fn is not called at all. */
int client_send(struct client *client, const struct client_request *request, client_fn fn,
		void *user, struct client_call **ret_call, struct err *err)
	__attribute__((warn_unused_result));

/* The usual requests, by target. Errors as client_send(). */
int client_get(struct client *client, const char *target, client_fn fn, void *user, struct err *err)
	__attribute__((warn_unused_result));
int client_post(struct client *client, const char *target, const char *body, size_t len,
		client_fn fn, void *user, struct err *err) __attribute__((warn_unused_result));
int client_put(struct client *client, const char *target, const char *body, size_t len,
	       client_fn fn, void *user, struct err *err) __attribute__((warn_unused_result));
int client_patch(struct client *client, const char *target, const char *content_type,
		 const char *body, size_t len, client_fn fn, void *user, struct err *err)
	__attribute__((warn_unused_result));
/* body (DeleteOptions) may be NULL. */
int client_delete(struct client *client, const char *target, const char *body, size_t len,
		  client_fn fn, void *user, struct err *err) __attribute__((warn_unused_result));

/* Ends a call early: its end follows from the loop, with ERR_NET. NULL is fine. */
void client_cancel(struct client_call *call);

/* ---- answers that go on and on ---- */

struct client_stream {
	void (*on_open)(void *user); /* the server said 200; may be NULL */
	bool (*on_bytes)(void *user, const char *bytes, size_t len); /* of a 200; false ends it */
	/* The end, exactly once. err is not set when the server ended a 200 in good order. */
	void (*on_done)(void *user, const struct err *err);
	void *user;
	int64_t head_timeout_ms;  /* until the server has said 200; 0: none */
	int64_t idle_timeout_ms;  /* longest silence; 0: none */
	int64_t total_timeout_ms; /* 0: none */
};

/* GETs target as a stream, over the bulk connection. Errors as client_send(). */
int client_watch(struct client *client, const char *target, const struct client_stream *stream,
		 struct client_call **ret_call, struct err *err)
	__attribute__((warn_unused_result));

/* New bulk requests get a new connection; call it when the present one seems dead. */
void client_reconnect(struct client *client);

/* From now on at most qps requests a second leave, in bursts of at most burst (kube/limiter.h). */
void client_set_limit(struct client *client, int64_t qps, int64_t burst);

/* Objects that are read over this client are noted in page, which outlives it. NULL (at first): nowhere. */
void client_note_reads(struct client *client, struct crash_page *page);
struct crash_page *client_crash_page(const struct client *client);

/* ---- for metrics and the log ---- */

struct client_observer {
	/* A request has ended: status 0 when no answer came. duration_ms is -1 for a stream, whose
	 * length says nothing. */
	void (*on_end)(void *user, const char *method, int status, int64_t duration_ms);
	/* A request has to wait for its place within the limit. Not called without a limit. */
	void (*on_wait)(void *user, const char *method, int64_t wait_ms);
	/* The server has warned (of a deprecated API, of a field that is not well set). */
	void (*on_warning)(void *user, const char *text);
	void *user;
};

/* Sets who is told, before the first request. All functions must be there. */
void client_observe(struct client *client, const struct client_observer *observer);

/* Called for each credential that was renewed under way, or (err is set) could not be; source is one
 * of those that identity.h names. */
typedef void (*client_news_fn)(void *user, const char *source, const struct err *err);

/* Sets who is told. fn NULL: nobody. */
void client_tell(struct client *client, client_news_fn fn, void *user);

/* The namespace that the kubeconfig's context names; "default" when it names none. */
const char *client_namespace(const struct client *client);

#endif
