#include "net/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include "base/memory.h"
#include "net/allocator.h"
#include "net/http_internal.h"

static void forget_item(struct vec *vec, const void *item)
{
	for (size_t i = 0; i < vec->len; i++) {
		if (vec->items[i] == item) {
			vec_remove_unordered(vec, i);
			return;
		}
	}
}

void http_add_todo(struct http *http, struct http_exchange *exchange)
{
	if (exchange->is_in_todo)
		return;
	exchange->is_in_todo = true;
	vec_push(&http->todo, exchange);
	timer_start(http->kick, 0);
}

void http_forget(struct http *http, struct http_exchange *exchange)
{
	forget_item(&http->exchanges, exchange);
	if (exchange->is_in_todo)
		forget_item(&http->todo, exchange);
	if (http->retired.len > 0)
		timer_start(http->kick, 0);
}

static void hand_over(struct http *http, struct http_exchange *exchange)
{
	struct pool **lane = &http->lanes[exchange->lane];

	if (*lane == NULL)
		*lane = pool_create(http);
	if (*lane == NULL || !pool_add(*lane, exchange)) {
		exchange_fail(exchange, ERR_NOMEM, "no memory for an HTTP exchange");
		return;
	}
	exchange_is_handed_over(exchange);
}

static void end_retired(struct http *http)
{
	for (size_t i = 0; i < http->retired.len;) {
		struct pool *pool = http->retired.items[i];

		if (pool->running > 0) {
			i++;
			continue;
		}
		vec_remove_unordered(&http->retired, i);
		pool_destroy(pool);
	}
}

/* Works off what had piled up when it began; what its callbacks add comes in the next turn. Nobody
 * but this loop ends exchanges while it runs, so the list that it has taken stays true. */
static void on_kick(void *user)
{
	struct http *http = user;
	struct vec todo = http->todo;

	http->todo = VEC_INIT;
	for (size_t i = 0; i < todo.len; i++) {
		struct http_exchange *exchange = todo.items[i];

		exchange->is_in_todo = false;
		if (exchange->is_cancelled)
			exchange_fail(exchange, ERR_NET, "cancelled");
		else if (exchange->state == EXCHANGE_QUEUED)
			hand_over(http, exchange);
	}
	vec_finish(&todo);
	end_retired(http);
}

int http_create(struct loop *loop, struct http **ret_http, struct err *err)
{
	struct http *http;

	if (!allocator_init_curl())
		return err_set(err, ERR_BUG, "libcurl cannot be initialised");
	http = memory_alloc(sizeof(*http));
	http->loop = loop;
	http->kick = timer_open(loop, on_kick, http);
	*ret_http = http;
	return 0;
}

int http_start(struct http *http, const struct http_request *request,
	       const struct http_handler *handler, struct http_exchange **ret_exchange,
	       struct err *err)
{
	struct http_exchange *exchange;
	int r;

	if (http->is_ending)
		return err_set(err, ERR_NET, "the HTTP client is being shut down");
	r = exchange_create(http, request, handler, &exchange, err);
	if (r < 0)
		return r;
	vec_push(&http->exchanges, exchange);
	if (request->delay_ms > 0)
		exchange_delay(exchange, request->delay_ms);
	else
		http_add_todo(http, exchange);
	if (ret_exchange != NULL)
		*ret_exchange = exchange;
	return 0;
}

void http_cancel(struct http_exchange *exchange)
{
	if (exchange == NULL || exchange->state == EXCHANGE_ENDED)
		return;
	exchange->is_cancelled = true;
	http_add_todo(exchange->http, exchange);
}

void http_drop_connections(struct http *http, enum http_lane lane)
{
	if (http->lanes[lane] == NULL)
		return;
	vec_push(&http->retired, http->lanes[lane]);
	http->lanes[lane] = NULL;
	timer_start(http->kick, 0);
}

static struct http_exchange *find_in(const struct http *http, const struct pool *pool)
{
	for (size_t i = 0; i < http->exchanges.len; i++) {
		struct http_exchange *exchange = http->exchanges.items[i];

		if (exchange->pool == pool)
			return exchange;
	}
	return NULL;
}

void http_give_up(struct http *http, struct pool *pool)
{
	struct http_exchange *exchange;
	char why[96];

	(void)snprintf(why, sizeof(why), "its connection cannot be watched: %s", uv_strerror(pool->refusal));
	for (size_t lane = 0; lane < HTTP_LANES; lane++) {
		if (http->lanes[lane] == pool)
			http_drop_connections(http, (enum http_lane)lane);
	}
	while ((exchange = find_in(http, pool)) != NULL)
		exchange_fail(exchange, ERR_NET, why);
}

void http_destroy(struct http *http)
{
	if (http == NULL)
		return;
	CHECK(http->calls == 0 && !http->is_in_curl);
	http->is_ending = true;
	while (http->exchanges.len > 0)
		exchange_fail(http->exchanges.items[0], ERR_NET, "cancelled");
	for (size_t lane = 0; lane < HTTP_LANES; lane++)
		pool_destroy(http->lanes[lane]);
	end_retired(http);
	timer_close(http->kick);
	vec_finish(&http->exchanges);
	vec_finish(&http->todo);
	vec_finish(&http->retired);
	free(http);
	curl_global_cleanup();
}
