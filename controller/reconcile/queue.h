/*
 * reconcile/queue: which channels want a look, and when.
 *
 * Keys are texts ("namespace/name"). A key that is added twice is looked at once; a key that is
 * added while its look is under way is looked at once more afterwards, never by two at a time. What
 * is ready comes out in the order in which it went in. A key may also be ready later: at a moment
 * the plan named, or after the back-off of a failure; it has one such moment, the earliest asked
 * for, and a look that comes before it makes it void, because that look says anew when to wake.
 *
 * A plain data structure: the time is an argument (monotonic milliseconds), the timer is the
 * caller's, queue_due_ms() says when to set it. May include: base.
 */
#ifndef SLUICE_RECONCILE_QUEUE_H
#define SLUICE_RECONCILE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Back-off of a key that fails again and again: 5 ms · 2^n up to 5 min, then up to a quarter less
 * by chance, so that what failed together does not come back together. */
#define QUEUE_BACKOFF_MIN_MS 5
#define QUEUE_BACKOFF_MAX_MS (5 * 60 * 1000)

struct queue;

/* Makes an empty queue. seed drives the jitter. Never NULL. */
struct queue *queue_create(uint64_t seed);

/* key wants a look now. */
void queue_add(struct queue *queue, const char *key, int64_t now_ms);

/* key wants a look at at_ms, unless one comes before. */
void queue_add_at(struct queue *queue, const char *key, int64_t at_ms);

/* key failed: it wants a look after its back-off, or after at_least_ms if that is longer. A look that something else called
 * for within the back-off makes it no longer. Returns the delay in milliseconds. */
int64_t queue_add_failed(struct queue *queue, const char *key, int64_t now_ms, int64_t at_least_ms);

/* key succeeded: its next failure starts with the shortest back-off. */
void queue_forget_failures(struct queue *queue, const char *key);

/* Takes the next key that is ready at now_ms; it is then under way until queue_done(). NULL when
 * none is. The text is the queue's, valid until queue_done(). *ret_waited_ms (if not NULL): how
 * long it was ready. */
const char *queue_take(struct queue *queue, int64_t now_ms, int64_t *ret_waited_ms);

/* The look at key is over. */
void queue_done(struct queue *queue, const char *key, int64_t now_ms);

/* When something is ready next: a moment in the past when something is ready already, CLOCK_NEVER
 * when nothing waits. */
int64_t queue_due_ms(const struct queue *queue);

/* Keys ready and not under way; keys under way. */
size_t queue_depth(const struct queue *queue);
size_t queue_active(const struct queue *queue);

/* Frees it. NULL is fine. */
void queue_destroy(struct queue *queue);

#endif
