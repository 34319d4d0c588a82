/*
 * registry/reply: one HTTP answer while it comes in, with a limit on everything.
 *
 * The head is copied and judged before any of the body is taken: an answer of the wrong Content-Type, or one
 * that announces too much, is cut off at its first byte. An error's body is read up to a few KiB, for
 * the sentence in it.
 *
 * May include: base, net, registry.
 */
#ifndef SLUICE_REGISTRY_REPLY_H
#define SLUICE_REGISTRY_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "net/http.h"
#include "registry/origin.h"

#define REPLY_HEADER_SIZE (ORIGIN_PATH_SIZE + 64)
#define REPLY_ETAG_SIZE 160

enum reply_kind {
	REPLY_JSON,
	REPLY_MANIFEST,
	REPLY_BLOB, /* bytes that their digest vouches for: no Content-Type is asked of them */
};

enum reply_verdict {
	REPLY_FINE,
	REPLY_TOO_LONG,   /* more than max_body */
	REPLY_WRONG_TYPE, /* status 200, but not what kind says */
};

struct reply {
	enum reply_kind kind;
	enum reply_verdict verdict;
	bool is_cut;            /* we ended it: the exchange's error is our own doing */
	bool has_long_header;   /* one of the headers below did not fit and is "" */
	int status;             /* 0: no head came */
	int64_t retry_after_ms;
	int64_t content_length; /* -1: not announced */
	char content_type[128];
	char digest[128];
	char etag[REPLY_ETAG_SIZE]; /* fit to be sent back; "": there is none, or it is not */
	char www_authenticate[REPLY_HEADER_SIZE];
	char link[REPLY_HEADER_SIZE];
	char location[REPLY_HEADER_SIZE];
	struct buf body;
};

/* An empty reply, malloc'd. Never NULL. */
struct reply *reply_create(enum reply_kind kind, size_t max_body);

/* Forgets what came, for the next exchange of the same kind. */
void reply_reset(struct reply *reply);

/* Frees it. NULL is fine. */
void reply_destroy(struct reply *reply);

/* For http_handler.on_head and on_bytes, with the reply at hand. */
void reply_on_head(struct reply *reply, const struct http_head *head);
bool reply_on_bytes(struct reply *reply, const char *bytes, size_t len);

#endif
