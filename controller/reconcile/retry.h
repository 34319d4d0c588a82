/*
 * reconcile/retry: what to do after a failure; the one place that says so.
 *
 * The class of an error decides, nothing else (base/err). May include: base.
 */
#ifndef SLUICE_RECONCILE_RETRY_H
#define SLUICE_RECONCILE_RETRY_H

#include <stdint.h>

#include "base/err.h"

#define RETRY_SLOWLY_MS (5 * 60 * 1000)
#define RETRY_NET_MS 100
#define RETRY_BUSY_MS 1000
#define RETRY_DENIED_MS 1000

enum retry_kind {
	RETRY_NOT,      /* there was no failure */
	RETRY_SOON,     /* the world moved on: look again with the shortest back-off */
	RETRY_BACK_OFF, /* nobody's fault, it may work next time: back off */
	RETRY_AFTER,    /* the server said when, or is overloaded: not before that */
	RETRY_SLOWLY,   /* only a change elsewhere helps, and that wakes us: try now and then, tell
			   people */
};

struct retry {
	enum retry_kind kind;
	int64_t at_least_ms; /* the queue's back-off holds, but it is not shorter than this */
};

/* The policy. */
struct retry retry_for(const struct err *err);

/* "soon", "back off", … for the log. */
const char *retry_name(enum retry_kind kind);

#endif
