#include "reconcile/world.h"

#include "base/map.h"
#include "base/str.h"
#include "base/vec.h"
#include "reconcile/claims.h"

/* How many channels upstream of one are looked at; no line of channels is that long. */
#define UPSTREAMS_MAX 256

/* What the callbacks of one gathering share. */
struct gathering {
	const struct world_objects *objects;
	const struct world_registry *registry;
	struct arena *arena;
	struct world *world;
	struct vec found; /* what the present walk has collected */
};

/* The collected pointers as an array in the arena; the collection is empty again. */
static void *take_found(struct gathering *g, size_t *ret_count)
{
	void **items = arena_new_array(g->arena, g->found.len, void *);

	if (g->found.len > 0)
		memcpy(items, g->found.items, g->found.len * sizeof(*items));
	*ret_count = g->found.len;
	g->found.len = 0;
	return items;
}

/* Each of those that are taken. */
static void on_any(void *user, const void *object)
{
	struct gathering *g = user;

	vec_push(&g->found, (void *)object);
}

/* Collects a look at the channel, unless seen holds it already. */
static void gather_upstream(struct gathering *g, const struct channel_ref *ref, struct map *seen)
{
	char *key = arena_printf(g->arena, "%s/%s", ref->namespace, ref->name);
	struct channel_look *look;

	if (g->found.len == UPSTREAMS_MAX || map_get(seen, key) != NULL)
		return;
	look = arena_new(g->arena, struct channel_look);
	look->ref = *ref;
	look->channel = g->objects->get(g->objects->user, KIND_CHANNEL, ref->namespace, ref->name);
	map_put(seen, key, look);
	vec_push(&g->found, look);
}

static void gather_upstreams_of(struct gathering *g, const struct channel *from, struct map *seen)
{
	for (size_t i = 0; i < from->upstream.count; i++)
		gather_upstream(g, &from->upstream.channels[i], seen);
}

/* A promotion may ask for what a channel runs that is not upstream; the gates then have their
 * say. */
static void gather_sources(struct gathering *g, struct map *seen)
{
	for (size_t i = 0; i < g->world->promotion_count; i++) {
		const struct promotion *promotion = g->world->promotions[i];

		if (promotion->source == SOURCE_FROM && !promotion_is_finished(promotion))
			gather_upstream(g, &promotion->from, seen);
	}
}

/* Breadth first, so that the nearest come first and a cycle ends by itself. */
static void gather_upstreams(struct gathering *g)
{
	struct world *world = g->world;
	struct map seen = MAP_INIT;
	struct channel_look **rows;

	gather_upstreams_of(g, world->channel, &seen);
	for (size_t i = 0; i < g->found.len; i++) {
		const struct channel_look *look = g->found.items[i];

		if (look->channel != NULL)
			gather_upstreams_of(g, look->channel, &seen);
	}
	gather_sources(g, &seen);
	map_finish(&seen);
	rows = take_found(g, &world->upstream_count);
	world->upstreams = arena_new_array(g->arena, world->upstream_count, struct channel_look);
	for (size_t i = 0; i < world->upstream_count; i++)
		world->upstreams[i] = *rows[i];
}

enum kind world_workload_kind(enum workload_kind kind)
{
	static const enum kind kinds[WORKLOAD_KIND_COUNT] = {
		[WORKLOAD_DEPLOYMENT] = KIND_DEPLOYMENT,
		[WORKLOAD_STATEFULSET] = KIND_STATEFULSET,
		[WORKLOAD_DAEMONSET] = KIND_DAEMONSET,
		[WORKLOAD_CRONJOB] = KIND_CRONJOB,
	};

	return kinds[kind];
}

/* What the watches know of a workload goes before what was read of it once. */
static void gather_workload(struct gathering *g, const struct workload_spec *spec,
			    struct workload_look *look)
{
	const struct world_objects *objects = g->objects;
	const char *namespace = g->world->namespace;
	const struct workload *watched =
		objects->get(objects->user, world_workload_kind(spec->kind), namespace, spec->name);

	objects->look(objects->user, spec->kind, namespace, spec->name, g->arena, look);
	if (watched == NULL)
		return;
	if (look->state == KNOWLEDGE_FAILED)
		look->failure = (struct lookup_failure){ .class = ERR_NONE };
	look->state = KNOWLEDGE_KNOWN;
	look->workload = watched;
}

