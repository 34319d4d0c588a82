/* The text form of a plan: the program made visible. Its words are fixed; tests and documents show them. */
#include "base/clock.h"
#include "base/str.h"
#include "domain/digest.h"
#include "domain/plan.h"

const char *action_name(enum action_kind kind)
{
	static const char *const names[] = {
		[ACTION_LIST_TAGS] = "list",	     [ACTION_RESOLVE] = "resolve",
		[ACTION_CHECK_SIGNATURES] = "check",	     [ACTION_READ_KEY] = "key",
		[ACTION_FIND_WORKLOAD] = "find",     [ACTION_CREATE_PROMOTION] = "create",
		[ACTION_STATE_PINS] = "pins",	     [ACTION_PIN] = "pin",
		[ACTION_APPLY_SCALER] = "scale",     [ACTION_APPLY_SERVICE] = "serve",
		[ACTION_DELETE] = "delete",	     [ACTION_CHANNEL_STATUS] = "status channel",
		[ACTION_PROMOTION_STATUS] = "status", [ACTION_EVENT] = "event",
		[ACTION_NOTICE] = "notice",
	};

	return names[kind];
}

static int lookup_text(const struct action *action, struct buf *out, struct err *err)
{
	const struct action_lookup *l = &action->lookup;

	if (action->kind == ACTION_LIST_TAGS)
		return buf_printf(out, err, "list    tags of %s", l->repository);
	if (action->kind == ACTION_CHECK_SIGNATURES)
		return buf_printf(out, err, "check   signatures of %s@%s", l->repository, l->reference);
	return buf_printf(out, err, "resolve %s%s%s", l->repository,
			  digest_is_valid(l->reference) ? "@" : ":", l->reference);
}

static int pins_text(const struct action_pins *pins, struct buf *out, struct err *err)
{
	int r = 0;

	if (pins->is_renewal)
		return buf_printf(out, err, "pins    sluice-pins  as they are, in a new version");
	for (size_t i = 0; i < pins->changed_count && r == 0; i++)
		r = buf_printf(out, err, "%spins    sluice-pins  %s → %s", i == 0 ? "" : "\n  ",
			       pins->changed[i].key,
			       pins->changed[i].image == NULL ? "(none)" : pins->changed[i].image);
	return r;
}

static int pin_text(const struct plan *plan, const struct action_workload *w, struct buf *out,
		    struct err *err)
{
	const char *force = w->force ? "  force" : "";
	int r = 0;

	if (w->count == 0)
		return buf_printf(out, err, "pin     %s %s/%s  label sluice.dev/channel=%s%s",
				  workload_kind_name(w->kind), plan->namespace, w->name, plan->name, force);
	for (size_t i = 0; i < w->count && r == 0; i++)
		r = buf_printf(out, err, "%spin     %s %s/%s  %s %s → %s%s", i == 0 ? "" : "\n  ",
			       workload_kind_name(w->kind), plan->namespace, w->name,
			       w->containers[i].is_init ? "init container" : "container",
			       w->containers[i].name, w->containers[i].image, force);
	return r;
}

static int create_text(const struct action_create *c, struct buf *out, struct err *err)
{
	int r = buf_printf(out, err, "create  promotion %s  %s", c->name, c->release.id);

	for (size_t i = 0; i < c->release.count && r == 0; i++) {
		const struct release_artifact *a = &c->release.artifacts[i];

		r = buf_printf(out, err, "  %s=%s%s%s", a->name, a->digest, a->tag == NULL ? "" : " tag ",
			       a->tag == NULL ? "" : a->tag);
	}
	return r;
}

static int scaler_text(const struct plan *plan, const struct action_scaler *s, struct buf *out,
		       struct err *err)
{
	return buf_printf(out, err, "scale   %s %s/%s  min %lld max %lld", workload_kind_name(s->kind),
			  plan->namespace, s->spec->workload,
			  (long long)(s->spec->min_replicas == 0 ? 1 : s->spec->min_replicas),
			  (long long)s->spec->max_replicas);
}

static int service_text(const struct plan *plan, const struct action_service *s, struct buf *out,
			struct err *err)
{
	int r = buf_printf(out, err, "serve   Service %s/%s ", plan->namespace, s->spec->name);

	for (size_t i = 0; i < s->selector_count && r == 0; i++)
		r = buf_printf(out, err, " %s=%s", s->selector[i].key, s->selector[i].value);
	for (size_t i = 0; i < s->spec->count && r == 0; i++)
		r = buf_printf(out, err, " port %lld", (long long)s->spec->ports[i].port);
	return r;
}

static int delete_text(const struct plan *plan, const struct action_delete *d, struct buf *out,
		       struct err *err)
{
	static const char *const names[] = { "HorizontalPodAutoscaler", "Service", "Pod", "Promotion" };

	return buf_printf(out, err, "delete  %s %s/%s", names[d->kind], plan->namespace, d->name);
}

static int moment_text(int64_t ms, struct buf *out, struct err *err)
{
	char text[CLOCK_TEXT_SIZE];

	return ms == CLOCK_NEVER ? 0 : buf_printf(out, err, " until %s", clock_format(ms, text));
}

