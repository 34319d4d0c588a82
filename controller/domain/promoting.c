/*
 * One promotion at a time, oldest first among those whose gates stand open.
 *
 * The channel's status.desired is the memory of a rollout under way: it is written before the promotion's own
 * status, before the pins and before the workloads, so that a crash anywhere leaves a state from which the
 * next look goes on. At the end the channel's status is written first as well: a promotion is finished only
 * when the channel already says what came of it.
 */
#include "base/str.h"
#include "domain/decision.h"

static const char *aborted_by(struct decision *d, const struct promotion *promotion)
{
	return str_is_empty(promotion->aborted_by) ? "aborted"
						  : arena_printf(d->arena, "aborted by %s", promotion->aborted_by);
}

const char *promoting_aborted_from(struct decision *d, const struct promotion *promotion)
{
	const char *release = d->status.current.release.id;

	return arena_printf(d->arena, "%s, %s%s", aborted_by(d, promotion),
			    release != NULL ? "back to " : "nothing ran before it to go back to",
			    release != NULL ? release : "");
}

bool promoting_is_called_off(struct decision *d, struct candidate *c)
{
	if (!c->promotion->is_aborted)
		return !promotion_has_started(c->promotion) && approval_rejects(d, c);
	candidate_finish(d, c, PHASE_ABORTED, "Aborted", aborted_by(d, c->promotion));
	return true;
}

bool promoting_is_desired(const struct decision *d, const struct promotion *promotion)
{
	const struct release_stay *desired = &d->channel->status.desired;

	return str_equal(desired->promotion, promotion->meta.name) &&
	       (desired->promotion_uid == NULL || str_equal(desired->promotion_uid, promotion->meta.uid));
}

static struct candidate *find_desired(struct decision *d)
{
	for (size_t i = 0; i < d->candidate_count; i++) {
		if (promoting_is_desired(d, d->candidates[i].promotion))
			return &d->candidates[i];
	}
	return NULL;
}

static bool was_measured(const struct channel_status *status, const struct candidate *c)
{
	return status->verification.result == VERIFICATION_FAILED &&
	       str_equal(status->verification.promotion, c->promotion->meta.name);
}

/* The history's entry of the promotion, or NULL. */
static const struct release_stay *find_stay(const struct channel_status *status, const char *promotion)
{
	for (size_t i = 0; i < status->history_count; i++) {
		if (str_equal(status->history[i].promotion, promotion))
			return &status->history[i];
	}
	return NULL;
}

/* What the channel says of a promotion of this name that ran: its current release, an entry of its history; or NULL. */
static const struct release_stay *find_end(const struct channel_status *status, const char *promotion)
{
	return str_equal(status->current.promotion, promotion) ? &status->current : find_stay(status, promotion);
}

/* How the channel's history says that it ended. */
static void finish_as(struct decision *d, struct candidate *c, const struct release_stay *stay)
{
	bool is_measured = was_measured(&d->channel->status, c);

	if (stay->is_aborted)
		candidate_finish(d, c, PHASE_ABORTED, "Aborted", promoting_aborted_from(d, c->promotion));
	else if (stay->has_failed)
		candidate_finish(d, c, PHASE_FAILED, is_measured ? "VerificationFailed" : "ProgressDeadlineExceeded",
				 rollout_failure_told(d, is_measured));
	else
		candidate_finish(d, c, PHASE_SUCCEEDED, "Succeeded", "it ran until a later promotion replaced it");
}

/* A crash came between the channel's status and the promotion's: the channel already says how it ended, and may have begun
 * the next one in the same breath. */
static bool settle_from_history(struct decision *d, struct candidate *c)
{
	const struct release_stay *stay = find_end(&d->channel->status, c->promotion->meta.name);

	if (stay == NULL)
		return false;
	if (stay == &d->channel->status.current)
		candidate_finish(d, c, PHASE_SUCCEEDED, "Succeeded", rollout_success_told(d, &stay->release));
	else
		finish_as(d, c, stay);
	(void)candidate_step(d, c, "RollOut");
	candidate_finish_step(d, c, c->message);
	return true;
}

/* Was it this one that ran, and no earlier one of its name? It says so itself, or was there before that began. */
static bool has_run(const struct decision *d, const struct promotion *p)
{
	const struct release_stay *stay = find_end(&d->channel->status, p->meta.name);

	return promotion_has_started(p) || (stay != NULL && p->meta.created_ms < stay->since_ms);
}

