#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "fake/server_internal.h"
#include "fake/tunnel.h"

const char *fake_server_url(const struct fake_server *server)
{
	return server->url;
}

const char *fake_server_host(const struct fake_server *server)
{
	return strstr(server->url, "://") + strlen("://");
}

const char *fake_server_ca(const struct fake_server *server)
{
	return server->identity == NULL ? NULL : tunnel_identity_pem(server->identity);
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

/* The open reply of a step; NULL, and a complaint, without one. */
static struct reply *held_reply(struct fake_server *server, size_t step)
{
	struct reply *reply = step < server->count ? server->steps[step].reply : NULL;

	if (reply != NULL && reply->end == FAKE_HOLD)
		return reply;
	server_complain(server, "step %zu has no open reply", step);
	return NULL;
}

void fake_server_push_bytes(struct fake_server *server, size_t step, const char *bytes, size_t len)
{
	struct reply *reply = held_reply(server, step);

	if (reply != NULL)
		reply_push(reply, bytes, len);
}

void fake_server_push(struct fake_server *server, size_t step, const char *text)
{
	fake_server_push_bytes(server, step, text, strlen(text));
}

size_t fake_server_sent(struct fake_server *server, size_t step)
{
	const struct reply *reply = held_reply(server, step);

	return reply == NULL ? 0 : reply->conn->sent - reply->began;
}

void fake_server_go_away(struct fake_server *server, size_t step)
{
	struct reply *reply = held_reply(server, step);

	if (reply != NULL)
		http2_go_away(reply->conn->http2);
}

void fake_server_end(struct fake_server *server, size_t step, enum fake_end end)
{
	struct reply *reply = held_reply(server, step);

	CHECK(end != FAKE_HOLD);
	if (reply != NULL)
		reply_end(reply, end);
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
