/*
 * kube/backoff: how long to wait before the next try, and chance.
 *
 * Delays double from first to limit, each with up to as much again at random, so that many clients
 * that failed together do not return together (client-go: 0.8 s … 30 s, factor 2, jitter 1).
 * After two quiet minutes the first delay comes again. May include: base.
 */
#ifndef SLUICE_KUBE_BACKOFF_H
#define SLUICE_KUBE_BACKOFF_H

#include <stdint.h>

#define BACKOFF_FIRST_MS 800
#define BACKOFF_LIMIT_MS 30000

struct backoff {
	int64_t first_ms;
	int64_t limit_ms;
	int64_t delay_ms; /* the last one, without chance; 0: none yet */
	int64_t until_ms; /* when the last delay is over (monotonic) */
};

#define BACKOFF_INIT                                                                               \
	((struct backoff){ .first_ms = BACKOFF_FIRST_MS, .limit_ms = BACKOFF_LIMIT_MS })

/* The delay to wait from now_ms (monotonic) on. */
int64_t backoff_next(struct backoff *backoff, int64_t now_ms);

/* A number in [min, max], each as likely. */
int64_t backoff_random(int64_t min, int64_t max);

#endif
