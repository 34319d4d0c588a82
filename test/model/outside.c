/* What lies outside of the apiserver (a registry, keys, a Prometheus), and what operators are told of it. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "model.h"

/* ---- changes ---- */

static bool set(uint8_t *field, uint8_t value)
{
	if (*field == value)
		return false;
	*field = value;
	return true;
}

/* A release is signed with the keys that are in force, as a build does that. */
static bool sign(struct outside *outside, uint32_t release)
{
	uint8_t *signers = &outside->signers[release - 1];

	return set(signers, *signers | outside->keys);
}

/* The tag of a build before has its own release again: nobody looks at it any more. */
static bool build(const struct scenario *scenario, struct outside *outside)
{
	if (outside->builds == scenario->builds_max)
		return false;
	outside->builds++;
	outside->retagged = 0;
	return true;
}

bool outside_change(const struct model *model, struct state *state, uint32_t what, uint8_t value)
{
	const struct scenario *s = model->scenario;
	struct outside *outside = &state->outside;
	bool is_edited = false;

	if (what == CHANGE_BUILDS)
		return value == 0 && build(s, outside);
	if (state->edits == 0)
		return false;
	if (what == CHANGE_METRIC)
		is_edited = (s->metrics >> value & 1) != 0 && set(&outside->metric, value);
	else if (what == CHANGE_KEYS)
		is_edited = (s->key_sets >> value & 1) != 0 && set(&outside->keys, value);
	else if (what == CHANGE_SIGNERS)
		is_edited = (s->signable >> value & 1) != 0 && sign(outside, value);
	else if (what == CHANGE_TAG)
		is_edited = s->retags != 0 && value == 0 && set(&outside->retagged, s->retags);
	state->edits -= is_edited;
	return is_edited;
}

void outside_begin(const struct scenario *scenario, struct outside *ret)
{
	*ret = (struct outside){ .metric = METRIC_GOOD, .keys = 1, .builds = scenario->builds_max > 0 };
	memcpy(ret->signers, scenario->signers, sizeof(ret->signers));
}

const char *outside_change_text(uint32_t what)
{
	static const char *const texts[CHANGES_COUNT] = {
		[CHANGE_METRIC] = "the query gives another value: 1 good, 2 bad, 3 no data, 4 an error:",
		[CHANGE_KEYS] = "the ConfigMap holds other keys (bits; 0: it is gone):",
		[CHANGE_SIGNERS] = "with the keys of now somebody signs release",
		[CHANGE_BUILDS] = "a build is pushed",
		[CHANGE_TAG] = "the newest tag is moved to another digest",
	};

	return texts[what];
}

/* ---- questions ---- */

bool outside_is_asked(enum action_kind action)
{
	return action == ACTION_MEASURE || action == ACTION_READ_KEY || action == ACTION_CHECK_SIGNATURES ||
	       action == ACTION_LIST_TAGS || action == ACTION_RESOLVE;
}

uint8_t outside_subject(const struct order *order)
{
	const char *reference = order->lookup.reference;

	if (order->action == ACTION_CHECK_SIGNATURES)
		return (uint8_t)(reference[strlen("sha256:")] - 'a' + 1);
	if (order->action == ACTION_RESOLVE)
		return str_equal(reference, TAG_MOVING_NAME) ? TAG_MOVING
							      : (uint8_t)atoi(reference + strlen(TAG_PREFIX));
	return 0;
}

static uint8_t tag_release(const struct outside *outside, uint8_t tag)
{
	uint8_t build = tag == TAG_MOVING ? outside->builds : tag;

	return build == outside->builds && outside->retagged != 0 ? outside->retagged : build;
}

/* Signatures are looked for with the keys that the operator knows. */
static void check_signatures(const struct state *state, struct answers *known, uint8_t release)
{
	if (known->has_keys == 0 || known->keys == 0)
		return;
	known->looked[release - 1] = known->keys;
	known->signers[release - 1] = state->outside.signers[release - 1] & known->keys;
	known->looked_at[release - 1] = state->now;
}

