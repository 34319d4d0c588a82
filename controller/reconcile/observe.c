#include "reconcile/observe.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define KEY_SIZE 384

struct observing {
	const struct links *links;
	const struct world_objects *objects;
	links_fn fn;
	void *user;
	size_t claimants; /* of the pin that is looked at */
};

static void tell(void *user, const char *namespace, const char *name)
{
	const struct observing *o = user;
	char key[KEY_SIZE];

	(void)snprintf(key, sizeof(key), "%s/%s", namespace, name);
	o->fn(o->user, key);
}

/* All channels of a namespace; "": all there are. */
static void tell_channels(struct observing *o, const char *namespace)
{
	o->objects->each_channel(o->objects->user, namespace, tell, o);
}

static void channel_changed(struct observing *o, const struct channel *channel, bool is_gone)
{
	tell(o, channel->meta.namespace, channel->meta.name);
	links_each_downstream(o->links, channel->meta.namespace, channel->meta.name, o->fn,
			      o->user);
	if (is_gone)
		tell(o, channel->meta.namespace, "");
}

/* The channel whose label it carries, and those that list it, labelled or not. */
static void workload_changed(struct observing *o, const struct workload *workload)
{
	if (!str_is_empty(workload->meta.channel))
		tell(o, workload->meta.namespace, workload->meta.channel);
	links_each_claimant(o->links, workload->kind, workload->meta.namespace, workload->meta.name,
			    o->fn, o->user);
}

static void made_changed(struct observing *o, const struct made *made)
{
	if (!str_is_empty(made->meta.channel))
		tell(o, made->meta.namespace, made->meta.channel);
}

/* A gated pod belongs to a StatefulSet when it matters at all: the others leave the gate by
 * themselves. */
static void pod_changed(struct observing *o, const struct gated_pod *pod)
{
	if (str_equal(pod->meta.owner_kind, "StatefulSet"))
		links_each_claimant(o->links, WORKLOAD_STATEFULSET, pod->meta.namespace,
				    pod->meta.owner_name, o->fn, o->user);
}

static void object_changed(struct observing *o, enum kind kind, const void *object, bool is_gone)
{
	const struct meta *meta = object; /* every object begins with it */

	switch (kind) {
	case KIND_CHANNEL:
		channel_changed(o, object, is_gone);
		break;
	case KIND_PROMOTION:
		tell(o, meta->namespace, ((const struct promotion *)object)->channel);
		break;
	case KIND_DEPLOYMENT:
	case KIND_STATEFULSET:
	case KIND_DAEMONSET:
	case KIND_CRONJOB:
		workload_changed(o, object);
		break;
	case KIND_PINS:
		tell_channels(o, meta->namespace);
		tell(o, meta->namespace, "");
		break;
	case KIND_SCALER:
	case KIND_SERVICE:
		made_changed(o, object);
		break;
	case KIND_GATED_POD:
		pod_changed(o, object);
		break;
	case KIND_FREE_NAMESPACE:
		tell_channels(o, meta->name);
		break;
	case KIND_STOP:
	case KIND_GUARD_POLICY:
	case KIND_GUARD_BINDING:
	case KIND_WHO_MAY_POLICY:
	case KIND_WHO_MAY_BINDING:
		tell_channels(o, "");
		break;
	case KIND_COUNT:
		break;
	}
}

static void on_claimant(void *user, const char *key)
{
	struct observing *o = user;

	o->claimants++;
	o->fn(o->user, key);
}

/* One that is stated and that nobody claims is the sweep's; one that is gone and that nobody claims concerns nobody. */
static void pin_changed(struct observing *o, const char *namespace, const char *key, bool is_gone)
{
	char name[KEY_SIZE];
	struct pin_owner owner;

	o->claimants = 0;
	if (pin_key_read(key, &owner)) {
		(void)snprintf(name, sizeof(name), "%.*s", (int)owner.name_len, owner.name);
		links_each_claimant(o->links, owner.kind, namespace, name, on_claimant, o);
	}
	if (o->claimants == 0 && !is_gone)
		tell(o, namespace, "");
}

/* Each pin is read by those alone that claim its workload; told of every change, the channels of a namespace would
 * look at each other's pins again and again. A version that says the same concerns nobody: who wrote upon the one
 * before is refused, and looks again. */
static void pins_changed(struct observing *o, const struct pins *before, const struct pins *after)
{
	size_t i = 0;
	size_t k = 0;

	while (i < before->count || k < after->count) {
		const struct pin *old = i < before->count ? &before->items[i] : NULL;
		const struct pin *new = k < after->count ? &after->items[k] : NULL;
		int order = old == NULL ? 1 : new == NULL ? -1 : strcmp(old->key, new->key);

		i += order <= 0;
		k += order >= 0;
		if (order != 0 || !str_equal(old->image, new->image))
			pin_changed(o, before->meta.namespace, order <= 0 ? old->key : new->key, order < 0);
	}
}

static bool is_workload(enum kind kind)
{
	return kind >= KIND_DEPLOYMENT && kind <= KIND_CRONJOB;
}

static bool made_is_same(const struct made *before, const struct made *after)
{
	return str_equal(before->applied, after->applied) &&
	       str_equal(before->summary, after->summary) &&
	       str_equal(before->meta.uid, after->meta.uid) &&
	       str_equal(before->meta.channel, after->meta.channel) &&
	       str_equal(before->meta.owner_uid, after->meta.owner_uid) &&
	       before->meta.is_deleting == after->meta.is_deleting;
}

/* Statuses, annotations and managed fields change all the time; of most of that nothing is read. */
static bool is_same_to_us(const struct change *change)
{
	if (change->before == NULL || change->after == NULL)
		return false;
	if (is_workload(change->kind))
		return !change->has_voided && workload_is_same(change->before, change->after);
	return (change->kind == KIND_SCALER || change->kind == KIND_SERVICE) &&
	       made_is_same(change->before, change->after);
}

void observe_change(const struct change *change, const struct links *links,
		    const struct world_objects *objects, links_fn fn, void *user)
{
	struct observing o = { .links = links, .objects = objects, .fn = fn, .user = user };

	if (is_same_to_us(change))
		return;
	if (change->kind == KIND_PINS && change->before != NULL && change->after != NULL) {
		pins_changed(&o, change->before, change->after);
		return;
	}
	if (change->before != NULL)
		object_changed(&o, change->kind, change->before, change->after == NULL);
	if (change->after != NULL)
		object_changed(&o, change->kind, change->after, false);
}

bool observe_forget(const struct change *change, struct looks *looks, struct unapplied *unapplied)
{
	const void *object = change->after != NULL ? change->after : change->before;
	const struct channel *before = change->before;
	const struct channel *channel = object;
	const struct workload *workload = object;

	if (is_workload(change->kind))
		return looks_forget(looks, workload->kind, workload->meta.namespace, workload->meta.name);
	if (change->kind != KIND_CHANNEL ||
	    (before != NULL && before->meta.generation == channel->meta.generation))
		return false;
	unapplied_forget(unapplied, channel->meta.namespace, channel->meta.name);
	for (size_t i = 0; i < channel->workload_count; i++)
		(void)looks_forget(looks, channel->workloads[i].kind, channel->meta.namespace, channel->workloads[i].name);
	return false;
}
