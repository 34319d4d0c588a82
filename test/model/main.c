/*
 * The walk: breadth-first through everything that can happen in a scenario, with the rules held against every state.
 *
 *   model [--states N] [--seconds S] [--json FILE] [SCENARIO…]
 *
 * Walks the scenarios (all of them when none is named), each until it is complete or N states were found or S seconds
 * are over. Ends with 1 and the steps that lead there when a rule is broken: as few steps as there can be.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "model.h"

struct node {
	uint32_t parent;
	struct move move;
};

struct level { /* packed states, one after the other */
	unsigned char *bytes;
	size_t len;
	size_t size;
};

struct walk {
	struct model model;
	struct table states;
	struct node *nodes; /* by a state's number */
	size_t nodes_size;
	struct level level;
	struct level next;
	uint32_t expanded; /* states whose steps were all taken */
	uint32_t depth;
	unsigned broken_steps; /* how many lead to a broken rule */
	int64_t began_ms;
	int64_t told_ms;
	int64_t until_ms;
	size_t states_max;
	bool is_complete;
};

static double seconds_since(int64_t ms)
{
	return (double)(clock_monotonic_ms() - ms) / 1000;
}

static void tell_progress(struct walk *walk)
{
	if (clock_monotonic_ms() - walk->told_ms < 5000)
		return;
	walk->told_ms = clock_monotonic_ms();
	(void)fprintf(stderr, "%s: %zu states, depth %u, %zu views planned, %.0f s\n", walk->model.scenario->name,
		      walk->states.count, walk->depth, walk->model.look_table.count, seconds_since(walk->began_ms));
}

/* Adds the state, unless it is known; a new one has to find its way to rest. */
static void found(struct walk *walk, const struct state *state, uint32_t parent, const struct move *move)
{
	unsigned char bytes[STATE_BYTES_MAX];
	size_t len = state_pack(state, bytes);
	struct level *next = &walk->next;
	uint32_t number;

	if (!table_add(&walk->states, bytes, len, &number))
		return;
	walk->nodes = table_grow(walk->nodes, &walk->nodes_size, number + 1, sizeof(*walk->nodes));
	walk->nodes[number] = (struct node){ parent, *move };
	next->bytes = table_grow(next->bytes, &next->size, next->len + len, 1);
	memcpy(next->bytes + next->len, bytes, len);
	next->len += len;
	settle(&walk->model, state, NULL);
}

static bool is_over(const struct walk *walk)
{
	return walk->model.broken.rule != RULE_NONE || walk->states.count >= walk->states_max ||
	       clock_monotonic_ms() > walk->until_ms;
}

/* Takes every step that the state allows. */
static void expand(struct walk *walk, const struct state *state, uint32_t number, struct move *ret_move)
{
	struct move move = { .what = 0 };

	do {
		struct state after = *state;

		*ret_move = move;
		if (move_take(&walk->model, &after, &move) && walk->model.broken.rule == RULE_NONE)
			found(walk, &after, number, &move);
	} while (walk->model.broken.rule == RULE_NONE && move_next(&walk->model, &move));
}

/* ---- the way to a broken rule ---- */

static void say_move(struct walk *walk, struct state *state, unsigned number, const struct move *move)
{
	printf("%3u. ", number);
	move_tell(&walk->model, state, move, stdout);
	(void)move_take(&walk->model, state, move);
}

/* Steps from the beginning to the state with that number. */
static unsigned say_way(struct walk *walk, struct state *state, uint32_t number)
{
	unsigned count;

	if (number == 0)
		return 0;
	count = say_way(walk, state, walk->nodes[number].parent) + 1;
	say_move(walk, state, count, &walk->nodes[number].move);
	return count;
}

/* The rule broke in the last step that was taken from a state, or on the way to rest behind it. */
static void say_broken(struct walk *walk, uint32_t from, const struct move *last, bool is_behind)
{
	struct broken broken = walk->model.broken;
	struct state state;
	unsigned count;

	walk->model.broken.rule = RULE_NONE;
	move_begin(&walk->model, &state);
	printf("\n%s: a rule is broken: %s (%s): %s\n", walk->model.scenario->name, rule_number(broken.rule),
	       rule_sentence(broken.rule), broken.text);
	count = say_way(walk, &state, from);
	walk->broken_steps = count + 1;
	say_move(walk, &state, count + 1, last);
	if (is_behind)
		printf("     and from there on nothing else goes wrong: everybody does what is to be done\n");
	printf("     → %s\n\n", broken.text);
	walk->model.broken = broken;
}

