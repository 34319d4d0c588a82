/*
 * base/arena: memory that lives as long as one reconcile.
 *
 * Everything between gathering the world and executing the plan is allocated here and freed at once.
 * An arena does not fail softly (memory.h says what happens instead), so arena_alloc() never returns NULL
 * and callers stay readable.
 * Memory that a remote party sizes does not belong here; it goes through buf, which has a limit.
 *
 * May include: libc. Deliberately absent: freeing of single objects.
 */
#ifndef SLUICE_BASE_ARENA_H
#define SLUICE_BASE_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks; /* newest first */
	size_t used;                /* bytes taken in the newest block */
	size_t block_size;          /* bytes of a fresh block; 0: 16 KiB */
};

#define ARENA_INIT ((struct arena){ .blocks = NULL })

/* For what is kept long and is small: blocks of size bytes. */
#define ARENA_INIT_SIZE(size) ((struct arena){ .blocks = NULL, .block_size = (size) })

/* size zeroed bytes, aligned for any type. Never NULL. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((returns_nonnull, alloc_size(2)));

/* An array of count zeroed elements of size bytes; an overflow of the product is our bug. Never NULL. */
void *arena_array(struct arena *arena, size_t count, size_t size)
	__attribute__((returns_nonnull, alloc_size(2, 3)));

/* A copy of text; NULL stays NULL. */
char *arena_strdup(struct arena *arena, const char *text);

/* A terminated copy of the first len bytes of text. */
char *arena_strndup(struct arena *arena, const char *text, size_t len)
	__attribute__((returns_nonnull));

/* Formatted text. */
char *arena_printf(struct arena *arena, const char *fmt, ...)
	__attribute__((returns_nonnull, format(printf, 2, 3)));

/* The bytes taken so far: an arena whose first block has this size takes the same things in one block. */
size_t arena_bytes(const struct arena *arena);

/* Does all that was taken lie in one block? */
bool arena_is_whole(const struct arena *arena);

/* Forgets everything and keeps a block of the usual size, zeroed, so that the next user need not ask for
 * memory. */
void arena_reset(struct arena *arena);

/* Frees everything; the arena is as new and can be used again. A zeroed arena is fine. */
void arena_finish(struct arena *arena);

#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define arena_new_array(arena, count, type) ((type *)arena_array((arena), (count), sizeof(type)))

#endif
