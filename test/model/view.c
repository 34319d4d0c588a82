/* A view as the decision sees it: its objects are put together from the scenario's specs and the decoded statuses. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "model.h"
#include "reconcile/world.h"

#define BEGINNING_MS (1795521600 * INT64_C(1000)) /* 2026-11-24T12:00:00Z */
#define PLACEHOLDER "sluice.dev/no-release:none"

struct gathering {
	const struct model *model;
	const struct view *view;
	struct arena *arena;
	const void *objects[SLOTS_MAX]; /* NULL: not there */
};

int64_t view_now_ms(uint8_t now)
{
	return BEGINNING_MS + now * STEP_MS;
}

const char *view_version(const struct object *object, struct arena *arena)
{
	return arena_printf(arena, "%u.%u.%u.%u.%u.%u.%u%u%u.%u.%u.%u", object->status, object->uid, object->spec,
			    object->generation, object->created, object->progress, object->images[0], object->images[1],
			    object->images[2], object->said, object->requests, object->is_taken);
}

static struct meta meta_of(const struct gathering *g, uint32_t slot, const char *namespace, const char *name)
{
	const struct object *object = &g->view->objects[slot];

	return (struct meta){
		.namespace = namespace,
		.name = name,
		.uid = arena_printf(g->arena, "uid-%u-%u", slot, object->uid),
		.resource_version = view_version(object, g->arena),
		.generation = 1,
		.created_ms = view_now_ms(object->created),
	};
}

static const void *make_channel(const struct gathering *g, uint32_t i)
{
	const struct object *object = &g->view->objects[SLOT_CHANNELS + i];
	const struct channel_row *row = &g->model->scenario->channels[i];
	struct channel *channel = arena_new(g->arena, struct channel);

	*channel = *g->model->specs[i][object->spec];
	channel->meta = meta_of(g, SLOT_CHANNELS + i, row->namespace, row->name);
	channel->meta.generation = object->generation;
	channel->status = *model_channel_status(g->model, object->status);
	if (object->requests > 0)
		channel->verify_request = arena_printf(g->arena, "%u", object->requests);
	return channel;
}

/* Of all that people may say, what they have said so far, in the order of the scenario: who was first makes no
 * difference. */
static void say(const struct gathering *g, uint8_t said, struct promotion *promotion)
{
	const struct approval *all = promotion->approvals;
	size_t count = promotion->approval_count;

	promotion->approvals = arena_new_array(g->arena, count, struct approval);
	promotion->approval_count = 0;
	for (size_t i = 0; i < count; i++) {
		if ((said >> i & 1) != 0)
			promotion->approvals[promotion->approval_count++] = all[i];
	}
	promotion->is_aborted = (said & SAID_ABORT) != 0;
	promotion->aborted_by = promotion->is_aborted ? "erin" : "";
	promotion->meta.generation += __builtin_popcount(said);
}

static const void *make_promotion(const struct gathering *g, uint32_t i)
{
	const struct promotion_row *row = &g->model->scenario->promotions[i];
	struct promotion *promotion = arena_new(g->arena, struct promotion);

	*promotion = *g->model->asked[i];
	promotion->meta = meta_of(g, SLOT_PROMOTIONS + i, g->model->scenario->channels[row->channel].namespace,
				  row->name);
	promotion->status = *model_promotion_status(g->model, g->view->objects[SLOT_PROMOTIONS + i].status);
	say(g, g->view->objects[SLOT_PROMOTIONS + i].said, promotion);
	return promotion;
}

/* The image of a channel's workload by its number. */
static const char *image_text(const struct gathering *g, uint32_t i, uint8_t image)
{
	const char *repository = g->model->specs[i][0]->artifacts[0].image;
	char digest[72] = "sha256:";

	if (image == 0)
		return PLACEHOLDER;
	memset(digest + 7, 'a' + image - 1, 64);
	return arena_printf(g->arena, "%s@%s", repository, digest);
}

static const void *make_workload(const struct gathering *g, uint32_t i)
{
	const struct object *object = &g->view->objects[SLOT_WORKLOADS + i];
	const struct channel_row *row = &g->model->scenario->channels[i];
	const struct workload_spec *spec = &g->model->specs[i][0]->workloads[0];
	struct workload *workload = arena_new(g->arena, struct workload);

	workload->meta = meta_of(g, SLOT_WORKLOADS + i, row->namespace, spec->name);
	workload->meta.channel = row->name;
	workload->meta.generation = 2;
	workload->observed_generation = object->progress == PROGRESS_UNSEEN ? 1 : 2;
	workload->kind = spec->kind;
	workload->containers = arena_new(g->arena, struct container);
	workload->containers[0] =
		(struct container){ spec->containers[0].container, image_text(g, i, object->images[0]), false };
	workload->count = 1;
	workload->is_gated = object->images[0] == 0;
	workload->desired = 1;
	workload->updated = 1;
	workload->total = 1;
	workload->ready = object->progress == PROGRESS_READY;
	workload->available = workload->ready;
	workload->current_revision = "";
	workload->update_revision = "";
	return workload;
}