static void walk_level(struct walk *walk)
{
	size_t at = 0;

	while (at < walk->level.len && !is_over(walk)) {
		size_t states = walk->states.count;
		struct move move;
		struct state state;

		at += state_unpack(walk->level.bytes + at, &state);
		expand(walk, &state, walk->expanded, &move);
		if (walk->model.broken.rule != RULE_NONE) {
			bool is_behind = walk->states.count > states &&
					 memcmp(&walk->nodes[walk->states.count - 1].move, &move, sizeof(move)) == 0;

			say_broken(walk, walk->expanded, &move, is_behind);
		}
		walk->expanded++;
		tell_progress(walk);
	}
	walk->is_complete = at == walk->level.len;
}

static void walk_all(struct walk *walk)
{
	const struct move none = { .what = 0 };
	struct state state;

	move_begin(&walk->model, &state);
	if (walk->model.broken.rule == RULE_NONE)
		found(walk, &state, 0, &none);
	if (walk->model.broken.rule != RULE_NONE)
		printf("\n%s: a rule is broken at the beginning: %s\n", walk->model.scenario->name,
		       walk->model.broken.text);
	while (walk->next.len > 0 && !is_over(walk)) {
		struct level done = walk->level;

		walk->level = walk->next;
		walk->next = (struct level){ done.bytes, 0, done.size };
		walk_level(walk);
		walk->depth++;
	}
	walk->is_complete = walk->is_complete && walk->next.len == 0;
}

static void write_json(FILE *out, const struct walk *walk, bool is_first)
{
	const struct model *model = &walk->model;

	(void)fprintf(out, "%s\n {\"scenario\": \"%s\", \"states\": %zu, \"depth\": %u,", is_first ? "[" : ",",
		      model->scenario->name, walk->states.count, walk->depth);
	(void)fprintf(out, " \"seconds\": %.1f, \"complete\": %s,", seconds_since(walk->began_ms),
		      walk->is_complete ? "true" : "false");
	(void)fprintf(out, " \"broken\": \"%s\", \"broken_steps\": %u, \"checks\": {",
		      model->broken.rule == RULE_NONE ? "" : rule_number(model->broken.rule), walk->broken_steps);
	for (enum rule rule = RULE_NONE + 1; rule < RULE_COUNT; rule++)
		(void)fprintf(out, "%s\"%s: %s\": %llu", rule == RULE_NONE + 1 ? "" : ", ", rule_number(rule),
			      rule_sentence(rule), (unsigned long long)model->rule_checks[rule]);
	(void)fprintf(out, "}}");
}

static bool walk_scenario(const struct scenario *scenario, size_t states_max, int64_t seconds, FILE *json,
			  bool is_first)
{
	struct walk *walk = calloc(1, sizeof(*walk));
	bool is_good;

	CHECK(walk != NULL);
	model_init(&walk->model, scenario);
	walk->states_max = states_max;
	walk->began_ms = walk->told_ms = clock_monotonic_ms();
	walk->until_ms = walk->began_ms + seconds * 1000;
	walk_all(walk);
	is_good = walk->model.broken.rule == RULE_NONE;
	printf("%-12s %9zu states, depth %3u, %6.1f s, %s\n", scenario->name, walk->states.count, walk->depth,
	       seconds_since(walk->began_ms),
	       !is_good		   ? "BROKEN"
	       : walk->is_complete ? "complete"
				   : "cut short");
	(void)fflush(stdout);
	if (json != NULL)
		write_json(json, walk, is_first);
	free(walk->level.bytes);
	free(walk->next.bytes);
	free(walk->nodes);
	table_finish(&walk->states);
	model_finish(&walk->model);
	free(walk);
	return is_good;
}

static bool is_wanted(const struct scenario *scenario, char **names, int count)
{
	for (int i = 0; i < count; i++) {
		if (str_equal(names[i], scenario->name))
			return true;
	}
	return count == 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "states", required_argument, NULL, 'n' },
		{ "seconds", required_argument, NULL, 's' },
		{ "json", required_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	int64_t states_max = INT32_MAX;
	int64_t seconds = 24 * 60 * 60;
	FILE *json = NULL;
	int walked = 0;
	int broken = 0;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'j')
			json = fopen(optarg, "we");
		if ((c == 'j' && json == NULL) || c == '?' ||
		    (c == 'n' && !str_to_int(optarg, 1, INT32_MAX, &states_max)) ||
		    (c == 's' && !str_to_int(optarg, 1, 24 * 60 * 60, &seconds))) {
			(void)fprintf(stderr, "model [--states N] [--seconds S] [--json FILE] [SCENARIO...]\n");
			return 2;
		}
	}
	for (uint32_t i = 0; scenario_get(i) != NULL; i++) {
		if (!is_wanted(scenario_get(i), argv + optind, argc - optind))
			continue;
		broken += !walk_scenario(scenario_get(i), (size_t)states_max, seconds, json, walked++ == 0);
	}
	if (json != NULL) {
		(void)fprintf(json, "\n]\n");
		(void)fclose(json);
	}
	printf("model: %d passed, %d failed\n", walked - broken, broken);
	return broken == 0 && walked > 0 ? 0 : 1;
}
