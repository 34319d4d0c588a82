/* The rules about plans, held against every plan beside the world that it was made from. */
#include "base/clock.h"
#include "base/str.h"
#include "model.h"

#define TAKEN_BACK_MAX 5

static const struct release none;

/* ---- what runs ---- */

/* Of the channel's workloads the model has one, with one container. */
static bool carries(const struct world *world, const struct release *release)
{
	const struct workload *w = world->workloads[0].workload;

	return w != NULL && model_image(w->containers[0].image) == model_release(release);
}

static const struct verified *find_mark(const struct channel_status *status, const struct release *release)
{
	for (size_t i = 0; i < status->verified_count; i++) {
		if (release_equal(&status->verified[i].release, release) && !status->verified[i].is_revoked)
			return &status->verified[i];
	}
	return NULL;
}

/* A measurement that counts as passed was answered with a value within the bounds, after it was due. */
static void check_measurement(struct model *model, const struct world *world, const struct verification_status *before,
			      const struct verification_status *after)
{
	const struct metric_spec *spec = world->channel->metrics;
	const struct metric_look *look = world->metrics;
	bool is_same = before->started_ms == after->started_ms && before->metric_count > 0;
	int64_t passed_before = is_same ? before->metrics->passed : 0;
	int64_t minutes = (world->now_ms - after->started_ms) / spec->interval_ms;

	if (after->metric_count == 0 || after->metrics->passed <= passed_before)
		return;
	model_check(model,
		    look->state == KNOWLEDGE_KNOWN && look->count > 0 && look->values[0] >= spec->success.min &&
			    look->at_ms >= after->started_ms,
		    RULE_MEASURED, "a measurement passes that gave no good value");
	model_check(model, after->metrics->passed <= minutes + 1, RULE_MEASURED,
		    "%lld measurements passed in %lld minutes", (long long)after->metrics->passed, (long long)minutes);
}

/* Was the release measured to its end? Another verification may have been asked for meanwhile: then it has just begun,
 * and the one before lacked no more than an answer. */
static bool was_measured(const struct world *world, const struct verification_status *after, const struct release *release)
{
	const struct verification_status *before = &world->channel->status.verification;
	int64_t wanted = world->channel->metrics->count;

	if (after->result == VERIFICATION_RUNNING && after->started_ms == world->now_ms)
		return release_is(release, before->release) && before->metric_count > 0 &&
		       before->metrics->passed + 1 >= wanted;
	return after->result == VERIFICATION_PASSED && release_is(release, after->release) &&
	       after->metrics->passed >= wanted;
}

static void check_marks(struct model *model, const struct world *world, const struct channel_status *after)
{
	const struct channel_status *before = &world->channel->status;
	const struct verification_status *v = &after->verification;
	const struct release *current = &after->current.release;

	if (world->channel->metric_count == 0)
		return;
	check_measurement(model, world, &before->verification, v);
	if (current->id != NULL && find_mark(after, current) != NULL && find_mark(before, current) == NULL)
		model_check(model, was_measured(world, v, current), RULE_MEASURED,
			    "%s gets its mark, and was not measured to the end", current->id);
	if (current->id != NULL && v->result == VERIFICATION_FAILED && release_is(current, v->release))
		model_check(model, find_mark(after, current) == NULL, RULE_MEASURED,
			    "the verification of %s failed, and it keeps its mark", current->id);
}

/* ---- automation ---- */

/* What the newest tag led to when it was first seen here; and what it leads to now: NULL when the answer is too old. */
static void find_newest(const struct world *world, const char **ret_first, const char **ret_now)
{
	int64_t fresh_ms = world->now_ms - world->channel->intake.interval_ms + 1;
	const char *tag = world->tags.count == 0 ? "" : world->tags.tags[world->tags.count - 1].name;
	const struct channel_status *status = &world->channel->status;
	const struct release *seen[] = { &status->current.release, &status->desired.release,
					 status->history_count > 0 ? &status->history[0].release : &none };
	const struct digest_look *look =
		world_find_digest(world, world->channel->artifacts[0].image, tag);

	*ret_now = look == NULL || look->at_ms < fresh_ms ? NULL : look->digest;
	*ret_first = *ret_now;
	for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++) {
		if (seen[i]->id != NULL && str_equal(seen[i]->artifacts[0].tag, tag))
			*ret_first = seen[i]->artifacts[0].digest;
	}
}

static void check_creation(struct model *model, const struct world *world, const struct channel_status *after,
			   const struct action_create *create)
{
	const char *first;
	const char *now;

	model_check(model, after->hold.by == NULL, RULE_AUTOMATIC, "automation creates a promotion while it is held");
	if (world->channel->intake.policy != INTAKE_SEMVER)
		return;
	find_newest(world, &first, &now);
	model_check(model, str_equal(create->release.artifacts[0].digest, now), RULE_INTAKE,
		    "automation creates %s, which is not the newest build", create->name);
	model_check(model, str_equal(first, now), RULE_INTAKE, "automation creates %s and follows a tag that moved",
		    create->name);
}