static void gather_workloads(struct gathering *g)
{
	const struct channel *channel = g->world->channel;

	g->world->workloads =
		arena_new_array(g->arena, channel->workload_count, struct workload_look);
	for (size_t i = 0; i < channel->workload_count; i++)
		gather_workload(g, &channel->workloads[i], &g->world->workloads[i]);
}

static void gather_zones(struct gathering *g)
{
	const struct channel *channel = g->world->channel;

	g->world->zones = arena_new_array(g->arena, channel->window_count, const struct zone *);
	for (size_t i = 0; i < channel->window_count; i++)
		g->world->zones[i] =
			g->objects->zone(g->objects->user, channel->windows[i].time_zone);
}

static void gather_metrics(struct gathering *g)
{
	const struct world_objects *objects = g->objects;
	const struct channel *channel = g->world->channel;

	g->world->metrics = arena_new_array(g->arena, channel->metric_count, struct metric_look);
	for (size_t i = 0; i < channel->metric_count; i++)
		objects->metric(objects->user, g->world->namespace, g->world->name,
				&channel->metrics[i], g->arena, &g->world->metrics[i]);
}

/* Does an artifact before the i-th have the same repository, read with the same credentials? */
static bool is_repeated(const struct channel *channel, size_t index)
{
	const struct artifact *artifact = &channel->artifacts[index];

	for (size_t i = 0; i < index; i++) {
		if (str_equal(channel->artifacts[i].image, artifact->image) &&
		    str_equal(channel->artifacts[i].pull_secret, artifact->pull_secret))
			return true;
	}
	return false;
}

static void gather_registry(struct gathering *g)
{
	const struct world_registry *registry = g->registry;
	struct world *world = g->world;
	const struct channel *channel = world->channel;
	const struct artifact *chosen;
	const struct digest_look **rows;

	for (size_t i = 0; i < channel->artifact_count; i++) {
		if (!is_repeated(channel, i))
			registry->digests(registry->user, world->namespace, &channel->artifacts[i],
					  g->arena, on_any, g);
	}
	rows = take_found(g, &world->digest_count);
	world->digests = arena_new_array(g->arena, world->digest_count, struct digest_look);
	for (size_t i = 0; i < world->digest_count; i++)
		world->digests[i] = *rows[i];
	if (channel->intake.policy == INTAKE_NONE)
		return;
	chosen = channel_find_artifact(channel, channel->intake.artifact);
	if (chosen != NULL)
		registry->tags(registry->user, world->namespace, chosen, &channel->intake,
			       channel->status.intake.tag, g->arena, &world->tags);
}

static void gather_keys(struct gathering *g)
{
	const struct signatures *wanted = &g->world->channel->signatures;
	char policy[SHA256_HEX_SIZE];

	g->world->keys = arena_new_array(g->arena, wanted->count, struct key_look);
	for (size_t i = 0; i < wanted->count; i++)
		g->objects->key(g->objects->user, g->world->namespace, &wanted->keys[i], g->arena, &g->world->keys[i]);
	if (wanted->count > 0 && world_signature_policy(wanted, g->world->keys, policy))
		g->world->signature_policy = arena_strdup(g->arena, policy);
}

/* Collects a look at the signatures of one artifact of a release, unless it is there already. */
static void gather_signature(struct gathering *g, const struct release_artifact *a)
{
	const struct artifact *ours = channel_find_artifact(g->world->channel, a->name);
	const struct artifact place = { .name = a->name,
					.image = a->image,
					.pull_secret = ours == NULL ? NULL : ours->pull_secret };
	struct signature_look *look;

	for (size_t i = 0; i < g->found.len; i++) {
		const struct signature_look *other = g->found.items[i];

		if (str_equal(other->repository, a->image) && str_equal(other->digest, a->digest))
			return;
	}
	look = arena_new(g->arena, struct signature_look);
	g->registry->signature(g->registry->user, g->world->namespace, &place, a->digest, g->world->signature_policy,
			       g->arena, look);
	look->repository = a->image;
	look->digest = a->digest;
	vec_push(&g->found, look);
}

/* What a promotion asks for stands in its status from the look on in which that became known. */
static void gather_signatures(struct gathering *g)
{
	struct world *world = g->world;
	struct signature_look **rows;

	if (world->signature_policy == NULL)
		return;
	for (size_t i = 0; i < world->promotion_count; i++) {
		const struct promotion *promotion = world->promotions[i];
		const struct release *release = &promotion->status.release;

		for (size_t k = 0; !promotion_is_finished(promotion) && k < release->count; k++)
			gather_signature(g, &release->artifacts[k]);
	}
	rows = take_found(g, &world->signature_count);
	world->signatures = arena_new_array(g->arena, world->signature_count, struct signature_look);
	for (size_t i = 0; i < world->signature_count; i++)
		world->signatures[i] = *rows[i];
}

