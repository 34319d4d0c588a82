/*
 * kube/watch: keeps one kind of the store equal to what the apiserver has.
 *
 * A list in pages brings the objects, and a stream goes on from its version (of a kind of few objects without
 * bookmarks). The stream is resumed where it ended, and all is listed again when the server says that the version has expired,
 * and once an hour: an event that was lost on the way (apiservers have done that) is not missed for longer. The store is changed in place (mark
 * and sweep), so that a list does not double the memory. The contract followed here is client-go's
 * reflector; the table of reactions is in watch.c, react(). A list that streams in (WatchList) is not asked for: it
 * takes longer for the same objects (docs/benchmarks.md, curl), and could not be the only way.
 *
 * Changes are told by the store (store_on_change()). May include: base, wire, kube (the .c files:
 * net). Deliberately absent: decisions, logging.
 */
#ifndef SLUICE_KUBE_WATCH_H
#define SLUICE_KUBE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/record.h"

struct client;
struct loop;
struct store;
struct watch;

/* Only step() in watch.c writes it. */
enum watch_state {
	WATCH_STOPPED, /* not started, or stopped */
	WATCH_LISTING, /* a page of a list was asked for */
	WATCH_RESUMING, /* a stream from the last version on was asked for, and not granted yet */
	WATCH_LIVE,    /* the store follows the stream */
	WATCH_WAITING, /* something failed: a timer runs, then it goes on where it makes sense */
};

/* "Listing", "Live", … for logs and metrics. */
const char *watch_state_name(enum watch_state state);

struct watch_handler {
	/* The state has changed. why is set when it is WATCH_WAITING, and names what failed. May be
	 * NULL. */
	void (*on_state)(void *user, enum kind kind, enum watch_state state, const struct err *why);
	/* A list is complete: the store holds all objects of the kind. May be NULL. */
	void (*on_synced)(void *user, enum kind kind);
	/* An object or a line could not be decoded and was left out. May be NULL. */
	void (*on_bad_object)(void *user, enum kind kind, const struct err *why);
	/* A stream has brought an event, for those who count. May be NULL. */
	void (*on_event)(void *user, enum kind kind, enum event_type type);
	/* Called by a watchset: the server has not answered, and every stream goes to a new
	 * connection. May be NULL. */
	void (*on_dead)(void *user, const struct err *why);
	void *user;
};

/* Times; 0 in a field stands for the default. */
struct watch_times {
	int64_t backoff_first_ms; /* 800 */
	int64_t backoff_limit_ms; /* 30 s; with chance up to twice that */
	int64_t absent_ms; /* until the next look for an optional kind that is missing: 30 s */
	int64_t idle_ms;   /* silence after which a page counts as dead: 30 s */
	int64_t rest_ms;   /* the same of a stream that follows: 15 min (bookmarks may be eleven apart) */
	int64_t short_ms;  /* a stream without events that ends sooner was none: 1 s */
	int64_t relist_ms; /* a stream that ends when the last list is as old is not resumed, and one ends soon then: 1 h */
};

/* How a watch has fared. */
struct watch_report {
	enum watch_state state;
	bool is_synced;       /* a list was complete, and nothing has put that in question since */
	bool is_absent;       /* the server does not serve the kind */
	int64_t last_byte_ms; /* monotonic; 0: none yet */
	uint64_t lists;       /* begun */
	uint64_t events;      /* ADDED, MODIFIED, DELETED */
	uint64_t bookmarks;
	uint64_t failures;
	uint64_t bad_objects; /* that could not be decoded */
	struct err trouble;   /* the last failure; not set while all is well */
};

/* Makes a watch that is not running. client and store must outlive it. Ends the process without
 * memory. */
struct watch *watch_create(struct loop *loop, struct client *client, struct store *store,
			   enum kind kind, const struct watch_times *times,
			   const struct watch_handler *handler);

/* Starts it: from nothing, or where it was stopped. */
void watch_start(struct watch *watch);

/* Ends the stream; what the store holds stays. No callback follows. */
void watch_stop(struct watch *watch);

/* The connection is taken for dead (err says why): gives the stream up and opens another at
 * once. */
void watch_restart(struct watch *watch, const struct err *why);

/* Sets who is told, besides the handler, each time when the server has granted a stream. */
void watch_on_open(struct watch *watch, void (*fn)(void *user), void *user);

/* The server is there: if it was not when the watch asked last, the watch asks again soon instead of
 * at the end of its wait. */
void watch_hurry(struct watch *watch);

/* Does the store hold all objects of the kind, as of a moment ago? An optional kind that the server
 * lacks is synced, and empty. */
bool watch_is_synced(const struct watch *watch);

/* How it has fared. Valid until the next turn of the loop. */
const struct watch_report *watch_report(const struct watch *watch);

/* Stops it and frees it once its last request has ended. NULL is fine. */
void watch_destroy(struct watch *watch);

#endif
