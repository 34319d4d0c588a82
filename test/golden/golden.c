/*
 * Golden cases: folders with a world.yaml and the plan.golden that the decision makes of it.
 *
 *   golden FOLDER…            compare; prints what differs
 *   UPDATE_GOLDEN=1 golden …  write plan.golden anew; the difference in version control is the review
 *
 * Every world is decided twice, and the second plan has to equal the first: a decision has no memory. And in none of
 * them is a promotion left that is not finished and names no gate for which it waits.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "domain/plan.h"
#include "domain/vocabulary.h"
#include "world_file.h"

static void check_word(enum word_kind kind, const char *subject, const char *name)
{
	if (vocabulary_has(kind, subject, name))
		return;
	(void)fprintf(stderr, "%s of %s: the vocabulary has no \"%s\"\n", vocabulary_heading(kind), subject,
		      name);
	exit(2);
}

static void check_conditions(const char *subject, const struct conditions *set)
{
	for (size_t i = 0; i < set->count; i++) {
		check_word(WORD_CONDITION, subject, set->items[i].type);
		check_word(WORD_REASON, subject, set->items[i].reason);
	}
}

/* Every word that the plan writes into a status or an event is in the vocabulary, and so in the reference. */
static void check_words(const struct action *action)
{
	const char *on = action->kind == ACTION_EVENT && action->event.subject == EVENT_ON_CHANNEL
				 ? "ReleaseChannel"
				 : "Promotion";

	if (action->kind == ACTION_EVENT)
		check_word(WORD_EVENT, on, action->event.reason);
	if (action->kind == ACTION_CHANNEL_STATUS)
		check_conditions("ReleaseChannel", &action->channel_status.conditions);
	if (action->kind != ACTION_PROMOTION_STATUS)
		return;
	check_conditions("Promotion", &action->promotion_status.status.conditions);
	check_word(WORD_PHASE, "Promotion", promotion_phase_name(action->promotion_status.status.phase));
	for (size_t i = 0; i < action->promotion_status.status.waiting_count; i++)
		check_word(WORD_GATE, "Promotion", action->promotion_status.status.waiting[i].gate);
}

static const struct promotion_status *planned_status(const struct plan *plan, const struct promotion *promotion)
{
	for (size_t i = 0; i < plan->actions.len; i++) {
		const struct action *action = plan->actions.items[i];

		if (action->kind == ACTION_PROMOTION_STATUS &&
		    strcmp(action->promotion_status.name, promotion->meta.name) == 0)
			return &action->promotion_status.status;
	}
	return &promotion->status;
}

/* A plan that does nothing but read workloads comes before anything is said: the answer makes the next one. */
static bool only_reads(const struct plan *plan)
{
	for (size_t i = 0; i < plan->actions.len; i++) {
		const struct action *action = plan->actions.items[i];

		if (action->kind != ACTION_FIND_WORKLOAD)
			return false;
	}
	return plan->actions.len > 0;
}

/* Never stuck: whatever is not finished after the plan names the gate for which it waits. */
static void check_waits(const struct world *world, const struct plan *plan)
{
	if (only_reads(plan))
		return;
	for (size_t i = 0; i < world->promotion_count; i++) {
		const struct promotion_status *status = planned_status(plan, world->promotions[i]);

		if (promotion_phase_is_final(status->phase) || world->promotions[i]->meta.is_deleting ||
		    status->waiting_count > 0)
			continue;
		(void)fprintf(stderr, "promotion %s is %s and waits for no gate\n",
			      world->promotions[i]->meta.name, promotion_phase_name(status->phase));
		exit(2);
	}
}

static void make_text(const struct world *world, struct buf *out)
{
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct plan plan;

	plan_make(world, &arena, &plan);
	for (size_t i = 0; i < plan.actions.len; i++)
		check_words(plan.actions.items[i]);
	check_waits(world, &plan);
	if (plan_text(&plan, out, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		exit(2);
	}
	plan_finish(&plan);
	arena_finish(&arena);
}

static void read_golden(const char *path, struct buf *text)
{
	FILE *in = fopen(path, "re");
	char piece[4096];
	size_t len;

	if (in == NULL)
		return;
	while ((len = fread(piece, 1, sizeof(piece), in)) > 0)
		(void)!buf_append(text, piece, len, NULL);
	(void)fclose(in);
}

static bool write_golden(const char *path, const struct buf *text)
{
	FILE *out = fopen(path, "we");
	bool is_written;

	if (out == NULL)
		return false;
	is_written = fwrite(text->data, 1, text->len, out) == text->len;
	return fclose(out) == 0 && is_written;
}

static bool check_case(const char *folder, bool update)
{
	struct arena arena = ARENA_INIT;
	char *golden = arena_printf(&arena, "%s/plan.golden", folder);
	struct buf first = BUF_INIT((size_t)1 << 20);
	struct buf second = BUF_INIT((size_t)1 << 20);
	struct buf expected = BUF_INIT((size_t)1 << 20);
	struct world_file file;
	bool is_good;

	world_file_load(&file, arena_printf(&arena, "%s/world.yaml", folder));
	make_text(&file.world, &first);
	make_text(&file.world, &second);
	if (update)
		is_good = write_golden(golden, &first);
	read_golden(golden, &expected);
	is_good = strcmp(buf_text(&first), buf_text(&expected)) == 0 &&
		  strcmp(buf_text(&first), buf_text(&second)) == 0;
	if (!is_good)
		printf("FAIL %s\n--- expected\n%s--- planned\n%s", folder, buf_text(&expected),
		       buf_text(&first));
	world_file_finish(&file);
	buf_finish(&first);
	buf_finish(&second);
	buf_finish(&expected);
	arena_finish(&arena);
	return is_good;
}

int main(int argc, char **argv)
{
	bool update = getenv("UPDATE_GOLDEN") != NULL;
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed += !check_case(argv[i], update);
	printf("golden: %d passed, %d failed\n", argc - 1 - failed, failed);
	return failed == 0 && argc > 1 ? 0 : 1;
}
