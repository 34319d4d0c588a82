#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "net/address.h"
#include "net/http_internal.h"

#define CONNECT_TIMEOUT_MS 30000

/* A peer that is gone is noticed by the kernel after 15 s + 3 × 5 s of silence, or when bytes of
 * ours stay unacknowledged for 30 s. */
#define KEEPALIVE_IDLE_S 15
#define KEEPALIVE_INTERVAL_S 5
#define KEEPALIVE_PROBES 3
#define UNACKED_LIMIT_MS 30000

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The moment at which limit_ms from since_ms is over; never without a limit. */
static int64_t deadline(int64_t since_ms, int64_t limit_ms)
{
	return limit_ms <= 0 ? CLOCK_NEVER : since_ms + limit_ms;
}

/* When the limit of the present state is over. */
static int64_t state_deadline(const struct http_exchange *exchange)
{
	switch (exchange->state) {
	case EXCHANGE_CONNECTING:
		return earlier(deadline(exchange->started_ms, exchange->connect_timeout_ms),
			       deadline(exchange->started_ms, exchange->head_timeout_ms));
	case EXCHANGE_WAITING:
		return deadline(exchange->started_ms, exchange->head_timeout_ms);
	case EXCHANGE_READING:
		return deadline(exchange->last_byte_ms, exchange->idle_timeout_ms);
	case EXCHANGE_QUEUED:
	case EXCHANGE_ENDED:
		break;
	}
	return CLOCK_NEVER;
}

/* Starts the one timer for whichever limit is over first. */
static void arm(struct http_exchange *exchange)
{
	int64_t due = earlier(state_deadline(exchange),
			      deadline(exchange->started_ms, exchange->total_timeout_ms));

	if (due == CLOCK_NEVER || exchange->state == EXCHANGE_ENDED)
		timer_stop(exchange->timer);
	else
		timer_start(exchange->timer, due - clock_monotonic_ms());
}

static void enter(struct http_exchange *exchange, enum exchange_state state)
{
	exchange->state = state;
	exchange->last_byte_ms = clock_monotonic_ms();
	arm(exchange);
}

/* Bytes have come since the timer was started. That is so of all the streams, whose timers would wake
 * the process one by one: so each is started anew. */
static void arm_again(struct http_exchange *exchange)
{
	const struct vec *all = &exchange->http->exchanges;

	for (size_t i = 0; i < all->len; i++) {
		struct http_exchange *other = all->items[i];

		if (other == exchange || other->state == EXCHANGE_READING)
			arm(other);
	}
}

static void on_time_limit(void *user)
{
	struct http_exchange *exchange = user;
	int64_t now = clock_monotonic_ms();

	if (exchange->state == EXCHANGE_QUEUED) {
		http_add_todo(exchange->http, exchange);
		return;
	}
	if (deadline(exchange->started_ms, exchange->total_timeout_ms) <= now)
		(void)err_set(&exchange->err, ERR_NET, "%s: not finished within %lld ms",
			      exchange->host, (long long)exchange->total_timeout_ms);
	else if (state_deadline(exchange) > now)
		arm_again(exchange);
	else if (exchange->state == EXCHANGE_READING)
		(void)err_set(&exchange->err, ERR_NET, "%s: silent for %lld ms amid the answer",
			      exchange->host, (long long)exchange->idle_timeout_ms);
	else if (exchange->state == EXCHANGE_CONNECTING)
		(void)err_set(&exchange->err, ERR_NET, "%s: not connected within %lld ms",
			      exchange->host, (long long)(now - exchange->started_ms));
	else
		(void)err_set(&exchange->err, ERR_NET, "%s: no answer within %lld ms",
			      exchange->host, (long long)exchange->head_timeout_ms);
	if (err_is_set(&exchange->err))
		exchange_end(exchange, CURLE_OPERATION_TIMEDOUT);
}

static void exchange_free(struct http_exchange *exchange)
{
	timer_close(exchange->timer);
	if (exchange->easy != NULL)
		curl_easy_cleanup(exchange->easy);
	curl_slist_free_all(exchange->headers);
	curl_slist_free_all(exchange->connect_to);
	head_reader_finish(&exchange->reader);
	free(exchange->host);
	free(exchange);
}

int exchange_create(struct http *http, const struct http_request *request,
		    const struct http_handler *handler, struct http_exchange **ret_exchange,
		    struct err *err)
{
	struct http_exchange *exchange = calloc(1, sizeof(*exchange));
	int r;

	if (exchange == NULL)
		return err_set(err, ERR_NOMEM, "no memory for an HTTP exchange");
	*exchange = (struct http_exchange){
		.http = http,
		.handler = *handler,
		.lane = request->lane,
		.forbids_private = request->forbid_private_peers,
		.connect_timeout_ms = request->connect_timeout_ms > 0 ? request->connect_timeout_ms
								      : CONNECT_TIMEOUT_MS,
		.head_timeout_ms = request->head_timeout_ms,
		.idle_timeout_ms = request->idle_timeout_ms,
		.total_timeout_ms = request->total_timeout_ms,
	};
	head_reader_reset(&exchange->reader);
	exchange->timer = timer_open(http->loop, on_time_limit, exchange);
	exchange->easy = curl_easy_init();
	r = exchange->easy == NULL ? err_set(err, ERR_NOMEM, "no memory for an HTTP exchange")
				   : curl_apply_request(exchange, request, err);
	if (r < 0) {
		exchange_free(exchange);
		return r;
	}
	*ret_exchange = exchange;
	return 0;
}

