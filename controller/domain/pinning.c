/* The pins: first stated in the namespace's ConfigMap, where the guard reads them, then written. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "domain/decision.h"
#include "domain/image_ref.h"

#define TAKEOVERS_MAX 5
#define TAKEOVER_WINDOW_MS (10 * 60 * INT64_C(1000))

static bool is_owner(const struct pin_owner *owner, const struct workload_spec *spec)
{
	return owner->kind == spec->kind && strncmp(owner->name, spec->name, owner->name_len) == 0 &&
	       spec->name[owner->name_len] == '\0';
}

/* Is key a pin of a workload of this channel (and of no older one)? */
static bool is_ours(const struct decision *d, const char *key)
{
	struct pin_owner owner;

	if (!pin_key_read(key, &owner))
		return false;
	for (size_t i = 0; d->channel != NULL && i < d->channel->workload_count; i++) {
		if (!d->findings[i].is_claimed && is_owner(&owner, &d->channel->workloads[i]))
			return true;
	}
	return false;
}

/* Those of now that are not this channel's, and that some other may want to stay; one that cannot be read may want any. */
static size_t others_pins(const struct decision *d, const struct pins *now, struct pin *ret)
{
	bool keeps_any = world_find_left_out(d->world, "ReleaseChannel", NULL) != NULL;
	size_t count = 0;

	for (size_t i = 0; i < now->count; i++) {
		if ((keeps_any || d->world->are_claimed[i]) && !is_ours(d, now->items[i].key))
			ret[count++] = now->items[i];
	}
	return count;
}

static int compare_pins(const void *a, const void *b)
{
	return strcmp(((const struct pin *)a)->key, ((const struct pin *)b)->key);
}

/* The pins that the channel's workloads have with that release. */
static size_t own_pins(struct decision *d, const struct release *release, struct pin *ret)
{
	size_t count = 0;

	for (size_t i = 0; i < d->channel->workload_count; i++) {
		const struct workload_spec *spec = &d->channel->workloads[i];

		for (size_t k = 0; k < spec->count && !d->findings[i].is_claimed; k++) {
			const struct release_artifact *a =
				release_find(release, spec->containers[k].artifact);

			if (a == NULL)
				continue;
			ret[count].key = pin_key(d->arena, spec->kind, spec->name, spec->containers[k].container);
			ret[count++].image = image_ref_pin(d->arena, a->image, a->digest);
		}
	}
	return count;
}

static size_t container_count(const struct decision *d)
{
	size_t count = 0;

	for (size_t i = 0; d->channel != NULL && i < d->channel->workload_count; i++)
		count += d->channel->workloads[i].count;
	return count;
}

/* What differs between the ConfigMap and wanted, for the plan's text. */
static size_t differences(const struct pins *now, const struct pins *wanted, struct pin *ret)
{
	size_t count = 0;

	for (size_t i = 0; i < wanted->count; i++) {
		if (!str_equal(pins_find(now, wanted->items[i].key), wanted->items[i].image))
			ret[count++] = wanted->items[i];
	}
	for (size_t i = 0; i < now->count; i++) {
		if (pins_find(wanted, now->items[i].key) == NULL)
			ret[count++] = (struct pin){ now->items[i].key, NULL };
	}
	return count;
}

/* Keeps what other channels pinned, replaces what is ours by own, drops what nobody claims any more. */
static void state_pins(struct decision *d, const struct pin *own, size_t own_count)
{
	static const struct pins none;
	const struct pins *now = d->world->pins != NULL ? d->world->pins : &none;
	struct pins wanted = { .items = arena_new_array(d->arena, now->count + own_count, struct pin) };
	struct pin *changed = arena_new_array(d->arena, 2 * now->count + own_count, struct pin);
	struct action *action;
	size_t changes;

	wanted.count = others_pins(d, now, wanted.items);
	for (size_t i = 0; i < own_count; i++)
		wanted.items[wanted.count++] = own[i];
	qsort(wanted.items, wanted.count, sizeof(*wanted.items), compare_pins);
	changes = differences(now, &wanted, changed);
	if (changes == 0)
		return;
	action = plan_add(d->plan, d->arena, ACTION_STATE_PINS);
	action->pins = (struct action_pins){
		.items = wanted.items,
		.count = wanted.count,
		.resource_version = now->meta.resource_version,
		.uid = now->meta.uid,
		.changed = changed,
		.changed_count = changes,
	};
}

void pinning_sweep(struct decision *d)
{
	state_pins(d, NULL, 0);
}

/* May the image field be taken from another manager once more? Counts it, in the status that is written
 * before the workload is. */
static bool may_take(struct decision *d, const struct workload_spec *spec, const char *manager)
{
	struct takeovers *t = &d->status.takeovers;

	if (t->manager != NULL && t->count < TAKEOVERS_MAX &&
	    d->world->now_ms - t->since_ms > TAKEOVER_WINDOW_MS)
		*t = (struct takeovers){ .count = 0 };
	if (t->count >= TAKEOVERS_MAX) {
		d->conflict_message = arena_printf(
			d->arena,
			"%s %s/%s: field manager \"%s\" keeps setting the image; taken back %d times, now left "
			"alone until the field is free",
			workload_kind_name(spec->kind), d->world->namespace, spec->name, manager,
			TAKEOVERS_MAX);
		return false;
	}
	if (t->count == 0)
		t->since_ms = d->world->now_ms;
	t->count++;
	t->manager = manager;
	return true;
}

