/*
 * wire/lease_json: coordination.k8s.io/v1 Lease, as far as electing a leader needs it.
 *
 * What is read is kept as the server wrote it, and what is written back is that object with the few
 * fields of the claim changed: a PUT must not drop labels or fields that somebody else put there.
 * May include: base. Deliberately absent: trees in the header; who leads (kube/election.h).
 */
#ifndef SLUICE_WIRE_LEASE_JSON_H
#define SLUICE_WIRE_LEASE_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

#define LEASE_API "/apis/coordination.k8s.io/v1"
#define LEASE_PLURAL "leases"

struct lease_record { /* what a Lease says */
	const char *resource_version;
	const char *spec;   /* the whole spec as text: the record has changed when this has */
	const char *holder; /* "" nobody */
	int64_t duration_ms;
	int64_t acquired_ms;
	int64_t transitions;
};

struct lease_claim { /* what is written into one */
	const char *holder; /* "" nobody: the lease is given back */
	int64_t duration_ms;
	int64_t acquired_ms;
	int64_t renewed_ms;
	int64_t transitions;
};

/* Reads a Lease; strings go into arena. What is absent is "" or 0, as in a Lease that nobody has
 * held. ERR_INPUT: it is no Lease; ERR_NOMEM. */
int lease_record_read(const char *json, size_t len, struct arena *arena, struct lease_record *ret_record,
		      struct err *err) __attribute__((warn_unused_result));

/* Writes a new Lease with the claim, for POST. The caller frees *ret_json. ERR_NOMEM. */
int lease_claim_new(const char *namespace, const char *name, const struct lease_claim *claim,
		    char **ret_json, struct err *err) __attribute__((warn_unused_result));

/* Writes the Lease of json with the claim in place of what it said, for PUT: its resourceVersion stays,
 * so that the server refuses when it has changed meanwhile. The caller frees *ret_json. Errors as
 * lease_record_read(). */
int lease_claim_update(const char *json, size_t len, const struct lease_claim *claim, char **ret_json,
		       struct err *err) __attribute__((warn_unused_result));

#endif
