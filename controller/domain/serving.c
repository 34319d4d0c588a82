/* What stands beside the workloads: autoscalers, the Service, and pods that were born behind the gate. */
#include <string.h>

#include "base/sha256.h"
#include "base/str.h"
#include "domain/decision.h"
#include "domain/made.h"

/* The workload that a field of the spec names, which has to be of a kind that fits; NULL stalls the channel. */
static const struct workload_spec *find_workload(struct decision *d, const char *field, const char *name,
						 bool must_scale)
{
	for (size_t i = 0; i < d->channel->workload_count; i++) {
		const struct workload_spec *spec = &d->channel->workloads[i];
		bool scales = spec->kind == WORKLOAD_DEPLOYMENT || spec->kind == WORKLOAD_STATEFULSET;
		bool serves = spec->kind != WORKLOAD_CRONJOB;

		if (str_equal(spec->name, name) && (must_scale ? scales : serves))
			return spec;
	}
	decision_stall(d, "UnknownWorkload",
		       arena_printf(d->arena, "%s: spec.workloads has no %s called \"%s\"", field,
				    must_scale ? "Deployment or StatefulSet" : "workload with pods that stay",
				    name));
	return NULL;
}

/* What the annotation sluice.dev/applied says of an apply: a hash over all that went into it. */
static const char *fingerprint(struct decision *d, const char *text)
{
	char hex[SHA256_HEX_SIZE];

	sha256_hex(text, strlen(text), hex);
	return arena_strndup(d->arena, hex, 16);
}

static const struct made *find_made(const struct made **list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (str_equal(list[i]->meta.name, name))
			return list[i];
	}
	return NULL;
}

/* Is the live object what was planned: same fingerprint, same fields, and this channel's? */
static bool is_as_planned(const struct decision *d, const struct made *live, const char *applied,
			  const char *summary)
{
	return live != NULL && str_equal(live->applied, applied) && str_equal(live->summary, summary) &&
	       str_equal(live->meta.owner_uid, d->channel->meta.uid);
}

static void plan_scaler(struct decision *d, const struct autoscaling *spec)
{
	const struct workload_spec *workload = find_workload(d, "spec.autoscaling", spec->workload, true);
	const char *summary;
	const char *applied;
	struct action *action;

	if (workload == NULL)
		return;
	summary = made_scaler_summary(d->arena, workload_kind_name(workload->kind), spec->workload,
				      spec->min_replicas, spec->max_replicas);
	applied = fingerprint(d, arena_printf(d->arena, "%s %s %s", summary,
					      spec->metrics == NULL ? "" : spec->metrics,
					      spec->behavior == NULL ? "" : spec->behavior));
	if (is_as_planned(d, find_made(d->world->scalers, d->world->scaler_count, spec->workload), applied,
			  summary))
		return;
	action = plan_add(d->plan, d->arena, ACTION_APPLY_SCALER);
	action->scaler = (struct action_scaler){ workload->kind, spec, applied };
}

/* The look at a workload of the spec. */
static const struct workload_look *look_of(const struct decision *d, const struct workload_spec *spec)
{
	return &d->world->workloads[spec - d->channel->workloads];
}

static void plan_service(struct decision *d)
{
	const struct service_spec *spec = &d->channel->service;
	const struct workload_spec *workload =
		find_workload(d, "spec.routing.service.workload", spec->workload, false);
	const struct workload *live = workload == NULL ? NULL : look_of(d, workload)->workload;
	const char *summary;
	const char *applied;
	struct action *action;

	if (live == NULL)
		return; /* its pods' labels are not known yet; the workload's condition says so */
	if (live->has_expressions) {
		decision_stall(d, "SelectorNotUsable",
			       arena_printf(d->arena,
					    "spec.routing.service: %s %s selects its pods by matchExpressions, "
					    "a Service can only use matchLabels",
					    workload_kind_name(workload->kind), workload->name));
		return;
	}
	summary = made_service_summary(d->arena, live->selector, live->selector_count, spec->ports,
				       spec->count);
	applied = fingerprint(d, summary);
	if (is_as_planned(d, find_made(d->world->services, d->world->service_count, spec->name), applied,
			  summary))
		return;
	action = plan_add(d->plan, d->arena, ACTION_APPLY_SERVICE);
	action->service =
		(struct action_service){ spec, live->selector, live->selector_count, applied };
}

