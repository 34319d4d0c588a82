/*
 * The channel's status: computed whole at the end of a look, written only when it differs from what is there.
 */
#include "base/clock.h"
#include "base/str.h"
#include "domain/decision.h"
#include "domain/equal.h"

#define CONDITIONS_MAX 13

static void set(struct decision *d, const char *type, enum condition_status status, const char *reason,
		const char *message)
{
	struct conditions *set = &d->status.conditions;

	set->items[set->count++] = (struct condition){
		.type = type,
		.status = status,
		.reason = reason,
		.message = message,
		.observed_generation = d->channel->meta.generation,
	};
}

/* The finding that is furthest from running, or NULL when all run. */
static const struct workload_finding *worst_finding(const struct decision *d)
{
	const struct workload_finding *worst = NULL;

	for (size_t i = 0; i < d->channel->workload_count; i++) {
		const struct workload_finding *f = &d->findings[i];

		if (f->state < WORKLOAD_RUNNING && (worst == NULL || f->state < worst->state))
			worst = f;
	}
	return worst;
}

static const char *state_reason(enum workload_state state)
{
	switch (state) {
	case WORKLOAD_MISSING:
		return "WorkloadMissing";
	case WORKLOAD_UNUSABLE:
		return "WorkloadUnusable";
	case WORKLOAD_UNPINNED:
		return "Pinning";
	case WORKLOAD_MOVING:
	case WORKLOAD_RUNNING:
		break;
	}
	return "RollingOut";
}

static void set_pinned(struct decision *d, const struct workload_finding *worst)
{
	if (d->target == NULL)
		set(d, "Pinned", CONDITION_FALSE, "NoRelease", "no release was promoted yet");
	else if (worst == NULL || worst->state >= WORKLOAD_MOVING)
		set(d, "Pinned", CONDITION_TRUE, "Pinned",
		    arena_printf(d->arena, "every workload carries %s", d->target->id));
	else
		set(d, "Pinned", CONDITION_FALSE, state_reason(worst->state), worst->message);
}

static const char *left_reason(const struct decision *d)
{
	return promoting_is_left_aborted(d) ? "RolloutAborted" : "RolloutFailed";
}

static void set_ready(struct decision *d, const struct workload_finding *worst)
{
	if (d->stalled_reason != NULL)
		set(d, "Ready", CONDITION_FALSE, d->stalled_reason, d->stalled_message);
	else if (d->conflict_message != NULL)
		set(d, "Ready", CONDITION_FALSE, "FieldConflict", d->conflict_message);
	else if (promoting_is_left_failed(d))
		set(d, "Ready", CONDITION_FALSE, left_reason(d),
		    arena_printf(d->arena, "the rollout of %s %s", d->status.desired.release.id,
				 promoting_is_left_aborted(d)
					 ? "was aborted, and nothing ran before it to go back to"
					 : "failed and was left as it is"));
	else if (d->target == NULL)
		set(d, "Ready", CONDITION_FALSE, "NoRelease",
		    worst != NULL && worst->state <= WORKLOAD_UNUSABLE ? worst->message
								       : "no release was promoted yet");
	else if (d->running != NULL && d->running->status.phase == PHASE_VERIFYING)
		set(d, "Ready", CONDITION_FALSE, "Verifying",
		    arena_printf(d->arena, "%s: %s", d->running->release.id, d->status.verification.message));
	else if (d->running != NULL)
		set(d, "Ready", CONDITION_FALSE, "RollingOut",
		    arena_printf(d->arena, "%s: %s", d->running->release.id,
				 worst != NULL ? worst->message : "done"));
	else if (worst != NULL && d->channel->is_suspended)
		set(d, "Ready", CONDITION_FALSE, "Suspended",
		    arena_printf(d->arena, "%s; spec.suspended is true", worst->message));
	else if (worst != NULL)
		set(d, "Ready", CONDITION_FALSE, state_reason(worst->state), worst->message);
	else if (d->unapplied_message != NULL)
		set(d, "Ready", CONDITION_FALSE, "Applying", d->unapplied_message);
	else
		set(d, "Ready", CONDITION_TRUE, d->channel->is_suspended ? "Suspended" : "Running",
		    arena_printf(d->arena, "%s runs%s", d->target->id,
				 d->channel->is_suspended ? "; spec.suspended is true" : ""));
}

