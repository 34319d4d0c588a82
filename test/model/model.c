#include "model.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "wire/record.h"
#include "wire/yaml.h"

#define JSON_MAX ((size_t)1 << 20)
#define TEXT_FLAGS (JSON_COMPACT | JSON_SORT_KEYS)

static void refuse(const char *what, const char *why)
{
	(void)fprintf(stderr, "%s: %s\n", what, why);
	exit(2);
}

/* ---- specs ---- */

static char *spec_to_json(const char *name, const char *yaml)
{
	auto_buf json = BUF_INIT(JSON_MAX);
	struct err err = ERR_INIT;

	if (yaml_to_json(yaml, strlen(yaml), &json, &err) < 0)
		refuse(name, err.text);
	return buf_take(&json);
}

static const void *decode(struct model *model, enum kind kind, const char *name, const char *spec, const char *status)
{
	auto_buf json = BUF_INIT(JSON_MAX);
	struct err err = ERR_INIT;
	struct record *record = NULL;

	if (buf_printf(&json, &err,
		       "{\"apiVersion\":\"%s\",\"kind\":\"%s\",\"metadata\":{\"name\":\"%s\",\"namespace\":\"n\","
		       "\"uid\":\"u\",\"resourceVersion\":\"1\"},\"spec\":%s,\"status\":%s}",
		       kind_info(kind)->api_version, kind_info(kind)->name, name, spec, status) < 0 ||
	    record_from_json(kind, buf_text(&json), json.len, &record, &err) < 0)
		refuse(name, err.text);
	vec_push(&model->records, record);
	return record->object;
}

static void decode_channels(struct model *model)
{
	for (uint32_t i = 0; i < scenario_channels(model->scenario); i++) {
		const struct channel_row *row = &model->scenario->channels[i];

		for (uint32_t v = 0; v < VARIANTS_MAX && row->variants[v] != NULL; v++) {
			const char *yaml = arena_printf(
				&model->arena,
				"{artifacts: [{name: web, image: registry.example.com/shop/web}], "
				"workloads: [{kind: Deployment, name: %s, containers: {web: web}}]%s%s}",
				row->name, *row->variants[v] == '\0' ? "" : ", ", row->variants[v]);

			model->spec_texts[i][v] = spec_to_json(row->name, yaml);
			model->specs[i][v] = decode(model, KIND_CHANNEL, row->name, model->spec_texts[i][v], "{}");
		}
	}
}

/* All that people may ever say. */
static const char *list_says(struct model *model, uint32_t promotion)
{
	const char *text = "";

	for (uint32_t i = 0; i < scenario_says(model->scenario, promotion); i++)
		text = arena_printf(&model->arena, "%s%s%s", text, i == 0 ? "" : ", ",
				    model->scenario->says[promotion][i]);
	return text;
}

static void decode_promotions(struct model *model)
{
	for (uint32_t i = 0; i < PROMOTIONS_MAX; i++) {
		const struct promotion_row *row = &model->scenario->promotions[i];
		struct promotion *promotion = arena_new(&model->arena, struct promotion);
		char *json;

		if (row->origin == ORIGIN_NONE)
			continue;
		json = spec_to_json(row->name, arena_printf(&model->arena,
							    "{channel: %s, requestedBy: alice, approvals: [%s], %s}",
							    model->scenario->channels[row->channel].name,
							    list_says(model, i), row->source));
		*promotion = *(const struct promotion *)decode(model, KIND_PROMOTION, row->name, json, "{}");
		promotion->is_automatic = row->origin == ORIGIN_AUTOMATIC;
		model->asked[i] = promotion;
		free(json);
	}
}

void model_init(struct model *model, const struct scenario *scenario)
{
	*model = (struct model){ .scenario = scenario };
	decode_channels(model);
	decode_promotions(model);
	CHECK(model_add_status(model, SLOT_CHANNELS, "{\"status\":{}}") == 0);
	CHECK(model_add_status(model, SLOT_PROMOTIONS, "{\"status\":{}}") == 0);
}

void model_finish(struct model *model)
{
	for (uint32_t i = 0; i < CHANNELS_MAX; i++) {
		for (uint32_t v = 0; v < VARIANTS_MAX; v++)
			free(model->spec_texts[i][v]);
	}
	table_finish(&model->channel_statuses.table);
	table_finish(&model->promotion_statuses.table);
	table_finish(&model->cell_table);
	table_finish(&model->look_table);
	table_finish(&model->settled);
	for (size_t i = 0; i < model->records.len; i++)
		record_unref(model->records.items[i]);
	vec_finish(&model->records);
	free(model->channel_statuses.items);
	free(model->promotion_statuses.items);
	free(model->cells);
	free(model->looks);
	arena_finish(&model->arena);
}

/* ---- statuses ---- */

static const char any_promotion[] = "{\"channel\":\"c\",\"rollback\":{\"to\":\"Previous\"}}";