static int compare_pins(const void *a, const void *b)
{
	return strcmp(((const struct pin *)a)->key, ((const struct pin *)b)->key);
}

static const void *make_pins(const struct gathering *g, uint32_t n)
{
	const struct scenario *scenario = g->model->scenario;
	const struct object *object = &g->view->objects[SLOT_PINS + n];
	struct pins *pins = arena_new(g->arena, struct pins);

	pins->items = arena_new_array(g->arena, CHANNELS_MAX, struct pin);
	for (uint32_t i = 0; i < scenario_channels(scenario); i++) {
		const struct workload_spec *spec = &g->model->specs[i][0]->workloads[0];

		if (scenario_namespace(scenario, i) != n || object->images[i] == 0)
			continue;
		pins->meta = meta_of(g, SLOT_PINS + n, scenario->channels[i].namespace, WORLD_PINS_NAME);
		pins->items[pins->count++] =
			(struct pin){ pin_key(g->arena, spec->kind, spec->name, spec->containers[0].container),
				      image_text(g, i, object->images[i]) };
	}
	qsort(pins->items, pins->count, sizeof(*pins->items), compare_pins);
	for (uint32_t i = 0; i < scenario_channels(scenario); i++) {
		if (scenario_namespace(scenario, i) == n)
			pins->meta = meta_of(g, SLOT_PINS + n, scenario->channels[i].namespace, WORLD_PINS_NAME);
	}
	return pins;
}

static const void *make_stop(const struct gathering *g, uint32_t i)
{
	struct stop *stop = arena_new(g->arena, struct stop);

	stop->meta = meta_of(g, SLOT_STOP + i, "", "stop");
	stop->reason = "something is wrong";
	return stop;
}

static void make_objects(struct gathering *g)
{
	static const void *(*const makers[])(const struct gathering *g, uint32_t i) = {
		[SLOT_CHANNELS] = make_channel,
		[SLOT_WORKLOADS] = make_workload,
		[SLOT_PINS] = make_pins,
		[SLOT_PROMOTIONS] = make_promotion,
		[SLOT_STOP] = make_stop,
	};

	for (uint32_t slot = 0; slot < SLOTS_MAX; slot++) {
		uint32_t kind = slot_kind(slot);

		if (g->view->objects[slot].is_there)
			g->objects[slot] = makers[kind](g, slot - kind);
	}
}

/* ---- the tables of functions that reconcile/world asks ---- */

/* The first slot of a kind of objects; SLOTS_MAX for kinds that the model has not. */
static uint32_t first_slot(enum kind kind)
{
	return kind == KIND_CHANNEL	 ? SLOT_CHANNELS
	       : kind == KIND_PROMOTION  ? SLOT_PROMOTIONS
	       : kind == KIND_DEPLOYMENT ? SLOT_WORKLOADS
	       : kind == KIND_PINS	 ? SLOT_PINS
	       : kind == KIND_STOP	 ? SLOT_STOP
					 : SLOTS_MAX;
}

static const void *get(void *user, enum kind kind, const char *namespace, const char *name)
{
	static const struct meta policy = { .namespace = "", .name = "there" };
	const struct gathering *g = user;
	uint32_t first = first_slot(kind);

	if (kind == KIND_WHO_MAY_POLICY || kind == KIND_WHO_MAY_BINDING)
		return &policy;
	if (kind == KIND_GUARD_POLICY || kind == KIND_GUARD_BINDING)
		return g->model->scenario->lacks_guard ? NULL : &policy;
	for (uint32_t slot = first; slot < SLOTS_MAX && slot_kind(slot) == first; slot++) {
		const struct meta *meta = g->objects[slot]; /* every object begins with it */

		if (meta != NULL && str_equal(meta->namespace, namespace) && str_equal(meta->name, name))
			return meta;
	}
	return NULL;
}

static const char *channel_of(enum kind kind, const struct meta *meta)
{
	return kind == KIND_PROMOTION ? ((const struct promotion *)(const void *)meta)->channel : meta->channel;
}

static void each(void *user, enum kind kind, const char *namespace, const char *channel, world_each_fn fn, void *fn_user)
{
	const struct gathering *g = user;
	uint32_t first = first_slot(kind);

	for (uint32_t slot = first; slot < SLOTS_MAX && slot_kind(slot) == first; slot++) {
		const struct meta *meta = g->objects[slot];

		if (meta != NULL && (str_is_empty(namespace) || str_equal(meta->namespace, namespace)) &&
		    (channel == NULL || str_equal(channel_of(kind, meta), channel)))
			fn(fn_user, meta);
	}
}