/* All images that Sluice owns in the workload: an apply that left one out would give it up. */
static void fill_containers(struct decision *d, const struct workload_spec *spec, const struct workload *w,
			    struct action_workload *ret)
{
	struct container *list = arena_new_array(d->arena, spec->count, struct container);

	for (size_t i = 0; i < spec->count && d->target != NULL; i++) {
		const struct container *live = workload_find_container(w, spec->containers[i].container);
		const struct release_artifact *a = release_find(d->target, spec->containers[i].artifact);

		if (live == NULL || a == NULL)
			continue;
		list[ret->count++] = (struct container){
			live->name,
			image_ref_pin(d->arena, a->image, a->digest),
			live->is_init,
		};
	}
	ret->containers = list;
}

/* Does the workload carry these images already? */
static bool carries(const struct workload *w, const struct action_workload *pin)
{
	for (size_t i = 0; i < pin->count; i++) {
		const struct container *live = workload_find_container(w, pin->containers[i].name);

		if (live == NULL || !str_equal(live->image, pin->containers[i].image))
			return false;
	}
	return true;
}

/* Of a workload that carries the images: did somebody change the pins of a release that had come? Then a write of the right
 * image, judged by a guard that has not seen the right pins yet, would bring the wrong one. */
static bool are_pins_alone_wrong(const struct decision *d, const struct workload *w)
{
	return d->status.guard == GUARD_ENFORCED && d->status.desired.release.id == NULL && !w->is_gated;
}

static void pin_workload(struct decision *d, size_t i)
{
	const struct workload_spec *spec = &d->channel->workloads[i];
	const struct workload_look *look = &d->world->workloads[i];
	const struct workload *w = look->workload;
	bool has_label = str_equal(w->meta.channel, d->world->name);
	bool needs_images = d->target != NULL && d->findings[i].state == WORKLOAD_UNPINNED;
	bool force = d->status.guard == GUARD_ENFORCED;
	struct action_workload pin = { .kind = spec->kind, .name = spec->name, .uid = w->meta.uid };

	if (has_label && !needs_images)
		return;
	fill_containers(d, spec, w, &pin);
	if (has_label && carries(w, &pin) && (pin.count < spec->count || are_pins_alone_wrong(d, w)))
		return; /* what else it needs, the release does not have; or it needs nothing else */
	if (err_class_is_refusal(look->failure.class) && d->world->now_ms < look->failure.retry_ms) {
		plan_wake(d->plan, look->failure.retry_ms, "refused pin");
		return;
	}
	if (!force && look->conflict_manager != NULL) {
		force = may_take(d, spec, look->conflict_manager);
		if (!force && d->world->now_ms < look->conflict_retry_ms) {
			plan_wake(d->plan, look->conflict_retry_ms, "taken field");
			return;
		}
	}
	pin.force = force;
	plan_add(d->plan, d->arena, ACTION_PIN)->workload = pin;
}

/* Nobody keeps the field any more, or the release changed: the count of takings starts anew. */
static void forget_takeovers(struct decision *d)
{
	for (size_t i = 0; i < d->channel->workload_count; i++) {
		if (d->findings[i].state <= WORKLOAD_UNPINNED)
			return;
	}
	if (d->status.takeovers.count > 0 &&
	    d->world->now_ms - d->status.takeovers.since_ms > TAKEOVER_WINDOW_MS)
		d->status.takeovers = (struct takeovers){ .count = 0 };
}

/* Does the channel turn away from a release whose pins (own has room for them) may still be on their way? Not before the
 * pins' object is there: a write that only begins it brings none. */
static bool turns_back_early(struct decision *d, struct pin *own)
{
	const struct release *before = &d->channel->status.desired.release;
	const struct pins *now = d->world->pins;
	size_t count;

	if (before->id == NULL || now == NULL || (d->target != NULL && release_equal(before, d->target)))
		return false;
	count = own_pins(d, before, own);
	for (size_t i = 0; i < count; i++) {
		if (!str_equal(pins_find(now, own[i].key), own[i].image))
			return true;
	}
	return false;
}

/* States what is there already, upon a version that is no other's from then on: a replica that led before, and whose write
 * of the release's pins is under way, is refused. Goes before the channel's status; the rest is another look's. */
static void renew_pins(struct decision *d)
{
	const struct pins *now = d->world->pins;

	plan_add(d->plan, d->arena, ACTION_STATE_PINS)->pins = (struct action_pins){
		.items = now->items,
		.count = now->count,
		.resource_version = now->meta.resource_version,
		.uid = now->meta.uid,
		.is_renewal = true,
	};
}

void pinning_plan(struct decision *d)
{
	struct pin *own = arena_new_array(d->arena, container_count(d), struct pin);

	if (turns_back_early(d, own)) {
		renew_pins(d);
		return;
	}
	if (d->channel->is_suspended)
		return;
	/* Without a release, what is pinned here was pinned by a channel of this name that is gone. */
	state_pins(d, own, d->target == NULL ? 0 : own_pins(d, d->target, own));
	for (size_t i = 0; i < d->channel->workload_count; i++) {
		if (d->findings[i].state >= WORKLOAD_UNPINNED)
			pin_workload(d, i);
	}
	forget_takeovers(d);
}
