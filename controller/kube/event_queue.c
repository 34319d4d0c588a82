#include "kube/event_queue.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"

void event_queue_init(struct event_queue *queue, uint64_t number)
{
	*queue = (struct event_queue){ .number = number };
}

static void entry_free(struct event_entry *entry)
{
	arena_finish(&entry->arena);
	free(entry);
}

void event_queue_finish(struct event_queue *queue)
{
	for (size_t i = 0; i < queue->entries.len; i++)
		entry_free(queue->entries.items[i]);
	vec_finish(&queue->entries);
	map_finish(&queue->by_key);
}

static const char *or_empty(const char *text)
{
	return text == NULL ? "" : text;
}

/* Joins what makes Events the same, by a byte that no name contains. */
static const char *key_of(const struct event_report *report, struct arena *arena)
{
	const struct event_object *about = &report->regarding;
	const struct event_object *related = &report->related;

	return arena_printf(arena, "%d\x1f%s\x1f%s\x1f%s\x1f%s\x1f%s\x1f%s\x1f%s\x1f%s\x1f%s\x1f%s\x1f%s",
			    report->is_warning, report->reason, report->action, report->note,
			    or_empty(about->kind), or_empty(about->namespace), or_empty(about->name),
			    or_empty(about->uid), or_empty(related->kind), or_empty(related->namespace),
			    or_empty(related->name), or_empty(related->uid));
}

static struct event_object copy_object(const struct event_object *object, struct arena *arena)
{
	return (struct event_object){
		.api_version = arena_strdup(arena, object->api_version),
		.kind = arena_strdup(arena, object->kind),
		.namespace = arena_strdup(arena, object->namespace),
		.name = arena_strdup(arena, object->name),
		.uid = arena_strdup(arena, object->uid),
	};
}

static struct event_entry *entry_new(const struct event_report *report, uint64_t number)
{
	struct event_entry *entry = memory_alloc(sizeof(*entry));

	entry->arena = ARENA_INIT_SIZE(1024);
	entry->report = (struct event_report){
		.regarding = copy_object(&report->regarding, &entry->arena),
		.related = copy_object(&report->related, &entry->arena),
		.is_warning = report->is_warning,
		.reason = arena_strdup(&entry->arena, report->reason),
		.action = arena_strdup(&entry->arena, report->action),
		.note = arena_strdup(&entry->arena, report->note),
	};
	entry->key = key_of(&entry->report, &entry->arena);
	(void)event_name(&entry->report, number, entry->name);
	return entry;
}

static bool is_waiting(const struct event_entry *entry)
{
	return entry->series.count > entry->sent_count;
}

/* Takes it out of the map, unless the map has another one of this key by now. */
static void forget_key(struct event_queue *queue, const struct event_entry *entry)
{
	if (map_get(&queue->by_key, entry->key) == entry)
		(void)map_remove(&queue->by_key, entry->key);
}

static void remove_at(struct event_queue *queue, size_t index)
{
	struct event_entry *entry = queue->entries.items[index];

	forget_key(queue, entry);
	entry_free(entry);
	queue->entries.len--;
	memmove(&queue->entries.items[index], &queue->entries.items[index + 1],
		(queue->entries.len - index) * sizeof(queue->entries.items[0]));
}

/* Makes room for one more: series that are over go, then the oldest that is sent. false: all of them
 * wait to be sent. */
static bool make_room(struct event_queue *queue, int64_t now_ms)
{
	size_t oldest = queue->entries.len;

	if (queue->entries.len < EVENT_QUEUE_MAX)
		return true;
	for (size_t i = queue->entries.len; i > 0; i--) {
		const struct event_entry *entry = queue->entries.items[i - 1];

		if (is_waiting(entry) || entry == queue->under_way)
			continue;
		oldest = i - 1;
		if (now_ms - entry->seen_ms > EVENT_SERIES_MS) {
			remove_at(queue, i - 1);
			oldest = queue->entries.len;
		}
	}
	if (queue->entries.len == EVENT_QUEUE_MAX && oldest < queue->entries.len)
		remove_at(queue, oldest);
	return queue->entries.len < EVENT_QUEUE_MAX;
}

