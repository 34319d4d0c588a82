#include "reconcile/claims.h"

#include <string.h>

#include "base/str.h"
#include "base/vec.h"

struct claims {
	const struct world_objects *objects;
	struct arena *arena;
	struct world *world;
	enum workload_kind kind; /* the workload whose claimants are asked for */
	const char *name;
	links_fn on_claimant;
	struct vec found; /* struct claim of other channels */
	bool is_any;      /* has the pin a claimant but the channel that is looked at? */
};

static void on_channel(void *user, const void *object)
{
	const struct claims *claims = user;
	const struct channel *channel = object;

	for (size_t i = 0; i < channel->workload_count; i++) {
		if (channel->workloads[i].kind == claims->kind && str_equal(channel->workloads[i].name, claims->name))
			claims->on_claimant(user, arena_printf(claims->arena, "%s/%s", channel->meta.namespace, channel->meta.name));
	}
}

/* Where there is no index, the channels of the namespace are asked one by one. */
static void each_claimant(struct claims *claims)
{
	const struct world_objects *objects = claims->objects;
	const char *namespace = claims->world->namespace;

	if (objects->each_claimant != NULL)
		objects->each_claimant(objects->user, claims->kind, namespace, claims->name, claims->on_claimant, claims);
	else
		objects->each(objects->user, KIND_CHANNEL, namespace, NULL, on_channel, claims);
}

/* The name in the key of another channel than the one that is looked at, or NULL. Claimants are of the same namespace. */
static const char *other_name(const struct claims *claims, const char *key)
{
	const char *name = strchr(key, '/') + 1;

	return str_equal(name, claims->world->name) ? NULL : name;
}

static void on_rival(void *user, const char *key)
{
	struct claims *claims = user;
	const struct world_objects *objects = claims->objects;
	const char *name = other_name(claims, key);
	const struct channel *rival =
		name == NULL ? NULL : objects->get(objects->user, KIND_CHANNEL, claims->world->namespace, name);
	struct claim *claim;

	if (rival == NULL)
		return;
	claim = arena_new(claims->arena, struct claim);
	claim->kind = claims->kind;
	claim->name = claims->name;
	claim->channel = rival->meta.name;
	claim->channel_created_ms = rival->meta.created_ms;
	vec_push(&claims->found, claim);
}

void claims_gather(const struct world_objects *objects, struct arena *arena, struct world *world)
{
	struct claims claims = { .objects = objects, .arena = arena, .world = world, .on_claimant = on_rival };

	for (size_t i = 0; i < world->channel->workload_count; i++) {
		claims.kind = world->channel->workloads[i].kind;
		claims.name = world->channel->workloads[i].name;
		each_claimant(&claims);
	}
	world->claims = arena_new_array(arena, claims.found.len, struct claim);
	for (size_t i = 0; i < claims.found.len; i++)
		world->claims[world->claim_count++] = *(const struct claim *)claims.found.items[i];
	vec_finish(&claims.found);
}

static void on_claimant(void *user, const char *key)
{
	struct claims *claims = user;

	claims->is_any = claims->is_any || other_name(claims, key) != NULL;
}

void claims_gather_pins(const struct world_objects *objects, struct arena *arena, struct world *world)
{
	struct claims claims = { .objects = objects, .arena = arena, .world = world, .on_claimant = on_claimant };
	size_t count = world->pins == NULL ? 0 : world->pins->count;

	world->are_claimed = arena_new_array(arena, count, bool);
	for (size_t i = 0; i < count; i++) {
		struct pin_owner owner;

		claims.is_any = false;
		if (pin_key_read(world->pins->items[i].key, &owner)) {
			claims.kind = owner.kind;
			claims.name = arena_strndup(arena, owner.name, owner.name_len);
			each_claimant(&claims);
		}
		world->are_claimed[i] = claims.is_any;
	}
}
