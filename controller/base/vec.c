#include "base/vec.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/memory.h"

void vec_push(struct vec *vec, void *item)
{
	if (vec->len == vec->size) {
		vec->size = vec->size == 0 ? 8 : vec->size * 2;
		vec->items = memory_resize(vec->items, vec->size, sizeof(*vec->items));
	}
	vec->items[vec->len++] = item;
}

void vec_remove_unordered(struct vec *vec, size_t index)
{
	CHECK(index < vec->len);
	vec->items[index] = vec->items[--vec->len];
}

void vec_finish(struct vec *vec)
{
	free(vec->items);
	*vec = VEC_INIT;
}
