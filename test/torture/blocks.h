/*
 * torture/blocks: memory of which is known what has been lost.
 *
 * The allocator behind failing.h's library. In a program with AddressSanitizer that is AddressSanitizer's, and all below
 * is done there. In others it is libc's, each block with a head before it: what is given back is overwritten, so that
 * whoever still reads it finds no sense there, and in the end all that is not given back is looked for, as
 * LeakSanitizer does: what is pointed to, from where a pointer can be or from a block that is pointed to, is not lost.
 */
#ifndef SLUICE_TORTURE_BLOCKS_H
#define SLUICE_TORTURE_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>

/* To be called before the first thread is there. */
void blocks_begin(void);

/* As malloc, calloc and realloc. is_watched: it is noticed when it is lost. */
void *blocks_give(size_t size, bool is_watched);
void *blocks_give_zeroed(size_t count, size_t size, bool is_watched);
void *blocks_give_again(void *memory, size_t size, bool is_watched);
void blocks_take(void *memory);

/* Is one of the watched blocks lost? To be called where the process ends. */
bool blocks_are_lost(void);

#endif
