#include "domain/workload.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static bool metas_are_same(const struct meta *a, const struct meta *b)
{
	return str_equal(a->uid, b->uid) && a->generation == b->generation && a->is_deleting == b->is_deleting &&
	       str_equal(a->channel, b->channel) && str_equal(a->owner_uid, b->owner_uid);
}

static bool containers_are_same(const struct workload *a, const struct workload *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!str_equal(a->containers[i].name, b->containers[i].name) ||
		    !str_equal(a->containers[i].image, b->containers[i].image) ||
		    a->containers[i].is_init != b->containers[i].is_init)
			return false;
	}
	return true;
}

static bool selectors_are_same(const struct workload *a, const struct workload *b)
{
	if (a->selector_count != b->selector_count || a->has_expressions != b->has_expressions)
		return false;
	for (size_t i = 0; i < a->selector_count; i++) {
		if (!str_equal(a->selector[i].key, b->selector[i].key) ||
		    !str_equal(a->selector[i].value, b->selector[i].value))
			return false;
	}
	return true;
}

static bool counts_are_same(const struct workload *a, const struct workload *b)
{
	return a->partition == b->partition && a->desired == b->desired && a->updated == b->updated &&
	       a->total == b->total && a->ready == b->ready && a->available == b->available &&
	       a->observed_generation == b->observed_generation;
}

bool workload_is_same(const struct workload *a, const struct workload *b)
{
	return a->kind == b->kind && metas_are_same(&a->meta, &b->meta) && containers_are_same(a, b) &&
	       selectors_are_same(a, b) && counts_are_same(a, b) && a->is_paused == b->is_paused &&
	       a->is_gated == b->is_gated && a->is_on_delete == b->is_on_delete &&
	       str_equal(a->current_revision, b->current_revision) &&
	       str_equal(a->update_revision, b->update_revision) &&
	       str_equal(a->progress_message, b->progress_message);
}

const struct container *workload_find_container(const struct workload *workload, const char *name)
{
	for (size_t i = 0; i < workload->count; i++) {
		if (str_equal(workload->containers[i].name, name))
			return &workload->containers[i];
	}
	return NULL;
}

char *pin_key(struct arena *arena, enum workload_kind kind, const char *name, const char *container)
{
	return arena_printf(arena, "%s.%s.%s", workload_kind_name(kind), name, container);
}

/* A workload's name may have dots, a container's may not. */
bool pin_key_read(const char *key, struct pin_owner *ret)
{
	const char *first = strchr(key, '.');
	const char *last = strrchr(key, '.');

	if (first == last)
		return false;
	*ret = (struct pin_owner){ .name = first + 1, .name_len = (size_t)(last - first - 1) };
	for (int kind = 0; kind < WORKLOAD_KIND_COUNT; kind++) {
		ret->kind = (enum workload_kind)kind;
		if (str_has_prefix(key, workload_kind_name(ret->kind)) &&
		    strlen(workload_kind_name(ret->kind)) == (size_t)(first - key))
			return true;
	}
	return false;
}

static int compare_key(const void *key, const void *pin)
{
	return strcmp(key, ((const struct pin *)pin)->key);
}

const char *pins_find(const struct pins *pins, const char *key)
{
	const struct pin *pin =
		pins->count == 0 ? NULL : bsearch(key, pins->items, pins->count, sizeof(*pins->items), compare_key);

	return pin == NULL ? NULL : pin->image;
}
