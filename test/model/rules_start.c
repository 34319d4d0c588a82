/* What may start: the gates, said once more in other words than those of the decision. */
#include <stdio.h>

#include "base/str.h"
#include "model.h"

#define KEYS_AGE_MAX_MS STEP_MS /* what was read before that is too old to trust */

/* ---- upstream ---- */

static int64_t stayed_ms(const struct verified *entry, int64_t now_ms)
{
	int64_t longest_ms = 0;

	for (size_t i = 0; i < entry->stay_count; i++) {
		const struct stay *stay = &entry->stays[i];
		int64_t ms = (stay->until_ms == 0 ? now_ms : stay->until_ms) - stay->since_ms;

		longest_ms = ms > longest_ms ? ms : longest_ms;
	}
	return longest_ms;
}

/* Is the release verified in the channel, and did it stay there as long as asked? */
static bool has_soaked(const struct world *world, const struct channel *upstream, const char *release)
{
	for (size_t i = 0; upstream != NULL && i < upstream->status.verified_count; i++) {
		const struct verified *entry = &upstream->status.verified[i];

		if (release_is(&entry->release, release))
			return !entry->is_revoked && stayed_ms(entry, world->now_ms) >= world->channel->soak_ms;
	}
	return false;
}

static bool is_available(const struct world *world, const char *release)
{
	const struct upstream *upstream = &world->channel->upstream;
	size_t count = 0;

	for (size_t i = 0; i < upstream->count; i++)
		count += has_soaked(world, world_find_channel(world, &upstream->channels[i]), release);
	return upstream->count == 0 || (upstream->match == UPSTREAM_ALL ? count == upstream->count : count > 0);
}

/* ---- people ---- */

static bool has_approved(const struct world *world, const struct promotion *p, size_t at)
{
	return p->approvals[at].decision == DECISION_APPROVE && !world->is_who_may_missing &&
	       (!world->channel->excludes_requester || !str_equal(p->approvals[at].user, p->requested_by));
}

/* Different people who approved. */
static int count_people(const struct world *world, const struct promotion *p)
{
	const char *names[SAYS_MAX];
	int count = 0;

	for (size_t i = 0; i < p->approval_count; i++) {
		bool is_known = !has_approved(world, p, i);

		for (int k = 0; k < count && !is_known; k++)
			is_known = str_equal(names[k], p->approvals[i].user);
		if (!is_known)
			names[count++] = p->approvals[i].user;
	}
	return count;
}

static bool is_overridden(const struct world *world, const struct promotion *p)
{
	for (size_t i = 0; i < p->approval_count; i++) {
		if (has_approved(world, p, i) && p->approvals[i].is_override)
			return true;
	}
	return false;
}

static bool is_rejected(const struct promotion *p)
{
	for (size_t i = 0; i < p->approval_count; i++) {
		if (p->approvals[i].decision == DECISION_REJECT)
			return true;
	}
	return false;
}

static void check_people(struct model *model, const struct world *world, const struct promotion *p)
{
	int people = count_people(world, p);

	model_check(model, !p->is_aborted && !is_rejected(p) && !promotion_is_finished(p), RULE_CALLED_OFF,
		    "%s starts, and was called off or is finished", p->meta.name);
	model_check(model, p->source == SOURCE_ROLLBACK || people >= world->channel->approvals_required, RULE_APPROVED,
		    "%s starts, approved by %d different people of %d", p->meta.name, people,
		    world->channel->approvals_required);
}

/* ---- windows and stops ---- */

/* All of the scenarios' windows lie in the hour in which walks begin. */
static bool is_in(const struct window *window, int64_t now_ms)
{
	unsigned minute = 0;
	int64_t start_ms;

	CHECK(sscanf(window->start, "2026-11-24T12:%u", &minute) == 1 && window->rrule == NULL);
	start_ms = view_now_ms((uint8_t)minute);
	return start_ms <= now_ms && now_ms < start_ms + window->duration_ms;
}

