/*
 * reconcile/writing: which objects are being written, and who waits for that.
 *
 * The pins of a namespace are one object that all its channels write; two answers of the apiserver
 * must not cross. A key that finds an object taken gets into line. When the object is free, the first in line
 * is called; by then its plan is old, so it is made anew. Were all of them called, all but one would make a plan
 * in vain, each time. A key that was called and did not take the object lets the next one be called.
 * May include: base.
 */
#ifndef SLUICE_RECONCILE_WRITING_H
#define SLUICE_RECONCILE_WRITING_H

#include <stdbool.h>

struct writing;

/* Nothing is being written. Never NULL. */
struct writing *writing_create(void);

/* Takes object ("ConfigMap/shop/sluice-pins") for key. false: it is taken, and key is in line for it. */
bool writing_take(struct writing *writing, const char *object, const char *key);

/* Calls key, which will take its turn and then end it. */
typedef void (*writing_fn)(void *user, const char *key);

/* Frees object, which was taken, and calls the first in line for it. fn may not call back. */
void writing_release(struct writing *writing, const char *object, writing_fn fn, void *user);

/* The turn of key is over, called or not: where it left free what it was called for, the next in line is called. */
void writing_pass(struct writing *writing, const char *key, writing_fn fn, void *user);

/* Frees it; what is taken is forgotten. NULL is fine. */
void writing_destroy(struct writing *writing);

#endif
