#include "domain/condition.h"

#include "base/str.h"

const char *condition_status_name(enum condition_status status)
{
	static const char *const names[] = { "False", "True", "Unknown" };

	return names[status];
}

const struct condition *condition_find(const struct conditions *conditions, const char *type)
{
	for (size_t i = 0; i < conditions->count; i++) {
		if (str_equal(conditions->items[i].type, type))
			return &conditions->items[i];
	}
	return NULL;
}

bool condition_is_true(const struct conditions *conditions, const char *type)
{
	const struct condition *found = condition_find(conditions, type);

	return found != NULL && found->status == CONDITION_TRUE;
}

void condition_keep_times(struct conditions *now, const struct conditions *before, int64_t now_ms)
{
	for (size_t i = 0; i < now->count; i++) {
		struct condition *c = &now->items[i];
		const struct condition *old = condition_find(before, c->type);

		c->transition_ms = old != NULL && old->status == c->status ? old->transition_ms : now_ms;
	}
}

static bool conditions_match(const struct condition *a, const struct condition *b)
{
	return a->status == b->status && str_equal(a->reason, b->reason) &&
	       str_equal(a->message, b->message) && a->observed_generation == b->observed_generation &&
	       a->transition_ms / 1000 == b->transition_ms / 1000;
}

bool condition_sets_equal(const struct conditions *a, const struct conditions *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct condition *other = condition_find(b, a->items[i].type);

		if (other == NULL || !conditions_match(&a->items[i], other))
			return false;
	}
	return true;
}