/* The promotion whose rollout is under way: the one that status.desired names; else one that says so itself
 * (the channel's status was lost). Those of which the channel knows how they ended are finished. */
static struct candidate *find_running(struct decision *d)
{
	struct candidate *named = find_desired(d);
	struct candidate *other = NULL;

	if (named != NULL && settle_from_history(d, named))
		named = NULL;
	for (size_t i = 0; i < d->candidate_count; i++) {
		struct candidate *c = &d->candidates[i];

		if (c != named && has_run(d, c->promotion) && !promotion_phase_is_final(c->status.phase) &&
		    !settle_from_history(d, c) && other == NULL)
			other = c;
	}
	return named != NULL ? named : other;
}

/* The history's entry of a promotion whose rollout did not come to its end, or NULL. */
static const struct release_stay *failed_here(const struct decision *d, const char *promotion)
{
	for (size_t i = 0; i < d->status.history_count; i++) {
		if (d->status.history[i].has_failed &&
		    str_equal(d->status.history[i].promotion, promotion))
			return &d->status.history[i];
	}
	return NULL;
}

/* Did the promotion that status.desired names end before it could start? Whoever wrote that had not heard of its end, and
 * got no further than that. */
static bool was_called_off(const struct decision *d)
{
	const struct promotion *p = world_find_promotion(d->world, d->status.desired.promotion);

	return p != NULL && promoting_is_desired(d, p) && promotion_is_finished(p) &&
	       failed_here(d, p->meta.name) == NULL;
}

/* status.desired without a promotion that runs: its promotion failed and the channel holds, or the promotion
 * was deleted under way. Only the first stays; and without anything to go back to, both. */
static void drop_orphaned_desire(struct decision *d)
{
	if (d->status.desired.release.id == NULL ||
	    (d->status.current.release.id == NULL && !was_called_off(d)))
		return;
	if (d->channel->on_failure == ON_FAILURE_HOLD && failed_here(d, d->status.desired.promotion))
		return;
	verification_forget(d, d->status.desired.promotion);
	d->status.desired = (struct release_stay){ .promotion = NULL };
}

void promoting_aim(struct decision *d)
{
	d->target = NULL;
	if (d->status.desired.release.id != NULL)
		d->target = &d->status.desired.release;
	else if (d->status.current.release.id != NULL)
		d->target = &d->status.current.release;
	workloads_inspect(d);
}

/* Follows the rollout; when that ended it, what should run is another release now. */
static void follow(struct decision *d, struct candidate *c)
{
	rollout_follow(d, c);
	if (d->running == NULL)
		promoting_aim(d);
}

/* Takes up the rollout where the statuses say it stands. */
static void resume(struct decision *d, struct candidate *c)
{
	struct release_stay *desired = &d->status.desired;

	if (!promoting_is_desired(d, c->promotion))
		*desired = (struct release_stay){
			.release = c->promotion->status.release,
			.promotion = c->promotion->meta.name,
			.promotion_uid = c->promotion->meta.uid,
			.since_ms = d->world->now_ms,
		};
	d->running = c;
	d->plan->promotion = c->promotion->meta.name;
	c->release = desired->release;
	c->status.release = desired->release;
	c->status.phase = promotion_has_started(c->promotion) ? c->promotion->status.phase : PHASE_ROLLING_OUT;
	if (c->status.started_ms == 0) {
		c->status.started_ms = desired->since_ms;
		c->status.previous = d->status.current.release;
	}
}

/* How the request became a release: with a tag the registry is asked, and other channels may not be there yet. */
static void tell_resolving(struct decision *d, struct candidate *c)
{
	struct step *step;

	if (c->promotion->status.release.id != NULL)
		return;
	step = candidate_step(d, c, "Resolve");
	if (c->release.id != NULL) {
		step->message = c->release.id;
		step->finished_ms = d->world->now_ms;
	} else if (c->status.waiting_count > 0) {
		step->message = c->status.waiting->message;
	} else {
		step->message = brief(d, c->message);
	}
}

/* A crash came before the promotion was told that it runs: its story lacks how that came. */
static void tell_beginning(struct decision *d, struct candidate *c)
{
	if (promotion_has_started(c->promotion))
		return;
	tell_resolving(d, c);
	gate_tell_passed(d, c);
	deadline_stop_clock(c, c->status.started_ms);
	(void)candidate_step(d, c, "RollOut");
}

