/* The rules, said once more in other words than those of the decision, and held against every write. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "model.h"

#define TAKEN_BACK_MAX 5

static const struct release_stay *find_history(const struct channel_status *status, const char *promotion)
{
	for (size_t i = 0; i < status->history_count && promotion != NULL; i++) {
		if (str_equal(status->history[i].promotion, promotion))
			return &status->history[i];
	}
	return NULL;
}

bool rules_are_settled(const struct channel_status *status, const char *promotion)
{
	return str_equal(status->current.promotion, promotion) || find_history(status, promotion) != NULL;
}

static const struct release *target_of(const struct channel_status *status)
{
	return status->desired.release.id != NULL ? &status->desired.release : &status->current.release;
}

static bool is_marked(const struct channel_status *status, const char *release)
{
	for (size_t i = 0; i < status->verified_count; i++) {
		if (release_is(&status->verified[i].release, release))
			return !status->verified[i].is_revoked;
	}
	return false;
}

/* ---- a channel's status ---- */

/* What the promotion may bring, in the state in which it starts. */
static bool asks_for(const struct model *model, const struct state *state, uint32_t slot, const struct release *release)
{
	const struct promotion_row *row = &model->scenario->promotions[slot - SLOT_PROMOTIONS];
	const struct promotion *asked = model->asked[slot - SLOT_PROMOTIONS];
	uint8_t number = model_release(release);
	uint8_t carried = state->carried[row->channel];

	if (row->release != 0)
		return number == row->release;
	if (asked->source == SOURCE_ROLLBACK)
		return (carried >> number & 1) != 0;
	for (uint32_t i = 0; i < scenario_channels(model->scenario); i++) {
		if (str_equal(model->scenario->channels[i].name, asked->from.name))
			return (state->carried[i] >> number & 1) != 0;
	}
	return false;
}

/* The promotion that was to be rolled out is not any more: it has ended, or is gone. */
static void check_turn(struct model *model, const struct state *state, uint32_t channel,
		       const struct channel_status *before, const struct channel_status *after)
{
	const char *name = before->desired.promotion;
	uint32_t slot = model_find_promotion(model, channel, name);
	const struct object *object = slot == SLOTS_MAX ? NULL : &state->truth[slot];

	if (name == NULL || str_equal(after->desired.promotion, name) || object == NULL || !object->is_there)
		return;
	model_check(model,
		    rules_are_settled(after, name) ||
			    promotion_phase_is_final(model_promotion_status(model, object->status)->phase) ||
			    model_promotion_status(model, object->status)->phase != PHASE_ROLLING_OUT,
		    RULE_ONE_RUNS, "%s loses its turn without having ended", name);
}

static void check_start(struct model *model, const struct state *state, uint32_t channel,
			const struct channel_status *before, const struct channel_status *after)
{
	const char *name = after->desired.promotion;
	uint32_t slot = model_find_promotion(model, channel, name);

	if (after->desired.release.id == NULL || str_equal(before->desired.promotion, name))
		return;
	CHECK(slot != SLOTS_MAX);
	model_check(model, state->truth[slot].uid > 0 && asks_for(model, state, slot, &after->desired.release),
		    RULE_ENTRY, "%s brings %s, which it did not ask for", name, after->desired.release.id);
	model_check(model, (state->ended >> (slot - SLOT_PROMOTIONS) & 1) == 0 && !rules_are_settled(before, name),
		    RULE_RUNS_ONCE, "%s runs again", name);
	for (size_t i = 0; i < before->history_count && model->asked[slot - SLOT_PROMOTIONS]->is_automatic; i++)
		model_check(model,
			    !before->history[i].has_failed ||
				    !release_equal(&before->history[i].release, &after->desired.release),
			    RULE_AUTOMATIC, "%s tries %s again, which failed here", name, after->desired.release.id);
	for (uint32_t i = 0; i < PROMOTIONS_MAX; i++) {
		const struct object *other = &state->truth[SLOT_PROMOTIONS + i];
		const struct promotion_row *row = &model->scenario->promotions[i];

		if (row->channel != channel || !other->is_there || str_equal(row->name, name))
			continue;
		model_check(model,
			    model_promotion_status(model, other->status)->phase != PHASE_ROLLING_OUT ||
				    rules_are_settled(after, row->name),
			    RULE_ONE_RUNS, "%s starts while %s runs", name, row->name);
	}
}

