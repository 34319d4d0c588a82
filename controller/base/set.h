/*
 * base/set: things by the text that each of them carries, by open addressing.
 *
 * A slot is one pointer: the key is read where the thing has it, so that of many small things nothing is kept twice. What there is, and how long it
 * lives, is the caller's. The hash is FNV-1a mixed with a seed that the process draws at its start (set_seed), because names of objects come from
 * strangers. A put does not fail softly: see memory.h. May include: libc.
 */
#ifndef SLUICE_BASE_SET_H
#define SLUICE_BASE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The text by which a thing is found. It may not change while the thing is in a set. */
typedef const char *(*set_key_fn)(const void *item);

struct set {
	void **items;
	size_t len;  /* things in it */
	size_t used; /* things and tombstones */
	size_t size; /* slots, a power of two */
};

#define SET_INIT ((struct set){ .items = NULL })

/* Mixes value into every hash from now on; call once, before the first set is used. */
void set_seed(uint64_t value);

/* What is found by key, or NULL. */
void *set_get(const struct set *set, set_key_fn key_of, const char *key);

/* Puts item in place of what has the same key, and returns that, or NULL. */
void *set_put(struct set *set, set_key_fn key_of, void *item);

/* Takes what is found by key out and returns it, or NULL. */
void *set_remove(struct set *set, set_key_fn key_of, const char *key);

/* Walks the set in no order: start with *cursor = 0; false at the end. During a walk, the item just returned may be removed, nothing else may
 * change. */
bool set_next(const struct set *set, size_t *cursor, void **ret_item);

/* Frees the slots, not the things; the set is as new. A zeroed set is fine. */
void set_finish(struct set *set);

#endif
