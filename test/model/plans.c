/* Looks: a view is gathered, planned, written out, and turned into cells; each view once. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "model.h"

const char *plans_key_text(const struct model *model, uint32_t key, char text[static 96])
{
	const struct scenario *scenario = model->scenario;

	if (key < CHANNELS_MAX)
		(void)snprintf(text, 96, "%s/%s", scenario->channels[key].namespace, scenario->channels[key].name);
	else
		(void)snprintf(text, 96, "the pins of namespace %u", key - CHANNELS_MAX);
	return text;
}

/* What the look at key depends on: all channels, and what is its own. The rest is zero. */
static void keep_own(const struct model *model, uint32_t key, const struct object *view, struct object *ret)
{
	const struct scenario *scenario = model->scenario;
	bool is_sweep = key >= CHANNELS_MAX;
	uint32_t namespace = is_sweep ? key - CHANNELS_MAX : scenario_namespace(scenario, key);

	memset(ret, 0, SLOTS_MAX * sizeof(*ret));
	memcpy(ret + SLOT_CHANNELS, view + SLOT_CHANNELS, CHANNELS_MAX * sizeof(*ret));
	ret[SLOT_PINS + namespace] = view[SLOT_PINS + namespace];
	if (is_sweep)
		return;
	ret[SLOT_STOP] = view[SLOT_STOP];
	ret[SLOT_WORKLOADS + key] = view[SLOT_WORKLOADS + key];
	for (uint32_t i = 0; i < PROMOTIONS_MAX; i++) {
		if (scenario->promotions[i].channel == key)
			ret[SLOT_PROMOTIONS + i] = view[SLOT_PROMOTIONS + i];
	}
}

/* ---- orders ---- */

static uint32_t slot_of(const struct model *model, uint32_t key, const struct order *order)
{
	const struct scenario *scenario = model->scenario;

	switch (order->action) {
	case ACTION_CHANNEL_STATUS:
		return SLOT_CHANNELS + key;
	case ACTION_PROMOTION_STATUS:
	case ACTION_CREATE_PROMOTION:
	case ACTION_DELETE:
		return model_find_promotion(model, key, order->name);
	case ACTION_STATE_PINS:
		return SLOT_PINS +
		       (key >= CHANNELS_MAX ? key - CHANNELS_MAX : scenario_namespace(scenario, key));
	case ACTION_PIN:
		return SLOT_WORKLOADS + key;
	default:
		return SLOTS_MAX; /* asks or tells: nothing is written */
	}
}

/* The images of the pins that a body states, by the channel that has the workload; and whether it renews them. */
static void read_pins(const struct model *model, uint32_t slot, const char *body, struct object *ret)
{
	const struct scenario *scenario = model->scenario;
	json_t *root = json_loads(body, 0, NULL);
	const json_t *data = json_object_get(root, "data");
	struct arena arena = ARENA_INIT;

	for (uint32_t i = 0; i < scenario_channels(scenario); i++) {
		const struct workload_spec *spec = &model->specs[i][0]->workloads[0];
		const char *image = json_string_value(json_object_get(
			data, pin_key(&arena, spec->kind, spec->name, spec->containers[0].container)));

		if (image != NULL && SLOT_PINS + scenario_namespace(scenario, i) == slot)
			ret->images[i] = model_image(image);
	}
	ret->requests = json_object_get(json_object_get(root, "metadata"), "annotations") != NULL;
	arena_finish(&arena);
	json_decref(root);
}

/* Does the body's metadata say so? A deletion has no body. */
static bool says(const struct order *order, const char *field, const char *value)
{
	json_t *root = order->body == NULL ? json_pack("{s:{s:s,s:s}}", "metadata", "uid", order->uid,
						       "resourceVersion", order->resource_version)
					   : json_loads(order->body, 0, NULL);
	bool is_said = str_equal(
		json_string_value(json_object_get(json_object_get(root, "metadata"), field)), value);

	json_decref(root);
	return is_said;
}

static uint32_t add_cell(struct model *model, const struct orders_cell *cell)
{
	struct orders_cell bare = *cell;
	uint32_t number;

	bare.text = NULL;
	if (table_add(&model->cell_table, &bare, sizeof(bare), &number)) {
		model->cells = table_grow(model->cells, &model->cells_size, number + 2, sizeof(*model->cells));
		model->cells[number + 1] = *cell;
		model->cells[number + 1].text = arena_strdup(&model->arena, cell->text);
	}
	return number + 1;
}