uint32_t model_add_status(struct model *model, uint32_t slot, const char *body)
{
	bool is_channel = slot < SLOT_WORKLOADS;
	struct statuses *statuses = is_channel ? &model->channel_statuses : &model->promotion_statuses;
	json_t *root = json_loads(body, 0, NULL);
	char *text = json_dumps(json_object_get(root, "status"), TEXT_FLAGS);
	uint32_t number;

	CHECK(text != NULL);
	if (table_add(&statuses->table, text, strlen(text), &number)) {
		statuses->items = table_grow(statuses->items, &statuses->size, number + 1, sizeof(void *));
		statuses->items[number] = is_channel ? decode(model, KIND_CHANNEL, "status", model->spec_texts[0][0], text)
						     : decode(model, KIND_PROMOTION, "status", any_promotion, text);
	}
	free(text);
	json_decref(root);
	return number;
}

const struct channel_status *model_channel_status(const struct model *model, uint32_t number)
{
	return &((const struct channel *)model->channel_statuses.items[number])->status;
}

const struct promotion_status *model_promotion_status(const struct model *model, uint32_t number)
{
	return &((const struct promotion *)model->promotion_statuses.items[number])->status;
}

/* ---- names and numbers ---- */

static uint8_t letter_number(const char *digest)
{
	return (uint8_t)(digest[strlen("sha256:")] - 'a' + 1);
}

uint8_t model_release(const struct release *release)
{
	return release->id == NULL ? 0 : letter_number(release->artifacts[0].digest);
}

uint8_t model_image(const char *image)
{
	const char *at = strchr(image, '@');

	return at == NULL ? 0 : letter_number(at + 1);
}

uint32_t model_find_promotion(const struct model *model, uint32_t channel, const char *name)
{
	const struct scenario *scenario = model->scenario;

	for (uint32_t i = 0; i < PROMOTIONS_MAX; i++) {
		if (str_equal(scenario->promotions[i].name, name) &&
		    scenario_namespace(scenario, scenario->promotions[i].channel) ==
			    scenario_namespace(scenario, channel))
			return SLOT_PROMOTIONS + i;
	}
	return SLOTS_MAX;
}

static const struct {
	const char *number;
	const char *sentence;
} rules[RULE_COUNT] = {
	[RULE_ENTRY] = { "1", "a digest enters a channel only by a Promotion, and it is the one that was asked for" },
	[RULE_ONE_RUNS] = { "2", "one promotion at a time runs in a channel, and keeps its turn to its end" },
	[RULE_AVAILABLE] = { "3", "what is promoted was verified upstream, in any or all channels, and has soaked" },
	[RULE_AUTOMATIC] = { "5", "automation does not try again what failed, and creates nothing while it is held" },
	[RULE_HOLD] = { "6", "a rollback or another choice than the automatic one puts an automatic channel on hold" },
	[RULE_PINNED] = { "7", "pins change only to what the channel's status says" },
	[RULE_FAILURE] = { "8", "a failed rollout goes back to the last good release, and its mark is revoked" },
	[RULE_FINISHED] = { "9", "a finished promotion never changes, and only such a one is collected" },
	[RULE_NAMED] = { "10", "the status names no release as current that the workload does not carry" },
	[RULE_CONVERGES] = { "11", "without further faults everything comes to rest, at what the statuses say" },
	[RULE_QUIET] = { "12", "nothing is written that is there already" },
	[RULE_NEVER_STUCK] = { "never stuck", "a waiting promotion names a gate, and a look comes when it is to open" },
	[RULE_RUNS_ONCE] = { "runs once", "a promotion that comes back under a name of the history never runs again" },
	[RULE_CALLED_OFF] = { "called off", "what is aborted, rejected or finished never starts, and an abort ends it" },
	[RULE_APPROVED] = { "approved", "what starts was approved by as many different people as the channel asks for" },
	[RULE_CLOSED] = { "closed", "nothing starts against a window or a stop, but a rollback by override in a Deny window" },
	[RULE_SIGNED] = { "signed", "nothing is pinned that the trusted keys have not signed, whoever overrides" },
	[RULE_MEASURED] = { "measured", "a mark says that all measurements passed, and goes when one of them does not" },
	[RULE_INTAKE] = { "intake", "automation takes in the newest build, each once, and follows no tag that moved" },
	[RULE_TAKEN_BACK] = { "taken back", "an image of another manager is taken back, five times, and then that is said" },
};

const char *rule_number(enum rule rule)
{
	return rules[rule].number;
}

const char *rule_sentence(enum rule rule)
{
	return rules[rule].sentence;
}

void model_check(struct model *model, bool holds, enum rule rule, const char *fmt, ...)
{
	va_list ap;

	model->rule_checks[rule]++;
	if (holds || model->broken.rule != RULE_NONE)
		return;
	model->broken.rule = rule;
	va_start(ap, fmt);
	(void)vsnprintf(model->broken.text, sizeof(model->broken.text), fmt, ap);
	va_end(ap);
}
