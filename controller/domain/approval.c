/*
 * Approvals: what people say to a promotion, and what of it counts.
 *
 * Who wrote an entry, and whether he may, was asked by the apiserver (the policy sluice-who-may) when it was written.
 * Without that policy anybody could have written anything, so nothing counts then but a rejection, which lets
 * nothing through.
 */
#include "base/str.h"
#include "domain/decision.h"

/* Why can no approval of this promotion be trusted? NULL when they can. */
static const char *distrust(const struct decision *d, const struct promotion *p)
{
	if (d->world->is_who_may_missing)
		return "the policy sluice-who-may is not installed, so no approval can be trusted";
	if (d->channel->excludes_requester && str_is_empty(p->requested_by))
		return "spec.requestedBy is empty, so any approval may be the requester's own; make the Promotion "
		       "again, and name the requester";
	return NULL;
}

static bool is_own(const struct decision *d, const struct promotion *p, const struct approval *a)
{
	return d->channel->excludes_requester && str_equal(a->user, p->requested_by);
}

/* Did the same person approve in an earlier entry? (With an override and without are two entries.) */
static bool is_repeated(const struct promotion *p, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (p->approvals[i].decision == DECISION_APPROVE &&
		    str_equal(p->approvals[i].user, p->approvals[at].user))
			return true;
	}
	return false;
}

const struct approval *approval_find_override(const struct decision *d, const struct promotion *p)
{
	for (size_t i = 0; i < p->approval_count && distrust(d, p) == NULL; i++) {
		const struct approval *a = &p->approvals[i];

		if (a->is_override && a->decision == DECISION_APPROVE && !is_own(d, p, a))
			return a;
	}
	return NULL;
}

bool approval_suffices(struct decision *d, const struct promotion *p, const char **ret_message)
{
	const char *names = "";
	const char *own = "";
	int count = 0;

	*ret_message = distrust(d, p);
	if (*ret_message != NULL)
		return false;
	for (size_t i = 0; i < p->approval_count; i++) {
		const struct approval *a = &p->approvals[i];

		if (a->decision != DECISION_APPROVE || is_repeated(p, i))
			continue;
		if (is_own(d, p, a)) {
			own = "; the requester's own does not count";
			continue;
		}
		names = arena_printf(d->arena, "%s%s%s", names, count == 0 ? "" : ", ", a->user);
		count++;
	}
	if (count >= d->channel->approvals_required)
		*ret_message = arena_printf(d->arena, "approved by %s", names);
	else
		*ret_message = arena_printf(d->arena, "%d of %d approvals%s%s%s", count, d->channel->approvals_required,
					    count == 0 ? "" : ": ", names, own);
	return count >= d->channel->approvals_required;
}

bool approval_rejects(struct decision *d, struct candidate *c)
{
	for (size_t i = 0; i < c->promotion->approval_count; i++) {
		const struct approval *a = &c->promotion->approvals[i];

		if (a->decision != DECISION_REJECT)
			continue;
		candidate_finish(d, c, PHASE_FAILED, "Rejected",
				 arena_printf(d->arena, "rejected by %s%s%s", a->user,
					      str_is_empty(a->reason) ? "" : ": ",
					      str_is_empty(a->reason) ? "" : a->reason));
		return true;
	}
	return false;
}

static bool is_same(const struct approval *a, const struct approval *b)
{
	return str_equal(a->user, b->user) && a->decision == b->decision && a->is_override == b->is_override;
}

void approval_note(struct decision *d, struct candidate *c)
{
	const struct promotion *p = c->promotion;
	struct approval *noted = arena_new_array(d->arena, p->approval_count, struct approval);

	for (size_t i = 0; i < p->approval_count; i++) {
		noted[i] = p->approvals[i];
		noted[i].reason = NULL;
		noted[i].at_ms = d->world->now_ms;
		for (size_t k = 0; k < p->status.approval_count; k++) {
			if (is_same(&noted[i], &p->status.approvals[k]))
				noted[i].at_ms = p->status.approvals[k].at_ms;
		}
	}
	c->status.approvals = noted;
	c->status.approval_count = p->approval_count;
}
