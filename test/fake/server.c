#include "fake/server.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/err.h"
#include "fake/script.h"
#include "fake/server_internal.h"
#include "fake/tunnel.h"
#include "torture/failing.h"

void server_complain(struct fake_server *server, const char *fmt, ...)
{
	va_list ap;

	if (server->complaint[0] != '\0')
		return;
	va_start(ap, fmt);
	(void)vsnprintf(server->complaint, sizeof(server->complaint), fmt, ap);
	va_end(ap);
	/* Where memory was refused on purpose the script may well be over, and the test would wait for the rest of it. */
	if (failing_state != NULL && failing_state()->has_failed)
		ck_abort_msg("%s", server->complaint);
}

void server_unref(struct fake_server *server)
{
	if (--server->refs > 0)
		return;
	tunnel_identity_destroy(server->identity);
	free(server->steps);
	vec_finish(&server->conns);
	free(server);
}

static void serve(struct conn *conn, size_t number, int32_t stream, const char *method)
{
	conn->server->steps[number].is_served = true;
	conn->server->served++;
	reply_begin(conn, number, stream, method);
}

void server_answer(struct conn *conn, const struct script_request *request, int32_t stream)
{
	struct fake_server *server = conn->server;
	const char *difference = "nothing more is expected";
	size_t first = SIZE_MAX;
	char room[512];

	if (conn->is_closing)
		return; /* it was read together with what ended the connection, whose replies are over */
	for (size_t i = 0; i < server->count; i++) {
		const char *found;

		if (server->steps[i].is_served ||
		    (first != SIZE_MAX && !server->steps[i].step->is_unordered))
			continue;
		found = script_difference(server->steps[i].step, request, room);
		if (found == NULL) {
			serve(conn, i, stream, request->method);
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

static void on_connection(uv_stream_t *listener, int status)
{
	CHECK(status == 0);
	conn_accept(listener->data);
}

static void on_listener_closed(uv_handle_t *handle)
{
	server_unref(handle->data);
	free(handle);
}

static void take_port(struct fake_server *server)
{
	struct sockaddr_in address;
	int len = sizeof(address);

	server->listener = calloc(1, sizeof(*server->listener));
	CHECK(server->listener != NULL);
	server->listener->data = server;
	server->refs++;
	CHECK(uv_ip4_addr("127.0.0.1", server->port, &address) == 0);
	CHECK(uv_tcp_init(server->uv, server->listener) == 0);
	CHECK(uv_tcp_bind(server->listener, (const struct sockaddr *)&address, 0) == 0);
	CHECK(uv_tcp_getsockname(server->listener, (struct sockaddr *)&address, &len) == 0);
	server->port = ntohs(address.sin_port);
	(void)snprintf(server->url, sizeof(server->url), "%s://127.0.0.1:%d",
		       server->identity == NULL ? "http" : "https", server->port);
}

static void close_all(struct fake_server *server)
{
	uv_close((uv_handle_t *)server->listener, on_listener_closed);
	while (server->conns.len > 0)
		conn_close(server->conns.items[0], false);
}

void fake_server_come_up(struct fake_server *server)
{
	if (!server->is_up)
		CHECK(uv_listen((uv_stream_t *)server->listener, 64, on_connection) == 0);
	server->is_up = true;
}

/* The port is kept, or another program would have it when it is wanted again: who connects to one that nobody listens at
 * is refused. */
void fake_server_go_down(struct fake_server *server)
{
	if (!server->is_up)
		return;
	server->is_up = false;
	close_all(server);
	take_port(server);
}

static struct fake_server *create(struct loop *loop, struct tunnel_identity *identity,
				  const struct fake_step *script, size_t count)
{
	struct fake_server *server = calloc(1, sizeof(*server));

	CHECK(server != NULL);
	server->uv = loop_uv(loop);
	server->identity = identity;
	server->refs = 1;
	fake_server_extend(server, script, count);
	take_port(server);
	fake_server_come_up(server);
	return server;
}

struct fake_server *fake_server_create(struct loop *loop, const struct fake_step *script,
				       size_t count)
{
	return create(loop, NULL, script, count);
}

struct fake_server *fake_server_create_http2(struct loop *loop, const struct fake_step *script,
					     size_t count)
{
	return create(loop, tunnel_identity_create(), script, count);
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
	close_all(server);
	server_unref(server);
}
