#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "fake/server_internal.h"
#include "fake/tunnel.h"

#define IN_LIMIT ((size_t)64 << 20)
#define OUT_LIMIT ((size_t)256 << 20)

struct write {
	uv_write_t req;
	struct conn *conn;
	char bytes[];
};

static void on_closed(uv_handle_t *handle)
{
	struct conn *conn = handle->data;

	http2_destroy(conn->http2);
	tunnel_destroy(conn->tunnel);
	buf_finish(&conn->in);
	vec_finish(&conn->replies);
	server_unref(conn->server);
	free(conn);
}

void conn_close(struct conn *conn, bool is_reset)
{
	struct vec *conns = &conn->server->conns;

	if (conn->is_closing)
		return;
	conn->is_closing = true;
	while (conn->replies.len > 0)
		reply_drop(conn->replies.items[0]);
	for (size_t i = 0; i < conns->len; i++) {
		if (conns->items[i] == conn) {
			vec_remove_unordered(conns, i);
			break;
		}
	}
	if (!is_reset || uv_tcp_close_reset(&conn->tcp, on_closed) < 0)
		uv_close((uv_handle_t *)&conn->tcp, on_closed);
}

static void on_written(uv_write_t *req, int status)
{
	struct write *write = (struct write *)req;
	struct conn *conn = write->conn;

	free(write);
	conn->writes--;
	if (status < 0 || (conn->writes == 0 && conn->sent == conn->sent_limit))
		conn_close(conn, false);
	for (size_t i = 0; i < conn->replies.len && conn->writes == 0; i++)
		reply_go_on(conn->replies.items[i]);
}

static void send_on_wire(struct conn *conn, const char *bytes, size_t len)
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

void conn_send(struct conn *conn, const char *bytes, size_t len)
{
	auto_buf wire = BUF_INIT(OUT_LIMIT);
	size_t room = conn->sent_limit - conn->sent;

	len = len < room ? len : room;
	if (len == 0 || conn->is_closing)
		return;
	conn->sent += len;
	if (conn->tunnel == NULL) {
		send_on_wire(conn, bytes, len);
		return;
	}
	tunnel_write(conn->tunnel, bytes, len, &wire);
	send_on_wire(conn, wire.data, wire.len);
}

/* Bytes of the client, without TLS. */
static void take(struct conn *conn, const char *bytes, size_t len)
{
	if (conn->tunnel != NULL && conn->http2 == NULL && tunnel_is_http2(conn->tunnel))
		conn->http2 = http2_create(conn);
	if (conn->http2 != NULL) {
		http2_read(conn->http2, bytes, len);
		return;
	}
	CHECK(buf_append(&conn->in, bytes, len, NULL) == 0);
	http1_read(conn);
}

/* A client that does not like our certificate is no mistake of the script's. */
static void open_tunnel(struct conn *conn, const char *bytes, size_t len)
{
	auto_buf plain = BUF_INIT(IN_LIMIT);
	auto_buf wire = BUF_INIT(OUT_LIMIT);
	bool is_good = tunnel_read(conn->tunnel, bytes, len, &plain, &wire);

	if (wire.len > 0)
		send_on_wire(conn, wire.data, wire.len);
	if (plain.len > 0)
		take(conn, plain.data, plain.len);
	if (!is_good)
		conn_close(conn, false);
}

static void on_room_wanted(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buf)
{
	(void)handle;
	*ret_buf = uv_buf_init(malloc(suggested), (unsigned)suggested);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *bytes)
{
	struct conn *conn = stream->data;

	if (len < 0)
		conn_close(conn, false);
	else if (len > 0 && conn->tunnel != NULL)
		open_tunnel(conn, bytes->base, (size_t)len);
	else if (len > 0)
		take(conn, bytes->base, (size_t)len);
	free(bytes->base);
}

void conn_accept(struct fake_server *server)
{
	struct conn *conn = calloc(1, sizeof(*conn));

	CHECK(conn != NULL);
	conn->server = server;
	conn->in = BUF_INIT(IN_LIMIT);
	conn->sent_limit = SIZE_MAX;
	conn->tcp.data = conn;
	if (server->identity != NULL)
		conn->tunnel = tunnel_create(server->identity);
	server->refs++;
	server->accepted++;
	vec_push(&server->conns, conn);
	CHECK(uv_tcp_init(server->uv, &conn->tcp) == 0);
	CHECK(uv_accept((uv_stream_t *)server->listener, (uv_stream_t *)&conn->tcp) == 0);
	(void)uv_tcp_nodelay(&conn->tcp, 1);
	CHECK(uv_read_start((uv_stream_t *)&conn->tcp, on_room_wanted, on_read) == 0);
}
