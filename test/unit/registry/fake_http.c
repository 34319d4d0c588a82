#include "fake_http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct http_exchange {
	struct http_exchange *next;
	struct http_handler handler;
	char *method;
	char *url;
	char authorization[256];
	char if_none_match[256];
	char ca[64];
	bool forbids_private;
	bool is_cancelled;
};

static void complain(struct http *http, const char *what, const struct http_exchange *exchange)
{
	if (http->complaint[0] == '\0')
		snprintf(http->complaint, sizeof(http->complaint), "%s: %s %s (%s)", what,
			 exchange->method, exchange->url, exchange->authorization);
}

/* Copies the headers that a route may ask for, and looks that the others are there once. */
static void read_headers(struct http *http, struct http_exchange *exchange, const char *const *headers)
{
	int accepts = 0;
	int agents = 0;

	for (; *headers != NULL; headers++) {
		if (strncasecmp(*headers, "Authorization: ", 15) == 0)
			snprintf(exchange->authorization, sizeof(exchange->authorization), "%s",
				 *headers + 15);
		if (strncasecmp(*headers, "If-None-Match: ", 15) == 0)
			snprintf(exchange->if_none_match, sizeof(exchange->if_none_match), "%s",
				 *headers + 15);
		accepts += strncasecmp(*headers, "Accept: ", 8) == 0;
		agents += strncasecmp(*headers, "User-Agent: sluice/", 19) == 0;
	}
	if (accepts != 1 || agents != 1)
		complain(http, "headers are missing", exchange);
}

int http_start(struct http *http, const struct http_request *request, const struct http_handler *handler,
	       struct http_exchange **ret_exchange, struct err *err)
{
	struct http_exchange *exchange = calloc(1, sizeof(*exchange));

	if (strncmp(request->url, "http://", 7) == 0 && !request->allow_plain) {
		free(exchange);
		return err_set(err, ERR_INPUT, "plain HTTP is not allowed here");
	}
	exchange->handler = *handler;
	exchange->method = strdup(request->method);
	exchange->url = strdup(request->url);
	if (request->tls != NULL)
		snprintf(exchange->ca, sizeof(exchange->ca), "%s", request->tls->ca_pem);
	exchange->forbids_private = request->forbid_private_peers;
	read_headers(http, exchange, request->headers);
	if (request->total_timeout_ms <= 0 || request->lane != HTTP_LANE_REGISTRY)
		complain(http, "no time limit, or the wrong lane", exchange);
	if (http->last != NULL)
		http->last->next = exchange;
	else
		http->first = exchange;
	http->last = exchange;
	http->running++;
	if (http->running > http->most_running)
		http->most_running = http->running;
	*ret_exchange = exchange;
	return 0;
}

void http_cancel(struct http_exchange *exchange)
{
	exchange->is_cancelled = true;
}

static bool fits(const struct fake_route *route, const struct http_exchange *exchange)
{
	return strcmp(route->method, exchange->method) == 0 && strcmp(route->url, exchange->url) == 0 &&
	       (route->most == 0 || route->hits < route->most) &&
	       (route->authorization == NULL || strcmp(route->authorization, exchange->authorization) == 0) &&
	       (route->ca == NULL || strcmp(route->ca, exchange->ca) == 0) &&
	       (route->if_none_match == NULL || strcmp(route->if_none_match, exchange->if_none_match) == 0);
}

static const char *or_empty(const char *text)
{
	return text == NULL ? "" : text;
}

static void send_head(const struct fake_route *route, const struct http_handler *handler)
{
	struct http_head head = {
		.status = route->status,
		.content_type = or_empty(route->content_type),
		.docker_content_digest = or_empty(route->digest),
		.www_authenticate = or_empty(route->www_authenticate),
		.link = or_empty(route->link),
		.location = or_empty(route->location),
		.etag = or_empty(route->etag),
		.warning = "",
		.retry_after_ms = route->retry_after_ms,
		.content_length = route->content_length == 0 ? -1 : route->content_length,
	};

	handler->on_head(handler->user, &head);
}

/* Hands the body over in pieces of an odd size. false when the client cut it off. */
static bool send_body(struct fake_route *route, const struct http_handler *handler)
{
	const char *body = or_empty(route->body);
	size_t len = route->body_len > 0 ? route->body_len : strlen(body);

	route->delivered = 0;
	do {
		size_t at = 0;

		while (at < len) {
			size_t piece = len - at < 777 ? len - at : 777;

			if (!handler->on_bytes(handler->user, body + at, piece))
				return false;
			route->delivered += piece;
			at += piece;
		}
	} while (route->is_endless);
	return true;
}

static void answer(struct http *http, struct http_exchange *exchange)
{
	const struct http_handler *handler = &exchange->handler;
	struct err err = ERR_INIT;
	struct fake_route *route = NULL;
	size_t i;

	for (i = 0; i < http->route_count && route == NULL; i++)
		route = fits(&http->routes[i], exchange) ? &http->routes[i] : NULL;
	if (exchange->is_cancelled)
		(void)err_set(&err, ERR_NET, "cancelled");
	else if (route == NULL)
		(void)err_set(&err, ERR_NET, "no route");
	if (route == NULL && !exchange->is_cancelled)
		complain(http, "nobody expects", exchange);
	if (err_is_set(&err)) {
		handler->on_done(handler->user, 0, &err);
		return;
	}
	route->hits++;
	route->was_forbidden = exchange->forbids_private;
	if (route->failure != NULL) {
		(void)err_set(&err, ERR_NET, "%s", route->failure);
		handler->on_done(handler->user, 0, &err);
		return;
	}
	send_head(route, handler);
	if (strcmp(exchange->method, "HEAD") != 0 && !send_body(route, handler))
		(void)err_set(&err, ERR_INPUT, "ended by the reader");
	handler->on_done(handler->user, route->status, &err);
}

bool fake_http_step(struct http *http)
{
	struct http_exchange *exchange = http->first;

	if (exchange == NULL)
		return false;
	http->first = exchange->next;
	if (http->first == NULL)
		http->last = NULL;
	http->running--;
	answer(http, exchange);
	free(exchange->method);
	free(exchange->url);
	free(exchange);
	return true;
}

size_t fake_http_run(struct http *http)
{
	size_t count = 0;

	while (fake_http_step(http))
		count++;
	return count;
}