void exchange_delay(struct http_exchange *exchange, int64_t delay_ms)
{
	timer_start(exchange->timer, delay_ms);
}

void exchange_is_handed_over(struct http_exchange *exchange)
{
	exchange->started_ms = clock_monotonic_ms();
	enter(exchange, EXCHANGE_CONNECTING);
}

void exchange_end(struct http_exchange *exchange, CURLcode result)
{
	struct http *http = exchange->http;
	bool has_head = exchange->state == EXCHANGE_READING;
	bool is_complete = result == CURLE_OK && has_head && !exchange->is_cancelled;
	int status = has_head ? exchange->reader.head.status : 0;

	if (exchange->pool != NULL)
		pool_remove(exchange->pool, exchange);
	http_forget(http, exchange);
	if (exchange->is_cancelled)
		(void)err_set(&exchange->err, ERR_NET, "cancelled");
	/* curl is content with headers that the end of the connection cuts off. */
	if (result == CURLE_OK && !has_head)
		(void)err_set(&exchange->err, ERR_NET, "%s: the connection ended amid the headers",
			      exchange->host);
	if (is_complete)
		err_clear(&exchange->err);
	else
		curl_describe(exchange, result, &exchange->err);
	enter(exchange, EXCHANGE_ENDED);
	http->calls++;
	exchange->handler.on_done(exchange->handler.user, status, &exchange->err);
	http->calls--;
	exchange_free(exchange);
}

void exchange_fail(struct http_exchange *exchange, enum err_class class, const char *text)
{
	(void)err_set(&exchange->err, class, "%s", text);
	exchange_end(exchange, CURLE_ABORTED_BY_CALLBACK);
}

/* Returned to curl, any number but the one that it gave ends the transfer with
 * CURLE_WRITE_ERROR. */
static size_t refuse(size_t len)
{
	return len == 0 ? 1 : 0;
}

size_t exchange_on_header(char *line, size_t size, size_t count, void *user)
{
	struct http_exchange *exchange = user;
	size_t len = size * count;

	if (exchange->is_cancelled)
		return refuse(len);
	if (exchange->state == EXCHANGE_READING)
		return len; /* a trailer */
	switch (head_reader_line(&exchange->reader, line, len)) {
	case HEAD_MORE:
		return len;
	case HEAD_TOO_LARGE:
		(void)err_set(&exchange->err, ERR_NET,
			      "%s: the answer's headers are longer than %zu bytes", exchange->host,
			      HTTP_HEAD_LIMIT);
		return refuse(len);
	case HEAD_COMPLETE:
		break;
	}
	enter(exchange, EXCHANGE_READING);
	if (exchange->handler.on_head != NULL) {
		exchange->http->calls++;
		exchange->handler.on_head(exchange->handler.user, &exchange->reader.head);
		exchange->http->calls--;
	}
	return exchange->is_cancelled ? refuse(len) : len;
}

size_t exchange_on_bytes(char *bytes, size_t size, size_t count, void *user)
{
	struct http_exchange *exchange = user;
	size_t len = size * count;
	bool goes_on = true;

	if (exchange->is_cancelled)
		return refuse(len);
	exchange->last_byte_ms = clock_monotonic_ms();
	if (exchange->handler.on_bytes != NULL) {
		exchange->http->calls++;
		goes_on = exchange->handler.on_bytes(exchange->handler.user, bytes, len);
		exchange->http->calls--;
	}
	if (!goes_on)
		(void)err_set(&exchange->err, ERR_INPUT, "%s: the answer was refused",
			      exchange->host);
	return goes_on && !exchange->is_cancelled ? len : refuse(len);
}

/* Before each request, also on a connection that was there already. */
int exchange_on_connected(void *user, char *peer, char *local, int peer_port, int local_port)
{
	struct http_exchange *exchange = user;

	(void)local;
	(void)peer_port;
	(void)local_port;
	if (exchange->forbids_private && address_text_is_private(peer)) {
		exchange->peer_was_refused = true;
		return CURL_PREREQFUNC_ABORT;
	}
	if (exchange->state == EXCHANGE_CONNECTING)
		enter(exchange, EXCHANGE_WAITING);
	return CURL_PREREQFUNC_OK;
}

curl_socket_t exchange_open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct http_exchange *exchange = user;

	(void)purpose;
	if (exchange->forbids_private && address_is_private(&address->addr)) {
		exchange->peer_was_refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

int exchange_tune_socket(void *user, curl_socket_t fd, curlsocktype purpose)
{
	const struct {
		int level;
		int name;
		int value;
	} options[] = {
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S },
		{ IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S },
		{ IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, UNACKED_LIMIT_MS },
	};

	(void)user;
	(void)purpose;
	/* A kernel that lacks one of them still carries the exchange; our own time limits stay. */
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		(void)setsockopt(fd, options[i].level, options[i].name, &options[i].value,
				 sizeof(options[i].value));
	return CURL_SOCKOPT_OK;
}
