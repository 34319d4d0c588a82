/*
 * kube/watch_internal: what the files of a watch share, and nobody else may include.
 *
 *	watch.c          the state machine: what follows upon what
 *	watch_request.c  requests, and their answers as events of the machine
 */
#ifndef SLUICE_KUBE_WATCH_INTERNAL_H
#define SLUICE_KUBE_WATCH_INTERNAL_H

#include "kube/backoff.h"
#include "kube/client.h"
#include "kube/store.h"
#include "kube/watch.h"
#include "net/loop.h"

/* A first page comes out of the apiserver's cache. A later one does so only if somebody has changed the kind shortly before
 * (the cache keeps what it was for 75 s); else it comes out of etcd, and takes the apiserver several times as long. So one page
 * is all that most clusters need, and yet none takes longer than a request may (60 s) where there are a hundred times as many
 * objects. */
#define PAGE_LIMIT 10000

enum watch_event {
	WATCH_EVENT_START,
	WATCH_EVENT_OPENED, /* the server grants a stream */
	WATCH_EVENT_SYNCED, /* the list is complete, as of watch->listed */
	WATCH_EVENT_ENDED, /* the request is over; err, if set, says why it failed */
	WATCH_EVENT_TIME, /* the wait is over */
	WATCH_EVENT_STOP,
};

struct watch {
	struct client *client;
	struct store *store;
	enum kind kind;
	struct watch_times times;
	struct watch_handler handler;
	void (*on_open)(void *user); /* may be NULL */
	void *on_open_user;
	struct watch_report report;
	struct timer *timer;
	struct backoff backoff;

	/* What the next request is. */
	bool must_list;      /* not resume */
	bool lists_whole;    /* a continue token has expired: no limit this time */
	char *continue_token; /* NULL: the first page */
	char listed[64];      /* version of the list that is complete or in pages under way */
	int64_t listed_ms;    /* when a list was complete; monotonic */

	/* The request under way. */
	struct client_call *call; /* NULL: none */
	bool is_open;             /* the server said 200 */
	bool is_closing;          /* watch_destroy() was called: free at the end of the request */
	bool is_ignored;          /* watch_stop() was called: its end means nothing */
	int64_t opened_ms;
	uint64_t events_before; /* report.events + bookmarks when it was opened */
	struct event_stream *events; /* of a stream */
	struct list_stream *page;    /* of a page; NULL: none is asked for */
	struct err cause; /* why we end the stream ourselves */
};

/* Does event to the machine. err may be NULL; what it says is copied. */
void watch_step(struct watch *watch, enum watch_event event, const struct err *err);

/* Begins the request that is due: a page, or a stream. ERR_… when it cannot. */
int watch_request_stream(struct watch *watch, struct err *err) __attribute__((warn_unused_result));
int watch_request_page(struct watch *watch, struct err *err) __attribute__((warn_unused_result));

/* Has the store this version of the object? Then it counts as named by the list under way. user: the watch. */
bool watch_has(void *user, const char *namespace, const char *name, const char *uid, const char *version);

/* Frees a watch whose request has ended. */
void watch_free(struct watch *watch);

#endif
