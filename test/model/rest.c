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
	if (!workload->is_there)
		return;
	model_check(model, target == 0 || workload->images[0] == target, RULE_CONVERGES,
		    "channel %s should run %c, its workload carries %c", name, '@' + target, '@' + workload->images[0]);
	model_check(model, status->desired.release.id != NULL || current == 0 || workload->images[0] == current,
		    RULE_NAMED, "channel %s names %c as current, its workload carries %c", name, '@' + current,
		    '@' + workload->images[0]);
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
	model_check(model, status->phase != PHASE_ROLLING_OUT || is_stopped, RULE_NEVER_STUCK,
		    "%s is RollingOut for ever", row->name);
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
