/* The decision as a whole: which rule looks when, and in which order what they found becomes actions. */
#include "domain/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "domain/decision.h"

struct action *plan_add(struct plan *plan, struct arena *arena, enum action_kind kind)
{
	struct action *action = arena_new(arena, struct action);

	action->kind = kind;
	vec_push(&plan->actions, action);
	return action;
}

void plan_wake(struct plan *plan, int64_t at_ms, const char *reason)
{
	if (at_ms >= plan->wake_ms)
		return;
	plan->wake_ms = at_ms;
	plan->wake_reason = reason;
}

bool plan_is_empty(const struct plan *plan)
{
	return plan->actions.len == 0;
}

void plan_finish(struct plan *plan)
{
	vec_finish(&plan->gates);
	vec_finish(&plan->actions);
}

void decision_stall(struct decision *d, const char *reason, const char *message)
{
	if (d->stalled_reason != NULL)
		return;
	d->stalled_reason = reason;
	d->stalled_message = message;
}

struct action_event *decision_tell(struct decision *d, const struct promotion *promotion, bool is_warning,
				   const char *reason, const char *note)
{
	const struct meta *meta = promotion != NULL ? &promotion->meta : &d->channel->meta;
	struct action *action = arena_new(d->arena, struct action);

	action->kind = ACTION_EVENT;
	action->event = (struct action_event){
		.subject = promotion != NULL ? EVENT_ON_PROMOTION : EVENT_ON_CHANNEL,
		.name = meta->name,
		.uid = meta->uid,
		.is_warning = is_warning,
		.reason = reason,
		.note = note,
		.after = promotion != NULL ? ACTION_PROMOTION_STATUS : ACTION_CHANNEL_STATUS,
	};
	vec_push(&d->events, action);
	return &action->event;
}

void decision_take_events(struct decision *d, const char *promotion)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->events.len; i++) {
		struct action *action = d->events.items[i];

		if (promotion == NULL || (action->event.subject == EVENT_ON_PROMOTION &&
					  str_equal(action->event.name, promotion)))
			vec_push(&d->plan->actions, action);
		else
			d->events.items[kept++] = action;
	}
	d->events.len = kept;
}

#define CATCH_UP_MS 1000

#define BRIEF_MAX 1024 /* maxLength of the messages in crds/ */

const char *brief(struct decision *d, const char *text)
{
	if (text == NULL || strlen(text) <= BRIEF_MAX)
		return text;
	return arena_strndup(d->arena, text, str_cut_utf8(text, BRIEF_MAX));
}

const char *ref_text(struct decision *d, const struct channel_ref *ref)
{
	return arena_printf(d->arena, "%s/%s", ref->namespace, ref->name);
}

