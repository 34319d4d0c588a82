#include "reconcile/claims.h"

#include <string.h>

#include "base/str.h"
#include "base/vec.h"

struct claims {
	const struct world_objects *objects;
	struct arena *arena;
	struct world *world;
	const struct workload_spec *spec; /* whose other claimants are collected */
	struct vec found;
	bool is_any; /* has the pin a claimant but the channel that is looked at? */
};

/* The channels of a namespace, asked one by one. */
struct walking {
	enum workload_kind kind;
	const char *name;
	links_fn fn;
	void *user;
	struct arena *arena;
};

static void on_channel(void *user, const void *object)
{
	const struct walking *w = user;
	const struct channel *channel = object;

	for (size_t i = 0; i < channel->workload_count; i++) {
		if (channel->workloads[i].kind == w->kind && str_equal(channel->workloads[i].name, w->name))
			w->fn(w->user, arena_printf(w->arena, "%s/%s", channel->meta.namespace, channel->meta.name));
	}
}

static void each_claimant(struct claims *claims, enum workload_kind kind, const char *name, links_fn fn)
{
	const struct world_objects *objects = claims->objects;
	const char *namespace = claims->world->namespace;
	struct walking walking = { .kind = kind, .name = name, .fn = fn, .user = claims, .arena = claims->arena };

	if (objects->each_claimant != NULL)
		objects->each_claimant(objects->user, kind, namespace, name, fn, claims);
	else
		objects->each(objects->user, KIND_CHANNEL, namespace, NULL, on_channel, &walking);
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
	claim->kind = claims->spec->kind;
	claim->name = claims->spec->name;
	claim->channel = rival->meta.name;
	claim->channel_created_ms = rival->meta.created_ms;
	vec_push(&claims->found, claim);
}

void claims_gather(const struct world_objects *objects, struct arena *arena, struct world *world)
{
	struct claims claims = { .objects = objects, .arena = arena, .world = world };

	for (size_t i = 0; i < world->channel->workload_count; i++) {
		claims.spec = &world->channel->workloads[i];
		each_claimant(&claims, claims.spec->kind, claims.spec->name, on_rival);
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
	size_t count = world->pins == NULL ? 0 : world->pins->count;

	world->are_claimed = arena_new_array(arena, count, bool);
	for (size_t i = 0; i < count; i++) {
		struct claims claims = { .objects = objects, .arena = arena, .world = world };
		struct pin_owner owner;

		if (pin_key_read(world->pins->items[i].key, &owner))
			each_claimant(&claims, owner.kind, arena_strndup(arena, owner.name, owner.name_len), on_claimant);
		world->are_claimed[i] = claims.is_any;
	}
}
