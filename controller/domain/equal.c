/* Are two statuses the same? Only then nothing is written (rule 12). */
#include "base/str.h"
#include "domain/equal.h"

static bool releases_equal(const struct release *a, const struct release *b)
{
	if (!str_equal(a->id, b->id) || a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!str_equal(a->artifacts[i].name, b->artifacts[i].name) ||
		    !str_equal(a->artifacts[i].image, b->artifacts[i].image) ||
		    !str_equal(a->artifacts[i].digest, b->artifacts[i].digest) ||
		    !str_equal(a->artifacts[i].tag, b->artifacts[i].tag))
			return false;
	}
	return true;
}

/* Moments are stored in whole seconds. */
static bool times_equal(int64_t a_ms, int64_t b_ms)
{
	return a_ms / 1000 == b_ms / 1000;
}

static bool stays_equal(const struct release_stay *a, const struct release_stay *b)
{
	return releases_equal(&a->release, &b->release) && str_equal(a->promotion, b->promotion) &&
	       str_equal(a->promotion_uid, b->promotion_uid) && times_equal(a->since_ms, b->since_ms) &&
	       times_equal(a->until_ms, b->until_ms) && a->has_failed == b->has_failed && a->is_aborted == b->is_aborted &&
	       str_equal(a->signature_policy, b->signature_policy);
}

static bool histories_equal(const struct channel_status *a, const struct channel_status *b)
{
	if (a->history_count != b->history_count)
		return false;
	for (size_t i = 0; i < a->history_count; i++) {
		if (!stays_equal(&a->history[i], &b->history[i]))
			return false;
	}
	return true;
}

static bool soaks_equal(const struct verified *a, const struct verified *b)
{
	if (a->stay_count != b->stay_count)
		return false;
	for (size_t i = 0; i < a->stay_count; i++) {
		if (!times_equal(a->stays[i].since_ms, b->stays[i].since_ms) ||
		    !times_equal(a->stays[i].until_ms, b->stays[i].until_ms))
			return false;
	}
	return true;
}

static bool verified_equal(const struct channel_status *a, const struct channel_status *b)
{
	if (a->verified_count != b->verified_count)
		return false;
	for (size_t i = 0; i < a->verified_count; i++) {
		const struct verified *x = &a->verified[i];
		const struct verified *y = &b->verified[i];

		if (!releases_equal(&x->release, &y->release) || x->is_revoked != y->is_revoked ||
		    !times_equal(x->since_ms, y->since_ms) || !str_equal(x->reason, y->reason) ||
		    !soaks_equal(x, y))
			return false;
	}
	return true;
}

static bool measurements_equal(const struct metric_status *a, const struct metric_status *b)
{
	if (!str_equal(a->name, b->name) || a->passed != b->passed || a->failed != b->failed ||
	    a->inconclusive != b->inconclusive || a->errors != b->errors ||
	    a->errors_in_a_row != b->errors_in_a_row || a->latest_count != b->latest_count)
		return false;
	/* They only ever come in at the front. */
	return a->latest_count == 0 || times_equal(a->latest->at_ms, b->latest->at_ms);
}

static bool verifications_equal(const struct verification_status *a, const struct verification_status *b)
{
	if (a->result != b->result || !str_equal(a->release, b->release) ||
	    !str_equal(a->promotion, b->promotion) || !str_equal(a->request, b->request) ||
	    !times_equal(a->started_ms, b->started_ms) || !times_equal(a->finished_ms, b->finished_ms) ||
	    !str_equal(a->message, b->message) || a->metric_count != b->metric_count)
		return false;
	for (size_t i = 0; i < a->metric_count; i++) {
		if (!measurements_equal(&a->metrics[i], &b->metrics[i]))
			return false;
	}
	return true;
}

static bool refs_equal(const struct available *a, const struct available *b)
{
	if (!str_equal(a->release, b->release) || a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!str_equal(a->from[i].namespace, b->from[i].namespace) ||
		    !str_equal(a->from[i].name, b->from[i].name))
			return false;
	}
	return true;
}

static bool available_equal(const struct channel_status *a, const struct channel_status *b)
{
	if (a->available_count != b->available_count)
		return false;
	for (size_t i = 0; i < a->available_count; i++) {
		if (!refs_equal(&a->available[i], &b->available[i]))
			return false;
	}
	return true;
}

