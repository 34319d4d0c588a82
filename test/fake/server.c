#include "fake/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/err.h"
#include "fake/script.h"
#include "fake/server_internal.h"

struct write {
	uv_write_t req;
	struct conn *conn;
	char bytes[];
};

static void read_requests(struct conn *conn);

void server_complain(struct fake_server *server, const char *fmt, ...)
{
	va_list ap;

	if (server->complaint[0] != '\0')
		return;
	va_start(ap, fmt);
	(void)vsnprintf(server->complaint, sizeof(server->complaint), fmt, ap);
	va_end(ap);
}

static void server_unref(struct fake_server *server)
{
	if (--server->refs > 0)
		return;
	free(server->steps);
	vec_finish(&server->conns);
	free(server);
}

static void on_conn_handle_closed(uv_handle_t *handle)
{
	struct conn *conn = handle->data;

	if (--conn->handles > 0)
		return;
	buf_finish(&conn->in);
	buf_finish(&conn->out);
	server_unref(conn->server);
	free(conn);
}

static void conn_close(struct conn *conn, bool is_reset)
{
	struct vec *conns = &conn->server->conns;

	if (conn->is_closing)
		return;
	conn->is_closing = true;
	if (conn->step != SIZE_MAX)
		conn->server->steps[conn->step].conn = NULL;
	for (size_t i = 0; i < conns->len; i++) {
		if (conns->items[i] == conn) {
			vec_remove_unordered(conns, i);
			break;
		}
	}
	uv_close((uv_handle_t *)&conn->timer, on_conn_handle_closed);
	if (!is_reset || uv_tcp_close_reset(&conn->tcp, on_conn_handle_closed) < 0)
		uv_close((uv_handle_t *)&conn->tcp, on_conn_handle_closed);
}

void conn_finish_reply(struct conn *conn)
{
	if (!conn->is_last_piece_sent || conn->writes > 0 || conn->is_closing ||
	    conn->end == FAKE_HOLD)
		return;
	if (conn->end != FAKE_KEEP) {
		conn_close(conn, conn->end == FAKE_RESET);
		return;
	}
	conn->server->steps[conn->step].conn = NULL;
	conn->step = SIZE_MAX;
	read_requests(conn);
}

static void on_written(uv_write_t *req, int status)
{
	struct write *write = (struct write *)req;
	struct conn *conn = write->conn;

	free(write);
	conn->writes--;
	if (status < 0)
		conn_close(conn, false);
	else
		conn_finish_reply(conn);
}

void conn_send(struct conn *conn, const char *bytes, size_t len)
{
	struct write *write = malloc(sizeof(*write) + len);
	uv_buf_t buf;

	CHECK(write != NULL);
	write->conn = conn;
	memcpy(write->bytes, bytes, len);
	buf = uv_buf_init(write->bytes, (unsigned)len);
	conn->writes++;
	if (uv_write(&write->req, (uv_stream_t *)&conn->tcp, &buf, 1, on_written) < 0) {
		conn->writes--;
		free(write);
		conn_close(conn, false);
	}
}

/* Sends the next piece of the reply, and the rest by and by. */
static void on_piece_due(uv_timer_t *timer)
{
	struct conn *conn = timer->data;
	const struct fake_step *step = conn->server->steps[conn->step].step;
	size_t left = conn->out.len - conn->sent;
	size_t len = step->piece == 0 || step->piece > left ? left : step->piece;

	conn->is_last_piece_sent = len == left;
	if (len > 0) {
		conn_send(conn, conn->out.data + conn->sent, len);
		conn->sent += len;
	}
	if (!conn->is_last_piece_sent)
		(void)uv_timer_start(timer, on_piece_due,
				     step->gap_ms > 0 ? (uint64_t)step->gap_ms : 1, 0);
	conn_finish_reply(conn);
}

static void serve(struct conn *conn, size_t number, const char *method)
{
	struct step_state *state = &conn->server->steps[number];

	state->is_served = true;
	state->conn = conn;
	conn->server->served++;
	conn->step = number;
	conn->end = state->step->end;
	conn->sent = 0;
	conn->is_last_piece_sent = false;
	buf_reset(&conn->out);
	script_reply(state->step, method, &conn->out);
	(void)uv_timer_start(&conn->timer, on_piece_due, (uint64_t)state->step->delay_ms, 0);
}

