/*
 * kube/token: a bearer token that may change under way.
 *
 * A fixed one, or one from a file that somebody renews (the kubelet, for a pod's service account):
 * it is read again when 60 s have passed since the last time. A file that cannot be read or holds
 * no token leaves the old one in force, and is looked at again after 10 s. May include: base.
 */
#ifndef SLUICE_KUBE_TOKEN_H
#define SLUICE_KUBE_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct token {
	char *file;      /* NULL: fixed */
	char *text;      /* NULL: none */
	int64_t due_ms;     /* monotonic: when the file is read next */
	struct err trouble; /* why the file cannot be used now */
};

/* Takes the file if there is one, else the text; both may be NULL. ERR_INPUT, ERR_NOTFOUND: the
 * file holds no token. */
int token_init(struct token *token, const char *text, const char *file, int64_t now_ms,
	       struct err *err) __attribute__((warn_unused_result));

enum token_news {
	TOKEN_SAME,
	TOKEN_NEW,
	TOKEN_TROUBLE, /* token->trouble is another one than before */
};

/* Reads the file again, if it is time (now_ms, monotonic) or must be. */
enum token_news token_look(struct token *token, int64_t now_ms, bool must);

/* Wipes it. */
void token_finish(struct token *token);

#endif
