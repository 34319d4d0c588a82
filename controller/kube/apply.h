/*
 * kube/apply: the writes of Sluice, and single reads, by kind.
 *
 * Every write is a server-side apply with field manager `sluice` (a PATCH whose body is JSON, which
 * is YAML; unknown fields are refused: fieldValidation=Strict). A deletion names the uid and, if
 * wanted, the resourceVersion of the object that was looked at, so that it cannot hit another one.
 * What a write is answered with (the object; that it goes) is in the store before the caller is told,
 * so that the next look at the world sees the write (read your own writes); the store tells its
 * listener.
 *
 * May include: base, wire/record.h, kube. Deliberately absent: what to apply, retries.
 */
#ifndef SLUICE_KUBE_APPLY_H
#define SLUICE_KUBE_APPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "wire/record.h"

struct client;
struct store;

#define APPLY_MANAGER "sluice"
#define APPLY_BEGINNER "sluice-begin" /* sees to it that an object is there, and changes nothing of one that is */

struct apply {
	enum kind kind;
	const char *namespace; /* NULL or "" for cluster-scoped kinds */
	const char *name;
	const char *subresource; /* "status", or NULL for the object itself */
	const char *json;        /* the configuration, with apiVersion and kind */
	size_t json_len;
	bool is_forced;      /* takes fields from other managers */
	const char *manager; /* NULL: APPLY_MANAGER */
};

/* The end of a request about one object, exactly once. err is never NULL; when it is set, record is
 * NULL, and manager names who owns the field of a conflict ("" otherwise). record is the caller's
 * to look at during the call; record_ref() keeps it. */
typedef void (*apply_fn)(void *user, struct record *record, const char *manager,
			 const struct err *err);

/* Applies. store gets the answer's record; NULL: nobody does (the object is not one that the kind's
 * watch selects). Errors as client_send(): then fn is not called. */
int apply_send(struct client *client, struct store *store, const struct apply *apply, apply_fn fn,
	       void *user, struct err *err) __attribute__((warn_unused_result));

struct deletion {
	enum kind kind;
	const char *namespace; /* NULL or "" for cluster-scoped kinds */
	const char *name;
	const char *uid;              /* of the object that was looked at */
	const char *resource_version; /* as it was looked at; NULL: whatever it is by now */
};

/* Deletes the object if it is still the one that was looked at: else ERR_CONFLICT. What it owns goes
 * in the background. store is told (unless NULL, or without a resource_version: then the watch tells
 * it). fn gets no record. */
int apply_delete(struct client *client, struct store *store, const struct deletion *deletion,
		 apply_fn fn, void *user, struct err *err) __attribute__((warn_unused_result));

/* Reads one object, past the store: for those that no watch selects. */
int apply_get(struct client *client, enum kind kind, const char *namespace, const char *name,
	      apply_fn fn, void *user, struct err *err) __attribute__((warn_unused_result));

#endif