void outside_answer(const struct state *state, const struct orders_cell *cell, struct answers *known)
{
	switch (cell->action) {
	case ACTION_MEASURE:
		known->metric = state->outside.metric;
		known->metric_at = state->now;
		break;
	case ACTION_READ_KEY:
		known->has_keys = 1;
		known->keys = state->outside.keys;
		known->keys_at = state->now;
		break;
	case ACTION_CHECK_SIGNATURES:
		check_signatures(state, known, cell->wanted.images[0]);
		break;
	case ACTION_LIST_TAGS:
		known->builds = state->outside.builds;
		known->builds_at = state->now;
		break;
	default:
		known->tag = cell->wanted.images[0];
		known->tag_release = tag_release(&state->outside, known->tag);
		known->tag_at = state->now;
		break;
	}
}

/* ---- answers, as the decision sees them ---- */

void outside_show_metric(const struct answers *known, struct metric_look *ret)
{
	static const double values[METRIC_ANSWERS] = { [METRIC_GOOD] = 1, [METRIC_BAD] = 0 };

	if (known->metric == METRIC_NONE)
		return;
	ret->at_ms = view_now_ms(known->metric_at);
	ret->state = known->metric == METRIC_BROKEN ? KNOWLEDGE_FAILED : KNOWLEDGE_KNOWN;
	ret->failure = (struct lookup_failure){
		known->metric == METRIC_BROKEN ? ERR_NET : ERR_NONE, "no answer", ret->at_ms + STEP_MS
	};
	ret->values = &values[known->metric];
	ret->count = known->metric == METRIC_NOTHING || known->metric == METRIC_BROKEN ? 0 : 1;
}

void outside_show_key(const struct answers *known, struct key_look *ret)
{
	static const char *ids[] = { "one", "two" };

	if (known->has_keys == 0)
		return;
	ret->at_ms = view_now_ms(known->keys_at);
	ret->state = known->keys == 0 ? KNOWLEDGE_FAILED : KNOWLEDGE_KNOWN;
	ret->failure = (struct lookup_failure){
		known->keys == 0 ? ERR_NOTFOUND : ERR_NONE, "it does not exist", ret->at_ms + STEP_MS
	};
	ret->ids = known->keys == 2 ? &ids[1] : ids;
	ret->id_count = (size_t)__builtin_popcount(known->keys);
}

void outside_show_signature(const struct answers *known, uint8_t release, struct signature_look *ret)
{
	if (release == 0 || release > RELEASES_MAX || known->looked[release - 1] == 0 ||
	    known->looked[release - 1] != known->keys)
		return;
	ret->state = KNOWLEDGE_KNOWN;
	ret->signers = known->signers[release - 1] != 0;
	ret->found = ret->signers;
	ret->at_ms = view_now_ms(known->looked_at[release - 1]);
}

static const char *tag_text(struct arena *arena, uint8_t tag)
{
	return tag == TAG_MOVING ? TAG_MOVING_NAME : arena_printf(arena, TAG_PREFIX "%u", tag);
}

void outside_show_tags(const struct answers *known, const char *last_tag, struct arena *arena, struct tags_look *ret)
{
	if (known->builds == 0)
		return;
	ret->state = KNOWLEDGE_KNOWN;
	ret->at_ms = view_now_ms(known->builds_at);
	ret->last_key = last_tag;
	ret->tags = arena_new_array(arena, known->builds, struct tag);
	for (uint8_t i = 0; i < known->builds; i++)
		ret->tags[ret->count++] = (struct tag){ tag_text(arena, i + 1), tag_text(arena, i + 1) };
}

bool outside_show_tag(const struct answers *known, const char *repository, struct arena *arena,
		      struct digest_look *ret)
{
	char digest[72] = "sha256:";

	if (known->tag == 0)
		return false;
	memset(digest + 7, 'a' + known->tag_release - 1, 64);
	*ret = (struct digest_look){
		.repository = repository,
		.reference = tag_text(arena, known->tag),
		.state = KNOWLEDGE_KNOWN,
		.digest = arena_strdup(arena, digest),
		.at_ms = view_now_ms(known->tag_at),
	};
	return true;
}