static uint32_t cell_of(struct model *model, const struct view *view, const struct order *order, uint32_t next)
{
	struct arena arena = ARENA_INIT;
	uint32_t slot = slot_of(model, view->key, order);
	struct orders_cell cell;

	memset(&cell, 0, sizeof(cell)); /* it is hashed as it lies */
	CHECK(order->err == NULL);
	if (slot == SLOTS_MAX && !outside_is_asked(order->action)) {
		CHECK(order->body == NULL);
		return next;
	}
	cell.action = order->action;
	cell.slot = slot;
	cell.next = next;
	cell.text = order->text;
	if (slot == SLOTS_MAX) {
		cell.wanted.images[0] = outside_subject(order);
		return add_cell(model, &cell);
	}
	cell.seen = view->objects[slot];
	cell.force = order->force;
	cell.has_uid = says(order, "uid", arena_printf(&arena, "uid-%u-%u", slot, cell.seen.uid));
	cell.has_version = says(order, "resourceVersion", view_version(&cell.seen, &arena));
	if (order->is_status)
		cell.status = model_add_status(model, slot, order->body);
	else if (order->action == ACTION_STATE_PINS)
		read_pins(model, slot, order->body, &cell.wanted);
	else if (order->action == ACTION_PIN)
		cell.wanted.images[0] = order->container_count > 0 ? model_image(order->containers[0].image) : 0;
	arena_finish(&arena);
	return add_cell(model, &cell);
}

/* What is there already is not written; but the channel's status may be, as a proof for what is written after it. */
static void check_quiet(struct model *model, uint32_t first)
{
	for (uint32_t at = first; at != 0; at = model->cells[at].next) {
		const struct orders_cell *cell = &model->cells[at];
		bool is_status = cell->action == ACTION_CHANNEL_STATUS || cell->action == ACTION_PROMOTION_STATUS;
		bool may_repeat = cell->action == ACTION_CHANNEL_STATUS && cell->next != 0;

		model_check(model, !is_status || may_repeat || cell->status != cell->seen.status, RULE_QUIET,
			    "a status is written that is there already: %s", cell->text);
		model_check(model,
			    cell->action != ACTION_STATE_PINS || cell->wanted.requests > 0 ||
				    memcmp(cell->wanted.images, cell->seen.images, CHANNELS_MAX) != 0,
			    RULE_QUIET, "pins are stated that are there already");
	}
}

static void plan(struct model *model, const struct view *view, struct look *ret_look, FILE *out)
{
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	auto_buf text = BUF_INIT((size_t)1 << 20);
	struct broken before = model->broken;
	struct orders orders;
	struct world world;
	struct plan plan;

	model->broken.rule = RULE_NONE;
	view_gather(model, view, &arena, &world);
	plan_make(&world, &arena, &plan);
	if (out != NULL && plan_text(&plan, &text, &err) == 0)
		(void)fputs(buf_text(&text), out);
	rules_on_plan(model, &world, &plan);
	orders_init(&orders, &world, &plan);
	*ret_look = (struct look){ .wake_ms = plan.wake_ms };
	for (size_t i = orders.count; i-- > 0;)
		ret_look->orders = cell_of(model, view, &orders.items[i], ret_look->orders);
	check_quiet(model, ret_look->orders);
	ret_look->broken = model->broken;
	model->broken = before;
	orders_finish(&orders);
	plan_finish(&plan);
	arena_finish(&arena);
}

static bool lacks_promotions(const struct operator *op)
{
	for (uint32_t i = 0; i < op->event_count; i++) {
		if (slot_kind(op->events[i].slot) == SLOT_PROMOTIONS)
			return true;
	}
	return false;
}

const struct look *plans_look(struct model *model, const struct operator *op, uint8_t now, uint32_t key, FILE *out)
{
	struct view view;
	struct look again;
	uint32_t number;

	keep_own(model, key, op->view, view.objects);
	view.key = key;
	view.now = now;
	view.lacks_promotions = lacks_promotions(op);
	view.answers = key < CHANNELS_MAX ? op->answers : (struct answers){ .metric = METRIC_NONE };
	if (table_add(&model->look_table, &view, sizeof(view), &number)) {
		model->looks = table_grow(model->looks, &model->looks_size, number + 1, sizeof(*model->looks));
		plan(model, &view, &model->looks[number], out);
	} else if (out != NULL) {
		plan(model, &view, &again, out);
	}
	if (model->looks[number].broken.rule != RULE_NONE && model->broken.rule == RULE_NONE)
		model->broken = model->looks[number].broken;
	return &model->looks[number];
}
