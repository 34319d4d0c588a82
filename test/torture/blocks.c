#include "blocks.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC 0x51b10c4bu
#define WAS_MAGIC 0x51b10c4cu
#define GONE 0xdb /* what is given back becomes this: no pointer, no length, no text */
#define ALL_IN_ONE (32 << 20) /* the most that libc takes: no block has a mapping of its own, which would be taken for a root */
#define LINE 512

/* AddressSanitizer's, when the program has it. */
void *__interceptor_malloc(size_t size) __attribute__((weak));
void *__interceptor_calloc(size_t count, size_t size) __attribute__((weak));
void *__interceptor_realloc(void *memory, size_t size) __attribute__((weak));
void __interceptor_free(void *memory) __attribute__((weak));
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));
void *__libc_malloc(size_t size);
void *__libc_realloc(void *memory, size_t size);
void __libc_free(void *memory);

/* Before each block; 32 bytes, so that the block lies as malloc's do. */
struct head {
	struct head *next;
	struct head *previous;
	size_t size;
	uint32_t magic;
	bool is_watched;
	bool is_found; /* there is a way to it */
};

static struct head first = { .next = &first, .previous = &first };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void blocks_begin(void)
{
	(void)mallopt(M_ARENA_MAX, 1);
	(void)mallopt(M_MMAP_THRESHOLD, ALL_IN_ONE);
}

/* ---- giving and taking ---- */

static void *enter(struct head *head, size_t size, bool is_watched)
{
	if (head == NULL)
		return NULL;
	(void)pthread_mutex_lock(&lock);
	*head = (struct head){ .next = first.next, .previous = &first, .size = size, .is_watched = is_watched, .magic = MAGIC };
	head->next->previous = head;
	first.next = head;
	(void)pthread_mutex_unlock(&lock);
	return head + 1;
}

static void leave(struct head *head)
{
	(void)pthread_mutex_lock(&lock);
	head->next->previous = head->previous;
	head->previous->next = head->next;
	head->magic = WAS_MAGIC;
	(void)pthread_mutex_unlock(&lock);
}

static bool is_too_much(size_t size)
{
	if (size <= PTRDIFF_MAX - sizeof(struct head))
		return false;
	errno = ENOMEM;
	return true;
}

void *blocks_give(size_t size, bool is_watched)
{
	if (__interceptor_malloc != NULL)
		return __interceptor_malloc(size);
	return is_too_much(size) ? NULL : enter(__libc_malloc(sizeof(struct head) + size), size, is_watched);
}

void *blocks_give_zeroed(size_t count, size_t size, bool is_watched)
{
	size_t bytes = 0;
	void *memory;

	if (__interceptor_calloc != NULL)
		return __interceptor_calloc(count, size);
	if (__builtin_mul_overflow(count, size, &bytes))
		bytes = SIZE_MAX;
	memory = blocks_give(bytes, is_watched);
	return memory == NULL ? NULL : memset(memory, 0, bytes);
}

/* NULL: it was not given here, but by a function that nobody stands before (memalign and its like). */
static struct head *head_of(void *memory)
{
	struct head *head = (struct head *)memory - 1;

	if (head->magic == WAS_MAGIC)
		abort(); /* it is given back twice */
	return head->magic == MAGIC ? head : NULL;
}

void blocks_take(void *memory)
{
	struct head *head = memory == NULL || __interceptor_free != NULL ? NULL : head_of(memory);

	if (head == NULL) {
		(__interceptor_free != NULL ? __interceptor_free : __libc_free)(memory);
		return;
	}
	leave(head);
	memset(memory, GONE, head->size);
	__libc_free(head);
}

void *blocks_give_again(void *memory, size_t size, bool is_watched)
{
	struct head *head;
	void *again;

	if (__interceptor_realloc != NULL)
		return __interceptor_realloc(memory, size);
	if (memory == NULL)
		return blocks_give(size, is_watched);
	if (size == 0) {
		blocks_take(memory);
		return NULL;
	}
	head = head_of(memory);
	if (head == NULL)
		return __libc_realloc(memory, size);
	again = blocks_give(size, is_watched);
	if (again != NULL) {
		memcpy(again, memory, head->size < size ? head->size : size);
		blocks_take(memory);
	}
	return again;
}

