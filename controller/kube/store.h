/*
 * kube/store: what the apiserver has told us, by kind, namespace and name.
 *
 * Tens of thousands of objects are here of which a few are read at a time, so they are kept packed (wire/packer), and
 * reading one unpacks it into the reader's arena. Their names and the channels that they are of can be read as they are. An object
 * never goes back: a record replaces another only when its resourceVersion is greater, so a late
 * event cannot undo what the answer of a write has brought. Versions are compared as the API
 * defines it: decimal numbers of any length, within one kind only.
 *
 * A list is taken in by mark and sweep: store_begin() starts a new generation, store_put() marks
 * what the list names, store_sweep() removes what it did not name. Nothing is built up beside the
 * store. What was written after the list was drawn is newer than the list and stays.
 *
 * Every change is told to one listener, whoever made it: a watch, the answer of a write, a sweep.
 * An object that was deleted and made again is told as two changes.
 *
 * May include: base, wire/record.h, wire/packer.h. Deliberately absent: requests, copies of objects.
 */
#ifndef SLUICE_KUBE_STORE_H
#define SLUICE_KUBE_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/packer.h"
#include "wire/record.h"

struct store;

/* old NULL: it is new; new NULL: it is gone. The store shows the new state already and must not be
 * changed from within. Both are valid during the call, and have no reference to give. */
typedef void (*store_change_fn)(void *user, enum kind kind, const struct record *old,
				const struct record *new);

/* Makes an empty store. Ends the process when there is no memory, as all of the store does. */
struct store *store_create(void);

/* Gives back all records, without telling. NULL is fine. */
void store_destroy(struct store *store);

/* Sets who is told of changes. */
void store_on_change(struct store *store, store_change_fn fn, void *user);

/* ---- reading ---- */

/* The object, unpacked into arena and valid as long as that; or NULL. namespace is "" for cluster-scoped kinds. */
const struct record *store_get(const struct store *store, enum kind kind, const char *namespace,
			       const char *name, struct arena *arena);

/* Is there such an object? */
bool store_has(const struct store *store, enum kind kind, const char *namespace, const char *name);

struct entry;

struct store_cursor {
	const char *namespace; /* where the walk stands, as the next two; the texts are the store's */
	const char *name;
	const char *channel; /* that the object is of; "" when of none */
	struct entry *found; /* as the rest: the store's own */
	const void *within;
	size_t shard;
	size_t entry;
};

#define STORE_CURSOR_INIT ((struct store_cursor){ .shard = 0 })

/* Walks the objects of a kind, of one namespace or (NULL) of all, in no order. false at the end.
 * The store must not change during the walk. */
bool store_next(const struct store *store, enum kind kind, const char *namespace, struct store_cursor *cursor);

/* The object that the walk stands at, unpacked into arena. */
const struct record *store_at(const struct store *store, enum kind kind, const struct store_cursor *cursor,
			      struct arena *arena) __attribute__((returns_nonnull));

/* Objects of a kind, and the bytes that they take, packed. */
size_t store_count(const struct store *store, enum kind kind);
size_t store_bytes(const struct store *store, enum kind kind);

/* ---- writing: watches ---- */

/* A list of the kind begins. */
void store_begin(struct store *store, enum kind kind);

/* Takes in an object of a list or an event, and marks it as named by the list under way. The caller
 * keeps its reference. Was anything changed? */
bool store_put(struct store *store, const struct record *record);

/* As store_put() of a record that need not be decoded: true when the store has this version of it. */
bool store_confirm(struct store *store, enum kind kind, const char *namespace, const char *name,
		   const char *uid, const char *version);

/* Takes in that an object is gone, as its last record says. Was anything changed? */
bool store_remove(struct store *store, const struct record *last);

/* The list is complete, as of version: removes what it did not name and what is not newer. Returns
 * how many that were. */
size_t store_sweep(struct store *store, enum kind kind, const char *version);

/* Removes all objects of a kind: it is not served any more, or the server's history has gone
 * back. */
void store_clear(struct store *store, enum kind kind);

/* The watch of the kind has seen everything up to version. */
void store_advance(struct store *store, enum kind kind, const char *version);

/* Up to where the watch of the kind has seen everything; "" before the first list is complete. */
const char *store_position(const struct store *store, enum kind kind);

/* ---- writing: answers ---- */

/* Takes in the object that a write of ours was answered with, so that the next look at the world
 * sees it. Only for objects that the kind's watch selects. One that the watch has already seen
 * deleted does not come back. Was anything changed? */
bool store_put_written(struct store *store, const struct record *record);

/* Takes in that the apiserver has granted our deletion of the object with that uid, as of that
 * version: it is not shown any more, until the watch tells something newer (that it is gone, or that
 * it waits for a finalizer). The deletion was granted for this very version, so that nothing older
 * can still come which would have to be shown. Was anything changed? */
bool store_remove_written(struct store *store, enum kind kind, const char *namespace,
			  const char *name, const char *uid, const char *version);

/* Orders two resourceVersions of one kind: <0, 0, >0. "" comes before all. */
int store_compare_versions(const char *a, const char *b);

#endif