/* Does the namespace's pins object exist? Anything else with the label is not it. */
static const struct pins *get_pins(const struct world_objects *objects, const char *namespace)
{
	return objects->get(objects->user, KIND_PINS, namespace, WORLD_PINS_NAME);
}

static void gather_guard(const struct world_objects *objects, struct world *world)
{
	void *user = objects->user;

	world->is_guard_installed =
		objects->get(user, KIND_GUARD_POLICY, "", WORLD_GUARD_NAME) != NULL &&
		objects->get(user, KIND_GUARD_BINDING, "", WORLD_GUARD_NAME) != NULL;
	world->is_guard_off_here = objects->get(user, KIND_FREE_NAMESPACE, "", world->namespace) !=
				   NULL;
	world->is_who_may_missing =
		objects->get(user, KIND_WHO_MAY_POLICY, "", WORLD_WHO_MAY_NAME) == NULL ||
		objects->get(user, KIND_WHO_MAY_BINDING, "", WORLD_WHO_MAY_NAME) == NULL;
}

static void on_left_out(void *user, const void *object)
{
	struct gathering *g = user;

	if (quarantine_concerns(object, g->world))
		vec_push(&g->found, (void *)object);
}

static void gather_left_out(struct gathering *g)
{
	if (g->objects->left_out != NULL)
		g->objects->left_out(g->objects->user, g->arena, on_left_out, g);
	g->world->left_out = take_found(g, &g->world->left_out_count);
}

/* What carries the name of the channel, whether that exists or not. */
static void gather_own(struct gathering *g)
{
	const struct world_objects *objects = g->objects;
	struct world *world = g->world;
	void *user = objects->user;

	objects->each(user, KIND_PROMOTION, world->namespace, world->name, on_any, g);
	world->promotions = take_found(g, &world->promotion_count);
	objects->each(user, KIND_SCALER, world->namespace, world->name, on_any, g);
	world->scalers = take_found(g, &world->scaler_count);
	objects->each(user, KIND_SERVICE, world->namespace, world->name, on_any, g);
	world->services = take_found(g, &world->service_count);
	objects->each(user, KIND_GATED_POD, world->namespace, NULL, on_any, g);
	world->gated_pods = take_found(g, &world->gated_pod_count);
	objects->each(user, KIND_STOP, "", NULL, on_any, g);
	world->stops = take_found(g, &world->stop_count);
	objects->unapplied(user, world->namespace, world->name, g->arena, &world->unapplied);
}

/* The one that runs is asked about: only of that it matters. */
static bool may_lack_promotions(const struct world_objects *objects, const struct channel *channel)
{
	if (objects->is_behind == NULL ||
	    !objects->is_behind(objects->user, KIND_PROMOTION, channel->meta.resource_version))
		return false;
	return objects->has_gone == NULL || !objects->has_gone(objects->user, channel->status.desired.promotion_uid);
}

void world_gather(const struct world_objects *objects, const struct world_registry *registry,
		  const char *namespace, const char *name, int64_t now_ms, struct arena *arena,
		  struct world *ret_world)
{
	struct world *world = ret_world;
	struct gathering g = {
		.objects = objects, .registry = registry, .arena = arena, .world = world
	};

	*world = (struct world){ .now_ms = now_ms };
	world->namespace = arena_strdup(arena, namespace);
	world->name = arena_strdup(arena, name);
	world->pins = get_pins(objects, world->namespace);
	gather_guard(objects, world);
	claims_gather_pins(objects, arena, world);
	if (!str_is_empty(name)) {
		world->channel =
			objects->get(objects->user, KIND_CHANNEL, world->namespace, world->name);
		gather_own(&g);
	}
	gather_left_out(&g);
	if (world->channel != NULL) {
		world->may_lack_promotions = may_lack_promotions(objects, world->channel);
		claims_gather(objects, arena, world);
		gather_upstreams(&g);
		gather_zones(&g);
		gather_workloads(&g);
		gather_metrics(&g);
		gather_registry(&g);
		gather_keys(&g);
		gather_signatures(&g);
	}
	vec_finish(&g.found);
}