void event_queue_add(struct event_queue *queue, const struct event_report *report, int64_t now_ms,
		     int64_t wall_ms)
{
	struct event_entry *entry = entry_new(report, queue->number);
	struct event_entry *before = map_get(&queue->by_key, entry->key);

	if (before != NULL && now_ms - before->seen_ms <= EVENT_SERIES_MS) {
		before->series.count++;
		before->series.last_ms = wall_ms;
		before->seen_ms = now_ms;
		entry_free(entry);
		return;
	}
	if (before != NULL)
		forget_key(queue, before);
	if (!make_room(queue, now_ms)) {
		queue->dropped++;
		entry_free(entry);
		return;
	}
	queue->number++;
	entry->series = (struct event_series){ .first_ms = wall_ms, .last_ms = wall_ms, .count = 1 };
	entry->seen_ms = now_ms;
	vec_push(&queue->entries, entry);
	(void)map_put(&queue->by_key, entry->key, entry);
}

/* When it may be sent: a new one and the first repetition at once, then once a minute. */
static int64_t due_ms(const struct event_queue *queue, const struct event_entry *entry)
{
	int64_t due = entry->sent_count > 1 ? entry->sent_ms + EVENT_PATCH_MS : INT64_MIN;

	if (!is_waiting(entry))
		return CLOCK_NEVER;
	return due > queue->not_before_ms ? due : queue->not_before_ms;
}

const struct event_entry *event_queue_next(struct event_queue *queue, int64_t now_ms)
{
	if (queue->under_way != NULL)
		return NULL;
	for (size_t i = 0; i < queue->entries.len; i++) {
		struct event_entry *entry = queue->entries.items[i];

		if (due_ms(queue, entry) > now_ms)
			continue;
		entry->sending_count = entry->series.count;
		queue->under_way = entry;
		return entry;
	}
	return NULL;
}

static void drop(struct event_queue *queue, const struct event_entry *entry)
{
	queue->dropped++;
	for (size_t i = 0; i < queue->entries.len; i++) {
		if (queue->entries.items[i] == entry) {
			remove_at(queue, i);
			return;
		}
	}
}

void event_queue_done(struct event_queue *queue, enum event_outcome outcome, int64_t wait_ms,
		      int64_t now_ms)
{
	struct event_entry *entry = queue->under_way;

	CHECK(entry != NULL);
	queue->under_way = NULL;
	switch (outcome) {
	case EVENT_SENT:
		entry->sent_count = entry->sending_count;
		entry->sent_ms = now_ms;
		entry->tries = 0;
		break;
	case EVENT_VANISHED:
		/* A new name: the apiserver may still be about to delete the old one. */
		entry->sent_count = 0;
		(void)event_name(&entry->report, queue->number++, entry->name);
		break;
	case EVENT_UNSENT:
		queue->not_before_ms = now_ms + wait_ms;
		if (++entry->tries >= EVENT_TRIES)
			drop(queue, entry);
		break;
	case EVENT_REFUSED:
		drop(queue, entry);
		break;
	}
}

int64_t event_queue_wake_ms(const struct event_queue *queue)
{
	int64_t wake = CLOCK_NEVER;

	if (queue->under_way != NULL)
		return CLOCK_NEVER;
	for (size_t i = 0; i < queue->entries.len; i++) {
		int64_t due = due_ms(queue, queue->entries.items[i]);

		wake = due < wake ? due : wake;
	}
	return wake;
}

size_t event_queue_waiting(const struct event_queue *queue)
{
	size_t count = 0;

	for (size_t i = 0; i < queue->entries.len; i++)
		count += is_waiting(queue->entries.items[i]) ? 1 : 0;
	return count;
}
