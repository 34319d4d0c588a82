/*
 * fake/server_internal: what the files of the scripted server share, and nobody else may include.
 *
 *	server.c  the listener, and which step a request is for
 *	conn.c    one connection: bytes in and out, with or without TLS
 *	reply.c   one reply: when which of its bytes leave, and how it ends
 *	http1.c   HTTP/1.1: one request after the other
 *	http2.c   HTTP/2: requests side by side
 *	tunnel.c  TLS
 *	held.c    what the test asks and does while the server runs
 */
#ifndef SLUICE_FAKE_SERVER_INTERNAL_H
#define SLUICE_FAKE_SERVER_INTERNAL_H

#include <uv.h>

#include "base/buf.h"
#include "base/vec.h"
#include "fake/server.h"

struct conn;
struct http2;
struct script_request;
struct tunnel;
struct tunnel_identity;

/* The answer to one request. */
struct reply {
	struct conn *conn;
	size_t step;
	int32_t stream; /* HTTP/2 */
	uv_timer_t timer;
	struct buf out;  /* HTTP/1.1: all bytes; HTTP/2: the body */
	size_t released; /* bytes of out that may leave, or have left */
	size_t framed;   /* HTTP/2: bytes of out that are in frames */
	size_t began;    /* conn->sent when it began */
	enum fake_end end;
	bool is_all_released;
};

struct step_state {
	const struct fake_step *step;
	struct reply *reply; /* NULL before and after */
	bool is_served;
};

struct fake_server {
	uv_loop_t *uv;
	uv_tcp_t *listener; /* bound to its port all the time */
	bool is_up;         /* it listens */
	struct tunnel_identity *identity; /* NULL: no TLS, and HTTP/1.1 */
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

struct conn {
	uv_tcp_t tcp;
	struct fake_server *server;
	struct tunnel *tunnel; /* NULL: no TLS */
	struct http2 *http2;   /* NULL: HTTP/1.1 */
	struct buf in;         /* HTTP/1.1: what is no whole request yet */
	struct vec replies;    /* HTTP/1.1: at most one */
	size_t sent;           /* bytes, before TLS */
	size_t sent_limit;     /* then it is closed; SIZE_MAX: never */
	unsigned writes;       /* under way */
	bool is_closing;
};

/* ---- server.c ---- */

/* Keeps the first complaint; in a round of torture it ends the test, once memory was refused. */
void server_complain(struct fake_server *server, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Begins the reply of the step that the request is for; else complains and closes the connection. */
void server_answer(struct conn *conn, const struct script_request *request, int32_t stream);

/* Frees the server when nobody needs it any more. */
void server_unref(struct fake_server *server);

/* ---- conn.c ---- */

/* Takes the connection that waits at the listener. */
void conn_accept(struct fake_server *server);

/* Sends bytes; behind its limit nothing leaves, and it is closed. */
void conn_send(struct conn *conn, const char *bytes, size_t len);

/* Closes it; its replies are over. */
void conn_close(struct conn *conn, bool is_reset);

/* ---- reply.c ---- */

/* Begins to answer. */
void reply_begin(struct conn *conn, size_t step, int32_t stream, const char *method);

/* More bytes of the body of a held reply. */
void reply_push(struct reply *reply, const char *bytes, size_t len);

/* Ends a held reply. */
void reply_end(struct reply *reply, enum fake_end end);

/* Does what the step wants after the last byte, once that byte is out. */
void reply_go_on(struct reply *reply);

/* Forgets it. */
void reply_drop(struct reply *reply);

/* ---- http1.c ---- */

/* Reads the next request, unless one is being answered. */
void http1_read(struct conn *conn);

/* ---- http2.c ---- */

struct http2 *http2_create(struct conn *conn);
void http2_destroy(struct http2 *http2);

/* Takes bytes from the client. */
void http2_read(struct http2 *http2, const char *bytes, size_t len);

/* Sends the reply's headers, and of its body what is released, later more. */
void http2_answer(struct reply *reply);
void http2_resume(struct reply *reply);

/* Ends the reply's stream with an error; the connection goes on. */
void http2_reset(struct reply *reply);

/* Says that no stream after the present ones will be answered. */
void http2_go_away(struct http2 *http2);

#endif