/* Finds the step that this request is for, and serves it; else complains and closes. */
static void handle_request(struct conn *conn, const struct script_request *request)
{
	struct fake_server *server = conn->server;
	const char *difference = "nothing more is expected";
	size_t first = SIZE_MAX;
	char room[512];

	for (size_t i = 0; i < server->count; i++) {
		const char *found;

		if (server->steps[i].is_served ||
		    (first != SIZE_MAX && !server->steps[i].step->is_unordered))
			continue;
		found = script_difference(server->steps[i].step, request, room);
		if (found == NULL) {
			serve(conn, i, request->method);
			return;
		}
		if (first == SIZE_MAX) {
			first = i;
			difference = found;
		}
	}
	if (first == SIZE_MAX)
		server_complain(server, "%s %s came, but %s", request->method, request->target,
				difference);
	else
		server_complain(server, "%s %s came, but step %zu (%s %s) expects %s",
				request->method, request->target, first,
				server->steps[first].step->method,
				server->steps[first].step->target, difference);
	conn_close(conn, false);
}

static void read_requests(struct conn *conn)
{
	struct script_request request;
	int r;

	if (conn->step != SIZE_MAX || conn->is_closing)
		return;
	r = script_request_take(&conn->in, &request);
	if (r < 0) {
		server_complain(conn->server, "not a request: %.200s", buf_text(&conn->in));
		conn_close(conn, false);
	} else if (r > 0) {
		handle_request(conn, &request);
		script_request_finish(&request);
	}
}

static void on_room_wanted(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buf)
{
	(void)handle;
	*ret_buf = uv_buf_init(malloc(suggested), (unsigned)suggested);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *bytes)
{
	struct conn *conn = stream->data;

	if (len > 0)
		CHECK(buf_append(&conn->in, bytes->base, (size_t)len, NULL) == 0);
	free(bytes->base);
	if (len < 0)
		conn_close(conn, false);
	else if (len > 0)
		read_requests(conn);
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct fake_server *server = listener->data;
	struct conn *conn = calloc(1, sizeof(*conn));

	CHECK(status == 0 && conn != NULL);
	conn->server = server;
	conn->step = SIZE_MAX;
	conn->in = BUF_INIT((size_t)64 << 20);
	conn->out = BUF_INIT((size_t)256 << 20);
	conn->tcp.data = conn;
	conn->timer.data = conn;
	conn->handles = 2;
	server->refs++;
	server->accepted++;
	vec_push(&server->conns, conn);
	CHECK(uv_tcp_init(server->uv, &conn->tcp) == 0);
	CHECK(uv_timer_init(server->uv, &conn->timer) == 0);
	CHECK(uv_accept(listener, (uv_stream_t *)&conn->tcp) == 0);
	(void)uv_tcp_nodelay(&conn->tcp, 1);
	CHECK(uv_read_start((uv_stream_t *)&conn->tcp, on_room_wanted, on_read) == 0);
}

static void on_listener_closed(uv_handle_t *handle)
{
	server_unref(handle->data);
	free(handle);
}

void fake_server_come_up(struct fake_server *server)
{
	struct sockaddr_in address;
	int len = sizeof(address);

	if (server->listener != NULL)
		return;
	server->listener = calloc(1, sizeof(*server->listener));
	CHECK(server->listener != NULL);
	server->listener->data = server;
	server->refs++;
	CHECK(uv_ip4_addr("127.0.0.1", server->port, &address) == 0);
	CHECK(uv_tcp_init(server->uv, server->listener) == 0);
	CHECK(uv_tcp_bind(server->listener, (const struct sockaddr *)&address, 0) == 0);
	CHECK(uv_listen((uv_stream_t *)server->listener, 64, on_connection) == 0);
	CHECK(uv_tcp_getsockname(server->listener, (struct sockaddr *)&address, &len) == 0);
	server->port = ntohs(address.sin_port);
	(void)snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%d", server->port);
}

void fake_server_go_down(struct fake_server *server)
{
	if (server->listener != NULL)
		uv_close((uv_handle_t *)server->listener, on_listener_closed);
	server->listener = NULL;
	while (server->conns.len > 0)
		conn_close(server->conns.items[0], false);
}

struct fake_server *fake_server_create(struct loop *loop, const struct fake_step *script,
				       size_t count)
{
	struct fake_server *server = calloc(1, sizeof(*server));

	CHECK(server != NULL);
	server->uv = loop_uv(loop);
	server->refs = 1;
	fake_server_extend(server, script, count);
	fake_server_come_up(server);
	return server;
}

void fake_server_extend(struct fake_server *server, const struct fake_step *script, size_t count)
{
	server->steps =
		realloc(server->steps, (server->count + count + 1) * sizeof(*server->steps));
	CHECK(server->steps != NULL);
	for (size_t i = 0; i < count; i++)
		server->steps[server->count++] = (struct step_state){ .step = &script[i] };
}

void fake_server_destroy(struct fake_server *server)
{
	if (server == NULL)
		return;
	fake_server_go_down(server);
	server_unref(server);
}
