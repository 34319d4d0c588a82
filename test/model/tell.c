/* Moves in words, for the way to a broken rule. */
#include "model.h"

static const char *what_text(enum move_kind what)
{
	static const char *const texts[MOVES_COUNT] = {
		[MOVE_ACT] = "writes",
		[MOVE_ACT_UNHEARD] = "writes, and the answer is lost",
		[MOVE_GIVE_UP] = "cannot write, and gives its plan up",
		[MOVE_DELIVER] = "hears of a change",
		[MOVE_CRASH] = "crashes and starts again",
		[MOVE_FALL_BEHIND] = "the standby's watches begin to lag",
		[MOVE_TAKE_OVER] = "the standby takes over",
		[MOVE_PROGRESS] = "pods come on of",
		[MOVE_GUARD_SEES] = "the guard sees the new pins",
		[MOVE_TICK] = "a minute passes",
		[MOVE_STEP_BACK] = "the clocks are set back by a minute",
		[MOVE_SAY] = "somebody writes into",
		[MOVE_ASK_AGAIN] = "somebody asks for another verification of",
		[MOVE_STOP] = "somebody creates or deletes the ChannelStop",
		[MOVE_TAKE_IMAGE] = "another manager writes the image of",
		[MOVE_CREATE_PROMOTION] = "somebody creates",
		[MOVE_DELETE_PROMOTION] = "somebody deletes",
		[MOVE_EDIT_CHANNEL] = "somebody edits",
		[MOVE_DELETE_CHANNEL] = "somebody deletes",
		[MOVE_CREATE_CHANNEL] = "somebody creates",
		[MOVE_TOUCH_WORKLOAD] = "somebody writes",
		[MOVE_DELETE_WORKLOAD] = "somebody deletes",
		[MOVE_CREATE_WORKLOAD] = "somebody creates",
	};

	return texts[what];
}

static void describe_operator(struct model *model, const struct state *before, const struct move *move, FILE *out)
{
	const struct operator *op = &before->operators[move->a];
	char text[96];
	uint32_t cell = move->what == MOVE_LOOK || move->what >= MOVE_DELIVER ? 0 : op->in_flight[move->b];

	(void)fprintf(out, "operator %u ", move->a + 1);
	if (move->what == MOVE_LOOK) {
		(void)fprintf(out, "looks at %s\n", plans_key_text(model, move->b, text));
		(void)plans_look(model, op, before->now, move->b, out);
		return;
	}
	(void)fputs(what_text(move->what), out);
	if (cell != 0)
		(void)fprintf(out, ": %s%s", model->cells[cell].text,
			      model->cells[cell].slot == SLOTS_MAX ||
					      object_equal(&before->truth[model->cells[cell].slot],
							   &model->cells[cell].seen)
				      ? ""
				      : " (the object is not the one any more that it looked at)");
	for (uint32_t i = 0; move->what == MOVE_DELIVER && i < op->event_count; i++) {
		if (slot_kind(op->events[i].slot) != slot_kinds[move->b])
			continue;
		(void)fprintf(out, " of %s", scenario_slot_text(model->scenario, op->events[i].slot, text));
		break;
	}
	(void)fputc('\n', out);
}

void move_tell(struct model *model, const struct state *before, const struct move *move, FILE *out)
{
	static const uint32_t firsts[MOVES_COUNT] = {
		[MOVE_PROGRESS] = SLOT_WORKLOADS,
		[MOVE_CREATE_PROMOTION] = SLOT_PROMOTIONS,
		[MOVE_DELETE_PROMOTION] = SLOT_PROMOTIONS,
		[MOVE_SAY] = SLOT_PROMOTIONS,
		[MOVE_TAKE_IMAGE] = SLOT_WORKLOADS,
		[MOVE_TOUCH_WORKLOAD] = SLOT_WORKLOADS,
		[MOVE_DELETE_WORKLOAD] = SLOT_WORKLOADS,
		[MOVE_CREATE_WORKLOAD] = SLOT_WORKLOADS,
	};
	char text[96];

	if (move->what <= MOVE_CRASH) {
		describe_operator(model, before, move, out);
		return;
	}
	if (move->what == MOVE_OUTSIDE) {
		(void)fprintf(out, "%s %u\n", outside_change_text(move->a), move->b);
		return;
	}
	(void)fputs(what_text(move->what), out);
	if (move->what == MOVE_PROGRESS || (move->what >= MOVE_CREATE_PROMOTION && move->what != MOVE_STOP))
		(void)fprintf(out, " %s", scenario_slot_text(model->scenario, firsts[move->what] + move->a, text));
	if (move->what == MOVE_SAY)
		(void)fprintf(out, ": %s", move->b == SAYS_MAX ? "abort"
						: model->scenario->says[move->a][move->b]);
	if (move->what == MOVE_EDIT_CHANNEL)
		(void)fprintf(out, ": {%s}", model->scenario->channels[move->a].variants[move->b]);
	(void)fputc('\n', out);
}
