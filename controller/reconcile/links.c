#include "reconcile/links.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"

/* A kind, a namespace of at most 63 and two names of at most 253 bytes, with room to spare. */
#define TEXT_SIZE 640

struct links {
	/* "ReleaseChannel/…", "Source/…" or "Deployment/…" → struct map *: keys of channels. Below a
	 * Source a space and a promotion follow the key: several of a channel may wait for one. */
	struct map targets;
};

struct links *links_create(void)
{
	struct links *links = memory_alloc(sizeof(*links));

	return links;
}

static void set_free(struct map *set)
{
	map_finish(set);
	free(set);
}

void links_destroy(struct links *links)
{
	size_t cursor = 0;
	const char *key;
	void *set;

	if (links == NULL)
		return;
	while (map_next(&links->targets, &cursor, &key, &set))
		set_free(set);
	map_finish(&links->targets);
	free(links);
}

static void link_add(struct links *links, const char *target, const char *channel)
{
	struct map *set = map_get(&links->targets, target);

	if (set == NULL) {
		set = memory_alloc(sizeof(*set));
		map_put(&links->targets, target, set);
	}
	map_put(set, channel, set);
}

static void link_remove(struct links *links, const char *target, const char *channel)
{
	struct map *set = map_get(&links->targets, target);

	if (set == NULL)
		return;
	map_remove(set, channel);
	if (map_len(set) > 0)
		return;
	map_remove(&links->targets, target);
	set_free(set);
}

static void target_text(char text[static TEXT_SIZE], const char *kind, const char *namespace,
			const char *name)
{
	(void)snprintf(text, TEXT_SIZE, "%s/%s/%s", kind, namespace, name);
}

/* Calls change for everything that channel names. */
static void each_target(struct links *links, const struct channel *channel,
			void (*change)(struct links *links, const char *target,
				       const char *channel))
{
	const char *namespace = channel->meta.namespace;
	char target[TEXT_SIZE];
	char key[TEXT_SIZE];

	(void)snprintf(key, sizeof(key), "%s/%s", namespace, channel->meta.name);
	for (size_t i = 0; i < channel->upstream.count; i++) {
		const struct channel_ref *ref = &channel->upstream.channels[i];

		target_text(target, "ReleaseChannel", ref->namespace, ref->name);
		change(links, target, key);
	}
	for (size_t i = 0; i < channel->workload_count; i++) {
		const struct workload_spec *spec = &channel->workloads[i];

		target_text(target, workload_kind_name(spec->kind), namespace, spec->name);
		change(links, target, key);
	}
}

void links_update(struct links *links, const struct channel *before, const struct channel *after)
{
	if (before != NULL && after != NULL && before->meta.generation == after->meta.generation &&
	    before->meta.generation != 0)
		return; /* the same spec */
	if (before != NULL)
		each_target(links, before, link_remove);
	if (after != NULL)
		each_target(links, after, link_add);
}

static void promotion_change(struct links *links, const struct promotion *promotion,
			     void (*change)(struct links *links, const char *target,
					    const char *channel))
{
	char target[TEXT_SIZE];
	char entry[TEXT_SIZE];

	if (promotion == NULL || promotion->source != SOURCE_FROM || promotion_is_finished(promotion))
		return;
	target_text(target, "Source", promotion->from.namespace, promotion->from.name);
	(void)snprintf(entry, sizeof(entry), "%s/%s %s", promotion->meta.namespace,
		       promotion->channel, promotion->meta.name);
	change(links, target, entry);
}

void links_update_promotion(struct links *links, const struct promotion *before,
			    const struct promotion *after)
{
	promotion_change(links, before, link_remove);
	promotion_change(links, after, link_add);
}

static void each_channel(const struct links *links, const char *target, links_fn fn, void *user)
{
	const struct map *set = map_get(&links->targets, target);
	char channel[TEXT_SIZE];
	size_t cursor = 0;
	const char *key;
	void *value;

	while (set != NULL && map_next(set, &cursor, &key, &value)) {
		(void)snprintf(channel, sizeof(channel), "%.*s", (int)strcspn(key, " "), key);
		fn(user, channel);
	}
}

void links_each_downstream(const struct links *links, const char *namespace, const char *name,
			   links_fn fn, void *user)
{
	char target[TEXT_SIZE];

	target_text(target, "ReleaseChannel", namespace, name);
	each_channel(links, target, fn, user);
	target_text(target, "Source", namespace, name);
	each_channel(links, target, fn, user);
}

void links_each_claimant(const struct links *links, enum workload_kind kind, const char *namespace,
			 const char *name, links_fn fn, void *user)
{
	char target[TEXT_SIZE];

	target_text(target, workload_kind_name(kind), namespace, name);
	each_channel(links, target, fn, user);
}
