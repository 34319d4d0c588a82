/*
 * kube/lease: stands for election by a coordination.k8s.io/v1 Lease, and says when it leads.
 *
 * election.h decides; this file reads and writes the Lease, keeps the timer, and tells. While somebody
 * else leads it has a watch of the Lease open, of which it only takes that something came. The lead can be
 * lost at any moment: whoever writes on its strength asks lease_is_held() before each write, and the
 * process ends when on_lost comes, because only a new process has surely forgotten what it meant to do.
 *
 * May include: base, net/loop.h, kube/client.h, kube/election.h.
 */
#ifndef SLUICE_KUBE_LEASE_H
#define SLUICE_KUBE_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "kube/client.h"
#include "kube/election.h"
#include "net/loop.h"

#define LEASE_DURATION_MS 15000
#define LEASE_DEADLINE_MS 10000
#define LEASE_RENEW_MS 5000
#define LEASE_RETRY_MS 2000
#define LEASE_SLACK_MS 500

struct lease;

struct lease_options {
	const char *namespace;
	const char *name;
	const char *identity;        /* who we are: the pod's name; at most 255 bytes */
	struct election_terms terms; /* all 0: LEASE_*_MS */
	uint64_t seed;               /* for the jitter; 0: from the identity */
};

/* None is called from inside a function of this file. lease_destroy() may be called from each. */
struct lease_handler {
	void (*on_held)(void *user);                        /* leads from now on; once */
	void (*on_lost)(void *user, const struct err *why); /* led, and does not any more; once */
	void (*on_released)(void *user);                    /* lease_release() is done; once */
	void *user;
};

/* Makes a candidate that does nothing yet. client must outlive it. ERR_INPUT when namespace or name
 * is none. */
int lease_create(struct loop *loop, struct client *client, const struct lease_options *options,
		 const struct lease_handler *handler, struct lease **ret_lease, struct err *err)
	__attribute__((warn_unused_result));

/* Stands for election. */
void lease_start(struct lease *lease);

/* Gives the Lease back if it is held (the last write is done by then: the caller sees to that), and
 * stands no more. on_released follows in any case, after deadline_ms at the latest. */
void lease_release(struct lease *lease);

/* Does it lead at this moment? */
bool lease_is_held(const struct lease *lease);

/* Whom the Lease names, as last seen; "" nobody. */
const char *lease_holder(const struct lease *lease);

/* Forgets everything; the Lease stays as it is. NULL is fine. */
void lease_destroy(struct lease *lease);

#endif
