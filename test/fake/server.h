/*
 * fake/server: a scripted HTTP/1.1 or HTTP/2 server inside the test process, on the loop under test.
 *
 * The script is an array of steps, in the order in which the requests are expected. Each step says
 * what the request must look like and which bytes go back, cut where, how late, and how it ends. A
 * request that no step expects, one that differs from its step, and a step that nobody asked for
 * are complaints, and the test asserts that there are none:
 *
 *	static const struct fake_step script[] = {
 *		{ .method = "GET", .target = "/v2/", .status = 401,
 *		  .reply_headers = "WWW-Authenticate: Basic\r\n" },
 *		{ .method = "GET", .target = "/v2/web/tags/list*", .status = 200, .reply = "{…}" },
 *	};
 *	server = fake_server_create(loop, script, 2);
 *	… start the thing under test against fake_server_url(server) …
 *	ck_assert(fake_run_until(loop, &is_done, 5000));
 *	ck_assert_msg(fake_server_complaint(server) == NULL, "%s", fake_server_complaint(server));
 *	fake_server_destroy(server);
 *
 * The server listens on a free port of 127.0.0.1. Connections are kept alive between requests
 * unless the step ends them. HTTP/2 is spoken over TLS, with a certificate of the server's own
 * (fake_server_ca()); who offers HTTP/1.1 alone there gets that. May include: libc, uv, base, net/loop.h.
 */
#ifndef SLUICE_FAKE_SERVER_H
#define SLUICE_FAKE_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/loop.h"

/* What happens to the connection after the last byte of a reply. */
enum fake_end {
	FAKE_KEEP,  /* it waits for the next request */
	FAKE_CLOSE, /* it is closed (end of file for the client) */
	FAKE_RESET, /* it is reset; HTTP/2: the stream is, and the connection goes on */
	FAKE_HOLD,  /* nothing: the reply stays open for fake_server_push() and fake_server_end() */
};

struct fake_step {
	/* ---- what is expected ---- */
	const char *method;
	const char *target; /* path and query as sent; each '*' stands for any run of characters */
	/* Lines that the request must have, each "Name: value\n" (the value may hold '*');
	 * "!Name\n": must not have it; NULL: not looked at. */
	const char *headers;
	const char *body; /* the body; each '*' stands for any run; NULL: not looked at */
	/* May come earlier or later than its place: the first such step that fits is taken when the
	 * next step in order does not fit. For requests that run side by side. */
	bool is_unordered;

	/* ---- what goes back ---- */
	const char *raw; /* exact bytes, instead of the fields below; HTTP/1.1 only */
	size_t raw_len;  /* 0: strlen(raw) */
	int status;      /* of a well-formed reply; 0 without raw: no reply at all, just the end */
	const char *reply_headers; /* more header lines, each with its \r\n; NULL: none */
	const char *reply;         /* the body; NULL: empty */
	size_t reply_len;          /* 0: strlen(reply) */
	bool is_chunked;  /* chunked coding instead of Content-Length; FAKE_HOLD implies it */
	size_t piece;     /* bytes per write; 0: all in one. Pieces leave 1 ms apart or gap_ms */
	size_t cut_after; /* sends only so many bytes of all (head included), then ends; 0: all.
			   * HTTP/2: of all frames from then on, then the connection is closed */
	int64_t delay_ms; /* before the first byte */
	int64_t gap_ms;   /* between pieces */
	enum fake_end end;
};

struct fake_server;

/* Listens and serves the script. script must live as long as the server. Aborts on failure. */
struct fake_server *fake_server_create(struct loop *loop, const struct fake_step *script,
				       size_t count);

/* The same over TLS: HTTP/2, and HTTP/1.1 for who offers no more. */
struct fake_server *fake_server_create_http2(struct loop *loop, const struct fake_step *script,
					     size_t count);

/* "http://127.0.0.1:PORT" (HTTP/2: https), without a slash at the end. */
const char *fake_server_url(const struct fake_server *server);

/* The certificate to believe, PEM; NULL with HTTP/1.1. */
const char *fake_server_ca(const struct fake_server *server);

/* "127.0.0.1:PORT" */
const char *fake_server_host(const struct fake_server *server);

/* Expects a further script after what is left of the present one; earlier step numbers stay
 * valid. */
void fake_server_extend(struct fake_server *server, const struct fake_step *script, size_t count);

/* Steps whose request has arrived. */
size_t fake_server_served(const struct fake_server *server);

/* Connections accepted so far, and those open now. */
size_t fake_server_accepted(const struct fake_server *server);
size_t fake_server_open(const struct fake_server *server);

/* Sends text as one more piece of the body of step (by its number) that ends in FAKE_HOLD. A
 * complaint if its request has not come or its connection has gone. */
void fake_server_push(struct fake_server *server, size_t step, const char *text);

/* As fake_server_push(), bytes of any kind. */
void fake_server_push_bytes(struct fake_server *server, size_t step, const char *bytes, size_t len);

/* Bytes that have left for the held step so far (HTTP/2: of all frames since it began). */
size_t fake_server_sent(struct fake_server *server, size_t step);

/* HTTP/2: says on the connection of a held step that no further request will be answered on it. What
 * is under way goes on. */
void fake_server_go_away(struct fake_server *server, size_t step);

/* Ends a held step: FAKE_KEEP ends the body properly, FAKE_CLOSE and FAKE_RESET cut it. */
void fake_server_end(struct fake_server *server, size_t step, enum fake_end end);

/* Closes the listener and all connections: from now on connecting is refused. */
void fake_server_go_down(struct fake_server *server);

/* Listens again, on the same port. */
void fake_server_come_up(struct fake_server *server);

/* The first thing that went wrong, or the first step that nobody asked for; NULL: all as
 * scripted. */
const char *fake_server_complaint(struct fake_server *server);

/* Closes everything; the loop has to turn once more before it can be destroyed (loop_destroy()
 * does). */
void fake_server_destroy(struct fake_server *server);

/* Runs loop until *is_done, at most timeout_ms. Returns *is_done. */
bool fake_run_until(struct loop *loop, const bool *is_done, int64_t timeout_ms);

/* Runs loop for ms, to see that nothing more happens. */
void fake_run_for(struct loop *loop, int64_t ms);

#endif
