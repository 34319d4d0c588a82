/*
 * reconcile/looks: what was learned of objects by answers instead of by watches.
 *
 * A workload that carries no label of ours is not watched: it is read by name, and the answer is
 * kept here. A refusal (another field manager owns the images, the apiserver does not take the
 * object) is an observation as well: the plan reads it and says so in a condition. Everything here
 * is a memory of the process and may be lost at any moment: it is forgotten when the object
 * changes, and by itself after a while, so that the question is put again. That an apply failed is told until the next
 * one has been answered.
 *
 * The functions that record return whether that was news: only news is worth another look at once.
 * May include: base, domain, wire.
 */
#ifndef SLUICE_RECONCILE_LOOKS_H
#define SLUICE_RECONCILE_LOOKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "domain/world.h"
#include "wire/record.h"

#define LOOKS_LIFE_MS (30 * 1000)            /* of a read; how soon an apply is tried again after a conflict or a lack of rights */
#define LOOKS_UNANSWERED_LIFE_MS (5 * 1000)  /* of a read that was not answered */
#define LOOKS_TROUBLE_MS (3 * 1000)          /* trouble that lasts less is nobody's concern */
#define LOOKS_REFUSAL_MS (5 * 60 * 1000)     /* how soon what the apiserver does not take is tried again */
#define LOOKS_TOLD_MS (10 * 60 * 1000)       /* of a failed apply: twice the longest pause before the next try, which it is told until */

struct looks;

/* Makes an empty memory. Never NULL. */
struct looks *looks_create(void);

/* A workload was read: record gets another reference. */
bool looks_found(struct looks *looks, enum workload_kind kind, const char *namespace,
		 const char *name, struct record *record, int64_t now_ms);

/* Reading a workload failed, err says how (NOTFOUND: it does not exist). */
bool looks_not_read(struct looks *looks, enum workload_kind kind, const char *namespace,
		    const char *name, const struct err *err, int64_t now_ms);

/* An apply to a workload was refused because manager owns the fields. */
bool looks_conflict(struct looks *looks, enum workload_kind kind, const char *namespace,
		    const char *name, const char *manager, int64_t now_ms);

/* An apply to a workload was refused for another reason. */
bool looks_refused(struct looks *looks, enum workload_kind kind, const char *namespace,
		   const char *name, const struct err *err, int64_t now_ms);

/* An apply to a workload has had no answer, or one that decides nothing. Known, and news, when that has been so for
 * LOOKS_TROUBLE_MS, in a row. */
bool looks_trouble(struct looks *looks, enum workload_kind kind, const char *namespace,
		   const char *name, const struct err *err, int64_t now_ms);

/* An apply was answered with other images than it asked for. Returns since when that has been so,
 * in a row. */
int64_t looks_mismatch(struct looks *looks, enum workload_kind kind, const char *namespace,
		       const char *name, int64_t now_ms);

/* The workload has changed: all that was learned of it is void. Returns whether anything had been. */
bool looks_forget(struct looks *looks, enum workload_kind kind, const char *namespace,
		  const char *name);

/* Fills in what is known and still good at now_ms (texts in arena). The workload that look points
 * to is valid until something is recorded or forgotten. *ret_until_ms becomes the moment when what
 * was filled in is forgotten or may be tried again, if that is earlier than what it holds. */
void looks_fill(const struct looks *looks, enum workload_kind kind, const char *namespace,
		const char *name, int64_t now_ms, struct arena *arena, struct workload_look *look,
		int64_t *ret_until_ms);

/* How soon what was refused is tried again: rights are given by others, and an apiserver that has just started knows of
 * none. */
int64_t looks_refusal_ms(const struct err *err);

/* Drops what is too old to be used. */
void looks_sweep(struct looks *looks, int64_t now_ms);

/* Frees it. NULL is fine. */
void looks_destroy(struct looks *looks);

#endif
