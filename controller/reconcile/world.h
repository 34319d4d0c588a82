/*
 * reconcile/world: gathers the plain data of one look at a channel.
 *
 * Where the objects and the observations come from is behind two small tables of functions, so that
 * the same gathering serves the running operator (kube/store, registry/observed) and a world file
 * (test/golden). Gathering decides nothing.
 *
 * May include: base, domain, wire. Deliberately absent: kube, registry (they are behind the
 * tables).
 */
#ifndef SLUICE_RECONCILE_WORLD_H
#define SLUICE_RECONCILE_WORLD_H

#include "base/arena.h"
#include "domain/world.h"
#include "reconcile/links.h"
#include "wire/kind.h"

/* The objects that the gathering asks for by name. */
#define WORLD_PINS_NAME "sluice-pins"
#define WORLD_GUARD_NAME "sluice-pin-guard"
#define WORLD_WHO_MAY_NAME "sluice-who-may"

/* Called for each object; object is a struct channel, struct promotion, struct workload, … by
 * kind. */
typedef void (*world_each_fn)(void *user, const void *object);

/* Called for each channel. */
typedef void (*world_channel_fn)(void *user, const char *namespace, const char *name);

/* Where objects come from. All pointers handed out must stay valid as long as the world is used. */
struct world_objects {
	/* The object called namespace/name, or NULL. */
	const void *(*get)(void *user, enum kind kind, const char *namespace, const char *name);
	/* Calls fn for every object of the kind in the namespace ("": in all) that is of the channel (NULL: of any, or of
	 * none). */
	void (*each)(void *user, enum kind kind, const char *namespace, const char *channel,
		     world_each_fn fn, void *fn_user);
	/* What was learned of a workload outside the watches: by reading it (FIND_WORKLOAD) and by
	 * the answers to our applies. Fills in what is known; leaves the rest (state NONE) as it
	 * is. It need not care for what the watches know: that goes before it. */
	void (*look)(void *user, enum workload_kind kind, const char *namespace, const char *name,
		     struct arena *arena, struct workload_look *look);
	/* The last answer to the query of a metric of the channel; leaves state NONE where there is none. */
	void (*metric)(void *user, const char *namespace, const char *channel,
		       const struct metric_spec *spec, struct arena *arena,
		       struct metric_look *look);
	/* What is known of an entry of a ConfigMap as public keys (state NONE when it was not read). */
	void (*key)(void *user, const char *namespace, const struct signature_key *key, struct arena *arena,
		    struct key_look *ret_look);
	/* What the apiserver has not taken of the channel's last looks; leaves look as it is where that is nothing. */
	void (*unapplied)(void *user, const char *namespace, const char *name, struct arena *arena,
			  struct unapplied_look *look);
	/* The time zone of that name, or NULL. */
	const struct zone *(*zone)(void *user, const char *name);
	void *user;
	/* May objects of the kind that were there at resource_version not be known yet? The watches
	 * of two kinds are not in step; versions of both kinds of ours come from one counter. NULL:
	 * everything is known. */
	bool (*is_behind)(void *user, enum kind kind, const char *resource_version);
	/* Calls fn for a struct quarantine of every object that cannot be read; texts in arena. NULL: there are none. */
	void (*left_out)(void *user, struct arena *arena, world_each_fn fn, void *fn_user);
	/* Was the promotion of that uid here, and went? NULL: that is not known of any. */
	bool (*has_gone)(void *user, const char *uid);
	/* Calls fn for every channel that lists the workload. NULL: all channels of the namespace are asked. */
	void (*each_claimant)(void *user, enum workload_kind kind, const char *namespace, const char *name,
			      links_fn fn, void *fn_user);
	/* Calls fn for every channel of the namespace ("": of all), for whoever needs no more than their names. */
	void (*each_channel)(void *user, const char *namespace, world_channel_fn fn, void *fn_user);
};

/* Where the registry's answers come from. */
struct world_registry {
	/* Fills in the tags of a repository (state NONE when nobody asked). For policy
	 * INTAKE_NEWEST only those that match pattern, with their keys; last_tag's key goes to
	 * last_key. */
	void (*tags)(void *user, const char *namespace, const struct artifact *artifact,
		     const struct intake *intake, const char *last_tag, struct arena *arena,
		     struct tags_look *ret_look);
	/* Calls fn for every digest_look known of the artifact's repository. */
	void (*digests)(void *user, const char *namespace, const struct artifact *artifact,
			struct arena *arena, world_each_fn fn, void *fn_user);
	/* What is known of the signatures of a digest in the artifact's repository under a policy (state NONE when
	 * nobody asked). */
	void (*signature)(void *user, const char *namespace, const struct artifact *artifact, const char *digest,
			  const char *policy, struct arena *arena, struct signature_look *ret_look);
	void *user;
};

/* The kind whose records hold the workloads of that kind. */
enum kind world_workload_kind(enum workload_kind kind);

/* Gathers the world of channel namespace/name at now_ms into arena. name "" is the namespace's
 * sweep: no channel; pins that nobody claims any more can go. */
void world_gather(const struct world_objects *objects, const struct world_registry *registry,
		  const char *namespace, const char *name, int64_t now_ms, struct arena *arena,
		  struct world *ret_world);

#endif
