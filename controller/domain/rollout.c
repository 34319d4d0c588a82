/*
 * A rollout under way: what it waits for, and what its end means for the channel and for the promotion.
 *
 * At the end the channel's status says it first (promoting.c says why): current or history, and the mark.
 */
#include "base/clock.h"
#include "base/str.h"
#include "domain/decision.h"

static void push_history(struct decision *d, const struct release_stay *stay)
{
	size_t kept = d->status.history_count < CHANNEL_HISTORY_MAX - 1 ? d->status.history_count
									: CHANNEL_HISTORY_MAX - 1;
	struct release_stay *history = arena_new_array(d->arena, kept + 1, struct release_stay);

	history[0] = *stay;
	for (size_t i = 0; i < kept; i++)
		history[i + 1] = d->status.history[i];
	d->status.history = history;
	d->status.history_count = kept + 1;
}

void verified_mark(struct decision *d, const struct release *release, const char *revoked_why)
{
	struct verified *list = arena_new_array(d->arena, CHANNEL_VERIFIED_MAX, struct verified);
	size_t count = 0;
	struct verified entry = { .release = *release, .since_ms = d->world->now_ms };

	for (size_t i = 0; i < d->status.verified_count; i++) {
		if (!release_is(&d->status.verified[i].release, release->id))
			continue;
		if (!d->status.verified[i].is_revoked || revoked_why != NULL)
			entry = d->status.verified[i];
	}
	entry.is_revoked = revoked_why != NULL;
	entry.reason = revoked_why;
	list[count++] = entry;
	for (size_t i = 0; i < d->status.verified_count && count < CHANNEL_VERIFIED_MAX; i++) {
		if (!release_is(&d->status.verified[i].release, release->id))
			list[count++] = d->status.verified[i];
	}
	d->status.verified = list;
	d->status.verified_count = count;
}

const char *rollout_success_told(struct decision *d, const struct release *release)
{
	return arena_printf(d->arena, "%s runs in %s/%s", release->id, d->world->namespace, d->world->name);
}

static void succeed(struct decision *d, struct candidate *c)
{
	struct release_stay *current = &d->status.current;
	const char *message = rollout_success_told(d, &c->release);
	bool is_new = !release_equal(&current->release, &c->release);

	if (is_new && current->release.id != NULL) {
		current->until_ms = d->world->now_ms;
		push_history(d, current);
	}
	*current = (struct release_stay){
		.release = c->release,
		.promotion = c->promotion->meta.name,
		.since_ms = is_new ? d->world->now_ms : current->since_ms,
		.signature_policy = d->status.desired.signature_policy,
	};
	d->status.desired = (struct release_stay){ .promotion = NULL };
	verified_mark(d, &c->release, NULL);
	candidate_finish_step(d, c, message);
	candidate_finish(d, c, PHASE_SUCCEEDED, "Succeeded", message);
	d->running = NULL;
}

/* The first thing that kept the rollout from completing. */
static const char *stuck_on(const struct decision *d)
{
	for (size_t i = 0; i < d->channel->workload_count; i++) {
		if (d->findings[i].state != WORKLOAD_RUNNING)
			return d->findings[i].message;
	}
	return "";
}

/* The rollout did not come to its end: the history says so. */
static void give_up(struct decision *d, bool is_aborted, bool goes_back)
{
	struct release_stay given_up = d->status.desired;

	given_up.promotion_uid = NULL; /* a name in the history does not run again, whoever has it */
	given_up.has_failed = true;
	given_up.is_aborted = is_aborted;
	given_up.until_ms = d->world->now_ms;
	push_history(d, &given_up);
	if (goes_back)
		d->status.desired = (struct release_stay){ .promotion = NULL };
	d->running = NULL;
}

/* What somebody aborts is not bad: it loses no mark, and the channel goes back whatever onFailure says. */
static void abort_rollout(struct decision *d, struct candidate *c)
{
	const char *why = promoting_aborted_from(d, c->promotion);

	verification_forget(d, c->promotion->meta.name);
	give_up(d, true, d->status.current.release.id != NULL);
	candidate_finish_step(d, c, why);
	candidate_finish(d, c, PHASE_ABORTED, "Aborted", why);
}

/* Why the rollout failed. */
struct failure {
	const char *reason;  /* of the condition Failed */
	const char *mark;    /* the release's mark is revoked with these words */
	const char *what;    /* "not rolled out within …" */
	const char *details; /* the first thing that was in the way */
};

#define NOT_VERIFIED "rolled out, and did not stand the verification"

