/*
 * Soaking: how long a verified release has stayed in a channel without a break.
 *
 * A channel keeps the stays of its own releases in status.verified, where the channels downstream read them. A
 * stay begins when the release is verified and current, and ends when another takes its place, when its mark is
 * revoked, or when a failed rollout is left in its place. Of the stays that are over only the longest can ever
 * count, so that one is kept, and the one that goes on.
 */
#include "base/clock.h"
#include "domain/decision.h"

/* Is the release where soaking counts: verified, current, and not pushed aside by a rollout left half done? */
static bool is_staying(const struct decision *d, const struct verified *entry)
{
	return !entry->is_revoked && !promoting_is_left_failed(d) &&
	       release_equal(&entry->release, &d->status.current.release);
}

static int64_t length(const struct stay *stay, int64_t now_ms)
{
	return (stay->until_ms == 0 ? now_ms : stay->until_ms) - stay->since_ms;
}

/* The stay that goes on, or NULL. */
static const struct stay *present_stay(const struct verified *entry)
{
	for (size_t i = 0; i < entry->stay_count; i++) {
		if (entry->stays[i].until_ms == 0)
			return &entry->stays[i];
	}
	return NULL;
}

/* The longest stay that is over, or NULL. */
static const struct stay *longest_past(const struct verified *entry)
{
	const struct stay *longest = NULL;

	for (size_t i = 0; i < entry->stay_count; i++) {
		const struct stay *stay = &entry->stays[i];

		if (stay->until_ms != 0 && (longest == NULL || length(stay, 0) > length(longest, 0)))
			longest = stay;
	}
	return longest;
}

/* What was verified before stays were kept began to stay when it was both verified and current. */
static int64_t beginning(const struct decision *d, const struct verified *entry)
{
	int64_t current_ms = d->status.current.since_ms;

	if (entry->stay_count > 0)
		return d->world->now_ms;
	return current_ms > entry->since_ms ? current_ms : entry->since_ms;
}

static void begin_stay(struct decision *d, struct verified *entry)
{
	const struct stay *past = longest_past(entry);
	struct stay *stays = arena_new_array(d->arena, VERIFIED_STAYS_MAX, struct stay);
	size_t count = 0;

	stays[count++] = (struct stay){ .since_ms = beginning(d, entry) };
	if (past != NULL)
		stays[count++] = *past;
	entry->stays = stays;
	entry->stay_count = count;
}

static void end_stay(struct decision *d, struct verified *entry, const struct stay *present)
{
	const struct stay *past = longest_past(entry);
	struct stay *kept = arena_new(d->arena, struct stay);

	*kept = (struct stay){ present->since_ms, d->world->now_ms };
	if (past != NULL && length(past, 0) >= length(kept, 0))
		*kept = *past;
	entry->stays = kept;
	entry->stay_count = 1;
}

void soak_keep_stays(struct decision *d)
{
	struct verified *list = arena_new_array(d->arena, d->status.verified_count, struct verified);

	for (size_t i = 0; i < d->status.verified_count; i++) {
		const struct stay *present = present_stay(&d->status.verified[i]);

		list[i] = d->status.verified[i]; /* a record is never changed */
		if (present != NULL && !is_staying(d, &list[i]))
			end_stay(d, &list[i], present);
		else if (present == NULL && is_staying(d, &list[i]) && d->status.desired.release.id == NULL)
			begin_stay(d, &list[i]);
	}
	d->status.verified = list;
}

int64_t soak_stayed_ms(const struct decision *d, const struct verified *entry)
{
	int64_t longest_ms = 0;

	for (size_t i = 0; i < entry->stay_count; i++) {
		int64_t stayed_ms = length(&entry->stays[i], d->world->now_ms);

		longest_ms = stayed_ms > longest_ms ? stayed_ms : longest_ms;
	}
	return longest_ms;
}

int64_t soak_over_ms(const struct decision *d, const struct verified *entry)
{
	const struct stay *present = present_stay(entry);

	if (soak_stayed_ms(d, entry) >= d->channel->soak_ms)
		return 0;
	return present == NULL ? CLOCK_NEVER : present->since_ms + d->channel->soak_ms;
}