static bool workloads_equal(const struct channel_status *a, const struct channel_status *b)
{
	if (a->workload_count != b->workload_count)
		return false;
	for (size_t i = 0; i < a->workload_count; i++) {
		const struct workload_status *x = &a->workloads[i];
		const struct workload_status *y = &b->workloads[i];

		if (x->kind != y->kind || !str_equal(x->name, y->name) || x->ready != y->ready ||
		    x->desired != y->desired || !str_equal(x->image, y->image))
			return false;
	}
	return true;
}

static bool windows_equal(const struct window_status *a, const struct window_status *b)
{
	return a->is_set == b->is_set && a->is_open == b->is_open && str_equal(a->name, b->name) &&
	       times_equal(a->next_ms, b->next_ms) && str_equal(a->message, b->message);
}

/* The parts that are one value each. */
static bool details_equal(const struct channel_status *a, const struct channel_status *b)
{
	return a->observed_generation == b->observed_generation && a->guard == b->guard &&
	       str_equal(a->hold.by, b->hold.by) && times_equal(a->hold.at_ms, b->hold.at_ms) &&
	       str_equal(a->hold.reason, b->hold.reason) && str_equal(a->lifted.request, b->lifted.request) &&
	       str_equal(a->lifted.by, b->lifted.by) && times_equal(a->lifted.at_ms, b->lifted.at_ms) &&
	       str_equal(a->lifted.reason, b->lifted.reason) && a->takeovers.count == b->takeovers.count &&
	       times_equal(a->takeovers.since_ms, b->takeovers.since_ms) &&
	       str_equal(a->takeovers.manager, b->takeovers.manager) &&
	       str_equal(a->intake.tag, b->intake.tag) &&
	       str_equal(a->intake.release, b->intake.release) &&
	       str_equal(a->intake.moved, b->intake.moved) &&
	       str_equal(a->intake.superseded, b->intake.superseded) &&
	       verifications_equal(&a->verification, &b->verification) && str_equal(a->promotion, b->promotion) &&
	       str_equal(a->image, b->image) && str_equal(a->upstream, b->upstream);
}

bool channel_status_equal(const struct channel_status *a, const struct channel_status *b)
{
	return details_equal(a, b) && windows_equal(&a->window, &b->window) && stays_equal(&a->current, &b->current) &&
	       stays_equal(&a->desired, &b->desired) && histories_equal(a, b) && verified_equal(a, b) &&
	       available_equal(a, b) && workloads_equal(a, b) &&
	       condition_sets_equal(&a->conditions, &b->conditions);
}

static bool waits_equal(const struct promotion_status *a, const struct promotion_status *b)
{
	if (a->waiting_count != b->waiting_count)
		return false;
	for (size_t i = 0; i < a->waiting_count; i++) {
		if (!str_equal(a->waiting[i].gate, b->waiting[i].gate) ||
		    !times_equal(a->waiting[i].until_ms, b->waiting[i].until_ms) ||
		    !str_equal(a->waiting[i].message, b->waiting[i].message))
			return false;
	}
	return true;
}

static bool steps_equal(const struct promotion_status *a, const struct promotion_status *b)
{
	if (a->step_count != b->step_count)
		return false;
	for (size_t i = 0; i < a->step_count; i++) {
		if (!str_equal(a->steps[i].name, b->steps[i].name) ||
		    !times_equal(a->steps[i].started_ms, b->steps[i].started_ms) ||
		    !times_equal(a->steps[i].finished_ms, b->steps[i].finished_ms) ||
		    !str_equal(a->steps[i].message, b->steps[i].message))
			return false;
	}
	return true;
}

static bool approvals_equal(const struct promotion_status *a, const struct promotion_status *b)
{
	if (a->approval_count != b->approval_count)
		return false;
	for (size_t i = 0; i < a->approval_count; i++) {
		if (!str_equal(a->approvals[i].user, b->approvals[i].user) ||
		    a->approvals[i].decision != b->approvals[i].decision ||
		    a->approvals[i].is_override != b->approvals[i].is_override ||
		    !times_equal(a->approvals[i].at_ms, b->approvals[i].at_ms))
			return false;
	}
	return true;
}

bool promotion_status_equal(const struct promotion_status *a, const struct promotion_status *b)
{
	return a->observed_generation == b->observed_generation && a->phase == b->phase &&
	       releases_equal(&a->release, &b->release) && releases_equal(&a->previous, &b->previous) &&
	       waits_equal(a, b) && steps_equal(a, b) && approvals_equal(a, b) && times_equal(a->started_ms, b->started_ms) &&
	       times_equal(a->finished_ms, b->finished_ms) && times_equal(a->closed_since_ms, b->closed_since_ms) &&
	       times_equal(a->closed_ms, b->closed_ms) &&
	       condition_sets_equal(&a->conditions, &b->conditions);
}