static void set_verified(struct decision *d)
{
	const char *id = d->status.current.release.id;

	if (id == NULL) {
		set(d, "Verified", CONDITION_FALSE, "NoRelease", "no release was promoted yet");
		return;
	}
	for (size_t i = 0; i < d->status.verified_count; i++) {
		const struct verified *entry = &d->status.verified[i];

		if (!release_is(&entry->release, id))
			continue;
		if (entry->is_revoked)
			set(d, "Verified", CONDITION_FALSE, "Revoked",
			    arena_printf(d->arena, "%s: %s", id, entry->reason));
		else if (d->status.verification.result == VERIFICATION_PASSED &&
			 str_equal(d->status.verification.release, id))
			set(d, "Verified", CONDITION_TRUE, "Measured",
			    arena_printf(d->arena, "%s was rolled out completely; %s", id,
					 d->status.verification.message));
		else
			set(d, "Verified", CONDITION_TRUE, "RolledOut",
			    arena_printf(d->arena, "%s was rolled out completely", id));
		return;
	}
	set(d, "Verified", CONDITION_FALSE, "NotVerified",
	    arena_printf(d->arena, "%s was not verified here", id));
}

/* Whose a thing is that cannot be read is not known, so every channel that it could concern names it. */
static const char *left_out_text(struct decision *d)
{
	const char *text = "";

	for (size_t i = 0; i < d->world->left_out_count; i++) {
		const struct quarantine *q = d->world->left_out[i];

		text = arena_printf(d->arena, "%s%s%s %s%s%s is left out: %s", text, i == 0 ? "" : "; ", q->kind,
				    q->namespace, str_is_empty(q->namespace) ? "" : "/", q->name,
				    quarantine_message(q, d->arena));
	}
	return text;
}

static void set_automation_failed(struct decision *d, const struct write_failure *failure, const char *refused, const char *unanswered)
{
	set(d, "AutomationFailed", CONDITION_TRUE, err_class_is_refusal(failure->class) ? refused : unanswered,
	    brief(d, arena_printf(d->arena, "%s: %s", failure->what, failure->message)));
}

/* Conditions that are there only while they are true. */
static void set_abnormal(struct decision *d, const struct workload_finding *worst)
{
	const char *stop = stop_message(d);
	bool is_moving = d->running != NULL || (d->target != NULL && worst != NULL);

	if (d->stalled_reason != NULL)
		set(d, "Stalled", CONDITION_TRUE, d->stalled_reason, d->stalled_message);
	else if (promoting_is_left_failed(d))
		set(d, "Stalled", CONDITION_TRUE, left_reason(d),
		    promoting_is_left_aborted(d)
			    ? "an aborted rollout was left as it is; promote a release to go on"
			    : "a failed rollout was left as it is; promote a release to go on");
	else if (is_moving && d->conflict_message == NULL && !d->channel->is_suspended)
		set(d, "Reconciling", CONDITION_TRUE, d->running != NULL ? "RollingOut" : "Repairing",
		    worst != NULL ? worst->message : "rolling out");
	else if (d->unapplied_message != NULL)
		set(d, "Reconciling", CONDITION_TRUE, "Applying", d->unapplied_message);
	if (d->conflict_message != NULL)
		set(d, "FieldConflict", CONDITION_TRUE, "TakenBackTooOften", d->conflict_message);
	if (d->status.intake.moved != NULL)
		set(d, "TagMoved", CONDITION_TRUE, "TagMoved", d->status.intake.moved);
	if (d->intake_reason != NULL)
		set(d, "IntakeFailed", CONDITION_TRUE, d->intake_reason, d->intake_message);
	if (d->uncreated != NULL)
		set_automation_failed(d, d->uncreated, "CreationRefused", "CreationUnanswered");
	else if (d->uncollected != NULL)
		set_automation_failed(d, d->uncollected, "DeletionRefused", "DeletionUnanswered");
	if (stop != NULL)
		set(d, "Stopped", CONDITION_TRUE, "ChannelStop", brief(d, stop));
	if (d->world->left_out_count > 0)
		set(d, "LeftOut", CONDITION_TRUE, "Quarantined", brief(d, left_out_text(d)));
	if (d->world->is_who_may_missing)
		set(d, "AdmissionPolicyMissing", CONDITION_TRUE, "WhoMayMissing",
		    "the ValidatingAdmissionPolicy sluice-who-may is not installed: everybody who may create "
		    "Promotions may promote");
}

static const char *live_images(struct decision *d, const struct workload_spec *spec,
			       const struct workload *w)
{
	const char *text = "";

	for (size_t i = 0; i < spec->count; i++) {
		const struct container *c = workload_find_container(w, spec->containers[i].container);

		if (c != NULL)
			text = arena_printf(d->arena, "%s%s%s=%s", text, *text == '\0' ? "" : ",", c->name,
					    c->image);
	}
	return text;
}

