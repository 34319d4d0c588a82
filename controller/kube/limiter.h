/*
 * kube/limiter: when the next request may leave, at most so many a second.
 *
 * The generic cell rate algorithm (ITU-T I.371), which is a token bucket without a bucket: each
 * request takes the next free place in time, and burst places may be taken at once after a rest. Who
 * has taken a place keeps it, so requests leave in the order in which they came.
 *
 * Pure: time comes in as a number. May include: base.
 */
#ifndef SLUICE_KUBE_LIMITER_H
#define SLUICE_KUBE_LIMITER_H

#include <stdint.h>

struct limiter {
	int64_t interval_us; /* between two requests; 0: there is no limit */
	int64_t leeway_us;   /* how far a burst may run ahead */
	int64_t next_us;     /* the place of the next request, without leeway (monotonic) */
};

/* A limit of qps requests a second (0: none, at most 1000000), with bursts of burst (at least 1). */
struct limiter limiter_make(int64_t qps, int64_t burst);

/* Takes a place; in how many ms that is. */
int64_t limiter_take(struct limiter *limiter, int64_t now_ms);

#endif
