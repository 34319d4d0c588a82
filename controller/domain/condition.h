/*
 * domain/condition: the standard conditions of a status (KEP-1623), as kstatus reads them.
 * May include: base.
 */
#ifndef SLUICE_DOMAIN_CONDITION_H
#define SLUICE_DOMAIN_CONDITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum condition_status { CONDITION_FALSE, CONDITION_TRUE, CONDITION_UNKNOWN };

struct condition {
	const char *type;
	enum condition_status status;
	const char *reason;
	const char *message;
	int64_t observed_generation;
	int64_t transition_ms; /* lastTransitionTime */
};

struct conditions {
	struct condition *items;
	size_t count;
};

/* "True", "False", "Unknown". */
const char *condition_status_name(enum condition_status status);

/* The condition of that type, or NULL. */
const struct condition *condition_find(const struct conditions *conditions, const char *type);

/* Is the condition of that type there and true? */
bool condition_is_true(const struct conditions *conditions, const char *type);

/* Gives every condition of now whose status equals the one of before its old transition time, the others
 * now_ms: a lastTransitionTime moves only when the status does. */
void condition_keep_times(struct conditions *now, const struct conditions *before, int64_t now_ms);

/* Are both sets the same, transition times included? The order does not count. */
bool condition_sets_equal(const struct conditions *a, const struct conditions *b);

#endif
