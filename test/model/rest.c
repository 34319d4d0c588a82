/* What has to hold where nothing is left to do. */
#include "base/clock.h"
#include "base/str.h"
#include "model.h"

static void check_channel(struct model *model, const struct state *state, uint32_t i)
{
	const struct object *object = &state->truth[i];
	const struct object *workload = &state->truth[SLOT_WORKLOADS + i];
	const struct object *pins = &state->truth[SLOT_PINS + scenario_namespace(model->scenario, i)];
	const struct channel_status *status = model_channel_status(model, object->status);
	const char *name = model->scenario->channels[i].name;
	uint8_t current = model_release(&status->current.release);
	uint8_t target = status->desired.release.id != NULL ? model_release(&status->desired.release) : current;

	if (!object->is_there) {
		model_check(model, pins->images[i] == 0, RULE_CONVERGES, "channel %s is gone, its pin stays", name);
		return;
	}
	if (model->specs[i][object->spec]->is_suspended)
		return;
	model_check(model, status->observed_generation == object->generation, RULE_CONVERGES,
		    "the status of channel %s is about an older spec", name);
	model_check(model, target == 0 || pins->images[i] == target, RULE_CONVERGES,
		    "channel %s should run %c, its pin is %c", name, '@' + target, '@' + pins->images[i]);
	if (!workload->is_there || condition_is_true(&status->conditions, "FieldConflict"))
		return;
	model_check(model, target == 0 || workload->images[0] == target, RULE_CONVERGES,
		    "channel %s should run %c, its workload carries %c", name, '@' + target, '@' + workload->images[0]);
	model_check(model, status->desired.release.id != NULL || current == 0 || workload->images[0] == current,
		    RULE_NAMED, "channel %s names %c as current, its workload carries %c", name, '@' + current,
		    '@' + workload->images[0]);
}

static bool has_conflict(const struct model *model, const struct object *channel)
{
	return condition_is_true(&model_channel_status(model, channel->status)->conditions, "FieldConflict");
}

static void check_promotion(struct model *model, const struct state *state, uint32_t i, const int64_t *wakes_ms)
{
	const struct promotion_row *row = &model->scenario->promotions[i];
	const struct object *object = &state->truth[SLOT_PROMOTIONS + i];
	const struct object *channel = &state->truth[row->channel];
	const struct promotion_status *status = model_promotion_status(model, object->status);
	bool is_stopped = !channel->is_there || model->specs[row->channel][channel->spec]->is_suspended ||
			  (wakes_ms[row->channel] != CLOCK_NEVER && wakes_ms[row->channel] > view_now_ms(state->now));

	if (!object->is_there || promotion_phase_is_final(status->phase))
		return;
	model_check(model, status->waiting_count > 0, RULE_NEVER_STUCK, "%s waits, and names no gate", row->name);
	model_check(model, (object->said & SAID_ABORT) == 0, RULE_CALLED_OFF, "%s is aborted, and never ends", row->name);
	model_check(model,
		    (status->phase != PHASE_ROLLING_OUT && status->phase != PHASE_VERIFYING) || is_stopped ||
			    has_conflict(model, channel),
		    RULE_NEVER_STUCK, "%s is %s for ever", row->name, promotion_phase_name(status->phase));
	for (size_t i_gate = 0; i_gate < status->waiting_count; i_gate++) {
		const struct waiting_for *w = &status->waiting[i_gate];

		model_check(model, is_stopped || !str_equal(w->gate, "Queue"), RULE_NEVER_STUCK,
			    "%s waits in the queue of a channel that rests: %s", row->name, w->message);
		model_check(model, w->until_ms == CLOCK_NEVER || wakes_ms[row->channel] <= w->until_ms,
			    RULE_NEVER_STUCK, "%s waits for gate %s, and no look comes when that is to open", row->name,
			    w->gate);
	}
}