static int step_text(const struct step *s, struct buf *out, struct err *err)
{
	char since[CLOCK_TEXT_SIZE];
	char until[CLOCK_TEXT_SIZE];

	return buf_printf(out, err, "\n    step %s  %s – %s%s%s", s->name, clock_format(s->started_ms, since),
			  s->finished_ms == 0 ? "now" : clock_format(s->finished_ms, until),
			  s->message == NULL ? "" : "  ", s->message == NULL ? "" : s->message);
}

static int approval_text(const struct approval *a, struct buf *out, struct err *err)
{
	char at[CLOCK_TEXT_SIZE];

	return buf_printf(out, err, "\n    approval %s %s%s  seen %s", a->user,
			  approval_decision_name(a->decision), a->is_override ? " override" : "",
			  clock_format(a->at_ms, at));
}

static int promotion_status_text(const struct action_promotion_status *p, struct buf *out,
				 struct err *err)
{
	const struct condition *ready = condition_find(&p->status.conditions, "Ready");
	char text[CLOCK_TEXT_SIZE];
	int r = buf_printf(out, err, "status  promotion %s  %s", p->name,
			   promotion_phase_name(p->status.phase));

	if (r == 0 && p->status.release.id != NULL)
		r = buf_printf(out, err, " %s", p->status.release.id);
	if (r == 0 && ready != NULL)
		r = buf_printf(out, err, "  %s: %s", ready->reason, ready->message);
	if (r == 0 && p->status.waiting_count > 0)
		r = moment_text(p->status.waiting[0].until_ms, out, err);
	if (r == 0 && p->status.closed_since_ms != 0)
		r = buf_printf(out, err, "\n    closed since %s", clock_format(p->status.closed_since_ms, text));
	if (r == 0 && p->status.closed_ms != 0)
		r = buf_printf(out, err, "\n    closed for %s", clock_format_duration(p->status.closed_ms, text));
	for (size_t i = 0; i < p->status.approval_count && r == 0; i++)
		r = approval_text(&p->status.approvals[i], out, err);
	for (size_t i = 0; i < p->status.step_count && r == 0; i++)
		r = step_text(&p->status.steps[i], out, err);
	return r;
}

/* The verified releases: revoked or not, and their stays. */
static int verified_text(const struct verified *v, struct buf *out, struct err *err)
{
	char since[CLOCK_TEXT_SIZE];
	char until[CLOCK_TEXT_SIZE];
	int r = buf_printf(out, err, "\n    verified %s%s%s", v->release.id, v->is_revoked ? "  revoked: " : "",
			   v->is_revoked ? v->reason : "");

	for (size_t i = 0; i < v->stay_count && r == 0; i++)
		r = buf_printf(out, err, "  stay %s – %s", clock_format(v->stays[i].since_ms, since),
			       v->stays[i].until_ms == 0 ? "now"
							 : clock_format(v->stays[i].until_ms, until));
	return r;
}

/* The last verification, and of each metric what was measured last. */
static int verification_text(const struct verification_status *v, struct buf *out, struct err *err)
{
	int r = 0;

	if (v->result != VERIFICATION_NONE)
		r = buf_printf(out, err, "\n    verification %s %s: %s", v->release,
			       verification_result_name(v->result), v->message == NULL ? "" : v->message);
	for (size_t i = 0; i < v->metric_count && r == 0; i++) {
		const struct metric_status *m = &v->metrics[i];

		r = buf_printf(out, err, "\n      metric %s  passed %lld failed %lld inconclusive %lld errors %lld", m->name,
			       (long long)m->passed, (long long)m->failed, (long long)m->inconclusive,
			       (long long)m->errors);
		if (r == 0 && m->latest_count > 0)
			r = buf_printf(out, err, "  last %s %s", metric_verdict_name(m->latest->verdict),
				       m->latest->value != NULL ? m->latest->value : m->latest->message);
	}
	return r;
}

static int conditions_text(const struct conditions *conditions, struct buf *out, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < conditions->count && r == 0; i++) {
		const struct condition *c = &conditions->items[i];

		r = buf_printf(out, err, "\n    %s=%s %s: %s", c->type, condition_status_name(c->status),
			       c->reason, c->message);
	}
	return r;
}

