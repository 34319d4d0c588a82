#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "kube/client_internal.h"
#include "wire/record.h"

#define CONNECT_TIMEOUT_MS 15000

/* Behind one name there may be several apiservers, and one that has just come back has none of our
 * connections. With HTTP/2 a server asks for another one now and then (GOAWAY); with HTTP/1.1 it
 * cannot. */
#define WRITE_CONNECTION_LIFE_S 600

/* Of a failure's body no more is kept: it is read for its Status only. */
#define FAILURE_BODY_LIMIT ((size_t)256 * 1024)

static bool is_good(int status)
{
	return status >= 200 && status < 300;
}

/* ---- from net/http ---- */

static void on_head(void *user, const struct http_head *head)
{
	struct client_call *call = user;

	call->status = head->status;
	call->retry_after_ms = head->retry_after_ms;
	call->warning = arena_strdup(&call->arena, head->warning);
	call->flow_schema = arena_strdup(&call->arena, head->flow_schema);
	if (!is_good(head->status))
		call->body.limit = FAILURE_BODY_LIMIT;
	else if (call->is_stream && call->stream.on_open != NULL)
		call->stream.on_open(call->stream.user);
}

static bool on_bytes(void *user, const char *bytes, size_t len)
{
	struct client_call *call = user;

	if (is_good(call->status) && call->is_stream)
		return call->stream.on_bytes(call->stream.user, bytes, len);
	if (buf_append(&call->body, bytes, len, &call->err) == 0)
		return true;
	if (!is_good(call->status)) {
		err_clear(&call->err);
		return true;
	}
	err_prefix(&call->err, "the answer to %s %.*s", call->request.method,
		   (int)strcspn(call->request.target, "?"), call->request.target);
	return false;
}

static void call_free(struct client_call *call)
{
	struct vec *calls = &call->client->calls;
	size_t at = 0;

	while (calls->items[at] != call)
		at++;
	vec_remove_unordered(calls, at);
	timer_close(call->patience);
	buf_finish(&call->body);
	arena_finish(&call->arena);
	free(call);
}

/* The status says more than a body that broke off. What the header says of the time to wait holds for
 * every 5xx that has it (client-go); and of who was throttled a 429 names the flow schema (APF). */
static void describe_failure(struct client_call *call, int status, const char *body, char *manager,
			     struct err *err)
{
	size_t len;

	err_clear(err);
	(void)status_to_err(status, body, call->body.len, manager, err);
	if (err->retry_after_ms < call->retry_after_ms)
		err->retry_after_ms = call->retry_after_ms;
	if (err->class == ERR_NET && status >= 500 && err->retry_after_ms > 0)
		err->class = ERR_BUSY;
	len = strlen(err->text);
	if (status == 429 && !str_is_empty(call->flow_schema))
		(void)snprintf(err->text + len, sizeof(err->text) - len, " (flow schema %s)",
			       call->flow_schema);
}

void client_call_finish(struct client_call *call, int status, const struct err *err)
{
	char manager[128] = "";
	struct err own = *err;
	struct client_answer answer = {
		.status = status,
		.body = buf_text(&call->body),
		.body_len = call->body.len,
		.warning = call->warning != NULL ? call->warning : "",
		.manager = manager,
	};

	if (!str_is_empty(call->warning) && call->client->observer.on_warning != NULL)
		call->client->observer.on_warning(call->client->observer.user, call->warning);
	if (err_is_set(&call->err))
		own = call->err;
	if (status != 0 && !is_good(status) && !call->is_cancelled)
		describe_failure(call, status, answer.body, manager, &own);
	if (call->is_stream)
		call->stream.on_done(call->stream.user, &own);
	else
		call->fn(call->user, &answer, &own);
	call_free(call);
}

/* Is it sent once more, or kept until it can be? When that fails there is no answer, and err says
 * why. */
static bool is_tried_again(struct client_call *call, int *status, struct err *err)
{
	enum identity_answer answer = IDENTITY_NONE;

	if (call->is_cancelled)
		return false;
	/* A stream that the server had not granted yet: who asked for it has noticed nothing. */
	if (call->is_let_go && *status == 0)
		answer = IDENTITY_READY;
	else if (*status == 0)
		identity_suspect(call->client->identity);
	else if (*status == 401 && !call->was_retried)
		answer = identity_refused(call->client->identity, call->version);
	call->is_let_go = false;
	if (answer == IDENTITY_NONE)
		return false;
	call->was_retried = *status == 401;
	if (answer == IDENTITY_WAIT) {
		client_call_wait(call);
		return true;
	}
	*status = 0;
	err_clear(err);
	return client_call_start(call, err) == 0;
}

/* One that was given up before it had left was none. */
static void tell_observer(const struct client_call *call, int status)
{
	const struct client_observer *observer = &call->client->observer;
	int64_t duration_ms = clock_monotonic_ms() - call->started_ms;

	if (observer->on_end != NULL && duration_ms >= 0)
		observer->on_end(observer->user, call->request.method, status,
				 call->is_stream ? -1 : duration_ms);
}