void rules_at_rest(struct model *model, const struct state *state, const int64_t *wakes_ms)
{
	for (uint32_t i = 0; i < scenario_channels(model->scenario); i++)
		check_channel(model, state, i);
	for (uint32_t i = 0; i < PROMOTIONS_MAX; i++) {
		if (model->scenario->promotions[i].origin != ORIGIN_NONE)
			check_promotion(model, state, i, wakes_ms);
	}
}

/* ---- where waiting leads nowhere any more ---- */

/* Does some promotion that goes on, or that failed, ask for that release? Then automation waits for its end, or does
 * not try it again. */
static bool is_tried(const struct model *model, const struct state *state, uint32_t channel, uint8_t release)
{
	const struct channel_status *status = model_channel_status(model, state->truth[channel].status);

	for (size_t i = 0; i < status->history_count; i++) {
		if (status->history[i].has_failed && model_release(&status->history[i].release) == release)
			return true;
	}
	for (uint32_t i = 0; i < PROMOTIONS_MAX; i++) {
		const struct promotion_row *row = &model->scenario->promotions[i];

		if (row->origin == ORIGIN_AUTOMATIC && row->channel == channel && row->release == release &&
		    state->truth[SLOT_PROMOTIONS + i].is_there)
			return true;
	}
	return false;
}

/* Automation that nobody holds has taken in what is newest, unless its tag leads somewhere else now. */
static void check_intake(struct model *model, const struct state *state, uint32_t i)
{
	const struct object *object = &state->truth[i];
	const struct channel *spec = model->specs[i][object->spec];
	const struct channel_status *status = model_channel_status(model, object->status);
	uint8_t newest = state->outside.builds;

	if (!object->is_there)
		return;
	model_check(model, spec->mode == MODE_AUTOMATIC || status->hold.by == NULL || status->desired.release.id != NULL,
		    RULE_HOLD, "channel %s is manual, and held", model->scenario->channels[i].name);
	if (spec->intake.policy == INTAKE_NONE || spec->mode != MODE_AUTOMATIC || status->hold.by != NULL ||
	    state->outside.retagged != 0)
		return;
	model_check(model, model_release(&status->current.release) == newest || is_tried(model, state, i, newest),
		    RULE_INTAKE, "build %u is not taken in", newest);
}

/* Nothing waits for a signature that is there. */
static void check_signed(struct model *model, const struct state *state, uint32_t i)
{
	const struct object *object = &state->truth[SLOT_PROMOTIONS + i];
	const struct promotion_status *status = model_promotion_status(model, object->status);
	uint8_t release = model_release(&status->release);

	if (!object->is_there || release == 0 || release > RELEASES_MAX ||
	    (state->outside.signers[release - 1] & state->outside.keys) == 0)
		return;
	for (size_t k = 0; k < status->waiting_count; k++)
		model_check(model, !str_equal(status->waiting[k].gate, "Signature"), RULE_NEVER_STUCK,
			    "%s waits for a signature that is there", model->scenario->promotions[i].name);
}

/* What a promotion asked for that was called off before it started does not run. */
static void check_desired(struct model *model, const struct state *state, uint32_t i)
{
	const struct channel_status *status = model_channel_status(model, state->truth[i].status);
	const char *name = status->desired.promotion;
	uint32_t slot = model_find_promotion(model, i, name);

	if (!state->truth[i].is_there || name == NULL || slot == SLOTS_MAX || !state->truth[slot].is_there)
		return;
	model_check(model,
		    rules_are_settled(status, name) ||
			    !promotion_phase_is_final(model_promotion_status(model, state->truth[slot].status)->phase),
		    RULE_CALLED_OFF, "channel %s runs what %s asked for, which was called off",
		    model->scenario->channels[i].name, name);
}

void rules_at_end(struct model *model, const struct state *state)
{
	for (uint32_t i = 0; i < scenario_channels(model->scenario); i++) {
		check_intake(model, state, i);
		check_desired(model, state, i);
	}
	for (uint32_t i = 0; i < PROMOTIONS_MAX; i++) {
		if (model->scenario->promotions[i].origin != ORIGIN_NONE)
			check_signed(model, state, i);
	}
}