static void list_workloads(struct decision *d)
{
	d->status.workload_count = 0;
	d->status.workloads =
		arena_new_array(d->arena, d->channel->workload_count, struct workload_status);
	for (size_t i = 0; i < d->channel->workload_count; i++) {
		const struct workload_spec *spec = &d->channel->workloads[i];
		const struct workload *w = d->world->workloads[i].workload;

		if (w == NULL)
			continue;
		d->status.workloads[d->status.workload_count++] = (struct workload_status){
			.kind = spec->kind,
			.name = spec->name,
			.ready = w->ready,
			.desired = w->desired,
			.image = live_images(d, spec, w),
		};
	}
}

static const char *upstream_text(struct decision *d)
{
	const char *text = NULL;

	for (size_t i = 0; i < d->channel->upstream.count; i++) {
		const char *one = ref_text(d, &d->channel->upstream.channels[i]);

		text = text == NULL ? one : arena_printf(d->arena, "%s, %s", text, one);
	}
	return text;
}

static void tell_changes(struct decision *d)
{
	static const char *const alarming[] = { "Stalled", "FieldConflict", "TagMoved", "IntakeFailed", "AutomationFailed",
					      "LeftOut" };

	for (size_t i = 0; i < sizeof(alarming) / sizeof(alarming[0]); i++) {
		const struct condition *now = condition_find(&d->status.conditions, alarming[i]);

		if (now != NULL && !condition_is_true(&d->channel->status.conditions, alarming[i]))
			decision_tell(d, NULL, true, now->type, now->message);
	}
}

static void compute(struct decision *d)
{
	const struct workload_finding *worst = worst_finding(d);

	d->status.observed_generation = d->channel->meta.generation;
	d->status.image = d->status.current.release.id == NULL
				  ? NULL
				  : release_label(&d->status.current.release, d->arena);
	d->status.upstream = upstream_text(d);
	if (d->plan->promotion != NULL)
		d->status.promotion = d->plan->promotion;
	if (d->channel->mode != MODE_AUTOMATIC && d->status.desired.release.id == NULL)
		d->status.hold = (struct hold){ .by = NULL };
	list_workloads(d);
	if (!d->holds_still)
		soak_keep_stays(d);
	d->status.conditions =
		(struct conditions){ arena_new_array(d->arena, CONDITIONS_MAX, struct condition), 0 };
	set_ready(d, worst);
	set_pinned(d, worst);
	set_verified(d);
	set_abnormal(d, worst);
	condition_keep_times(&d->status.conditions, &d->channel->status.conditions, d->world->now_ms);
	tell_changes(d);
}

/* Adds ACTION_PROMOTION_STATUS for every candidate whose status changed, and tells people of new phases. */
static void plan_promotion_statuses(struct decision *d)
{
	for (size_t i = 0; i < d->candidate_count; i++) {
		struct candidate *c = &d->candidates[i];
		struct action *action;

		candidate_conclude(d, c);
		if (promotion_status_equal(&c->status, &c->promotion->status))
			continue;
		action = plan_add(d->plan, d->arena, ACTION_PROMOTION_STATUS);
		action->promotion_status = (struct action_promotion_status){
			c->promotion->meta.name, c->promotion->meta.uid,
			c->promotion->meta.resource_version, c->status
		};
		decision_take_events(d, c->promotion->meta.name);
	}
}

/* Does the action follow from the channel's status without being written upon its version? */
static bool rests_on_channel(const struct decision *d, const struct action *action)
{
	switch (action->kind) {
	case ACTION_STATE_PINS:
		return true;
	case ACTION_PIN: /* the guard holds the images to the pins */
		return d->status.guard != GUARD_ENFORCED;
	case ACTION_PROMOTION_STATUS:
		return action->promotion_status.status.phase >= PHASE_ROLLING_OUT;
	default:
		return false;
	}
}

/* The channel's status goes first even when it says nothing new, where other writes follow from it: it is refused when
 * the channel has changed, so that whoever was overtaken gets no further. */
static bool needs_proof(const struct decision *d)
{
	for (size_t i = 0; i < d->plan->actions.len; i++) {
		if (rests_on_channel(d, d->plan->actions.items[i]))
			return true;
	}
	return false;
}

void status_plan(struct decision *d)
{
	if (d->channel != NULL)
		compute(d);
	plan_promotion_statuses(d);
	if (d->channel != NULL && (!channel_status_equal(&d->status, &d->channel->status) || needs_proof(d)))
		plan_add(d->plan, d->arena, ACTION_CHANNEL_STATUS)->channel_status = d->status;
}
