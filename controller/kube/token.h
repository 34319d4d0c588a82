/*
 * kube/token: a bearer token that may change under way.
 *
 * A fixed one, or one from a file that somebody renews (the kubelet, for a pod's service account):
 * it is read again when 60 s have passed since the last time. A file that cannot be read or holds
 * no token leaves the old one in force. May include: base.
 */
#ifndef SLUICE_KUBE_TOKEN_H
#define SLUICE_KUBE_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct token {
	char *file;      /* NULL: fixed */
	char *text;      /* NULL: none */
	int64_t read_ms; /* monotonic */
};

/* Takes the file if there is one, else the text; both may be NULL. ERR_INPUT, ERR_NOTFOUND: the
 * file holds no token. */
int token_init(struct token *token, const char *text, const char *file, struct err *err)
	__attribute__((warn_unused_result));

/* The token as of now_ms (monotonic), NULL when there is none. Valid until the next call. */
const char *token_text(struct token *token, int64_t now_ms);

/* Reads the file at once. Is the token another one than before? */
bool token_refresh(struct token *token, int64_t now_ms);

/* Wipes it. */
void token_finish(struct token *token);

#endif
