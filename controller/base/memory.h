/*
 * base/memory: memory for the small things that we size ourselves.
 *
 * What a remote party sizes (bodies, objects, lists) fails softly with ERR_NOMEM where it is read, and is tried
 * again. For a struct of ours or the copy of a name there is nothing better to do than to wait, so these functions
 * never return NULL and callers stay readable. Where the system gives nothing, a reserve that was set aside at the
 * start is given up for it; who runs the loop sees memory_is_short() and begins nothing new until it is back. When
 * that is gone as well, the process says so and leaves with MEMORY_EXIT: it is started again, with nothing lost.
 *
 * The reserve is the process's, as malloc's memory is: the one thing here that outlives a call.
 * May include: libc. Deliberately absent: free() is libc's; threads.
 */
#ifndef SLUICE_BASE_MEMORY_H
#define SLUICE_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Exit code of a process that got no memory; EX_OSERR of sysexits.h. */
#define MEMORY_EXIT 71

/* Sets so many bytes aside; they are not touched, so they take no page. 0 gives back what was. */
void memory_set_reserve(size_t bytes);

/* Has the reserve been given up, and cannot be had again now? */
bool memory_is_short(void);

/* Gives the system back the pages of the heap in which nothing is; glibc keeps what a burst took as long as something
 * small lies behind it. Some ms where there are many gaps. */
void memory_give_back(void);

/* size zeroed bytes. Never NULL. */
void *memory_alloc(size_t size) __attribute__((returns_nonnull, malloc, alloc_size(1)));

/* An array of count zeroed elements of size bytes. Never NULL. */
void *memory_array(size_t count, size_t size) __attribute__((returns_nonnull, malloc, alloc_size(1, 2)));

/* Makes an array as long as count elements of size bytes; what is new is not zeroed. Never NULL. */
void *memory_resize(void *array, size_t count, size_t size) __attribute__((returns_nonnull, alloc_size(2, 3)));

/* A copy of text; NULL stays NULL. */
char *memory_strdup(const char *text) __attribute__((malloc));

/* A terminated copy of the first len bytes of text at most. */
char *memory_strndup(const char *text, size_t len) __attribute__((returns_nonnull, malloc));

/* Formatted text. */
char *memory_printf(const char *fmt, ...) __attribute__((returns_nonnull, malloc, format(printf, 1, 2)));

#endif
