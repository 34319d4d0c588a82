#include <stdlib.h>
#include <uv.h>

#include "base/memory.h"
#include "net/http_internal.h"

/* By itself curl keeps four times as many connections as it has transfers just now: after a burst it
 * would close what the next one needs. */
#define IDLE_CONNECTIONS 16L

/* A socket of curl's that we watch. It outlives curl's interest until its handle is closed. */
struct sock {
	uv_poll_t poll;
	struct pool *pool;
	curl_socket_t fd;
	int events; /* that curl waits for */
};

/* Ends the exchanges that curl has finished. */
static void collect(struct pool *pool)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(pool->multi, &left)) != NULL) {
		struct http_exchange *exchange = NULL;
		CURLcode result = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		CHECK(curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange) ==
		      CURLE_OK);
		exchange_end(exchange, result);
	}
}

static void act(struct pool *pool, curl_socket_t fd, int events)
{
	int running;

	CHECK(!pool->http->is_in_curl);
	pool->http->is_in_curl = true;
	(void)curl_multi_socket_action(pool->multi, fd, events, &running);
	pool->http->is_in_curl = false;
	collect(pool);
	if (pool->refusal < 0)
		http_give_up(pool->http, pool);
}

static void on_curl_time(void *user)
{
	act(user, CURL_SOCKET_TIMEOUT, 0);
}

static void on_socket_ready(uv_poll_t *poll, int status, int events)
{
	struct sock *sock = poll->data;
	int mask = 0;

	/* libuv reports an error in place of what can be read before it, and stops the handle. curl
	 * shall read what there is and find the error itself, and may go on waiting until then. */
	if (status < 0) {
		mask = CURL_CSELECT_IN | CURL_CSELECT_OUT;
		(void)uv_poll_start(poll, sock->events, on_socket_ready);
	}
	if (events & UV_READABLE)
		mask |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		mask |= CURL_CSELECT_OUT;
	act(sock->pool, sock->fd, mask);
}

static void on_sock_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static struct sock *sock_create(struct pool *pool, curl_socket_t fd)
{
	struct sock *sock = memory_alloc(sizeof(*sock));
	int r = uv_poll_init_socket(loop_uv(pool->http->loop), &sock->poll, fd);

	sock->pool = pool;
	sock->fd = fd;
	if (r < 0) {
		pool->refusal = r;
		free(sock);
		return NULL;
	}
	sock->poll.data = sock;
	return sock;
}

/* curl says what it waits for on a socket. The number of a socket that it has closed may come again
 * before our handle is gone, so the handle hangs on curl's own entry and not on the number. */
static int on_socket_wanted(CURL *easy, curl_socket_t fd, int what, void *user, void *assigned)
{
	struct pool *pool = user;
	struct sock *sock = assigned;
	int events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (sock != NULL) {
			(void)curl_multi_assign(pool->multi, fd, NULL);
			uv_close((uv_handle_t *)&sock->poll, on_sock_closed);
		}
		return 0;
	}
	if (sock == NULL) {
		sock = sock_create(pool, fd);
		if (sock == NULL)
			return -1;
		(void)curl_multi_assign(pool->multi, fd, sock);
	}
	if (what != CURL_POLL_OUT && what != CURL_POLL_NONE)
		events |= UV_READABLE;
	if (what != CURL_POLL_IN && what != CURL_POLL_NONE)
		events |= UV_WRITABLE;
	sock->events = events;
	if (events == 0)
		return uv_poll_stop(&sock->poll) < 0 ? -1 : 0;
	return uv_poll_start(&sock->poll, events, on_socket_ready) < 0 ? -1 : 0;
}

static int on_time_wanted(CURLM *multi, long delay_ms, void *user)
{
	struct pool *pool = user;

	(void)multi;
	if (delay_ms < 0)
		timer_stop(pool->timer);
	else
		timer_start(pool->timer, delay_ms);
	return 0;
}

struct pool *pool_create(struct http *http)
{
	struct pool *pool = memory_alloc(sizeof(*pool));

	pool->http = http;
	pool->multi = curl_multi_init();
	if (pool->multi == NULL) {
		free(pool);
		return NULL;
	}
	pool->timer = timer_open(http->loop, on_curl_time, pool);
	(void)curl_multi_setopt(pool->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
	(void)curl_multi_setopt(pool->multi, CURLMOPT_MAXCONNECTS, IDLE_CONNECTIONS);
	(void)curl_multi_setopt(pool->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wanted);
	(void)curl_multi_setopt(pool->multi, CURLMOPT_SOCKETDATA, pool);
	(void)curl_multi_setopt(pool->multi, CURLMOPT_TIMERFUNCTION, on_time_wanted);
	(void)curl_multi_setopt(pool->multi, CURLMOPT_TIMERDATA, pool);
	return pool;
}

bool pool_add(struct pool *pool, struct http_exchange *exchange)
{
	if (curl_multi_add_handle(pool->multi, exchange->easy) != CURLM_OK)
		return false;
	exchange->pool = pool;
	pool->running++;
	return true;
}

void pool_remove(struct pool *pool, struct http_exchange *exchange)
{
	CHECK(!pool->http->is_in_curl);
	(void)curl_multi_remove_handle(pool->multi, exchange->easy);
	exchange->pool = NULL;
	pool->running--;
}

void pool_destroy(struct pool *pool)
{
	if (pool == NULL)
		return;
	CHECK(pool->running == 0 && !pool->http->is_in_curl);
	(void)curl_multi_cleanup(pool->multi);
	timer_close(pool->timer);
	free(pool);
}
