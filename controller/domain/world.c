#include "domain/world.h"

#include <string.h>

#include "base/arena.h"
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

const struct signature_look *world_find_signature(const struct world *world, const char *repository,
						  const char *digest)
{
	for (size_t i = 0; i < world->signature_count; i++) {
		if (str_equal(world->signatures[i].repository, repository) &&
		    str_equal(world->signatures[i].digest, digest))
			return &world->signatures[i];
	}
	return NULL;
}

bool world_signature_policy(const struct signatures *wanted, const struct key_look *keys,
			    char ret_id[static SHA256_HEX_SIZE])
{
	struct arena arena = ARENA_INIT;
	bool is_whole = true;
	const char *text = arena_printf(&arena, "threshold %u\nmatchRepository %d\n", wanted->threshold,
					wanted->must_match_repository);

	for (size_t i = 0; i < wanted->count; i++) {
		is_whole &= keys[i].state == KNOWLEDGE_KNOWN;
		text = arena_printf(&arena, "%skey", text);
		for (size_t k = 0; k < keys[i].id_count; k++)
			text = arena_printf(&arena, "%s %s", text, keys[i].ids[k]);
		text = arena_printf(&arena, "%s\n", text);
	}
	sha256_hex(text, strlen(text), ret_id);
	arena_finish(&arena);
	return is_whole;
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

const struct quarantine *world_find_left_out(const struct world *world, const char *kind, const char *name)
{
	for (size_t i = 0; i < world->left_out_count; i++) {
		const struct quarantine *q = world->left_out[i];

		if (str_equal(q->kind, kind) &&
		    (str_is_empty(q->namespace) || str_equal(q->namespace, world->namespace)) &&
		    (name == NULL || str_equal(q->name, name)))
			return q;
	}
	return NULL;
}

const struct quarantine *world_find_left_out_channel(const struct world *world, const struct channel_ref *ref)
{
	for (size_t i = 0; i < world->left_out_count; i++) {
		const struct quarantine *q = world->left_out[i];

		if (str_equal(q->kind, "ReleaseChannel") && str_equal(q->namespace, ref->namespace) &&
		    str_equal(q->name, ref->name))
			return q;
	}
	return NULL;
}

enum guard world_guard(const struct world *world)
{
	return world->is_guard_installed && !world->is_guard_off_here ? GUARD_ENFORCED
								      : GUARD_FIELD_OWNERSHIP;
}
