/*
 * kube/event_queue: which Kubernetes Event to send next, and as what.
 *
 * Events that say the same (type, reason, action, note, both objects) within six minutes are a series:
 * the first is created, the repetitions only raise its count, and not more often than once a minute. There
 * is room for a bounded number of series; when all of them wait to be sent, a new Event is dropped and
 * counted. One Event is sent at a time, oldest first, so that a burst reaches the apiserver as a
 * trickle. (client-go merges Events that differ only in the note; here a note is worth an Event of its
 * own, for it names the release.)
 *
 * Pure: time comes in as a number, event.c does the requests.
 * May include: base, wire/event_json.h. Deliberately absent: clocks, timers, requests.
 */
#ifndef SLUICE_KUBE_EVENT_QUEUE_H
#define SLUICE_KUBE_EVENT_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/vec.h"
#include "wire/event_json.h"

#define EVENT_QUEUE_MAX 1000
#define EVENT_SERIES_MS (INT64_C(6) * 60 * 1000)  /* a longer silence ends a series */
#define EVENT_PATCH_MS (INT64_C(60) * 1000)       /* between two patches of one series */
#define EVENT_RETRY_MS (INT64_C(10) * 1000)       /* more or less a quarter, by chance */
#define EVENT_TRIES 12

struct event_entry {
	struct arena arena; /* of the texts */
	struct event_report report;
	struct event_series series; /* as far as it went; its times are of the wall clock */
	const char *key;            /* what makes two Events the same */
	char name[EVENT_NAME_SIZE];
	int64_t seen_ms;            /* when it last happened */
	int64_t sent_ms;            /* when it was last sent */
	int64_t sent_count;         /* the count that the apiserver knows; 0: nothing yet */
	int64_t sending_count;      /* the count in the request under way */
	int tries;                  /* that failed in a row */
};

struct event_queue {
	struct vec entries; /* struct event_entry *, oldest first */
	struct map by_key;  /* those that a repetition would join */
	uint64_t number;    /* for names: of the next one */
	uint64_t dropped;
	int64_t not_before_ms; /* the apiserver is not reached: nothing is sent before */
	struct event_entry *under_way;
};

enum event_outcome {
	EVENT_SENT,
	EVENT_VANISHED, /* the Event to patch has expired: it is created again */
	EVENT_UNSENT,   /* no usable answer: try again */
	EVENT_REFUSED,  /* the apiserver will not have it: dropped */
};

/* An empty queue; number is the first of the numbers in the names, which have to be new to the cluster:
 * the wall clock in nanoseconds will do. */
void event_queue_init(struct event_queue *queue, uint64_t number);
void event_queue_finish(struct event_queue *queue);

/* Takes a copy of the report. now_ms: monotonic, wall_ms: for the Event. */
void event_queue_add(struct event_queue *queue, const struct event_report *report, int64_t now_ms,
		     int64_t wall_ms);

/* The one to send now, NULL: none (or one is under way). It is under way from now on: event_queue_done()
 * has to follow. sent_count 0: create it, else patch its series. */
const struct event_entry *event_queue_next(struct event_queue *queue, int64_t now_ms);

/* What became of the one under way. wait_ms: how long, if it was not sent, nothing is sent now. */
void event_queue_done(struct event_queue *queue, enum event_outcome outcome, int64_t wait_ms,
		      int64_t now_ms);

/* When event_queue_next() will have something; CLOCK_NEVER: not before the next add or done. */
int64_t event_queue_wake_ms(const struct event_queue *queue);

/* How many are still to be sent. */
size_t event_queue_waiting(const struct event_queue *queue);

#endif
