#include "domain/world.h"

#include "base/str.h"

const struct digest_look *world_find_digest(const struct world *world, const char *repository,
					    const char *reference)
{
	for (size_t i = 0; i < world->digest_count; i++) {
		if (str_equal(world->digests[i].repository, repository) &&
		    str_equal(world->digests[i].reference, reference))
			return &world->digests[i];
	}
	return NULL;
}

const struct channel *world_find_channel(const struct world *world, const struct channel_ref *ref)
{
	for (size_t i = 0; i < world->upstream_count; i++) {
		if (str_equal(world->upstreams[i].ref.namespace, ref->namespace) &&
		    str_equal(world->upstreams[i].ref.name, ref->name))
			return world->upstreams[i].channel;
	}
	return NULL;
}

const struct promotion *world_find_promotion(const struct world *world, const char *name)
{
	for (size_t i = 0; i < world->promotion_count; i++) {
		if (str_equal(world->promotions[i]->meta.name, name))
			return world->promotions[i];
	}
	return NULL;
}

enum guard world_guard(const struct world *world)
{
	return world->is_guard_installed && !world->is_guard_off_here ? GUARD_ENFORCED
								      : GUARD_FIELD_OWNERSHIP;
}