static bool is_in_any(const struct world *world, enum window_kind kind, bool *ret_is_any)
{
	bool is_within = false;

	*ret_is_any = false;
	for (size_t i = 0; i < world->channel->window_count; i++) {
		if (world->channel->windows[i].kind != kind)
			continue;
		*ret_is_any = true;
		is_within |= is_in(&world->channel->windows[i], world->now_ms);
	}
	return is_within;
}

static void check_closed(struct model *model, const struct world *world, const struct promotion *p)
{
	bool is_rollback = p->source == SOURCE_ROLLBACK;
	bool has_allow;
	bool has_deny;
	bool is_allowed = is_in_any(world, WINDOW_ALLOW, &has_allow) || !has_allow;
	bool is_denied = is_in_any(world, WINDOW_DENY, &has_deny);

	model_check(model, !is_denied || (is_rollback && is_overridden(world, p)), RULE_CLOSED,
		    "%s starts in a Deny window", p->meta.name);
	model_check(model, is_allowed || is_rollback, RULE_CLOSED, "%s starts outside of every Allow window",
		    p->meta.name);
	model_check(model, world->stop_count == 0, RULE_CLOSED, "%s starts while a ChannelStop stands", p->meta.name);
}

/* ---- signatures ---- */

/* Did the release come into the channel before, checked with the very keys of now? */
static bool came_before(const struct world *world, const struct release *release)
{
	const struct channel_status *status = &world->channel->status;
	bool is_known = release_equal(&status->current.release, release) &&
			str_equal(status->current.signature_policy, world->signature_policy);

	for (size_t i = 0; i < status->history_count; i++)
		is_known |= release_equal(&status->history[i].release, release) &&
			    str_equal(status->history[i].signature_policy, world->signature_policy);
	return is_known;
}

static void check_signed(struct model *model, const struct world *world, const struct promotion *p,
			 const struct release *release)
{
	const struct signature_look *look;
	const struct key_look *key = world->keys;

	if (world->channel->signatures.count == 0)
		return;
	look = world_find_signature(world, release->artifacts[0].image, release->artifacts[0].digest);
	model_check(model, key->state == KNOWLEDGE_KNOWN && world->now_ms - key->at_ms <= KEYS_AGE_MAX_MS, RULE_SIGNED,
		    "%s starts, and nobody knows the keys of now", p->meta.name);
	model_check(model, (look != NULL && look->signers != 0) || came_before(world, release), RULE_SIGNED,
		    "%s starts, and %s is not signed with the keys of now", p->meta.name, release->id);
}

/* ---- what starts ---- */

void rules_on_start(struct model *model, const struct world *world, const struct channel_status *after)
{
	const struct channel_status *before = &world->channel->status;
	const struct promotion *p = world_find_promotion(world, after->desired.promotion);
	bool is_resumed = p != NULL && promotion_has_started(p);

	if (after->desired.release.id == NULL || str_equal(before->desired.promotion, after->desired.promotion) ||
	    is_resumed)
		return;
	model_check(model, p != NULL, RULE_ENTRY, "%s brings a release, and does not exist", after->desired.promotion);
	if (p == NULL)
		return;
	model_check(model,
		    p->source == SOURCE_ROLLBACK || is_overridden(world, p) ||
			    is_available(world, after->desired.release.id),
		    RULE_AVAILABLE, "%s starts, and upstream does not let %s go", p->meta.name,
		    after->desired.release.id);
	model_check(model, !world->channel->is_suspended, RULE_AVAILABLE, "%s starts in a suspended channel",
		    p->meta.name);
	model_check(model,
		    p->source != SOURCE_ROLLBACK || world->channel->mode != MODE_AUTOMATIC || after->hold.by != NULL,
		    RULE_HOLD, "rollback %s starts, and automation is not held", p->meta.name);
	model_check(model, !p->is_automatic || (after->hold.by == NULL && world->channel->mode == MODE_AUTOMATIC),
		    RULE_HOLD, "%s starts, and automation is held or off", p->meta.name);
	check_people(model, world, p);
	check_closed(model, world, p);
	check_signed(model, world, p, &after->desired.release);
}