/* Every failed rollout that the status tells of for the first time. */
static void check_failures(struct model *model, const struct state *state, uint32_t channel,
			   const struct channel_status *before, const struct channel_status *after)
{
	const struct channel *spec = model->specs[channel][state->truth[channel].spec];

	for (size_t i = 0; i < after->history_count; i++) {
		const struct release_stay *stay = &after->history[i];

		if (!stay->has_failed || find_history(before, stay->promotion) != NULL)
			continue;
		model_check(model, !is_marked(after, stay->release.id), RULE_FAILURE,
			    "the rollout of %s failed, and its mark was not revoked", stay->release.id);
		model_check(model,
			    spec->on_failure == ON_FAILURE_HOLD || after->current.release.id == NULL ||
				    !str_equal(after->desired.promotion, stay->promotion),
			    RULE_FAILURE, "the rollout of %s failed, and is still what should run", stay->release.id);
	}
}

static void check_current(struct model *model, const struct state *state, uint32_t channel,
			  const struct channel_status *before, const struct channel_status *after)
{
	const struct object *workload = &state->truth[SLOT_WORKLOADS + channel];

	if (after->current.release.id == NULL || release_equal(&before->current.release, &after->current.release))
		return;
	model_check(model,
		    !workload->is_there || workload->images[0] == model_release(&after->current.release) ||
			    model->scenario->lacks_guard, /* somebody may write it at any moment */
		    RULE_NAMED, "status.current becomes %s, the workload carries another digest",
		    after->current.release.id);
}

static void check_history(struct model *model, const struct channel_status *after)
{
	for (size_t i = 0; i < after->history_count; i++)
		model_check(model, find_history(after, after->history[i].promotion) == &after->history[i], RULE_RUNS_ONCE,
			    "%s is in the history twice", after->history[i].promotion);
}

static void channel_written(struct model *model, const struct state *state, uint32_t channel,
			    const struct object *object)
{
	const struct object *old = &state->truth[channel];
	const struct channel_status *before = model_channel_status(model, old->status);
	const struct channel_status *after = model_channel_status(model, object->status);

	if (!old->is_there || !object->is_there || old->status == object->status)
		return;
	check_turn(model, state, channel, before, after);
	check_start(model, state, channel, before, after);
	check_failures(model, state, channel, before, after);
	check_history(model, after);
	check_current(model, state, channel, before, after);
}

/* ---- a promotion's status ---- */

static void promotion_written(struct model *model, const struct state *state, uint32_t slot,
			      const struct object *object)
{
	const struct promotion_row *row = &model->scenario->promotions[slot - SLOT_PROMOTIONS];
	const struct object *old = &state->truth[slot];
	const struct object *channel = &state->truth[row->channel];
	const struct promotion_status *before = model_promotion_status(model, old->status);
	const struct promotion_status *after = model_promotion_status(model, object->status);
	const struct channel_status *status = model_channel_status(model, channel->status);

	if (!old->is_there || !object->is_there || old->status == object->status)
		return;
	model_check(model, !promotion_phase_is_final(before->phase), RULE_FINISHED, "%s was %s and becomes %s",
		    row->name, promotion_phase_name(before->phase), promotion_phase_name(after->phase));
	model_check(model, promotion_phase_is_final(after->phase) || after->waiting_count > 0, RULE_NEVER_STUCK,
		    "%s is %s and names no gate", row->name, promotion_phase_name(after->phase));
	if (!channel->is_there || channel->uid > 1 || after->phase == before->phase) /* another channel's tale */
		return;
	model_check(model,
		    after->phase != PHASE_ROLLING_OUT || str_equal(status->desired.promotion, row->name) ||
			    rules_are_settled(status, row->name),
		    RULE_ONE_RUNS, "%s says RollingOut, and the channel's status does not name it", row->name);
	model_check(model,
		    after->phase != PHASE_SUCCEEDED || rules_are_settled(status, row->name) ||
			    release_equal(&after->release, &status->current.release),
		    RULE_NAMED, "%s says Succeeded, and the channel's status knows nothing of it", row->name);
}

