/*
 * reconcile/writing: which objects are being written, and who waits for that.
 *
 * The pins of a namespace are one object that all its channels write; two answers of the apiserver
 * must not cross. A key that finds an object taken waits, and is told when it is free; by then its
 * plan is old, so it is made anew. May include: base.
 */
#ifndef SLUICE_RECONCILE_WRITING_H
#define SLUICE_RECONCILE_WRITING_H

#include <stdbool.h>

struct writing;

/* Nothing is being written. Never NULL. */
struct writing *writing_create(void);

/* Takes object ("ConfigMap/shop/sluice-pins") for key. false: it is taken, and key is noted. */
bool writing_take(struct writing *writing, const char *object, const char *key);

/* Frees object, which was taken, and calls fn with each key that was noted. */
void writing_release(struct writing *writing, const char *object,
		     void (*fn)(void *user, const char *key), void *user);

/* Frees it; what is taken is forgotten. NULL is fine. */
void writing_destroy(struct writing *writing);

#endif