/* Whoever looks for a missing workload has just read that it is not there. */
static void look(void *user, enum workload_kind kind, const char *namespace, const char *name, struct arena *arena,
		 struct workload_look *ret_look)
{
	const struct gathering *g = user;

	(void)kind;
	(void)namespace;
	(void)name;
	(void)arena;
	if ((g->view->answers.conflicts >> g->view->key & 1) != 0) {
		ret_look->conflict_manager = "kubectl";
		ret_look->conflict_retry_ms = CLOCK_NEVER;
	}
	ret_look->state = KNOWLEDGE_FAILED;
	ret_look->failure = (struct lookup_failure){
		.class = ERR_NOTFOUND,
		.message = "not found",
		.retry_ms = view_now_ms((uint8_t)g->view->now) + STEP_MS,
	};
}

static void unapplied(void *user, const char *namespace, const char *name, struct arena *arena,
		      struct unapplied_look *look)
{
	(void)user;
	(void)namespace;
	(void)name;
	(void)arena;
	(void)look;
}

/* News of promotions are on their way: nobody knows how old they are. */
static bool is_behind(void *user, enum kind kind, const char *resource_version)
{
	const struct gathering *g = user;

	(void)resource_version;
	return kind == KIND_PROMOTION && g->view->lacks_promotions != 0;
}

static void metric(void *user, const char *namespace, const char *channel, const struct metric_spec *spec,
		   struct arena *arena, struct metric_look *ret_look)
{
	const struct gathering *g = user;

	(void)namespace;
	(void)channel;
	(void)spec;
	(void)arena;
	outside_show_metric(&g->view->answers, ret_look);
}

static void key(void *user, const char *namespace, const struct signature_key *key, struct arena *arena,
		struct key_look *ret_look)
{
	const struct gathering *g = user;

	(void)namespace;
	(void)key;
	(void)arena;
	outside_show_key(&g->view->answers, ret_look);
}

static const struct zone *zone(void *user, const char *name)
{
	static const struct zone utc = { .name = "UTC" };

	(void)user;
	return str_equal(name, utc.name) ? &utc : NULL;
}

static void tags(void *user, const char *namespace, const struct artifact *artifact, const struct intake *intake,
		 const char *last_tag, struct arena *arena, struct tags_look *ret_look)
{
	const struct gathering *g = user;

	(void)namespace;
	(void)artifact;
	(void)intake;
	outside_show_tags(&g->view->answers, last_tag, arena, ret_look);
}

static void signature(void *user, const char *namespace, const struct artifact *artifact, const char *digest,
		      const char *policy, struct arena *arena, struct signature_look *ret_look)
{
	const struct gathering *g = user;

	(void)namespace;
	(void)artifact;
	(void)policy;
	(void)arena;
	outside_show_signature(&g->view->answers, (uint8_t)(digest[strlen("sha256:")] - 'a' + 1), ret_look);
}

/* The registry has every digest that a promotion names. */
static void digests(void *user, const char *namespace, const struct artifact *artifact, struct arena *arena,
		    world_each_fn fn, void *fn_user)
{
	const struct gathering *g = user;
	struct digest_look *tag = arena_new(arena, struct digest_look);

	(void)namespace;
	if (outside_show_tag(&g->view->answers, artifact->image, arena, tag))
		fn(fn_user, tag);
	for (char letter = 'a'; letter <= 'g'; letter++) {
		struct digest_look *found = arena_new(arena, struct digest_look);
		char digest[72] = "sha256:";

		memset(digest + 7, letter, 64);
		*found = (struct digest_look){
			.repository = artifact->image,
			.reference = arena_strdup(arena, digest),
			.state = KNOWLEDGE_KNOWN,
			.digest = arena_strdup(arena, digest),
			.at_ms = view_now_ms((uint8_t)g->view->now),
		};
		fn(fn_user, found);
	}
}

void view_gather(const struct model *model, const struct view *view, struct arena *arena, struct world *ret_world)
{
	struct gathering g = { .model = model, .view = view, .arena = arena };
	const struct world_objects objects = {
		.get = get,
		.each = each,
		.look = look,
		.metric = metric,
		.key = key,
		.zone = zone,
		.unapplied = unapplied,
		.is_behind = is_behind,
		.user = &g,
	};
	const struct world_registry registry = {
		.tags = tags, .digests = digests, .signature = signature, .user = &g
	};
	const struct scenario *scenario = model->scenario;
	const char *namespace = NULL;
	const char *name = "";

	make_objects(&g);
	for (uint32_t i = 0; i < scenario_channels(scenario); i++) {
		if (view->key == i)
			name = scenario->channels[i].name;
		if (view->key == i || view->key == CHANNELS_MAX + scenario_namespace(scenario, i))
			namespace = scenario->channels[i].namespace;
	}
	world_gather(&objects, &registry, namespace, name, view_now_ms((uint8_t)view->now), arena, ret_world);
}
