/* What the workloads look like beside what they should be. */
#include "base/clock.h"
#include "base/str.h"
#include "domain/decision.h"
#include "domain/image_ref.h"

/* A sentence about "Deployment shop-beta/web …". */
static const char *say(struct decision *d, const struct workload_spec *spec, const char *what)
{
	return arena_printf(d->arena, "%s %s/%s %s", workload_kind_name(spec->kind), d->world->namespace,
			    spec->name, what);
}

/* The name of the first container that the workload lacks, or NULL. */
static const char *missing_container(const struct workload_spec *spec, const struct workload *workload)
{
	for (size_t i = 0; i < spec->count; i++) {
		if (workload_find_container(workload, spec->containers[i].container) == NULL)
			return spec->containers[i].container;
	}
	return NULL;
}

/* The first artifact of the workload's containers that the target lacks, or NULL: spec.artifacts has grown since. */
static const char *lacking_artifact(const struct decision *d, const struct workload_spec *spec)
{
	for (size_t i = 0; d->target != NULL && i < spec->count; i++) {
		if (release_find(d->target, spec->containers[i].artifact) == NULL)
			return spec->containers[i].artifact;
	}
	return NULL;
}

/* The target's digest for the container, from the target's repository, if the pins say the same; NULL. */
static const char *stated_image(struct decision *d, const struct workload_spec *spec,
				const struct workload_container *wanted)
{
	const struct release_artifact *artifact = release_find(d->target, wanted->artifact);
	const char *key = pin_key(d->arena, spec->kind, spec->name, wanted->container);
	const char *image;

	if (artifact == NULL || d->world->pins == NULL)
		return NULL;
	image = image_ref_pin(d->arena, artifact->image, artifact->digest);
	return str_equal(pins_find(d->world->pins, key), image) ? image : NULL;
}

static bool are_pins_stated(struct decision *d, const struct workload_spec *spec)
{
	for (size_t i = 0; i < spec->count; i++) {
		if (stated_image(d, spec, &spec->containers[i]) == NULL)
			return false;
	}
	return true;
}

/* Does every container carry the target's digest? While the pins say something else, what is known of the workload may be
 * from before another pin whose answer was lost. */
static bool carries_target(struct decision *d, const struct workload_spec *spec,
			   const struct workload *workload)
{
	for (size_t i = 0; i < spec->count; i++) {
		const struct container *live = workload_find_container(workload, spec->containers[i].container);
		const char *image = stated_image(d, spec, &spec->containers[i]);

		if (live == NULL || image == NULL || !str_equal(live->image, image))
			return false;
	}
	return !workload->is_gated;
}

/* What a workload lacks that the pins would bring. With the guard off, nobody takes away the gate that it brought before. */
static const char *lack(const struct decision *d, const struct workload *w)
{
	if (d->target == NULL)
		return "waits for the channel's first release";
	if (w->is_gated && d->status.guard == GUARD_FIELD_OWNERSHIP)
		return "has the scheduling gate sluice.dev/no-release, which the guard takes away, and that is off here: "
		       "remove it from spec.template.spec.schedulingGates";
	return "does not carry the release yet";
}

/* "1 of 2 pods updated" while pods are replaced, then "1 of 2 updated pods available". */
static const char *counts(struct decision *d, const struct workload *w, int64_t available)
{
	const char *why = w->progress_message == NULL ? "" : w->progress_message;
	const char *colon = *why == '\0' ? "" : ": ";

	if (w->updated < w->desired)
		return arena_printf(d->arena, "has %lld of %lld pods updated%s%s", (long long)w->updated,
				    (long long)w->desired, colon, why);
	if (available < w->desired)
		return arena_printf(d->arena, "has %lld of %lld updated pods available%s%s",
				    (long long)available, (long long)w->desired, colon, why);
	return arena_printf(d->arena, "has old pods left: %lld pods instead of %lld%s%s",
			    (long long)w->total, (long long)w->desired, colon, why);
}

/* Deployment: the rule of `kubectl rollout status`. */
static const char *deployment_progress(struct decision *d, const struct workload *w)
{
	if (w->updated < w->desired || w->total > w->updated || w->available < w->updated)
		return counts(d, w, w->available);
	return NULL;
}

static const char on_delete_waits[] =
	"waits: its updateStrategy is OnDelete, so somebody has to delete its pods";

static const char *statefulset_progress(struct decision *d, const struct workload *w)
{
	if (w->is_on_delete && w->updated < w->desired)
		return on_delete_waits;
	if (w->partition > 0 && w->updated >= w->desired - w->partition && w->ready >= w->desired)
		return arena_printf(d->arena,
				    "waits: updateStrategy.rollingUpdate.partition %lld keeps pods below it back",
				    (long long)w->partition);
	if (w->ready < w->desired || w->updated < w->desired ||
	    (!w->is_on_delete && !str_equal(w->current_revision, w->update_revision)))
		return counts(d, w, w->ready);
	return NULL;
}

