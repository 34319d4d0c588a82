"""Mistakes that could be made in the decision: each one is put into a copy of the source, and has to be found.

A bug is (name, file, what stands there, what the mistake makes of it, scenarios of the walk in which it may show). What stands there is
there exactly once; `make check` sees to that, so that the list goes on to mean something when the rules change.
"""

import os
import sys

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
DOMAIN = "controller/domain/"

BUGS = [
    ("a failed rollout that is left as it is begins anew after a crash",
     DOMAIN + "promoting.c", "if (named != NULL && settle_from_history(d, named))", "if (named != NULL && d->channel->is_suspended)", "held"),
    ("a promotion that has succeeded is not told of it when the next one has begun",
     DOMAIN + "promoting.c", "if (c != named && has_run(d, c->promotion)", "if (named == NULL && has_run(d, c->promotion)", "one"),
    ("a promotion of a name that ran before runs again",
     DOMAIN + "promoting.c", "if (promoting_ran_before(d, c->promotion->meta.name)) {",
     "if (promoting_ran_before(d, c->promotion->meta.name) && c->promotion->is_automatic) {", "git"),
    ("the channel's status is written after the workloads",
     DOMAIN + "plan.c", "[ACTION_CHANNEL_STATUS] = 0,", "[ACTION_CHANNEL_STATUS] = 4,", "one"),
    ("a promotion's status is written before the channel's",
     DOMAIN + "plan.c", "[ACTION_PROMOTION_STATUS] = 1,", "[ACTION_PROMOTION_STATUS] = -1,", "one"),
    ("workloads are pinned before the pins are stated",
     DOMAIN + "plan.c", "[ACTION_STATE_PINS] = 2,", "[ACTION_STATE_PINS] = 4,", "one"),
    ("a failed rollout keeps its release's mark",
     DOMAIN + "rollout.c", "if (!d->status.verified[i].is_revoked || revoked_why != NULL)\n\t\t\tentry = d->status.verified[i];\n\t}\n"
     "\tentry.is_revoked = revoked_why != NULL;",
     "if (!d->status.verified[i].is_revoked || revoked_why != NULL)\n\t\t\tentry = d->status.verified[i];\n\t}\n"
     "\tentry.is_revoked = false;", "one"),
    ("a failed rollout is not taken back",
     DOMAIN + "rollout.c", "if (goes_back)", "if (goes_back && is_aborted)", "one"),
    ("the moment of the deadline is not late enough yet",
     DOMAIN + "rollout.c", "if (d->world->now_ms >= deadline) {", "if (d->world->now_ms > deadline) {", "one"),
    ("two promotions run side by side",
     DOMAIN + "gate.c", "if (d->running == NULL || d->running == c)", "if (d->running == NULL || d->running != c)", "one"),
    ("nobody asks upstream",
     DOMAIN + "gate.c", "is_open = upstream_allows(d, &c->release, &message);",
     "is_open = upstream_allows(d, &c->release, &message) || message != NULL;", "revoked all"),
    ("one of all upstream channels is enough",
     DOMAIN + "upstream.c", "UPSTREAM_ALL ? count == d->channel->upstream.count", "UPSTREAM_ALL ? count > 0", "all"),
    ("a release has soaked as soon as it is verified",
     DOMAIN + "soak.c", "if (soak_stayed_ms(d, entry) >= d->channel->soak_ms)",
     "if (soak_stayed_ms(d, entry) + d->channel->soak_ms >= d->channel->soak_ms)", "deadline line"),
    ("no look comes when the patience with a rollout ends",
     DOMAIN + "rollout.c", 'plan_wake(d->plan, deadline, "progress deadline");', "", "one"),
    ("a rollback does not hold the automation",
     DOMAIN + "promoting.c", "if (c->promotion->source != SOURCE_ROLLBACK && str_equal(",
     "if (c->promotion->source == SOURCE_ROLLBACK || str_equal(", "line"),
    ("automation does not mind that it is held",
     DOMAIN + "automation.c", "d->automatic.id == NULL || d->status.hold.by != NULL ||", "d->automatic.id == NULL ||", "line"),
    ("what the workload seems to carry is believed while its pin says something else",
     DOMAIN + "workload_state.c", "return str_equal(pins_find(d->world->pins, key), image) ? image : NULL;",
     "return image;", "git leaders"),
    ("what becomes of a promotion follows from a channel that has changed since",
     DOMAIN + "status.c", "if (rests_on_channel(d, d->plan->actions.items[i]))", "if (false)", "calledoff"),
    ("a promotion not heard of yet is taken for deleted",
     DOMAIN + "plan.c", "return name != NULL && d->world->may_lack_promotions &&", "return false && name != NULL &&", "leaders"),
    ("the status of a promotion replaces one that its writer has not seen",
     "controller/reconcile/order.c", ".resource_version = written->resource_version };", "};", "one"),
    ("pins of a release that was left again land late",
     DOMAIN + "pinning.c", "if (turns_back_early(d, own)) {", "if (turns_back_early(d, own) && d->channel->is_suspended) {", "calledoff"),
    ("the pins of the other channels are dropped",
     DOMAIN + "pinning.c", "if ((keeps_any || d->world->are_claimed[i]) && !is_ours(d, now->items[i].key))",
     "if ((keeps_any || d->world->are_claimed[i]) && is_ours(d, now->items[i].key))", "shared"),
    ("a condition's time moves at every look",
     DOMAIN + "condition.c", "old->status == c->status ? old->transition_ms", "old->status != c->status ? old->transition_ms", "one"),
    ("a channel whose promotion was deleted under way keeps what it brought",
     DOMAIN + "promoting.c", "if (d->channel->on_failure == ON_FAILURE_HOLD && failed_here(d, d->status.desired.promotion))",
     "if (d->status.desired.promotion != NULL)", "git"),
    ("who approves twice counts twice",
     DOMAIN + "approval.c", "if (a->decision != DECISION_APPROVE || is_repeated(p, i))", "if (a->decision != DECISION_APPROVE)", "approvals"),
    ("the requester's own approval counts",
     DOMAIN + "approval.c", "return d->channel->excludes_requester && str_equal(a->user, p->requested_by);",
     "return d->channel->excludes_requester && a->user == p->requested_by;", "approvals"),
    ("nobody hears of a rejection",
     DOMAIN + "promoting.c", "return !promotion_has_started(c->promotion) && approval_rejects(d, c);",
     "return promotion_has_started(c->promotion) && approval_rejects(d, c);", "approvals calledoff"),
    ("an approval is an override",
     DOMAIN + "approval.c", "if (a->is_override && a->decision == DECISION_APPROVE && !is_own(d, p, a))",
     "if (a->decision == DECISION_APPROVE && !is_own(d, p, a))", "overrides"),
    ("an override opens a Deny window for everything",
     DOMAIN + "gate.c", "return !v.is_open && c->promotion->source == SOURCE_ROLLBACK ? or_overridden(d, c, v) : v;",
     "return !v.is_open ? or_overridden(d, c, v) : v;", "windows"),
    ("a rollback minds no window",
     DOMAIN + "gate.c", "if (c->promotion->source == SOURCE_ROLLBACK && !d->is_denied)", "if (c->promotion->source == SOURCE_ROLLBACK)",
     "windows"),
    ("a window begins a moment late",
     DOMAIN + "window.c", "if (begins_ms > (state.is_in ? state.until_ms : at_ms)) {",
     "if (begins_ms >= (state.is_in ? state.until_ms : at_ms)) {", "windows"),
    ("a failed rollout waits for the window to open",
     DOMAIN + "rollout.c", "if (d->world->now_ms >= deadline) {",
     "if (d->world->now_ms >= deadline && !d->is_denied) {", "windows"),
    ("an override goes through a ChannelStop",
     DOMAIN + "gate.c", "return message == NULL ? (struct verdict){ .is_absent = true } : verdict(false, message);",
     "return message == NULL || approval_find_override(d, c->promotion) != NULL ? (struct verdict){ .is_absent = true } : verdict(false, message);",
     "stops"),
    ("a ChannelStop stops only what waits for something else as well",
     DOMAIN + "stop.c", "if (stop_names(stop, d->channel->labels) &&", "if (d->channel->is_suspended && stop_names(stop, d->channel->labels) &&",
     "stops"),
    ("an abort is heard when the pods run",
     DOMAIN + "rollout.c", "if (c->promotion->is_aborted)\n\t\tabort_rollout(d, c);",
     "if (c->promotion->is_aborted && rollout_is_complete(d))\n\t\tabort_rollout(d, c);", "aborts"),
    ("what waits cannot be aborted",
     DOMAIN + "promoting.c", "if (!c->promotion->is_aborted)\n", "if (!c->promotion->is_aborted || c->status.waiting_count == 0)\n", "aborts"),
    ("no data passes",
     DOMAIN + "metric.c", "measurement.verdict = VERDICT_INCONCLUSIVE;\n\t\tmeasurement.message",
     "measurement.verdict = VERDICT_PASSED;\n\t\tmeasurement.message", "measured"),
    ("one answer is taken for several measurements",
     DOMAIN + "verification.c", "if (!is_answer || look->at_ms < due_ms(d, spec, s))", "if (!is_answer)", "measured"),
    ("a mark stays when the release is measured again and fails",
     DOMAIN + "verification.c", "verified_mark(d, &current->release,\n\t\t\t      arena_printf(d->arena, \"its verification failed: %s\", v->message));",
     "verified_mark(d, &current->release, NULL);", "measured"),
    ("an override opens the gate of signatures",
     DOMAIN + "gate.c", "v.is_open = signing_allows(d, &c->release, &v.message, &v.until_ms);\n\treturn v;",
     "v.is_open = signing_allows(d, &c->release, &v.message, &v.until_ms);\n\treturn v.is_open ? v : or_overridden(d, c, v);", "signed"),
    ("keys that were read once are trusted for ever",
     DOMAIN + "signing.c", "look->state == KNOWLEDGE_KNOWN && d->world->now_ms - look->at_ms <= KEYS_STALE_MS", "look->state == KNOWLEDGE_KNOWN",
     "signed"),
    ("what came under other keys need not be checked again",
     DOMAIN + "signing.c", "if (release_equal(&status->history[i].release, release) &&\n\t\t    str_equal(status->history[i].signature_policy, policy))",
     "if (release_equal(&status->history[i].release, release) &&\n\t\t    status->history[i].signature_policy != NULL)", "signed"),
    ("a signature that comes late is never looked for",
     DOMAIN + "signing.c", "ask_from(d, a, look->at_ms + LOOK_AGAIN_MS);", "", "signed"),
    ("of a burst the oldest build is taken in",
     DOMAIN + "intake.c", "(best == NULL || is_newer(intake, tag->key, best->key)))", "(best == NULL || is_newer(intake, best->key, tag->key)))", "builds"),
    ("automation follows a tag that moved",
     DOMAIN + "automation.c", "d->intake_release.id == NULL || d->status.intake.moved != NULL", "d->intake_release.id == NULL", "retagged"),
    ("automation stays held when it is switched off and on",
     DOMAIN + "status.c", "if (d->channel->mode != MODE_AUTOMATIC && d->status.desired.release.id == NULL)", "if (false)", "builds"),
    ("promoting what automation would choose does not give the channel back to it",
     DOMAIN + "promoting.c", "d->status.hold = (struct hold){ .by = NULL };\n\t\treturn;", "return;", "builds"),
    ("what automation tried is collected, and tried again",
     DOMAIN + "collection.c", "!str_equal(p->meta.name, d->automatic_name)", "p->status.finished_ms > 0", "collected"),
    ("a new operator knows no candidate before the registry answers",
     DOMAIN + "automation.c", "d->channel->upstream.count == 0 ? d->status.intake.release", "d->channel->upstream.count == 0 ? NULL",
     "collected builds"),
    ("an image is taken back from another manager again and again",
     DOMAIN + "pinning.c", "if (t->count >= TAKEOVERS_MAX) {", "if (t->count > INT32_MAX) {", "stubborn"),
    ("an image is never taken back from another manager",
     DOMAIN + "pinning.c", "force = may_take(d, spec, look->conflict_manager);", "force = !may_take(d, spec, look->conflict_manager);", "unguarded"),
]


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def check():
    """Complaints about bugs that cannot be seeded any more."""
    complaints = []
    for name, file, old, new, _ in BUGS:
        found = read(os.path.join(TREE, file)).count(old)
        if found != 1 or old == new:
            complaints.append(f"{name}: its text stands {found} times in {file}")
    return complaints


def main():
    complaints = check()
    for complaint in complaints:
        print(complaint)
    print(f"bugs: {len(BUGS) - len(complaints)} passed, {len(complaints)} failed")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
