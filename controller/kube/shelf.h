/*
 * kube/shelf: the inside of kube/store: the objects of one kind, packed, by namespace and name. Which of two versions is true, the
 * store decides.
 *
 * May include: base, wire/packer.h, kube/store.h for its cursor.
 */
#ifndef SLUICE_KUBE_SHELF_H
#define SLUICE_KUBE_SHELF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/map.h"
#include "base/set.h"
#include "kube/store.h"
#include "wire/packer.h"

struct entry {
	struct packing packing;
	unsigned generation; /* of the last list that named it */
	bool is_deleted;     /* by us, and the watch has not told anything newer yet */
	char bytes[];        /* its name, the channel that it is of, both terminated, and the record, packed */
};

struct shelf {
	struct map shards; /* namespace → struct shard; none is empty, but during a walk */
	struct packer packer;
	unsigned generation; /* of the present list */
	size_t count;        /* of those that are not deleted, as the next */
	size_t bytes;        /* packed */
	char position[64];   /* up to where the watch has seen everything; "" */
};

/* The entry, deleted or not; NULL. */
struct entry *shelf_find(const struct shelf *shelf, const char *namespace, const char *name);

/* Its record, unpacked into arena. */
const struct record *shelf_open(const struct shelf *shelf, const struct entry *entry, struct arena *arena)
	__attribute__((returns_nonnull));

/* Puts the record in place of what was there under its name. Was that shown, until now? */
bool shelf_put(struct shelf *shelf, const struct record *record, unsigned generation);

/* Nobody shall see the entry any more. */
void shelf_hide(struct shelf *shelf, struct entry *entry);

/* Frees the entry of that name. Its namespace stays, even without objects, until it is tidied away. */
void shelf_remove(struct shelf *shelf, const char *namespace, const char *name);

/* Forgets the namespace when it has no objects; NULL: all that have none. */
void shelf_tidy(struct shelf *shelf, const char *namespace);

/* Walks the entries of a namespace or (NULL) of all, deleted or not, in no order: start with STORE_CURSOR_INIT; false at the end.
 * During a walk the entry just returned may be removed, nothing else may change. */
bool shelf_next(const struct shelf *shelf, const char *namespace, struct store_cursor *cursor);

/* Frees all. */
void shelf_finish(struct shelf *shelf);

#endif
