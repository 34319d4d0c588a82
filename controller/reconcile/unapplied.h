/*
 * reconcile/unapplied: what the apiserver has not taken of what looks called for: autoscalers and Services, pins, promotions of automation,
 * and deletions.
 *
 * A refusal of an autoscaler or a Service is kept with the body that was refused, which is not sent again for a while, so that it keeps nothing else
 * back. All else is tried again. A refusal is told at once, trouble (no answer, or one that decides nothing) when it lasts. Like the looks
 * this is a memory of the process that may be lost at any moment: it is forgotten when the channel changes, and by itself after a while.
 *
 * The functions that record return whether that was news: only news is worth another look at once. May include: base, domain, wire/kind.h,
 * reconcile/looks.h (for how long things are known).
 */
#ifndef SLUICE_RECONCILE_UNAPPLIED_H
#define SLUICE_RECONCILE_UNAPPLIED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "domain/world.h"
#include "wire/kind.h"

/* An object, and the channel whose look called for it. */
struct unapplied_ref {
	const char *namespace;
	const char *channel;
	enum kind kind;
	const char *name;
	bool is_deletion; /* it is to go */
};

struct unapplied;

/* Makes an empty memory. Never NULL. */
struct unapplied *unapplied_create(void);

/* The object was refused as body says it; body NULL: the same is sent again all the same. */
bool unapplied_refused(struct unapplied *unapplied, const struct unapplied_ref *ref, const char *body, const struct err *err,
		       int64_t now_ms);

/* Its write has had no answer, or one that decides nothing. Known, and news, when that has been so for LOOKS_TROUBLE_MS,
 * in a row. */
bool unapplied_trouble(struct unapplied *unapplied, const struct unapplied_ref *ref, const struct err *err, int64_t now_ms);

/* Was this very body refused, not long ago? */
bool unapplied_is_refused(const struct unapplied *unapplied, const struct unapplied_ref *ref, const char *body, int64_t now_ms);

/* It was taken. */
void unapplied_taken(struct unapplied *unapplied, const struct unapplied_ref *ref);

/* The channel has changed: what was refused may be right now. */
void unapplied_forget(struct unapplied *unapplied, const char *namespace, const char *channel);

/* Fills in what is known of the channel's objects and still good at now_ms, texts in arena; of several a refusal before
 * trouble. *ret_until_ms becomes the moment when something of that is forgotten or tried again, if that is earlier than what
 * it holds. */
void unapplied_fill(const struct unapplied *unapplied, const char *namespace, const char *channel, int64_t now_ms,
		    struct arena *arena, struct unapplied_look *look, int64_t *ret_until_ms);

/* Drops what is too old to be used. */
void unapplied_sweep(struct unapplied *unapplied, int64_t now_ms);

/* Frees it. NULL is fine. */
void unapplied_destroy(struct unapplied *unapplied);

#endif
