/* What the channels upstream have verified, and what of it could be promoted here. */
#include "base/clock.h"
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

/* "a/x, b/y (which cannot be read)": the upstream channels that have (or have not) verified the release. */
static const char *list_upstreams(struct decision *d, const char *release, bool having)
{
	const char *text = "";

	for (size_t i = 0; i < d->channel->upstream.count; i++) {
		const struct channel_ref *ref = &d->channel->upstream.channels[i];

		if ((vouched(d, i, release) != NULL) == having)
			text = arena_printf(d->arena, "%s%s%s%s", text, *text == '\0' ? "" : ", ", ref_text(d, ref),
					    world_find_left_out_channel(d->world, ref) == NULL
						    ? ""
						    : " (which cannot be read)");
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

/* The moment from which one upstream channel lets the release go. */
static int64_t ready_in(const struct decision *d, size_t upstream, const char *release)
{
	const struct verified *entry = vouched(d, upstream, release);

	return entry == NULL ? CLOCK_NEVER : soak_over_ms(d, entry);
}

int64_t upstream_ready_ms(struct decision *d, const char *release)
{
	bool is_all = d->channel->upstream.match == UPSTREAM_ALL;
	int64_t ready_ms = is_all ? 0 : CLOCK_NEVER;

	for (size_t i = 0; i < d->channel->upstream.count; i++) {
		int64_t one_ms = ready_in(d, i, release);

		if (is_all ? one_ms > ready_ms : one_ms < ready_ms)
			ready_ms = one_ms;
	}
	return ready_ms;
}

/* "stayed 41m in a/x": how long up to now. */
static const char *stayed(struct decision *d, const struct verified *entry, const char *where)
{
	char text[CLOCK_TEXT_SIZE];

	return arena_printf(d->arena, "stayed %s in %s",
			    clock_format_duration(soak_stayed_ms(d, entry), text), where);
}

/* The same in words that hold until something happens: they go into a status, which a time that grows would have
 * written again at every look. */
static const char *standing(struct decision *d, const struct verified *entry, const char *where)
{
	int64_t over_ms = soak_over_ms(d, entry);
	char text[CLOCK_TEXT_SIZE];

	if (over_ms <= d->world->now_ms)
		return arena_printf(d->arena, "stayed long enough in %s", where);
	if (entry->stay_count == 0)
		return arena_printf(d->arena, "does not stay in %s yet", where);
	if (over_ms == CLOCK_NEVER)
		return arena_printf(d->arena, "%s and left", stayed(d, entry, where));
	return arena_printf(d->arena, "stays in %s since %s", where,
			    clock_format(over_ms - d->channel->soak_ms, text));
}

typedef const char *(*stay_text_fn)(struct decision *d, const struct verified *entry, const char *where);

/* The stays in all upstream channels that have verified the release. */
static const char *list_stays(struct decision *d, const char *release, stay_text_fn text_of)
{
	const char *text = "";

	for (size_t i = 0; i < d->channel->upstream.count; i++) {
		const struct verified *entry = vouched(d, i, release);

		if (entry != NULL)
			text = arena_printf(d->arena, "%s%s%s", text, *text == '\0' ? "" : ", ",
					    text_of(d, entry,
						    ref_text(d, &d->channel->upstream.channels[i])));
	}
	return *text == '\0' ? "stayed nowhere upstream" : text;
}

bool upstream_has_soaked(struct decision *d, const char *release, const char **ret_message,
			 const char **ret_standing)
{
	bool is_many = d->channel->upstream.count > 1;
	char limit[CLOCK_TEXT_SIZE];
	const char *needs = arena_printf(
		d->arena, "needs %s%s", clock_format_duration(d->channel->soak_ms, limit),
		!is_many ? "" : d->channel->upstream.match == UPSTREAM_ALL ? " in each" : " in one of them");

	*ret_message = arena_printf(d->arena, "%s, %s", list_stays(d, release, stayed), needs);
	*ret_standing = arena_printf(d->arena, "%s, %s", list_stays(d, release, standing), needs);
	return upstream_ready_ms(d, release) <= d->world->now_ms;
}

/* When the release was verified, by the channel upstream that did so last; 0: by none. */
static int64_t verified_ms(struct decision *d, const char *release)
{
	int64_t latest = 0;

	for (size_t i = 0; i < d->channel->upstream.count; i++) {
		const struct verified *entry = vouched(d, i, release);

		if (entry != NULL && entry->since_ms > latest)
			latest = entry->since_ms;
	}
	return latest;
}

/* Does the channel name a before b? It puts what it verified last in front. */
static bool is_in_front(const struct channel *channel, const char *a, const char *b)
{
	const struct verified *entry = channel == NULL ? NULL : channel_find_verified(channel, a);
	const struct verified *other = channel == NULL ? NULL : channel_find_verified(channel, b);

	return entry != NULL && other != NULL && entry < other;
}

bool upstream_is_newer(struct decision *d, const char *a, const char *b)
{
	int64_t a_ms = verified_ms(d, a);
	int64_t b_ms = verified_ms(d, b);
	bool is_newer = a_ms > b_ms;

	for (size_t i = 0; i < d->channel->upstream.count && a_ms == b_ms && !is_newer; i++)
		is_newer = is_in_front(world_find_channel(d->world, &d->channel->upstream.channels[i]), a, b);
	return is_newer;
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
	int64_t ready_ms = upstream_ready_ms(d, release->id);
	struct available *entry;

	if (d->status.available_count == CHANNEL_VERIFIED_MAX || is_listed(d, release->id) ||
	    release_equal(release, &d->channel->status.current.release) ||
	    check_artifacts(d, release, "") != NULL)
		return;
	if (ready_ms > d->world->now_ms) {
		plan_wake(d->plan, ready_ms, "Soak");
		return;
	}
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
