#include "domain/workload.h"

#include "base/str.h"

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

const char *pins_find(const struct pins *pins, const char *key)
{
	for (size_t i = 0; i < pins->count; i++) {
		if (str_equal(pins->items[i].key, key))
			return pins->items[i].image;
	}
	return NULL;
}
