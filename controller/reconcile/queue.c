#include "reconcile/queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/vec.h"

#define NOT_IN_HEAP SIZE_MAX

/* One key that is ready, under way, delayed, or that failed and is not forgiven yet. */
struct item {
	struct item *next;  /* in the line of what is ready */
	bool is_wanted;     /* in the line, or to be put there when its look is over */
	bool is_active;     /* its look is under way */
	int64_t wanted_ms;  /* since when it is wanted */
	int64_t due_ms;     /* when it will be wanted; only while it is in the heap */
	size_t heap_index;  /* NOT_IN_HEAP: no delay */
	unsigned failures;  /* in a row */
	int64_t paused_ms;  /* the end of the pause after the last failure; 0: there was none */
	char key[];
};

struct queue {
	struct map items;    /* key → struct item * */
	struct item *first;  /* ready, oldest first */
	struct item *last;
	struct vec heap;     /* struct item *, the earliest due at the root */
	size_t depth;
	size_t active;
	uint64_t random;
};

struct queue *queue_create(uint64_t seed)
{
	struct queue *queue = memory_alloc(sizeof(*queue));

	queue->random = seed | 1;
	return queue;
}

void queue_destroy(struct queue *queue)
{
	size_t cursor = 0;
	const char *key;
	void *item;

	if (queue == NULL)
		return;
	while (map_next(&queue->items, &cursor, &key, &item))
		free(item);
	map_finish(&queue->items);
	vec_finish(&queue->heap);
	free(queue);
}

static struct item *find_or_make(struct queue *queue, const char *key)
{
	struct item *item = map_get(&queue->items, key);
	size_t size = strlen(key) + 1;

	if (item != NULL)
		return item;
	item = memory_alloc(sizeof(*item) + size);
	memcpy(item->key, key, size);
	item->heap_index = NOT_IN_HEAP;
	map_put(&queue->items, key, item);
	return item;
}

/* Forgets an item about which there is nothing to know any more. */
static void drop_if_idle(struct queue *queue, struct item *item)
{
	if (item->is_wanted || item->is_active || item->failures > 0 ||
	    item->heap_index != NOT_IN_HEAP)
		return;
	map_remove(&queue->items, item->key);
	free(item);
}

/* ---- the heap of delays ---- */

static struct item *heap_at(const struct queue *queue, size_t index)
{
	return queue->heap.items[index];
}

static void heap_set(struct queue *queue, size_t index, struct item *item)
{
	queue->heap.items[index] = item;
	item->heap_index = index;
}

static void heap_swap(struct queue *queue, size_t a, size_t b)
{
	struct item *item = heap_at(queue, a);

	heap_set(queue, a, heap_at(queue, b));
	heap_set(queue, b, item);
}

static void heap_sift_up(struct queue *queue, size_t index)
{
	while (index > 0) {
		size_t parent = (index - 1) / 2;

		if (heap_at(queue, parent)->due_ms <= heap_at(queue, index)->due_ms)
			return;
		heap_swap(queue, parent, index);
		index = parent;
	}
}

static void heap_sift_down(struct queue *queue, size_t index)
{
	for (;;) {
		size_t least = index;

		for (size_t child = 2 * index + 1; child <= 2 * index + 2; child++) {
			if (child < queue->heap.len &&
			    heap_at(queue, child)->due_ms < heap_at(queue, least)->due_ms)
				least = child;
		}
		if (least == index)
			return;
		heap_swap(queue, least, index);
		index = least;
	}
}

static void heap_put(struct queue *queue, struct item *item, int64_t due_ms)
{
	item->due_ms = due_ms;
	item->heap_index = queue->heap.len;
	vec_push(&queue->heap, item);
	heap_sift_up(queue, item->heap_index);
}

static void heap_remove(struct queue *queue, struct item *item)
{
	size_t index = item->heap_index;

	if (index == NOT_IN_HEAP)
		return;
	item->heap_index = NOT_IN_HEAP;
	vec_remove_unordered(&queue->heap, index);
	if (index == queue->heap.len)
		return;
	heap_at(queue, index)->heap_index = index;
	heap_sift_up(queue, index);
	heap_sift_down(queue, index);
}

/* ---- the line of what is ready ---- */

