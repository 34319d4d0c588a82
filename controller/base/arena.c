#include "base/arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/memory.h"

#define BLOCK_SIZE ((size_t)16 * 1024)

struct arena_block {
	struct arena_block *next;
	size_t size;
	alignas(max_align_t) unsigned char bytes[];
};

static size_t round_up(size_t size, size_t align)
{
	return (size + align - 1) / align * align;
}

static size_t usual_size(const struct arena *arena)
{
	return round_up(arena->block_size > 0 ? arena->block_size : BLOCK_SIZE, alignof(max_align_t));
}

static void add_block(struct arena *arena, size_t at_least)
{
	size_t usual = usual_size(arena);
	size_t size = at_least > usual ? round_up(at_least, alignof(max_align_t)) : usual;
	struct arena_block *block = memory_alloc(sizeof(*block) + size);

	block->size = size;
	block->next = arena->blocks;
	arena->blocks = block;
	arena->used = 0;
}

static void *take(struct arena *arena, size_t size, size_t align)
{
	size_t at = round_up(arena->used, align);

	CHECK(size < SIZE_MAX / 2);
	if (arena->blocks == NULL || at > arena->blocks->size || arena->blocks->size - at < size) {
		add_block(arena, size);
		at = 0;
	}
	arena->used = at + size;
	return arena->blocks->bytes + at;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return take(arena, size, alignof(max_align_t));
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t bytes = 0;

	CHECK(!__builtin_mul_overflow(count, size, &bytes));
	return arena_alloc(arena, bytes);
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return text == NULL ? NULL : arena_strndup(arena, text, strlen(text));
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
	char *copy = take(arena, len + 1, 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int len;

	CHECK(fmt != NULL);
	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	CHECK(len >= 0);
	text = take(arena, (size_t)len + 1, 1);
	va_start(ap, fmt);
	(void)vsnprintf(text, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return text;
}

size_t arena_bytes(const struct arena *arena)
{
	size_t bytes = arena->used;

	if (arena->blocks == NULL)
		return 0;
	for (const struct arena_block *block = arena->blocks->next; block != NULL; block = block->next)
		bytes += block->size;
	return bytes;
}

bool arena_is_whole(const struct arena *arena)
{
	return arena->blocks == NULL || arena->blocks->next == NULL;
}

void arena_reset(struct arena *arena)
{
	size_t dirty = arena->used;

	while (arena->blocks != NULL && (arena->blocks->next != NULL || arena->blocks->size > usual_size(arena))) {
		struct arena_block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
		dirty = next == NULL ? 0 : next->size;
	}
	if (arena->blocks != NULL)
		memset(arena->blocks->bytes, 0, dirty);
	arena->used = 0;
}

void arena_finish(struct arena *arena)
{
	struct arena_block *block = arena->blocks;

	while (block != NULL) {
		struct arena_block *next = block->next;

		free(block);
		block = next;
	}
	arena->blocks = NULL;
	arena->used = 0;
}
