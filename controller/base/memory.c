#include "base/memory.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

static void *reserve;
static size_t reserve_size;

void memory_set_reserve(size_t bytes)
{
	free(reserve);
	reserve_size = bytes;
	reserve = bytes == 0 ? NULL : malloc(bytes);
}

bool memory_is_short(void)
{
	if (reserve == NULL && reserve_size > 0)
		reserve = malloc(reserve_size);
	return reserve == NULL && reserve_size > 0;
}

void memory_give_back(void)
{
	(void)malloc_trim(0);
}

/* What would be written on the way out might want memory itself, so nothing is finished here. */
static void leave(size_t bytes)
{
	(void)fprintf(stderr, "sluice: no memory for %zu bytes, and no reserve left: leaving\n", bytes);
	_exit(MEMORY_EXIT);
}

static void give_up_reserve(void)
{
	free(reserve);
	reserve = NULL;
}

void *memory_resize(void *array, size_t count, size_t size)
{
	size_t bytes = 0;
	void *memory;

	CHECK(!__builtin_mul_overflow(count, size, &bytes) && bytes < SIZE_MAX / 2);
	bytes = bytes == 0 ? 1 : bytes;
	memory = realloc(array, bytes);
	if (memory == NULL) {
		give_up_reserve();
		memory = realloc(array, bytes);
	}
	if (memory == NULL)
		leave(bytes);
	return memory;
}

void *memory_array(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (memory == NULL) {
		memory = memory_resize(NULL, count, size);
		memset(memory, 0, count * size);
	}
	return memory;
}

void *memory_alloc(size_t size)
{
	return memory_array(1, size);
}

char *memory_strndup(const char *text, size_t len)
{
	size_t bytes = strnlen(text, len);
	char *copy = memory_resize(NULL, bytes + 1, 1);

	memcpy(copy, text, bytes);
	copy[bytes] = '\0';
	return copy;
}

char *memory_strdup(const char *text)
{
	return text == NULL ? NULL : memory_strndup(text, strlen(text));
}

char *memory_printf(const char *fmt, ...)
{
	va_list ap;
	char *text;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	CHECK(len >= 0);
	text = memory_resize(NULL, (size_t)len + 1, 1);
	va_start(ap, fmt);
	(void)vsnprintf(text, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return text;
}