/* Oldest first: creationTimestamp, then name. */
static int compare_age(const void *a, const void *b)
{
	const struct meta *x = &((const struct candidate *)a)->promotion->meta;
	const struct meta *y = &((const struct candidate *)b)->promotion->meta;

	if (x->created_ms != y->created_ms)
		return x->created_ms < y->created_ms ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void line_up(struct decision *d)
{
	d->candidates = arena_new_array(d->arena, d->world->promotion_count, struct candidate);
	for (size_t i = 0; i < d->world->promotion_count; i++) {
		const struct promotion *p = d->world->promotions[i];

		if (!promotion_is_finished(p) && !p->meta.is_deleting)
			candidate_init(d, &d->candidates[d->candidate_count++], p);
	}
	qsort(d->candidates, d->candidate_count, sizeof(*d->candidates), compare_age);
}

/* No channel: its promotions wait for it, and pins that nobody claims any more go. */
static void decide_without_channel(struct decision *d)
{
	for (size_t i = 0; i < d->candidate_count; i++) {
		struct candidate *c = &d->candidates[i];
		enum promotion_phase phase =
			promotion_has_started(c->promotion) ? PHASE_ROLLING_OUT : PHASE_PENDING;

		if (promoting_is_called_off(d, c))
			continue;
		candidate_wait(d, c, phase, "Channel", CLOCK_NEVER,
			       arena_printf(d->arena, "ReleaseChannel %s/%s does not exist",
					    d->world->namespace, d->world->name));
	}
	status_plan(d);
	pinning_sweep(d);
}

static bool is_running_known(const struct decision *d)
{
	for (size_t i = 0; i < d->world->promotion_count; i++) {
		if (promoting_is_desired(d, d->world->promotions[i]))
			return true;
	}
	return false;
}

/* The promotion whose rollout is under way (not another one of its name) when it cannot be read, else NULL. */
static const struct quarantine *unread_running(const struct decision *d)
{
	const struct release_stay *desired = &d->channel->status.desired;
	const struct quarantine *found =
		desired->promotion == NULL ? NULL : world_find_left_out(d->world, "Promotion", desired->promotion);

	if (found != NULL && !str_is_empty(found->uid) && !str_is_empty(desired->promotion_uid) &&
	    !str_equal(found->uid, desired->promotion_uid))
		return NULL;
	return found;
}

/* What cannot be read although nothing can be decided without it: the pins of all channels of the namespace, and the
 * promotion whose rollout is under way. Taken for not being there, pins would be lost and a rollout undone. */
static const struct quarantine *unread_need(const struct decision *d)
{
	const struct quarantine *pins = world_find_left_out(d->world, "ConfigMap", NULL);

	return pins != NULL ? pins : unread_running(d);
}

/* The channel says so, and stays as it is. */
static void hold_still(struct decision *d, const struct quarantine *need)
{
	decision_stall(d, "Quarantined",
		       arena_printf(d->arena, "the channel stays as it is without %s %s: %s", need->kind, need->name,
				    quarantine_message(need, d->arena)));
	d->holds_still = true;
	d->candidate_count = 0;
	promoting_aim(d);
	status_plan(d);
}

/* The promotion whose rollout is under way was there when status.desired was written. That it is not now may only
 * mean that its watch lags behind the channel's; taken for deleted, its rollout would be undone. */
static bool lacks_running(const struct decision *d)
{
	const char *name = d->channel->status.desired.promotion;

	return name != NULL && d->world->may_lack_promotions && !is_running_known(d);
}

/* Before the channel's workloads have been read, anything that could be said would be taken back a moment later. */
static void decide(struct decision *d)
{
	const struct quarantine *unread;

	if (lacks_running(d)) {
		plan_wake(d->plan, d->world->now_ms + CATCH_UP_MS, "promotion not known yet");
		return;
	}
	if (!workloads_are_read(d))
		return;
	d->status = d->channel->status;
	d->status.guard = world_guard(d->world);
	d->findings = arena_new_array(d->arena, d->channel->workload_count, struct workload_finding);
	unread = unread_need(d);
	if (unread != NULL) {
		hold_still(d, unread);
		return;
	}
	check_spec(d);
	calendar_look(d);
	upstream_list_available(d);
	intake_look(d);
	automation_lift_hold(d);
	automation_choose(d);
	promoting_settle(d);
	promoting_start_next(d);
	verification_repeat(d);
	automation_create(d);
	pinning_plan(d);
	serving_plan(d);
	collection_plan(d);
	status_plan(d);
}

/* Statuses come first, because they are the memory of what is being done; the channel's before its
 * promotions' (promoting.c says why). Then the pins, so that the guard knows them before a workload
 * changes; only that those under way come too late has to be sure before the channel turns away from them.
 * People are told of what has been done, and only once: an event follows the write that it tells of, and what
 * comes later may fail without it being lost. Questions come last. */
static int rank(const struct action *action)
{
	static const int ranks[] = {
		[ACTION_CHANNEL_STATUS] = 0, [ACTION_PROMOTION_STATUS] = 1, [ACTION_STATE_PINS] = 2,
		[ACTION_PIN] = 3,	     [ACTION_APPLY_SERVICE] = 4,    [ACTION_APPLY_SCALER] = 5,
		[ACTION_DELETE] = 6,	     [ACTION_CREATE_PROMOTION] = 7, [ACTION_NOTICE] = 0,
		[ACTION_FIND_WORKLOAD] = 9,  [ACTION_READ_KEY] = 10,	    [ACTION_LIST_TAGS] = 11,
		[ACTION_RESOLVE] = 12,	     [ACTION_CHECK_SIGNATURES] = 13,	    [ACTION_MEASURE] = 14,
	};

	if (action->kind == ACTION_STATE_PINS && action->pins.is_renewal)
		return -1;
	return ranks[action->kind == ACTION_EVENT ? action->event.after : action->kind];
}

/* A stable sort by rank; there are few actions. */
static void put_in_order(struct vec *actions)
{
	for (size_t i = 1; i < actions->len; i++) {
		struct action *action = actions->items[i];
		size_t at = i;

		for (; at > 0 && rank(actions->items[at - 1]) > rank(action); at--)
			actions->items[at] = actions->items[at - 1];
		actions->items[at] = action;
	}
}

static bool asks_the_same(const struct action *a, const struct action *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == ACTION_FIND_WORKLOAD)
		return a->workload.kind == b->workload.kind && str_equal(a->workload.name, b->workload.name);
	return (a->kind == ACTION_RESOLVE || a->kind == ACTION_CHECK_SIGNATURES) &&
	       str_equal(a->lookup.repository, b->lookup.repository) &&
	       str_equal(a->lookup.reference, b->lookup.reference);
}

/* Several rules may ask the same question; it is asked once. */
static void drop_repeated_questions(struct vec *actions)
{
	size_t kept = 0;

	for (size_t i = 0; i < actions->len; i++) {
		bool is_repeated = false;

		for (size_t k = 0; k < kept && !is_repeated; k++)
			is_repeated = asks_the_same(actions->items[k], actions->items[i]);
		if (!is_repeated)
			actions->items[kept++] = actions->items[i];
	}
	actions->len = kept;
}

void plan_make(const struct world *world, struct arena *arena, struct plan *ret_plan)
{
	struct decision d = { .world = world, .channel = world->channel, .arena = arena, .plan = ret_plan };

	*ret_plan = (struct plan){
		.namespace = world->namespace,
		.name = world->name,
		.wake_ms = CLOCK_NEVER,
	};
	line_up(&d);
	if (d.channel == NULL)
		decide_without_channel(&d);
	else
		decide(&d);
	decision_take_events(&d, NULL);
	vec_finish(&d.events);
	put_in_order(&ret_plan->actions);
	drop_repeated_questions(&ret_plan->actions);
}