/* The channel's status in the few words that tell one from another. */
static int channel_status_text(const struct channel_status *s, struct buf *out, struct err *err)
{
	int r = buf_puts(out, "status  channel", err);

	if (r == 0 && s->current.release.id != NULL)
		r = buf_printf(out, err, "  current %s", s->current.release.id);
	if (r == 0 && s->desired.release.id != NULL)
		r = buf_printf(out, err, "  desired %s", s->desired.release.id);
	if (r == 0 && s->desired.signature_policy != NULL)
		r = buf_printf(out, err, " checked with %.12s", s->desired.signature_policy);
	if (r == 0 && s->guard == GUARD_FIELD_OWNERSHIP)
		r = buf_puts(out, "  guard FieldOwnership", err);
	for (size_t i = 0; i < s->available_count && r == 0; i++)
		r = buf_printf(out, err, "  available %s", s->available[i].release);
	if (r == 0 && s->intake.release != NULL)
		r = buf_printf(out, err, "  intake %s %s", s->intake.tag, s->intake.release);
	if (r == 0 && s->intake.superseded != NULL)
		r = buf_printf(out, err, "  superseded %s", s->intake.superseded);
	if (r == 0 && s->hold.by != NULL)
		r = buf_printf(out, err, "  hold by %s: %s", s->hold.by, s->hold.reason);
	if (r == 0 && s->lifted.request != NULL)
		r = buf_printf(out, err, "  lifted by %s: %s", s->lifted.by, s->lifted.reason);
	if (r == 0 && s->window.is_set)
		r = buf_printf(out, err, "  window %s: %s", s->window.is_open ? "open" : "closed",
			       s->window.message);
	if (r == 0 && s->takeovers.count > 0)
		r = buf_printf(out, err, "  takeovers %lld from %s", (long long)s->takeovers.count,
			       s->takeovers.manager);
	if (r == 0)
		r = conditions_text(&s->conditions, out, err);
	for (size_t i = 0; i < s->verified_count && r == 0; i++)
		r = verified_text(&s->verified[i], out, err);
	return r == 0 ? verification_text(&s->verification, out, err) : r;
}

static const char *subject_text(enum event_subject subject)
{
	return subject == EVENT_ON_CHANNEL ? "channel" : "promotion";
}

static int notice_text(const struct action_notice *n, struct buf *out, struct err *err)
{
	int r = buf_printf(out, err, "notice  %s %s", subject_text(n->subject), n->name);

	return r == 0 ? conditions_text(&n->conditions, out, err) : r;
}

static int event_text(const struct action_event *e, struct buf *out, struct err *err)
{
	return buf_printf(out, err, "event   %s %s  %s %s: %s", subject_text(e->subject), e->name,
			  e->is_warning ? "Warning" : "Normal", e->reason, e->note);
}

int action_text(const struct plan *plan, const struct action *action, struct buf *out, struct err *err)
{
	switch (action->kind) {
	case ACTION_LIST_TAGS:
	case ACTION_RESOLVE:
	case ACTION_CHECK_SIGNATURES:
		return lookup_text(action, out, err);
	case ACTION_MEASURE:
		return buf_printf(out, err, "measure %s  %s", action->measure.spec->name,
				  action->measure.spec->query);
	case ACTION_READ_KEY:
		return buf_printf(out, err, "key     ConfigMap %s/%s  %s", plan->namespace, action->key.config_map,
				  action->key.entry);
	case ACTION_FIND_WORKLOAD:
		return buf_printf(out, err, "find    %s %s/%s", workload_kind_name(action->workload.kind),
				  plan->namespace, action->workload.name);
	case ACTION_CREATE_PROMOTION:
		return create_text(&action->create, out, err);
	case ACTION_STATE_PINS:
		return pins_text(&action->pins, out, err);
	case ACTION_PIN:
		return pin_text(plan, &action->workload, out, err);
	case ACTION_APPLY_SCALER:
		return scaler_text(plan, &action->scaler, out, err);
	case ACTION_APPLY_SERVICE:
		return service_text(plan, &action->service, out, err);
	case ACTION_DELETE:
		return delete_text(plan, &action->delete, out, err);
	case ACTION_CHANNEL_STATUS:
		return channel_status_text(&action->channel_status, out, err);
	case ACTION_PROMOTION_STATUS:
		return promotion_status_text(&action->promotion_status, out, err);
	case ACTION_NOTICE:
		return notice_text(&action->notice, out, err);
	case ACTION_EVENT:
		return event_text(&action->event, out, err);
	}
	return err_set(err, ERR_BUG, "an action of kind %d has no text", (int)action->kind);
}

static int gates_text(const struct plan *plan, struct buf *out, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < plan->gates.len && r == 0; i++) {
		const struct gate_row *row = plan->gates.items[i];

		r = buf_printf(out, err, "  gate    %-12s %-8s %s  %s\n", row->gate,
			       row->is_open ? "open" : "closed", row->promotion, row->message);
	}
	return r;
}

int plan_text(const struct plan *plan, struct buf *out, struct err *err)
{
	char moment[CLOCK_TEXT_SIZE];
	int r = buf_printf(out, err, "channel %s/%s%s%s\n", plan->namespace, plan->name,
			   plan->promotion == NULL ? "" : "  promotion ",
			   plan->promotion == NULL ? "" : plan->promotion);

	if (r == 0)
		r = gates_text(plan, out, err);
	for (size_t i = 0; i < plan->actions.len && r == 0; i++) {
		r = buf_puts(out, "  ", err);
		if (r == 0)
			r = action_text(plan, plan->actions.items[i], out, err);
		if (r == 0)
			r = buf_puts(out, "\n", err);
	}
	if (r == 0 && plan->wake_ms != CLOCK_NEVER)
		r = buf_printf(out, err, "  wake    %s  %s\n", clock_format(plan->wake_ms, moment),
			       plan->wake_reason);
	return r;
}
