/*
 * kube/watchset: the watches of all kinds, and the question whether the server is still there.
 *
 * All streams share one connection, and a peer that has died without a word (a lost host, a stopped
 * process behind a live kernel) says nothing on any of them. When no stream has brought a byte for
 * 36 s, a small request goes over the same connection; without an answer within 9 s the connection
 * is given up and every stream is resumed on a new one. So a dead server is noticed within 45 s, and
 * while nothing happens one question lies between the bookmarks of a minute and those of the next.
 * (HTTP/2 has PING frames for this; libcurl 7.88 can send one, and does not say whether it was
 * answered.)
 *
 * When a server that was away is there again, the first watch that finds it calls the others: none
 * sits out a wait that has become long meanwhile.
 *
 * May include: base, kube (the .c file: net/loop.h). Deliberately absent: decisions, logging.
 */
#ifndef SLUICE_KUBE_WATCHSET_H
#define SLUICE_KUBE_WATCHSET_H

#include "kube/watch.h"

struct watchset;

struct watchset_times {
	struct watch_times watch;
	int64_t silence_ms; /* after which the server is asked; 0: 36 s */
	int64_t answer_ms;  /* within which it has to answer; 0: 9 s */
};

/* Makes the watches of every kind, not running. client and store must outlive it. Ends the process
 * without memory. */
struct watchset *watchset_create(struct loop *loop, struct client *client, struct store *store,
				 const struct watchset_times *times,
				 const struct watch_handler *handler);

/* Starts all. */
void watchset_start(struct watchset *set);

/* Ends all streams; what the store holds stays. */
void watchset_stop(struct watchset *set);

/* Does the store hold all objects of all kinds? */
bool watchset_is_synced(const struct watchset *set);

/* How the watch of one kind has fared. */
const struct watch_report *watchset_report(const struct watchset *set, enum kind kind);

/* Stops all and frees them once their last requests have ended. NULL is fine. */
void watchset_destroy(struct watchset *set);

#endif
