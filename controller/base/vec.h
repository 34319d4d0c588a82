/*
 * base/vec: a growing array of pointers.
 *
 * Growth does not fail softly: see memory.h. The vector does not own
 * what its pointers point to. May include: libc.
 */
#ifndef SLUICE_BASE_VEC_H
#define SLUICE_BASE_VEC_H

#include <stddef.h>

struct vec {
	void **items;
	size_t len;
	size_t size;
};

#define VEC_INIT ((struct vec){ .items = NULL })

/* Appends item. */
void vec_push(struct vec *vec, void *item);

/* Removes the item at index, moving the last one into its place (order is not kept). */
void vec_remove_unordered(struct vec *vec, size_t index);

/* Frees the array, not the items; the vector is as new. A zeroed vector is fine. */
void vec_finish(struct vec *vec);

#endif
