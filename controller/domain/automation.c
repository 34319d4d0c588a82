/*
 * Automatic mode: creates a Promotion object, like any user, under a name made of what it promotes, so that it
 * can never create two.
 */
#include "base/str.h"
#include "domain/decision.h"

/* The newest release verified upstream, by the moment of its verification; the current one counts too, so that
 * automation never goes back. */
static const struct release *newest_available(struct decision *d)
{
	const struct release *current = &d->channel->status.current.release;
	const struct release *best = current->id == NULL ? NULL : current;

	for (size_t i = 0; i < d->status.available_count; i++) {
		const char *id = d->status.available[i].release;

		if (best != NULL && !upstream_is_newer(d, id, best->id))
			continue;
		for (size_t k = 0; k < d->world->upstream_count; k++) {
			const struct channel *upstream = d->world->upstreams[k].channel;
			const struct verified *entry =
				upstream == NULL ? NULL : channel_find_verified(upstream, id);

			if (entry != NULL)
				best = &entry->release;
		}
	}
	return best;
}

/* What the one upstream channel runs now, if it may come here. */
static const struct release *upstream_current(struct decision *d)
{
	const struct channel *upstream =
		d->channel->upstream.count == 1
			? world_find_channel(d->world, &d->channel->upstream.channels[0])
			: NULL;
	const struct release *release = upstream == NULL ? NULL : &upstream->status.current.release;

	return release != NULL && release->id != NULL &&
			       upstream_ready_ms(d, release->id) <= d->world->now_ms
		       ? release
		       : NULL;
}

static bool failed_before(const struct decision *d, const char *release)
{
	for (size_t i = 0; i < d->channel->status.history_count; i++) {
		const struct release_stay *stay = &d->channel->status.history[i];

		if (stay->has_failed && release_is(&stay->release, release))
			return true;
	}
	return false;
}

/* A request is heeded once: one that comes while nothing is held does not lift a hold that comes later. */
void automation_lift_hold(struct decision *d)
{
	const struct hold *hold = &d->status.hold;
	const char *request = d->channel->lift_request;
	const char *by = str_is_empty(d->channel->lifted_by) ? "unknown" : d->channel->lifted_by;
	const char *reason = "nothing was held";

	if (str_is_empty(request) || str_equal(request, d->status.lifted.request))
		return;
	if (hold->by != NULL) {
		reason = arena_printf(d->arena, "held by %s: %s", hold->by, hold->reason == NULL ? "" : hold->reason);
		decision_tell(d, NULL, false, "HoldLifted", arena_printf(d->arena, "%s lifted the hold, %s", by, reason));
	}
	d->status.lifted = (struct lifting){ request, by, d->world->now_ms, brief(d, reason) };
	d->status.hold = (struct hold){ .by = NULL };
}

/* MatchUpstream may come back to a release: the name then says which stay upstream it follows. */
static const char *automatic_name(struct decision *d)
{
	const struct channel *upstream;

	if (d->channel->upstream.count == 0 || d->channel->select != SELECT_MATCH_UPSTREAM)
		return arena_printf(d->arena, "%s-%s", d->world->name, d->newest_candidate);
	upstream = world_find_channel(d->world, &d->channel->upstream.channels[0]);
	return arena_printf(d->arena, "%s-%s-%llx", d->world->name, d->newest_candidate,
			    (unsigned long long)upstream->status.current.since_ms / 1000);
}

void automation_choose(struct decision *d)
{
	const struct release *release = NULL;

	if (d->channel->mode != MODE_AUTOMATIC)
		return;
	if (d->channel->upstream.count == 0)
		release = d->intake_release.id == NULL || d->status.intake.moved != NULL
				  ? NULL
				  : &d->intake_release;
	else if (d->channel->select == SELECT_MATCH_UPSTREAM)
		release = upstream_current(d);
	else
		release = newest_available(d);
	/* While a registry has to be asked again (and in a new operator), what it said last is the candidate; nothing is
	 * created for that. */
	if (release != NULL)
		d->automatic = *release;
	d->newest_candidate = release != NULL			? release->id
			      : d->channel->upstream.count == 0 ? d->status.intake.release
								: NULL;
	if (d->newest_candidate != NULL)
		d->automatic_name = automatic_name(d);
}

static bool waits_by_itself(const struct decision *d, const struct candidate *c)
{
	return c->promotion->is_automatic && c != d->running && !promotion_phase_is_final(c->status.phase);
}

/* The automatic promotion that is not superseded: the youngest. Of those made within one second, which their names would
 * put in any order, the one that automation would make now. */
static const struct candidate *newest_automatic(struct decision *d)
{
	const struct candidate *newest = NULL;

	for (size_t i = d->candidate_count; i-- > 0;) {
		const struct candidate *c = &d->candidates[i];

		if (!waits_by_itself(d, c))
			continue;
		if (newest == NULL)
			newest = c;
		if (c->promotion->meta.created_ms == newest->promotion->meta.created_ms &&
		    str_equal(c->promotion->meta.name, d->automatic_name))
			return c;
	}
	return newest;
}

void automation_supersede(struct decision *d)
{
	const struct candidate *newest = newest_automatic(d);

	for (size_t i = d->candidate_count; i-- > 0;) {
		struct candidate *c = &d->candidates[i];

		if (c != newest && waits_by_itself(d, c))
			candidate_finish(d, c, PHASE_SUPERSEDED, "Superseded",
					 arena_printf(d->arena, "%s is newer", newest->promotion->meta.name));
	}
}

void automation_create(struct decision *d)
{
	const char *name = d->automatic_name;
	struct action *action;

	if (d->automatic.id == NULL || d->status.hold.by != NULL || d->channel->is_suspended ||
	    d->stalled_reason != NULL || release_is(&d->status.current.release, d->newest_candidate) ||
	    release_is(&d->status.desired.release, d->newest_candidate) ||
	    failed_before(d, d->newest_candidate))
		return;
	if (world_find_promotion(d->world, name) != NULL || world_find_left_out(d->world, "Promotion", name) != NULL)
		return;
	if (d->world->unapplied.promotion.what != NULL)
		d->uncreated = &d->world->unapplied.promotion;
	action = plan_add(d->plan, d->arena, ACTION_CREATE_PROMOTION);
	action->create.name = name;
	action->create.release = d->automatic;
	decision_tell(d, NULL, false, "PromotionCreated",
		      arena_printf(d->arena, "created promotion %s for %s", name, d->newest_candidate))
		->after = ACTION_CREATE_PROMOTION;
}
