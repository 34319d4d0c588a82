/*
 * kube/linesplit: bytes as they come → whole lines, with an upper bound.
 *
 * A watch sends one JSON document a line, cut anywhere by the network. Lines that lie whole within
 * one piece are handed on from where they lie; only what a piece leaves over is copied. A line
 * beyond the limit is one error, and the lines after it are read as if nothing had been. May
 * include: base.
 */
#ifndef SLUICE_KUBE_LINESPLIT_H
#define SLUICE_KUBE_LINESPLIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* Longest line of a watch. */
#define LINESPLIT_LIMIT ((size_t)4 * 1024 * 1024)

struct linesplit {
	struct buf rest;  /* the beginning of a line whose end has not come */
	bool is_skipping; /* the rest of a line that was too long */
};

#define LINESPLIT_INIT(limit) ((struct linesplit){ .rest = BUF_INIT(limit) })

/* A line without its "\n" (and "\r"), not terminated, valid during the call; or line NULL and err
 * set (ERR_INPUT: too long, ERR_NOMEM). Empty lines are left out. false: no more lines, please. */
typedef bool (*linesplit_fn)(void *user, const char *line, size_t len, const struct err *err);

/* Takes the next piece and calls fn for each line that is complete. false when fn returned false;
 * the piece's remainder is then lost. */
bool linesplit_feed(struct linesplit *split, const char *bytes, size_t len, linesplit_fn fn,
		    void *user);

/* Forgets an unfinished line: a new stream begins. */
void linesplit_reset(struct linesplit *split);

/* Frees what it holds. */
void linesplit_finish(struct linesplit *split);

#endif
