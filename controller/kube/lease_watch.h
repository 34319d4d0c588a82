/*
 * kube/lease_watch: tells that something has come over a watch of one Lease.
 *
 * Nothing of it is read: whoever is told reads the Lease. So a watch that is cut, late or wrong costs a
 * look and no more.
 *
 * May include: base, kube/client.h, kube/path.h. Deliberately absent: what the Lease says (election.h).
 */
#ifndef SLUICE_KUBE_LEASE_WATCH_H
#define SLUICE_KUBE_LEASE_WATCH_H

#include <stdint.h>

#include "base/err.h"
#include "kube/client.h"

struct lease_watch;

/* Neither is called from inside a function of this file. */
struct lease_watch_handler {
	void (*on_changed)(void *user); /* something came; at first the Lease as it is */
	void (*on_ended)(void *user);   /* nothing comes any more: the watch is freed; once */
	void *user;
};

/* Writes what to ask for. The caller frees *ret_target. Errors as path_write(). */
int lease_watch_target(const char *namespace, const char *name, char **ret_target, struct err *err)
	__attribute__((warn_unused_result));

/* Opens it. It ends when it has brought nothing for idle_ms. Errors as client_watch(). */
int lease_watch_open(struct client *client, const char *target, int64_t idle_ms,
		     const struct lease_watch_handler *handler, struct lease_watch **ret_watch,
		     struct err *err) __attribute__((warn_unused_result));

/* Ends it; nothing is told any more. NULL is fine. */
void lease_watch_close(struct lease_watch *watch);

#endif
