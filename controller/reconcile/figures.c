#include "reconcile/figures.h"

#include "reconcile/world.h"

static const char *const states[FIGURES_STATES] = { "stalled", "reconciling", "ready", "waiting" };

static size_t state_of(const struct channel *channel)
{
	static const char *const types[] = { "Stalled", "Reconciling", "Ready" };

	for (size_t i = 0; i < FIGURES_STATES - 1; i++) {
		if (condition_is_true(&channel->status.conditions, types[i]))
			return i;
	}
	return FIGURES_STATES - 1;
}

void figures_see(struct figures *figures, const struct channel *before, const struct channel *after)
{
	if (before != NULL)
		figures->channels[state_of(before)]--;
	if (after != NULL)
		figures->channels[state_of(after)]++;
}

/* "MutatingAdmissionPolicy", …: two kinds of ours never share a name. */
static void count_objects(const struct store *store, struct metrics *metrics)
{
	for (int kind = 0; kind < KIND_COUNT; kind++)
		metrics_set_store(metrics, kind_info((enum kind)kind)->name,
				  store_count(store, (enum kind)kind),
				  store_bytes(store, (enum kind)kind));
}

void figures_collect(const struct figures *figures, const struct store *store, struct metrics *metrics)
{
	bool is_guarded = store_has(store, KIND_GUARD_POLICY, "", WORLD_GUARD_NAME) &&
			  store_has(store, KIND_GUARD_BINDING, "", WORLD_GUARD_NAME);

	for (size_t i = 0; i < FIGURES_STATES; i++)
		metrics_set_channels(metrics, states[i], figures->channels[i]);
	count_objects(store, metrics);
	metrics_set_guard(metrics, is_guarded);
}