static const char *not_in_time(struct decision *d)
{
	char limit[CLOCK_TEXT_SIZE];

	return arena_printf(d->arena, "not rolled out within spec.rollout.progressDeadline %s",
			    clock_format_duration(d->channel->progress_deadline_ms, limit));
}

/* What failed, and what became of it. */
static const char *with_outcome(struct decision *d, const char *what)
{
	if (d->channel->on_failure == ON_FAILURE_HOLD)
		return arena_printf(d->arena, "%s, left as it is", what);
	if (d->status.current.release.id == NULL)
		return arena_printf(d->arena, "%s, nothing ran before it to go back to", what);
	return arena_printf(d->arena, "%s, back to %s", what, d->status.current.release.id);
}

const char *rollout_failure_told(struct decision *d, bool was_measured)
{
	return was_measured ? arena_printf(d->arena, "%s: %s", with_outcome(d, NOT_VERIFIED),
					   d->status.verification.message)
			    : with_outcome(d, not_in_time(d));
}

static void fail(struct decision *d, struct candidate *c, const struct failure *failure)
{
	const struct release failed = d->status.desired.release;
	bool is_held = d->channel->on_failure == ON_FAILURE_HOLD;
	bool goes_back = !is_held && d->status.current.release.id != NULL;
	const char *why = arena_printf(d->arena, "%s: %s", with_outcome(d, failure->what), failure->details);

	give_up(d, false, goes_back);
	verified_mark(d, &failed, failure->mark);
	if (is_held)
		d->status.hold = (struct hold){ "sluice", d->world->now_ms,
						arena_printf(d->arena, "the rollout of %s failed",
							     failed.id) };
	candidate_finish_step(d, c, why);
	candidate_finish(d, c, PHASE_FAILED, failure->reason, why);
}

static void fail_deadline(struct decision *d, struct candidate *c)
{
	const struct failure failure = { "ProgressDeadlineExceeded", "its rollout failed", not_in_time(d), stuck_on(d) };

	fail(d, c, &failure);
}

bool rollout_is_complete(const struct decision *d)
{
	for (size_t i = 0; i < d->channel->workload_count; i++) {
		if (d->findings[i].state != WORKLOAD_RUNNING)
			return false;
	}
	return true;
}

/* Says what the rollout waits for, and when its patience ends. */
static void wait_for_pods(struct decision *d, struct candidate *c)
{
	int64_t deadline = c->status.started_ms + d->channel->progress_deadline_ms;

	if (d->world->now_ms >= deadline) {
		fail_deadline(d, c);
		return;
	}
	plan_wake(d->plan, deadline, "progress deadline");
	candidate_wait(d, c, PHASE_ROLLING_OUT, "Rollout", deadline, stuck_on(d));
}

/* All pods run it: what comes next is the measuring. It is not stopped by a pod that has to be replaced meanwhile. */
static void verify(struct decision *d, struct candidate *c)
{
	const struct verification_status *v = &d->status.verification;
	struct failure failure = { "VerificationFailed", NULL, NOT_VERIFIED, NULL };

	if (candidate_find_step(c, "Verify") == NULL) {
		candidate_finish_step(d, c, "all pods run it");
		(void)candidate_step(d, c, "Verify");
	}
	if (!verification_is_of(d, c->promotion->meta.name))
		verification_begin(d, &c->release, c->promotion->meta.name);
	switch (verification_follow(d)) {
	case VERIFICATION_PASSED:
		succeed(d, c);
		break;
	case VERIFICATION_FAILED:
		failure.details = v->message;
		failure.mark = brief(d, arena_printf(d->arena, "its verification failed: %s", v->message));
		fail(d, c, &failure);
		break;
	default:
		verification_ask(d);
		candidate_wait(d, c, PHASE_VERIFYING, "Verification", verification_over_ms(d), v->message);
		break;
	}
}

void rollout_follow(struct decision *d, struct candidate *c)
{
	bool is_verifying = verification_is_of(d, c->promotion->meta.name);

	if (c->promotion->is_aborted)
		abort_rollout(d, c);
	else if (!is_verifying && !rollout_is_complete(d) && !d->channel->is_suspended)
		wait_for_pods(d, c);
	else if (d->channel->metric_count == 0 && rollout_is_complete(d))
		succeed(d, c);
	else if (d->channel->is_suspended)
		candidate_wait(d, c, is_verifying ? PHASE_VERIFYING : PHASE_ROLLING_OUT, "Suspension", CLOCK_NEVER,
			       "spec.suspended is true");
	else
		verify(d, c);
}
