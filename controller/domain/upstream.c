/* What the channels upstream have verified, and what of it could be promoted here. */
#include "base/str.h"
#include "domain/decision.h"

/* The entry by which an upstream channel vouches for a release, or NULL. */
static const struct verified *vouched(const struct decision *d, size_t upstream, const char *release)
{
	const struct channel *channel =
		world_find_channel(d->world, &d->channel->upstream.channels[upstream]);

	return channel == NULL ? NULL : channel_find_verified(channel, release);
}

/* Is the release verified in as many upstream channels as match asks for? */
static bool is_verified_upstream(const struct decision *d, const char *release)
{
	size_t count = 0;

	for (size_t i = 0; i < d->channel->upstream.count; i++)
		count += vouched(d, i, release) != NULL;
	return d->channel->upstream.match == UPSTREAM_ALL ? count == d->channel->upstream.count
							  : count > 0;
}

/* "a/x, b/y": the upstream channels that have (or have not) verified the release. */
static const char *list_upstreams(struct decision *d, const char *release, bool having)
{
	const char *text = "";

	for (size_t i = 0; i < d->channel->upstream.count; i++) {
		if ((vouched(d, i, release) != NULL) == having)
			text = arena_printf(d->arena, "%s%s%s", text, *text == '\0' ? "" : ", ",
					    ref_text(d, &d->channel->upstream.channels[i]));
	}
	return text;
}

bool upstream_allows(struct decision *d, const struct release *release, const char **ret_message)
{
	bool is_choice = d->channel->upstream.match == UPSTREAM_ANY && d->channel->upstream.count > 1;

	if (is_verified_upstream(d, release->id)) {
		*ret_message = arena_printf(d->arena, "verified in %s",
					    list_upstreams(d, release->id, true));
		return true;
	}
	*ret_message = arena_printf(d->arena, "%s is not verified in %s%s", release->id,
				    is_choice ? "any of " : "", list_upstreams(d, release->id, false));
	return false;
}

int64_t upstream_verified_ms(struct decision *d, const char *release)
{
	int64_t latest = 0;

	for (size_t i = 0; i < d->channel->upstream.count; i++) {
		const struct verified *entry = vouched(d, i, release);

		if (entry != NULL && entry->since_ms > latest)
			latest = entry->since_ms;
	}
	return latest;
}

static bool is_listed(const struct decision *d, const char *release)
{
	for (size_t i = 0; i < d->status.available_count; i++) {
		if (str_equal(d->status.available[i].release, release))
			return true;
	}
	return false;
}

static void add_available(struct decision *d, const struct release *release)
{
	struct available *entry;

	if (d->status.available_count == CHANNEL_VERIFIED_MAX || is_listed(d, release->id) ||
	    release_equal(release, &d->channel->status.current.release) ||
	    !is_verified_upstream(d, release->id) || check_artifacts(d, release, "") != NULL)
		return;
	entry = &d->status.available[d->status.available_count++];
	entry->release = release->id;
	entry->from = arena_new_array(d->arena, d->channel->upstream.count, struct channel_ref);
	for (size_t i = 0; i < d->channel->upstream.count; i++) {
		if (vouched(d, i, release->id) != NULL)
			entry->from[entry->count++] = d->channel->upstream.channels[i];
	}
}

void upstream_list_available(struct decision *d)
{
	d->status.available_count = 0;
	d->status.available = arena_new_array(d->arena, CHANNEL_VERIFIED_MAX, struct available);
	for (size_t i = 0; i < d->channel->upstream.count; i++) {
		const struct channel *upstream =
			world_find_channel(d->world, &d->channel->upstream.channels[i]);

		if (upstream == NULL)
			continue;
		for (size_t k = 0; k < upstream->status.verified_count; k++)
			add_available(d, &upstream->status.verified[k].release);
	}
}
