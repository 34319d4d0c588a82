/*
 * fake/server_internal: what server.c (connections, serving) and held.c (what the test asks and
 * does while a server runs) share, and nobody else may include.
 */
#ifndef SLUICE_FAKE_SERVER_INTERNAL_H
#define SLUICE_FAKE_SERVER_INTERNAL_H

#include <uv.h>

#include "base/buf.h"
#include "base/vec.h"
#include "fake/server.h"

struct conn;

struct step_state {
	const struct fake_step *step;
	struct conn *conn; /* that has the request; NULL before and after */
	bool is_served;
};

struct fake_server {
	uv_loop_t *uv;
	uv_tcp_t *listener; /* NULL while down */
	int port;
	char url[64];
	struct step_state *steps;
	size_t count;
	size_t served;
	size_t accepted;
	struct vec conns;
	unsigned refs; /* the owner and every handle that is not closed yet */
	char complaint[1024];
};

/* One accepted connection: it reads requests one after the other and sends at most one reply. */
struct conn {
	uv_tcp_t tcp;
	uv_timer_t timer;
	struct fake_server *server;
	struct buf in;
	struct buf out;
	size_t sent;      /* bytes of out that were handed to the kernel */
	size_t step;      /* number of the step being answered; SIZE_MAX: none */
	unsigned handles; /* of tcp and timer, not closed yet */
	unsigned writes;  /* under way */
	bool is_closing;
	enum fake_end end; /* what follows when out is written */
	bool is_last_piece_sent;
};

/* Keeps the first complaint. */
void server_complain(struct fake_server *server, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Sends bytes of the present reply. */
void conn_send(struct conn *conn, const char *bytes, size_t len);

/* Does what the step wants after its last byte, once that byte is out. */
void conn_finish_reply(struct conn *conn);

#endif