static const char *daemonset_progress(struct decision *d, const struct workload *w)
{
	if (w->updated < w->desired && w->is_on_delete)
		return on_delete_waits;
	if (w->updated < w->desired || w->available < w->desired)
		return counts(d, w, w->available);
	return NULL;
}

/* What keeps the workload's pods from all running the target; NULL when they do. */
static const char *progress(struct decision *d, const struct workload *w)
{
	if (w->kind == WORKLOAD_CRONJOB)
		return NULL; /* its next Job takes the template as it is */
	if (w->observed_generation < w->meta.generation)
		return "has not been looked at by its controller yet";
	switch (w->kind) {
	case WORKLOAD_DEPLOYMENT:
		return deployment_progress(d, w);
	case WORKLOAD_STATEFULSET:
		return statefulset_progress(d, w);
	case WORKLOAD_DAEMONSET:
		return daemonset_progress(d, w);
	case WORKLOAD_CRONJOB:
		break;
	}
	return NULL;
}

/* Reads a workload that the watches do not show, and again when the answer has grown old: then it is not known any more. */
static void find(struct decision *d, const struct workload_spec *spec)
{
	struct action *action = plan_add(d->plan, d->arena, ACTION_FIND_WORKLOAD);

	action->workload.kind = spec->kind;
	action->workload.name = spec->name;
}

bool workloads_are_read(struct decision *d)
{
	bool are_read = true;

	for (size_t i = 0; i < d->channel->workload_count; i++) {
		enum knowledge state = d->world->workloads[i].state;

		are_read &= state == KNOWLEDGE_KNOWN || state == KNOWLEDGE_FAILED;
		if (state == KNOWLEDGE_NONE)
			find(d, &d->channel->workloads[i]);
	}
	return are_read;
}

/* What is known to keep a workload from carrying the release, of the pins, which come first, or of its own pin; NULL. */
static const char *obstacle(struct decision *d, const struct workload_spec *spec, const struct lookup_failure *own)
{
	const struct write_failure *pins = &d->world->unapplied.pins;

	if (pins->what != NULL && d->target != NULL && lacking_artifact(d, spec) == NULL && !are_pins_stated(d, spec))
		return arena_printf(d->arena, "cannot be pinned: %s: %s", pins->what, pins->message);
	if (own->message == NULL)
		return NULL;
	return arena_printf(d->arena, err_class_is_refusal(own->class) ? "refused the pin: %s" : "cannot be pinned: %s", own->message);
}

static void inspect_absent(struct decision *d, const struct workload_spec *spec,
			   const struct workload_look *look, struct workload_finding *finding)
{
	finding->state = WORKLOAD_MISSING;
	finding->message = say(d, spec, look->failure.class == ERR_NOTFOUND
						? "does not exist"
						: arena_printf(d->arena, "cannot be read: %s", look->failure.message));
	plan_wake(d->plan, look->failure.retry_ms, "look for a missing workload");
}

static void inspect_present(struct decision *d, const struct workload_spec *spec,
			    const struct workload_look *look, struct workload_finding *finding)
{
	const struct workload *w = look->workload;
	const char *missing = missing_container(spec, w);
	const char *lacking = lacking_artifact(d, spec);
	const char *why;

	finding->is_paused = w->is_paused && w->kind == WORKLOAD_DEPLOYMENT;
	finding->has_conflict = look->conflict_manager != NULL;
	finding->state = WORKLOAD_UNUSABLE;
	if (finding->is_claimed) {
		finding->message = say(d, spec, "is pinned by another channel");
	} else if (w->meta.is_deleting) {
		finding->message = say(d, spec, "is being deleted");
	} else if (missing != NULL) {
		finding->message =
			say(d, spec, arena_printf(d->arena, "has no container \"%s\"", missing));
	} else if (lacking != NULL) {
		finding->state = WORKLOAD_UNPINNED;
		finding->message = say(d, spec, arena_printf(d->arena, "needs artifact \"%s\", which %s lacks; promote a release that has it",
							     lacking, d->target->id));
	} else if (d->target == NULL || !carries_target(d, spec, w)) {
		finding->state = WORKLOAD_UNPINNED;
		finding->message = say(d, spec, lack(d, w));
	} else {
		why = progress(d, w);
		finding->state = why == NULL ? WORKLOAD_RUNNING : WORKLOAD_MOVING;
		finding->message = why == NULL ? NULL : say(d, spec, why);
	}
	why = finding->state == WORKLOAD_UNPINNED ? obstacle(d, spec, &look->failure) : NULL;
	if (why != NULL)
		finding->message = say(d, spec, why);
	if (finding->is_paused)
		finding->message = say(d, spec, "is paused (spec.paused)");
}

void workloads_inspect(struct decision *d)
{
	for (size_t i = 0; i < d->channel->workload_count; i++) {
		const struct workload_look *look = &d->world->workloads[i];

		if (look->state == KNOWLEDGE_KNOWN)
			inspect_present(d, &d->channel->workloads[i], look, &d->findings[i]);
		else
			inspect_absent(d, &d->channel->workloads[i], look, &d->findings[i]);
	}
}
