#include <stdio.h>
#include <string.h>

#include "fake/server_internal.h"

const char *fake_server_url(const struct fake_server *server)
{
	return server->url;
}

const char *fake_server_host(const struct fake_server *server)
{
	return server->url + strlen("http://");
}

size_t fake_server_served(const struct fake_server *server)
{
	return server->served;
}

size_t fake_server_accepted(const struct fake_server *server)
{
	return server->accepted;
}

size_t fake_server_open(const struct fake_server *server)
{
	return server->conns.len;
}

void fake_server_push_bytes(struct fake_server *server, size_t step, const char *bytes, size_t len)
{
	struct conn *conn = step < server->count ? server->steps[step].conn : NULL;
	char head[32];

	if (conn == NULL || conn->end != FAKE_HOLD) {
		server_complain(server, "step %zu has no open reply to push into", step);
		return;
	}
	(void)snprintf(head, sizeof(head), "%zx\r\n", len);
	conn_send(conn, head, strlen(head));
	conn_send(conn, bytes, len);
	conn_send(conn, "\r\n", 2);
}

void fake_server_push(struct fake_server *server, size_t step, const char *text)
{
	fake_server_push_bytes(server, step, text, strlen(text));
}

void fake_server_end(struct fake_server *server, size_t step, enum fake_end end)
{
	struct conn *conn = step < server->count ? server->steps[step].conn : NULL;

	if (conn == NULL || conn->end != FAKE_HOLD || end == FAKE_HOLD) {
		server_complain(server, "step %zu has no open reply to end", step);
		return;
	}
	if (end == FAKE_KEEP)
		conn_send(conn, "0\r\n\r\n", 5);
	conn->end = end;
	conn_finish_reply(conn);
}

const char *fake_server_complaint(struct fake_server *server)
{
	for (size_t i = 0; i < server->count && server->complaint[0] == '\0'; i++) {
		if (!server->steps[i].is_served)
			server_complain(server, "step %zu was never asked for: %s %s", i,
					server->steps[i].step->method,
					server->steps[i].step->target);
	}
	return server->complaint[0] != '\0' ? server->complaint : NULL;
}
