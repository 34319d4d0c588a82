#include "registry/call.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "registry/auth.h"
#include "registry/complaint.h"
#include "registry/manifest.h"
#include "registry/bearer.h"
#include "registry/route.h"

enum call_state {
	CALL_WAITING,       /* for a slot at its host */
	CALL_ASKING,        /* an exchange with the registry runs */
	CALL_GETTING_TOKEN, /* an exchange with a token server runs */
	CALL_CANCELLED,     /* an exchange runs out; nobody waits for it */
};

struct call {
	enum call_state state;
	struct hosts *hosts;
	struct host *host;
	struct call *next; /* in the host's queue */
	struct call *previous;
	struct call_request request; /* .path is not used: it may move, see route */
	struct route route;
	struct reply *reply;
	struct http_exchange *exchange;
	struct bearer_fetch *bearer_fetch;
	bool has_fetched_token;
	bool has_sent_token; /* in the exchange that runs or ran last */
	call_fn fn;
	void *user;
};

static int ask(struct call *call, struct err *err);

static struct complaint_subject subject_of(const struct call *call)
{
	return (struct complaint_subject){
		.host = call->request.reference->host,
		.what = call->request.what,
		.has_credentials = call->request.credentials->basic != NULL,
	};
}

static void call_destroy(struct call *call)
{
	reply_destroy(call->reply);
	route_finish(&call->route);
	free(call);
}

/* ---- the queue of a host ---- */

static void enqueue(struct call *call)
{
	struct host *host = call->host;

	call->state = CALL_WAITING;
	call->previous = host->last_waiting;
	if (host->last_waiting != NULL)
		host->last_waiting->next = call;
	else
		host->first_waiting = call;
	host->last_waiting = call;
}

static void dequeue(struct call *call)
{
	struct host *host = call->host;

	if (call->previous != NULL)
		call->previous->next = call->next;
	else
		host->first_waiting = call->next;
	if (call->next != NULL)
		call->next->previous = call->previous;
	else
		host->last_waiting = call->previous;
	call->next = NULL;
	call->previous = NULL;
}

/* Ends a call that never got a slot. */
static void refuse_waiting(struct call *call, const struct err *err)
{
	dequeue(call);
	call->fn(call->user, NULL, NULL, err);
	call_destroy(call);
}

/* Gives free slots of the host to those who wait; when it asked to be left alone, an error to all. */
static void serve_waiting(struct hosts *hosts, struct host *host)
{
	int64_t wait_ms = hosts_blocked_ms(hosts, host);

	host->pins++;
	while (host->first_waiting != NULL && (wait_ms > 0 || host->active < HOSTS_SLOTS)) {
		struct call *call = host->first_waiting;
		struct complaint_subject subject = subject_of(call);
		struct err err = ERR_INIT;

		if (wait_ms > 0) {
			(void)complaint_of_block(&subject, wait_ms, &err);
			refuse_waiting(call, &err);
			continue;
		}
		if (ask(call, &err) < 0) {
			refuse_waiting(call, &err);
			continue;
		}
		dequeue(call);
		host->active++;
	}
	host->pins--;
}

/* ---- the end ---- */

/* Gives the slot back, lets others in, then tells the caller. */
static void finish(struct call *call, const struct err *err)
{
	bool is_good = !err_is_set(err);

	call->host->active--;
	if (is_good)
		call->host->throttles = 0;
	serve_waiting(call->hosts, call->host);
	call->fn(call->user, is_good ? call->reply : NULL, is_good ? call->route.path : NULL, err);
	call_destroy(call);
}

/* ---- steps between asking and the end ---- */

static void on_token(void *user, const char *token, const struct err *err)
{
	struct call *call = user;
	struct err why = ERR_INIT;

	(void)token; /* it is kept; ask() finds it */
	call->bearer_fetch = NULL;
	if (err_is_set(err))
		finish(call, err);
	else if (ask(call, &why) < 0)
		finish(call, &why);
}

