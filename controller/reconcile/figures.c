#include "reconcile/figures.h"

#include "reconcile/world.h"

static const char *const states[] = { "stalled", "reconciling", "ready", "waiting" };

#define STATE_COUNT (sizeof(states) / sizeof(states[0]))

static size_t state_of(const struct channel *channel)
{
	static const char *const types[] = { "Stalled", "Reconciling", "Ready" };

	for (size_t i = 0; i < STATE_COUNT - 1; i++) {
		if (condition_is_true(&channel->status.conditions, types[i]))
			return i;
	}
	return STATE_COUNT - 1;
}

static void count_channels(const struct store *store, struct metrics *metrics)
{
	struct store_cursor cursor = STORE_CURSOR_INIT;
	size_t counts[STATE_COUNT] = { 0 };
	const struct record *record;

	while (store_next(store, KIND_CHANNEL, NULL, &cursor, &record))
		counts[state_of(record->object)]++;
	for (size_t i = 0; i < STATE_COUNT; i++)
		metrics_set_channels(metrics, states[i], counts[i]);
}

/* "MutatingAdmissionPolicy", …: two kinds of ours never share a name. */
static void count_objects(const struct store *store, struct metrics *metrics)
{
	for (int kind = 0; kind < KIND_COUNT; kind++)
		metrics_set_store(metrics, kind_info((enum kind)kind)->name,
				  store_count(store, (enum kind)kind),
				  store_bytes(store, (enum kind)kind));
}

void figures_collect(const struct store *store, struct metrics *metrics)
{
	bool is_guarded = store_get(store, KIND_GUARD_POLICY, "", WORLD_GUARD_NAME) != NULL &&
			  store_get(store, KIND_GUARD_BINDING, "", WORLD_GUARD_NAME) != NULL;

	count_channels(store, metrics);
	count_objects(store, metrics);
	metrics_set_guard(metrics, is_guarded);
}
