#include "reconcile/sources.h"

#include "base/str.h"

static const void *get(void *user, enum kind kind, const char *namespace, const char *name)
{
	const struct sources *sources = user;
	const struct record *record = store_get(sources->store, kind, namespace, name, sources->arena);

	return record == NULL ? NULL : record->object;
}

static void each(void *user, enum kind kind, const char *namespace, const char *channel, world_each_fn fn,
		 void *fn_user)
{
	const struct sources *sources = user;
	struct store_cursor cursor = STORE_CURSOR_INIT;

	while (store_next(sources->store, kind, str_is_empty(namespace) ? NULL : namespace, &cursor)) {
		if (channel == NULL || str_equal(cursor.channel, channel))
			fn(fn_user, store_at(sources->store, kind, &cursor, sources->arena)->object);
	}
}

static void each_claimant(void *user, enum workload_kind kind, const char *namespace, const char *name,
			  links_fn fn, void *fn_user)
{
	const struct sources *sources = user;

	links_each_claimant(sources->links, kind, namespace, name, fn, fn_user);
}

static void each_channel(void *user, const char *namespace, world_channel_fn fn, void *fn_user)
{
	const struct sources *sources = user;
	struct store_cursor cursor = STORE_CURSOR_INIT;

	while (store_next(sources->store, KIND_CHANNEL, str_is_empty(namespace) ? NULL : namespace, &cursor))
		fn(fn_user, cursor.namespace, cursor.name);
}

static void look(void *user, enum workload_kind kind, const char *namespace, const char *name,
		 struct arena *arena, struct workload_look *ret_look)
{
	struct sources *sources = user;

	looks_fill(sources->looks, kind, namespace, name, sources->now_ms, arena, ret_look,
		   &sources->until_ms);
}

static void metric(void *user, const char *namespace, const char *channel, const struct metric_spec *spec,
		   struct arena *arena, struct metric_look *look)
{
	const struct sources *sources = user;

	measured_fill(sources->measured, arena_printf(arena, "%s/%s", namespace, channel), spec, arena, look);
}

static void key(void *user, const char *namespace, const struct signature_key *wanted, struct arena *arena,
		struct key_look *ret_look)
{
	const struct sources *sources = user;

	keys_fill(sources->keys, namespace, wanted, sources->now_ms, arena, ret_look);
}

static void unapplied(void *user, const char *namespace, const char *name, struct arena *arena,
		      struct unapplied_look *look)
{
	struct sources *sources = user;

	unapplied_fill(sources->unapplied, namespace, name, sources->now_ms, arena, look, &sources->until_ms);
}

static const struct zone *zone(void *user, const char *name)
{
	struct sources *sources = user;

	return zones_get(sources->zones, name);
}

static bool is_behind(void *user, enum kind kind, const char *resource_version)
{
	const struct sources *sources = user;

	return store_compare_versions(store_position(sources->store, kind), resource_version) < 0;
}

struct quarantine *sources_quarantine(const struct crash_entry *entry, struct arena *arena)
{
	struct quarantine *quarantine = arena_new(arena, struct quarantine);

	*quarantine = (struct quarantine){
		.kind = arena_strdup(arena, entry->kind),
		.namespace = arena_strdup(arena, entry->namespace),
		.name = arena_strdup(arena, entry->name),
		.uid = arena_strdup(arena, entry->uid),
		.version = arena_strdup(arena, entry->version),
		.is_left_out = entry->stage == CRASH_READING,
		.is_announced = entry->is_announced != 0,
		.crashes = entry->crashes,
		.last_ms = entry->last_ms,
		.program_version = SLUICE_VERSION,
	};
	return quarantine;
}

static void left_out(void *user, struct arena *arena, world_each_fn fn, void *fn_user)
{
	const struct sources *sources = user;
	struct crash_entry *entry = NULL;

	while ((entry = crash_page_next_met(sources->crash_page, entry)) != NULL) {
		if (entry->stage == CRASH_READING)
			fn(fn_user, sources_quarantine(entry, arena));
	}
}

static struct asked_place place_of(const char *namespace, const struct artifact *artifact)
{
	return (struct asked_place){ .namespace = namespace,
				     .repository = artifact->image,
				     .secret = artifact->pull_secret };
}

static void tags(void *user, const char *namespace, const struct artifact *artifact,
		 const struct intake *intake, const char *last_tag, struct arena *arena,
		 struct tags_look *ret_look)
{
	struct sources *sources = user;
	const struct asked_place place = place_of(namespace, artifact);

	asked_fill_tags(sources->asked, &place, intake, last_tag, arena, ret_look);
}

static void digests(void *user, const char *namespace, const struct artifact *artifact,
		    struct arena *arena, world_each_fn fn, void *fn_user)
{
	struct sources *sources = user;
	const struct asked_place place = place_of(namespace, artifact);

	asked_each_digest(sources->asked, &place, arena, fn, fn_user);
}

static void signature(void *user, const char *namespace, const struct artifact *artifact, const char *digest,
		      const char *policy, struct arena *arena, struct signature_look *ret_look)
{
	struct sources *sources = user;
	const struct asked_place place = place_of(namespace, artifact);

	asked_fill_signature(sources->asked, &place, digest, policy, sources->now_ms, arena, ret_look);
}

static bool has_gone(void *user, const char *uid)
{
	const struct sources *sources = user;

	return departed_has(&sources->departed, uid);
}

struct world_objects sources_objects(struct sources *sources)
{
	return (struct world_objects){
		get, each, look, metric, key, unapplied, zone, sources, is_behind,
		left_out, has_gone, each_claimant, each_channel
	};
}

struct world_registry sources_registry(struct sources *sources)
{
	return (struct world_registry){ tags, digests, signature, sources };
}
