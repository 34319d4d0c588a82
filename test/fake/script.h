/*
 * fake/script: what a step expects and what it sends, as text. No sockets here.
 * May include: libc, base, fake/server.h.
 */
#ifndef SLUICE_FAKE_SCRIPT_H
#define SLUICE_FAKE_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "fake/server.h"

/* One request as it came over the wire. Every string is terminated. */
struct script_request {
	char *method;
	char *target;
	char *headers; /* "Name: value\r\n" lines */
	char *body;
	size_t body_len;
};

/* Takes one whole request from the front of bytes. Returns 1 when there is one (the caller ends it
 * with script_request_finish()), 0 when bytes are missing, -1 when it is none that this server can
 * read. */
int script_request_take(struct buf *bytes, struct script_request *ret_request);

/* Frees what a request holds. */
void script_request_finish(struct script_request *request);

/* Does text fit pattern, in which each '*' stands for any run of characters? */
bool script_glob(const char *pattern, const char *text);

/* NULL when the request is the one that step expects; else what differs (static or in room). */
const char *script_difference(const struct fake_step *step, const struct script_request *request,
			      char room[static 512]);

/* The bytes of the step's reply to method, cut where the step says so. */
void script_reply(const struct fake_step *step, const char *method, struct buf *ret_bytes);

/* The body of the step's reply alone. */
void script_body(const struct fake_step *step, const char *method, struct buf *ret_bytes);

#endif