static void line_append(struct queue *queue, struct item *item)
{
	item->next = NULL;
	if (queue->last == NULL)
		queue->first = item;
	else
		queue->last->next = item;
	queue->last = item;
	queue->depth++;
}

static struct item *line_take(struct queue *queue)
{
	struct item *item = queue->first;

	if (item == NULL)
		return NULL;
	queue->first = item->next;
	if (queue->first == NULL)
		queue->last = NULL;
	queue->depth--;
	return item;
}

static void want(struct queue *queue, struct item *item, int64_t now_ms)
{
	heap_remove(queue, item);
	if (item->is_wanted)
		return;
	item->is_wanted = true;
	item->wanted_ms = now_ms;
	if (!item->is_active)
		line_append(queue, item);
}

void queue_add(struct queue *queue, const char *key, int64_t now_ms)
{
	want(queue, find_or_make(queue, key), now_ms);
}

static void delay(struct queue *queue, struct item *item, int64_t at_ms)
{
	if (item->is_wanted)
		return;
	if (item->heap_index != NOT_IN_HEAP) {
		if (item->due_ms <= at_ms)
			return;
		heap_remove(queue, item);
	}
	heap_put(queue, item, at_ms);
}

void queue_add_at(struct queue *queue, const char *key, int64_t at_ms)
{
	delay(queue, find_or_make(queue, key), at_ms);
}

/* A number in [0, bound), by xorshift64 (Marsaglia, "Xorshift RNGs", 2003): good enough for
 * jitter. */
static int64_t draw(struct queue *queue, int64_t bound)
{
	uint64_t x = queue->random;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	queue->random = x;
	return (int64_t)((x >> 1) % (uint64_t)bound);
}

static int64_t back_off(struct queue *queue, struct item *item)
{
	int64_t delay_ms = QUEUE_BACKOFF_MAX_MS;

	if (item->failures < 16)
		delay_ms = (int64_t)QUEUE_BACKOFF_MIN_MS << item->failures;
	if (delay_ms > QUEUE_BACKOFF_MAX_MS)
		delay_ms = QUEUE_BACKOFF_MAX_MS;
	item->failures++;
	return delay_ms - draw(queue, delay_ms / 4 + 1);
}

int64_t queue_add_failed(struct queue *queue, const char *key, int64_t now_ms, int64_t at_least_ms)
{
	struct item *item = find_or_make(queue, key);
	int64_t delay_ms = now_ms < item->paused_ms ? item->paused_ms - now_ms : back_off(queue, item);

	if (delay_ms < at_least_ms)
		delay_ms = at_least_ms + draw(queue, at_least_ms / 10 + 1);
	item->paused_ms = now_ms + delay_ms;
	delay(queue, item, item->paused_ms);
	return delay_ms;
}

void queue_forget_failures(struct queue *queue, const char *key)
{
	struct item *item = map_get(&queue->items, key);

	if (item == NULL)
		return;
	item->failures = 0;
	item->paused_ms = 0;
	drop_if_idle(queue, item);
}

const char *queue_take(struct queue *queue, int64_t now_ms, int64_t *ret_waited_ms)
{
	struct item *item;

	while (queue->heap.len > 0 && heap_at(queue, 0)->due_ms <= now_ms)
		want(queue, heap_at(queue, 0), now_ms);
	item = line_take(queue);
	if (item == NULL)
		return NULL;
	item->is_wanted = false;
	item->is_active = true;
	queue->active++;
	if (ret_waited_ms != NULL)
		*ret_waited_ms = now_ms - item->wanted_ms;
	return item->key;
}

void queue_done(struct queue *queue, const char *key, int64_t now_ms)
{
	struct item *item = map_get(&queue->items, key);

	CHECK(item != NULL && item->is_active);
	item->is_active = false;
	queue->active--;
	if (item->is_wanted) {
		item->wanted_ms = now_ms;
		line_append(queue, item);
	}
	drop_if_idle(queue, item);
}

int64_t queue_due_ms(const struct queue *queue)
{
	if (queue->first != NULL)
		return queue->first->wanted_ms;
	return queue->heap.len > 0 ? heap_at(queue, 0)->due_ms : CLOCK_NEVER;
}

size_t queue_depth(const struct queue *queue)
{
	return queue->depth;
}

size_t queue_active(const struct queue *queue)
{
	return queue->active;
}