void rules_on_pin(struct model *model, struct state *state, uint32_t slot, bool force)
{
	if (!force || state->truth[slot].is_taken == 0)
		return;
	state->taken++;
	model_check(model, state->taken <= TAKEN_BACK_MAX, RULE_TAKEN_BACK, "an image is taken back for the %uth time",
		    state->taken);
}

void rules_on_collect(struct model *model, const struct state *state, uint32_t slot)
{
	const struct promotion_row *row = &model->scenario->promotions[slot - SLOT_PROMOTIONS];
	const struct object *object = &state->truth[slot];
	const struct object *channel = &state->truth[row->channel];

	model_check(model,
		    !object->is_there ||
			    promotion_phase_is_final(model_promotion_status(model, object->status)->phase),
		    RULE_FINISHED, "%s is collected before its end", row->name);
	model_check(model,
		    row->origin != ORIGIN_AUTOMATIC || row->release != state->outside.builds ||
			    state->outside.retagged != 0 || !channel->is_there,
		    RULE_INTAKE, "%s is collected, and automation would make it again", row->name);
	model_check(model,
		    !channel->is_there || !rules_are_settled(model_channel_status(model, channel->status), row->name),
		    RULE_FINISHED, "%s is collected, and the channel's status names it", row->name);
}

/* ---- pins and workloads ---- */

/* A channel that went, or came anew, while its pins were on their way has nothing to say yet; the next look does. */
static void pins_written(struct model *model, const struct state *state, uint32_t slot, const struct object *object)
{
	for (uint32_t i = 0; i < scenario_channels(model->scenario); i++) {
		const struct object *channel = &state->truth[i];
		uint8_t target = channel->is_there
					 ? model_release(target_of(model_channel_status(model, channel->status)))
					 : 0;

		if (SLOT_PINS + scenario_namespace(model->scenario, i) != slot || target == 0 || channel->uid > 1 ||
		    object->images[i] == state->truth[slot].images[i])
			continue;
		model_check(model,
			    model->specs[i][0]->signatures.count == 0 || object->images[i] == 0 ||
				    state->outside.signers[object->images[i] - 1] != 0,
			    RULE_SIGNED, "the pin of channel %s becomes %c, which nobody ever signed",
			    model->scenario->channels[i].name, '@' + object->images[i]);
		model_check(model, object->images[i] == target, RULE_PINNED,
			    "the pin of channel %s becomes %c, its status says %c (letters of digests, @: none)",
			    model->scenario->channels[i].name, '@' + object->images[i], '@' + target);
	}
}

void rules_on_write(struct model *model, const struct state *state, uint32_t slot, const struct object *after)
{
	switch (slot_kind(slot)) {
	case SLOT_CHANNELS:
		channel_written(model, state, slot, after);
		break;
	case SLOT_PROMOTIONS:
		promotion_written(model, state, slot, after);
		break;
	case SLOT_PINS:
		pins_written(model, state, slot, after);
		break;
	default:
		break;
	}
}

void rules_remember(const struct model *model, struct state *state, uint32_t slot, const struct object *after)
{
	const struct channel_status *status;

	if (slot_kind(slot) != SLOT_CHANNELS)
		return;
	if (!after->is_there) /* its history goes with it */
		state->carried[slot] = 0;
	status = model_channel_status(model, after->status);
	if (!str_equal(model_channel_status(model, state->truth[slot].status)->desired.promotion,
		       status->desired.promotion))
		state->taken = 0;
	state->carried[slot] |= (uint8_t)(1u << model_release(&status->current.release));
	for (uint32_t i = 0; i < PROMOTIONS_MAX; i++) {
		if (model->scenario->promotions[i].channel != slot || model->asked[i] == NULL)
			continue;
		if (!after->is_there)
			state->ended &= (uint8_t)~(1u << i);
		else if (rules_are_settled(status, model->scenario->promotions[i].name))
			state->ended |= (uint8_t)(1u << i);
	}
}