/* A person who promotes what automation would take gives the channel back to it. */
static void check_lifted(struct model *model, const struct world *world, const struct channel_status *after)
{
	const struct promotion *p = world_find_promotion(world, after->desired.promotion);
	const char *first;
	const char *now;

	if (world->channel->mode != MODE_AUTOMATIC || world->channel->intake.policy != INTAKE_SEMVER || p == NULL ||
	    p->is_automatic || p->source == SOURCE_ROLLBACK || promotion_has_started(p) ||
	    str_equal(world->channel->status.desired.promotion, p->meta.name))
		return;
	find_newest(world, &first, &now);
	model_check(model,
		    now == NULL || !str_equal(first, now) ||
			    !str_equal(after->desired.release.artifacts[0].digest, now) || after->hold.by == NULL,
		    RULE_HOLD, "%s brings the newest build, and automation stays held", p->meta.name);
}

/* ---- all of a plan ---- */

/* The answer to a question brings a look by itself. */
static bool asks(const struct plan *plan)
{
	for (size_t i = 0; i < plan->actions.len; i++) {
		if (outside_is_asked(((const struct action *)plan->actions.items[i])->kind))
			return true;
	}
	return false;
}

static void check_wake(struct model *model, const struct world *world, const struct plan *plan,
		       const struct promotion_status *status, const char *name)
{
	for (size_t i = 0; i < status->waiting_count; i++) {
		const struct waiting_for *w = &status->waiting[i];

		model_check(model,
			    w->until_ms == CLOCK_NEVER || w->until_ms <= world->now_ms ||
				    plan->wake_ms <= w->until_ms || asks(plan),
			    RULE_NEVER_STUCK, "%s waits for gate %s, and no look comes when that is to open", name,
			    w->gate);
	}
}

static void check_promotion(struct model *model, const struct world *world, const struct plan *plan,
			    const struct action_promotion_status *action)
{
	const struct promotion *p = world_find_promotion(world, action->name);

	check_wake(model, world, plan, &action->status, action->name);
	model_check(model, p == NULL || !p->is_aborted || promotion_phase_is_final(action->status.phase),
		    RULE_CALLED_OFF, "%s is aborted, and goes on", action->name);
}

/* Each promotion that starts is counted for from the beginning. */
static void check_taken(struct model *model, const struct world *world, const struct channel_status *after)
{
	const struct channel_status *before = &world->channel->status;
	bool is_new = !str_equal(before->desired.promotion, after->desired.promotion);

	model_check(model,
		    after->takeovers.count <= TAKEN_BACK_MAX &&
			    after->takeovers.count > (is_new ? 0 : before->takeovers.count),
		    RULE_TAKEN_BACK, "an image is taken from another manager, and the count goes from %lld to %lld",
		    (long long)before->takeovers.count, (long long)after->takeovers.count);
}

/* Changes in a channel, which a suspended one makes none of. */
static void check_action(struct model *model, const struct world *world, const struct channel_status *after,
			 const struct action *action)
{
	if (action->kind == ACTION_CREATE_PROMOTION)
		check_creation(model, world, after, &action->create);
	if (action->kind == ACTION_PIN && action->workload.force && after->guard != GUARD_ENFORCED)
		check_taken(model, world, after);
	model_check(model,
		    !world->channel->is_suspended ||
			    (action->kind != ACTION_PIN && action->kind != ACTION_STATE_PINS &&
			     action->kind != ACTION_CREATE_PROMOTION),
		    RULE_AUTOMATIC, "a suspended channel changes something");
}

static void check_channel(struct model *model, const struct world *world, const struct plan *plan,
			  const struct channel_status *after, bool is_lifted)
{
	const struct channel_status *before = &world->channel->status;

	rules_on_start(model, world, after);
	check_marks(model, world, after);
	check_lifted(model, world, after);
	model_check(model,
		    after->current.release.id == NULL ||
			    release_equal(&before->current.release, &after->current.release) ||
			    carries(world, &after->current.release),
		    RULE_NAMED, "%s becomes status.current, and the workload does not carry it",
		    after->current.release.id);
	model_check(model,
		    before->hold.by == NULL || after->hold.by != NULL || is_lifted ||
			    world->channel->mode != MODE_AUTOMATIC,
		    RULE_HOLD, "the hold is lifted, and nobody asked for that");
	for (size_t i = 0; i < plan->actions.len; i++)
		check_action(model, world, after, plan->actions.items[i]);
}

void rules_on_plan(struct model *model, const struct world *world, const struct plan *plan)
{
	const struct channel_status *after = world->channel == NULL ? NULL : &world->channel->status;
	bool is_lifted = false;

	for (size_t i = 0; i < plan->actions.len; i++) {
		const struct action *action = plan->actions.items[i];

		if (action->kind == ACTION_CHANNEL_STATUS)
			after = &action->channel_status;
		if (action->kind != ACTION_PROMOTION_STATUS)
			continue;
		is_lifted |= action->promotion_status.status.phase >= PHASE_ROLLING_OUT;
		check_promotion(model, world, plan, &action->promotion_status);
	}
	if (after != NULL)
		check_channel(model, world, plan, after, is_lifted);
}