bool promoting_is_left_failed(const struct decision *d)
{
	return d->running == NULL && d->status.desired.release.id != NULL;
}

bool promoting_is_left_aborted(const struct decision *d)
{
	const struct release_stay *stay = failed_here(d, d->status.desired.promotion);

	return promoting_is_left_failed(d) && stay != NULL && stay->is_aborted;
}

void promoting_settle(struct decision *d)
{
	struct candidate *c = find_running(d);

	if (c == NULL) {
		drop_orphaned_desire(d);
		promoting_aim(d);
		return;
	}
	resume(d, c);
	promoting_aim(d);
	tell_beginning(d, c);
	follow(d, c);
}

/* In automatic mode, somebody's own choice holds the automation; choosing what it would choose lifts that. */
static void hold_or_lift(struct decision *d, const struct candidate *c)
{
	if (d->channel->mode != MODE_AUTOMATIC || c->promotion->is_automatic)
		return;
	if (c->promotion->source != SOURCE_ROLLBACK && str_equal(d->newest_candidate, c->release.id)) {
		d->status.hold = (struct hold){ .by = NULL };
		return;
	}
	d->status.hold = (struct hold){
		.by = str_is_empty(c->promotion->requested_by) ? "unknown" : c->promotion->requested_by,
		.at_ms = d->world->now_ms,
		.reason = arena_printf(d->arena, "promotion %s chose %s", c->promotion->meta.name,
				       c->release.id),
	};
}

/* What waited longer than the one that starts now would take the channel back: it is over for that. */
static void supersede_older(struct decision *d, const struct candidate *started)
{
	for (struct candidate *c = d->candidates; c != started; c++) {
		if (!promotion_phase_is_final(c->status.phase))
			candidate_finish(d, c, PHASE_SUPERSEDED, "Superseded",
					 arena_printf(d->arena, "%s, which is newer, started first",
						      started->promotion->meta.name));
	}
}

static void start(struct decision *d, struct candidate *c)
{
	hold_or_lift(d, c);
	supersede_older(d, c);
	d->running = c;
	d->plan->promotion = c->promotion->meta.name;
	c->status.previous = d->status.current.release;
	c->status.started_ms = d->world->now_ms;
	(void)candidate_step(d, c, "RollOut");
	verification_forget(d, c->promotion->meta.name);
	d->status.takeovers = (struct takeovers){ .count = 0 };
	d->status.desired = (struct release_stay){
		.release = c->release,
		.promotion = c->promotion->meta.name,
		.promotion_uid = c->promotion->meta.uid,
		.since_ms = d->world->now_ms,
		.signature_policy = d->world->signature_policy,
	};
	promoting_aim(d);
	follow(d, c);
}

/* The promotion of what already runs: there is nothing to roll out. */
static bool runs_already(const struct decision *d, const struct candidate *c)
{
	return d->status.desired.release.id == NULL &&
	       release_equal(&d->status.current.release, &c->release) && rollout_is_complete(d);
}

/* A name that the channel's history holds has run: from a repository, the same request may come again. */
bool promoting_ran_before(const struct decision *d, const char *promotion)
{
	return find_end(&d->status, promotion) != NULL;
}

static void consider(struct decision *d, struct candidate *c)
{
	bool may_start;

	if (promoting_ran_before(d, c->promotion->meta.name)) {
		candidate_finish(d, c, PHASE_SUPERSEDED, "RanBefore",
				 "a promotion of this name has run in this channel; a new request needs a new "
				 "name");
		return;
	}
	if (promoting_is_called_off(d, c))
		return;
	deadline_keep_clock(d, c);
	source_resolve(d, c);
	tell_resolving(d, c);
	if (c->release.id == NULL) {
		deadline_watch(d, c);
		return;
	}
	may_start = gate_all_open(d, c);
	if (may_start && runs_already(d, c)) {
		hold_or_lift(d, c);
		candidate_finish(d, c, PHASE_SUCCEEDED, "Succeeded",
				 arena_printf(d->arena, "%s already runs in %s/%s", c->release.id,
					      d->world->namespace, d->world->name));
		return;
	}
	if (may_start)
		start(d, c);
	else
		deadline_watch(d, c);
}

void promoting_start_next(struct decision *d)
{
	automation_supersede(d);
	for (size_t i = 0; i < d->candidate_count; i++) {
		struct candidate *c = &d->candidates[i];

		if (c != d->running && !promotion_phase_is_final(c->status.phase))
			consider(d, c);
	}
}
