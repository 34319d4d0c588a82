/*
 * registry/tagfilter: tags that match a regular expression, with the key that "newest" sorts by.
 *
 * Patterns are Perl's as PCRE2 has them, unanchored, over bytes. They come from strangers: a pattern has at
 * most TAGFILTER_LONGEST bytes, a match has limits on steps, depth and heap, and all matches together on
 * time; whoever passes one gets an error, never a hanging operator. Plain functions over their
 * arguments: nothing is remembered. May include: base (the .c file: pcre2).
 */
#ifndef SLUICE_REGISTRY_TAGFILTER_H
#define SLUICE_REGISTRY_TAGFILTER_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

#define TAGFILTER_LONGEST 256 /* bytes of a pattern */

struct tagfilter_match {
	const char *name;
	const char *key; /* the first capture group, "" if it took no part; without a group the name */
};

/* Is pattern one that can be compiled? ERR_INPUT with position and reason. */
int tagfilter_check(const char *pattern, struct err *err) __attribute__((warn_unused_result));

/* Gives those of names that match pattern, in their order, in the arena (names copied). ERR_INPUT when the
 * pattern is bad or takes too long. */
int tagfilter_apply(const char *pattern, const char *const *names, size_t count, struct arena *arena,
		    struct tagfilter_match **ret_matches, size_t *ret_count, struct err *err)
	__attribute__((warn_unused_result));

#endif