/* Answers a 401 if it can be answered. Returns 1 when a token is under way, 0 when the 401 stands. */
static int answer_challenge(struct call *call, struct err *err)
{
	const char *challenge = call->reply->www_authenticate;
	const struct call_request *request = &call->request;
	struct complaint_subject subject = subject_of(call);
	struct auth_offer offer;
	struct err why = ERR_INIT;
	int r = auth_parse(challenge, strlen(challenge), &offer, &why);

	if (r < 0)
		return complaint_of_content(&subject, &why, err);
	call->host->wants_bearer = offer.has_bearer;
	if (!offer.has_bearer || call->has_fetched_token)
		return 0;
	if (call->has_sent_token)
		bearer_forget(call->host, request->reference, request->credentials);
	call->has_fetched_token = true;
	r = bearer_fetch(call->hosts, call->host, request->reference, request->what, request->credentials,
			&offer, on_token, call, &call->bearer_fetch, err);
	if (r < 0)
		return r;
	call->state = CALL_GETTING_TOKEN;
	return 1;
}

/* Goes where a redirect points. Returns 1 when asked again. */
static int follow_redirect(struct call *call, struct err *err)
{
	struct complaint_subject subject = subject_of(call);
	bool is_blob = call->request.kind == REPLY_BLOB;
	struct err why = ERR_INIT;
	int r;

	if (route_follow(&call->route, call->hosts, call->reply->location, is_blob, &why) < 0)
		return complaint_of_content(&subject, &why, err);
	r = ask(call, err);
	return r < 0 ? r : 1;
}

/* Looks at an answer that has a head. Returns 1 when the call goes on, 0 for a good answer, or an error. */
static int judge(struct call *call, struct err *err)
{
	struct complaint_subject subject = subject_of(call);
	struct reply *reply = call->reply;
	int64_t wait_ms;
	int r;

	if (reply->status == 401 && !call->route.is_away) {
		r = answer_challenge(call, err);
		return r != 0 ? r : complaint_of_reply(&subject, reply, err);
	}
	if (route_is_redirect(reply->status) && reply->location[0] != '\0')
		return follow_redirect(call, err);
	if (!call->route.is_away &&
	    (reply->status == 429 || (reply->status == 503 && reply->retry_after_ms > 0))) {
		wait_ms = hosts_block(call->hosts, call->host, reply->retry_after_ms);
		r = complaint_of_reply(&subject, reply, err);
		err->retry_after_ms = wait_ms;
		return r;
	}
	if (reply->status == 304 && call->request.if_none_match != NULL)
		return 0;
	if (reply->status != 200 || reply->verdict != REPLY_FINE)
		return complaint_of_reply(&subject, reply, err);
	if (reply->has_long_header) {
		struct err why = ERR_INIT;

		(void)err_set(&why, ERR_INPUT, "the answer has a header of more than %d bytes",
			      REPLY_HEADER_SIZE);
		return complaint_of_content(&subject, &why, err);
	}
	return 0;
}

/* ---- the exchange ---- */

static void on_head(void *user, const struct http_head *head)
{
	reply_on_head(((struct call *)user)->reply, head);
}

static bool on_bytes(void *user, const char *bytes, size_t len)
{
	return reply_on_bytes(((struct call *)user)->reply, bytes, len);
}

/* The one place where an exchange's end moves the call on. */
static void on_done(void *user, int status, const struct err *err)
{
	struct call *call = user;
	struct complaint_subject subject;
	struct err why = ERR_INIT;
	int r;

	call->exchange = NULL;
	if (call->state == CALL_CANCELLED) {
		call_destroy(call);
		return;
	}
	hosts_count(call->hosts, status);
	subject = subject_of(call);
	if (err_is_set(err) && !call->reply->is_cut)
		r = complaint_of_failure(&subject, err, &why);
	else
		r = judge(call, &why);
	if (r <= 0)
		finish(call, &why);
}

/* Writes the Authorization header that is known to work at this host; "" when there is none, or away. */
static int write_authorization(struct call *call, struct buf *header, struct err *err)
{
	const struct credentials *credentials = call->request.credentials;
	const char *token = bearer_find(call->hosts, call->host, call->request.reference, credentials);

	if (call->route.is_away)
		return 0;
	call->has_sent_token = token != NULL;
	if (token != NULL)
		return buf_printf(header, err, "Authorization: Bearer %s", token);
	if (credentials->basic != NULL && !call->host->wants_bearer)
		return buf_printf(header, err, "Authorization: Basic %s", credentials->basic);
	return 0;
}