static void on_done(void *user, int status, const struct err *err)
{
	struct client_call *call = user;
	struct client *client = call->client;
	struct err own = *err;

	/* Where one connection has not answered, the idle ones beside it may be as dead: what comes next
	 * shall not try them one by one, and gets a new one. The connection of the watches has a judge
	 * of its own (watchset.h). */
	if (own.class == ERR_NET && !call->is_cancelled && !call->request.is_bulk)
		http_drop_connections(client->http, HTTP_LANE_WRITE);
	tell_observer(call, status);
	call->exchange = NULL;
	if (call->is_let_go && is_good(status) && !call->is_cancelled)
		err_clear(&own);
	else if (is_tried_again(call, &status, &own))
		return;
	client_call_finish(call, status, &own);
}

/* ---- to net/http ---- */

/* How long the call has to wait for its place. */
static int64_t take_place(struct client_call *call, int64_t now_ms)
{
	struct client *client = call->client;
	int64_t wait_ms = 0;

	if (client->limiter.interval_us == 0 || call->request.is_urgent)
		return 0;
	wait_ms = limiter_take(&client->limiter, now_ms);
	if (client->observer.on_wait != NULL)
		client->observer.on_wait(client->observer.user, call->request.method, wait_ms);
	return wait_ms;
}

int64_t client_call_time_left_ms(const struct client_call *call)
{
	int64_t left_ms = call->request.timeout_ms - (clock_monotonic_ms() - call->began_ms);

	return left_ms > 0 ? left_ms : 1;
}

int client_call_send(struct client_call *call, struct err *err)
{
	struct client *client = call->client;
	struct arena arena = ARENA_INIT_SIZE(4096);
	int64_t now_ms = clock_monotonic_ms();
	int64_t wait_ms = take_place(call, now_ms);
	const char *authorization = identity_authorization(client->identity, &arena);
	const char **headers = arena_new_array(&arena, client->header_count + 3, const char *);
	size_t count = client->header_count;
	bool is_bulk = call->request.is_bulk;
	int r;

	memcpy(headers, client->headers, count * sizeof(*headers));
	if (authorization != NULL)
		headers[count++] = authorization;
	if (call->request.body != NULL)
		headers[count++] =
			arena_printf(&arena, "Content-Type: %s", call->request.content_type);
	buf_reset(&call->body);
	call->body.limit = call->request.max_body;
	call->status = 0;
	call->retry_after_ms = 0;
	call->version = identity_version(client->identity);
	call->started_ms = now_ms + wait_ms;
	r = http_start(
		client->http,
		&(struct http_request){
			.method = call->request.method,
			.url = arena_printf(&arena, "%s%s", client->server, call->request.target),
			.headers = headers,
			.body = call->request.body,
			.body_len = call->request.body_len,
			.tls = identity_tls(client->identity),
			.proxy = client->proxy,
			.lane = is_bulk ? HTTP_LANE_WATCH : HTTP_LANE_WRITE,
			.forbid_http2 = !is_bulk,
			.connection_life_s = is_bulk ? 0 : WRITE_CONNECTION_LIFE_S,
			.allow_plain = client->is_plain,
			.delay_ms = wait_ms,
			.connect_timeout_ms = CONNECT_TIMEOUT_MS,
			.head_timeout_ms = call->is_stream ? call->stream.head_timeout_ms : CALL_TIMEOUT_MS,
			.idle_timeout_ms = call->is_stream ? call->stream.idle_timeout_ms : CALL_TIMEOUT_MS,
			.total_timeout_ms = call->is_stream ? call->stream.total_timeout_ms
							    : client_call_time_left_ms(call),
		},
		&(struct http_handler){ on_head, on_bytes, on_done, call }, &call->exchange, err);
	arena_finish(&arena);
	return r;
}

static struct client_call *call_create(struct client *client, const struct client_request *request)
{
	struct client_call *call = memory_alloc(sizeof(*call));
	struct arena *arena;

	arena = &call->arena;
	*arena = ARENA_INIT_SIZE(512);
	call->client = client;
	call->request = *request;
	call->request.method = arena_strdup(arena, request->method);
	call->request.target = arena_strdup(arena, request->target);
	call->request.content_type = arena_strdup(
		arena, request->content_type != NULL ? request->content_type : "application/json");
	if (request->body != NULL)
		call->request.body = arena_strndup(arena, request->body, request->body_len);
	if (request->max_body == 0)
		call->request.max_body = CLIENT_BODY_LIMIT;
	if (request->timeout_ms == 0)
		call->request.timeout_ms = CALL_TIMEOUT_MS;
	call->began_ms = clock_monotonic_ms();
	vec_push(&client->calls, call);
	return call;
}

static int begin(struct client_call *call, struct client_call **ret_call, struct err *err)
{
	int r = client_call_start(call, err);

	if (r < 0) {
		call_free(call);
		return r;
	}
	if (ret_call != NULL)
		*ret_call = call;
	return 0;
}

int client_send(struct client *client, const struct client_request *request, client_fn fn,
		void *user, struct client_call **ret_call, struct err *err)
{
	struct client_call *call = call_create(client, request);

	call->fn = fn;
	call->user = user;
	return begin(call, ret_call, err);
}

int client_watch(struct client *client, const char *target, const struct client_stream *stream,
		 struct client_call **ret_call, struct err *err)
{
	struct client_call *call = call_create(
		client,
		&(struct client_request){ .method = "GET", .target = target, .is_bulk = true });

	call->is_stream = true;
	call->stream = *stream;
	return begin(call, ret_call, err);
}

void client_cancel(struct client_call *call)
{
	if (call == NULL)
		return;
	call->is_cancelled = true;
	if (call->is_waiting)
		timer_start(call->patience, 0);
	else
		http_cancel(call->exchange);
}