/* ---- what is lost ---- */

struct search {
	struct head **sorted; /* all blocks, by address */
	size_t count;
	struct head **open; /* found, but not yet looked through */
	size_t open_count;
};

static int by_address(const void *a, const void *b)
{
	const struct head *const *x = a;
	const struct head *const *y = b;

	return (*x > *y) - (*x < *y);
}

/* The last block that begins at or before the address. */
static struct head *block_before(const struct search *search, uintptr_t address)
{
	size_t low = 0;
	size_t high = search->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if ((uintptr_t)(search->sorted[middle] + 1) <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? NULL : search->sorted[low - 1];
}

/* AddressSanitizer is not there when this runs. */
static void look_through(struct search *search, const void *begin, const void *end)
{
	uintptr_t lowest = (uintptr_t)search->sorted[0];
	uintptr_t highest = (uintptr_t)(search->sorted[search->count - 1] + 1) + search->sorted[search->count - 1]->size;

	for (const uintptr_t *word = begin; word + 1 <= (const uintptr_t *)end; word++) {
		struct head *head = *word < lowest || *word > highest ? NULL : block_before(search, *word);

		if (head == NULL || head->is_found || *word - (uintptr_t)(head + 1) > head->size)
			continue;
		head->is_found = true;
		search->open[search->open_count++] = head;
	}
}

static void look_through_found(struct search *search)
{
	while (search->open_count > 0) {
		struct head *head = search->open[--search->open_count];

		look_through(search, head + 1, (char *)(head + 1) + head->size / sizeof(uintptr_t) * sizeof(uintptr_t));
	}
}

/* Everything that can be written to, but for the blocks themselves and what functions that have returned left on the stack. */
static void look_everywhere(struct search *search, uintptr_t stack)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[LINE];
	unsigned long begin;
	unsigned long end;

	while (maps != NULL && fgets(line, sizeof(line), maps) != NULL) {
		if (sscanf(line, "%lx-%lx rw", &begin, &end) != 2 || strstr(line, " rw") == NULL || strstr(line, "[heap]") != NULL)
			continue;
		if (stack > begin && stack < end)
			begin = stack;
		look_through(search, (const void *)begin, (const void *)end);
		look_through_found(search);
	}
	if (maps != NULL)
		(void)fclose(maps);
}

static size_t count_blocks(size_t *ret_watched)
{
	size_t count = 0;

	*ret_watched = 0;
	for (struct head *head = first.next; head != &first; head = head->next) {
		*ret_watched += head->is_watched;
		count++;
	}
	return count;
}

static bool search_begin(struct search *search)
{
	size_t watched;
	size_t count = count_blocks(&watched);

	*search = (struct search){ .count = watched == 0 ? 0 : count };
	if (search->count == 0)
		return false;
	search->sorted = __libc_malloc(count * sizeof(struct head *));
	search->open = __libc_malloc(count * sizeof(struct head *));
	if (search->sorted == NULL || search->open == NULL)
		abort();
	for (struct head *head = first.next; head != &first; head = head->next)
		search->sorted[--count] = head;
	qsort(search->sorted, search->count, sizeof(struct head *), by_address);
	return true;
}

bool blocks_are_lost(void)
{
	struct search search;
	bool are_lost = false;

	if (__interceptor_malloc != NULL)
		return __lsan_do_recoverable_leak_check() != 0;
	if (!search_begin(&search))
		return false;
	__builtin_unwind_init(); /* the registers, too, are on the stack then */
	look_everywhere(&search, (uintptr_t)__builtin_frame_address(0) - 128);
	for (size_t i = 0; i < search.count; i++)
		are_lost |= search.sorted[i]->is_watched && !search.sorted[i]->is_found;
	return are_lost;
}