static void plan_delete(struct decision *d, enum delete_kind kind, const struct meta *meta)
{
	struct action *action = plan_add(d->plan, d->arena, ACTION_DELETE);

	action->delete = (struct action_delete){ kind, meta->name, meta->uid, meta->resource_version };
}

/* Is it ours to delete: made for this channel object, and not going already? */
static bool may_delete(const struct decision *d, const struct meta *meta)
{
	return !meta->is_deleting && str_equal(meta->owner_uid, d->channel->meta.uid);
}

static bool scaler_is_wanted(const struct decision *d, const char *name)
{
	for (size_t i = 0; i < d->channel->autoscaling_count; i++) {
		if (str_equal(d->channel->autoscaling[i].workload, name))
			return true;
	}
	return false;
}

static void delete_unwanted(struct decision *d)
{
	for (size_t i = 0; i < d->world->scaler_count; i++) {
		const struct meta *meta = &d->world->scalers[i]->meta;

		if (may_delete(d, meta) && !scaler_is_wanted(d, meta->name))
			plan_delete(d, DELETE_SCALER, meta);
	}
	for (size_t i = 0; i < d->world->service_count; i++) {
		const struct meta *meta = &d->world->services[i]->meta;

		if (may_delete(d, meta) && !str_equal(d->channel->service.name, meta->name))
			plan_delete(d, DELETE_SERVICE, meta);
	}
}

/* A StatefulSet does not replace a pod that was never scheduled (kubernetes/kubernetes#67250): once its template
 * is free of the gate, the pods born behind it have to go. */
static void release_gated_pods(struct decision *d)
{
	for (size_t i = 0; i < d->channel->workload_count; i++) {
		const struct workload_spec *spec = &d->channel->workloads[i];
		const struct workload *w = look_of(d, spec)->workload;

		if (spec->kind != WORKLOAD_STATEFULSET || w == NULL || w->is_gated ||
		    d->findings[i].is_claimed)
			continue;
		for (size_t k = 0; k < d->world->gated_pod_count; k++) {
			const struct gated_pod *pod = d->world->gated_pods[k];

			if (pod->is_gated && !pod->meta.is_deleting &&
			    str_equal(pod->meta.owner_uid, w->meta.uid))
				plan_delete(d, DELETE_POD, &pod->meta);
		}
	}
}

static bool is_anything_planned(const struct plan *plan, bool is_deletion)
{
	for (size_t i = 0; i < plan->actions.len; i++) {
		const struct action *action = plan->actions.items[i];

		if (is_deletion ? action->kind == ACTION_DELETE
				: action->kind == ACTION_APPLY_SCALER || action->kind == ACTION_APPLY_SERVICE)
			return true;
	}
	return false;
}

/* What could not be applied or deleted, while it still has to be. */
static void tell_unapplied(struct decision *d, const struct write_failure *failure, bool is_deletion)
{
	if (failure->what == NULL || !is_anything_planned(d->plan, is_deletion))
		return;
	if (err_class_is_refusal(failure->class))
		decision_stall(d, is_deletion ? "DeletionRefused" : "ApplyRefused",
			       arena_printf(d->arena, "%s: %s", failure->what, failure->message));
	else if (d->unapplied_message == NULL)
		d->unapplied_message = arena_printf(d->arena, "%s cannot be %s: %s", failure->what,
						    is_deletion ? "deleted" : "applied", failure->message);
}

/* What is wrong here stalls the channel after its gates were asked: promotions go on beside it. */
void serving_plan(struct decision *d)
{
	if (d->channel->is_suspended)
		return;
	for (size_t i = 0; i < d->channel->autoscaling_count; i++)
		plan_scaler(d, &d->channel->autoscaling[i]);
	if (d->channel->service.name != NULL)
		plan_service(d);
	delete_unwanted(d);
	release_gated_pods(d);
	tell_unapplied(d, &d->world->unapplied.made, false);
	tell_unapplied(d, &d->world->unapplied.deletion, true);
}
