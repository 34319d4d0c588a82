/*
 * registry/tags: the whole list of a repository's tags, page after page.
 *
 * Pages follow the Link header (rel=next) within the origin. There are limits on the size of a page, on the
 * number of pages and on all tags together; a list that passes one is an error, never a part of the list.
 * A list that has not changed since (If-None-Match) is not sent again, where the registry can do that.
 * All pages come from one place: where a mirror's list cannot be had to its end, the next place is asked
 * for all of it.
 *
 * May include: base, net, wire, registry.
 */
#ifndef SLUICE_REGISTRY_TAGS_H
#define SLUICE_REGISTRY_TAGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "registry/hosts.h"
#include "registry/query.h"
#include "registry/reference.h"
#include "registry/secret.h"

struct tags;

struct tags_list {
	bool is_unchanged; /* since the answer that known came with; then nothing else is here */
	const char *names; /* count texts, each with its NUL, one behind the other in size bytes */
	size_t count;
	size_t size;
	const struct validator *validator; /* for the next time; a list of several pages has none */
};

/* list is NULL when err is set. Both are valid during the call. */
typedef void (*tags_done_fn)(void *user, const struct tags_list *list, const struct err *err);

/* Begins. known (NULL: none) is the validator of an answer that is still there. All arguments but user are copied.
 * done is called once, not from inside this function, unless tags_cancel() comes first. Errors as query_start(). */
int tags_start(struct hosts *hosts, const struct reference *reference,
	       const struct credentials *credentials, const struct validator *known, tags_done_fn done, void *user,
	       struct tags **ret_tags, struct err *err) __attribute__((warn_unused_result));

/* Ends it without done. */
void tags_cancel(struct tags *tags);

#endif