static const char *accept_header(enum reply_kind kind)
{
	static const char *const headers[] = {
		[REPLY_JSON] = "Accept: application/json",
		[REPLY_MANIFEST] = "Accept: " MANIFEST_ACCEPT,
		[REPLY_BLOB] = "Accept: */*",
	};

	return headers[kind];
}

/* Sends the call's request; from here on a slot is taken. */
static int ask(struct call *call, struct err *err)
{
	struct hosts *hosts = call->hosts;
	auto_buf authorization = BUF_INIT((size_t)64 * 1024);
	auto_buf condition = BUF_INIT(2 * REPLY_ETAG_SIZE);
	char url[ORIGIN_URL_SIZE];
	const char *headers[] = {
		hosts->user_agent,
		accept_header(call->request.kind),
		NULL,
		NULL,
		NULL,
	};
	struct http_tls tls = { .ca_pem = hosts_ca_pem(hosts, call->route.origin.authority) };
	struct http_request request = {
		.method = call->request.method,
		.url = origin_url(&call->route.origin, call->route.path, url),
		.headers = headers,
		.tls = tls.ca_pem == NULL ? NULL : &tls,
		.lane = HTTP_LANE_REGISTRY,
		.allow_plain = call->route.origin.is_plain,
		.forbid_private_peers =
			call->route.is_away && !hosts_trusts_realm(hosts, call->route.origin.authority),
		.connect_timeout_ms = 10000,
		.idle_timeout_ms = 15000,
		.total_timeout_ms = hosts->timeout_ms,
	};
	struct http_handler handler = {
		.on_head = on_head, .on_bytes = on_bytes, .on_done = on_done, .user = call
	};
	int r = write_authorization(call, &authorization, err);

	if (r == 0 && call->request.if_none_match != NULL)
		r = buf_printf(&condition, err, "If-None-Match: %s", call->request.if_none_match);
	if (call->reply == NULL)
		call->reply = reply_create(call->request.kind, call->request.max_body);
	reply_reset(call->reply);
	if (authorization.len > 0)
		headers[2] = buf_text(&authorization);
	if (condition.len > 0)
		headers[authorization.len > 0 ? 3 : 2] = buf_text(&condition);
	if (r == 0)
		r = http_start(hosts->http, &request, &handler, &call->exchange, err);
	if (authorization.data != NULL)
		OPENSSL_cleanse(authorization.data, authorization.len);
	if (r < 0)
		return r;
	hosts->requests++;
	call->state = CALL_ASKING;
	return 0;
}

/* ---- from outside ---- */

int call_start(struct hosts *hosts, const struct call_request *request, call_fn fn, void *user,
	       struct call **ret_call, struct err *err)
{
	struct host *host = hosts_find(hosts, request->reference->authority);
	int64_t wait_ms = hosts_blocked_ms(hosts, host);
	struct call *call = memory_alloc(sizeof(*call));
	struct complaint_subject subject;
	int r = 0;

	*call = (struct call){
		.hosts = hosts, .host = host, .request = *request, .fn = fn, .user = user,
	};
	route_init(&call->route, &host->origin, request->path);
	subject = subject_of(call);
	if (wait_ms > 0) {
		r = complaint_of_block(&subject, wait_ms, err);
	} else if (host->active < HOSTS_SLOTS) {
		r = ask(call, err);
		host->active += r == 0 ? 1 : 0;
	} else {
		enqueue(call);
	}
	if (r < 0) {
		call_destroy(call);
		return r;
	}
	*ret_call = call;
	return 0;
}

void call_cancel(struct call *call)
{
	enum call_state state = call->state;

	call->state = CALL_CANCELLED;
	if (state == CALL_WAITING) {
		dequeue(call);
		call_destroy(call);
		return;
	}
	call->host->active--;
	if (state == CALL_ASKING) {
		http_cancel(call->exchange);
		return;
	}
	bearer_cancel(call->bearer_fetch);
	call_destroy(call);
}
