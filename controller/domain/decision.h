/*
 * domain/decision: the workbench on which one plan is made. Private to the domain.
 *
 * The rules (intake, source, gate, rollout, pinning, serving, automation) each look at the world and write
 * what they found here; status.c turns it into statuses, plan.c into actions. A decision lives for one call of
 * plan_make().
 */
#ifndef SLUICE_DOMAIN_DECISION_H
#define SLUICE_DOMAIN_DECISION_H

#include "domain/plan.h"

/* One promotion on its way through the rules. */
struct candidate {
	const struct promotion *promotion;
	struct promotion_status status; /* as it shall be */
	struct release release;         /* id NULL: not resolved (yet) */
	const char *reason;             /* of its end; NULL while it goes on */
	const char *message;
};

/* What one workload looks like beside what it should be. */
enum workload_state {
	WORKLOAD_MISSING,  /* does not exist, or cannot be read */
	WORKLOAD_UNUSABLE, /* is there, but cannot be pinned: going, lacks a container, claimed by another */
	WORKLOAD_UNPINNED, /* does not carry the target's digests */
	WORKLOAD_MOVING,   /* carries them; its pods do not all run yet */
	WORKLOAD_RUNNING,  /* carries them, and all pods run */
};

struct workload_finding {
	enum workload_state state;
	const char *message; /* one sentence, for states below RUNNING */
	bool is_paused;
	bool is_claimed;     /* by an older channel: hands off */
	bool has_conflict;   /* another field manager keeps the image field */
};

struct decision {
	const struct world *world;
	const struct channel *channel;
	struct arena *arena;
	struct plan *plan;

	struct channel_status status; /* as it shall be */
	struct candidate *candidates; /* unfinished promotions, oldest first */
	size_t candidate_count;
	struct candidate *running;    /* the one whose rollout is under way, or NULL */

	const struct release *target; /* what should run now; NULL: nothing was ever promoted */
	struct workload_finding *findings; /* parallel to channel->workloads, against target */

	bool is_denied; /* a Deny window closes the channel now */

	const char *stalled_reason;   /* the spec cannot be followed: NULL when it can */
	const char *stalled_message;
	bool holds_still;             /* nothing is decided: of the status only what is seen changes */
	bool is_intake_broken;        /* its pattern cannot be read: nothing is looked at */
	const char *intake_reason;    /* the intake fails for now: NULL when it works */
	const char *intake_message;
	const char *conflict_message; /* FieldConflict: NULL without */
	const char *unapplied_message; /* an HPA or the Service cannot be applied, or deleted, for now: NULL when nothing is left to */
	const struct write_failure *uncreated;   /* the promotion that automation wants; NULL when it wants none, or may have it */
	const struct write_failure *uncollected; /* a finished promotion; NULL when none has to go, or it may */
	struct release intake_release; /* what the chosen tag leads to; id NULL: not known */
	struct release automatic;      /* what automation would promote; id NULL: nothing */
	const char *newest_candidate;  /* its id; while that is asked for, the id of what it was last */
	const char *automatic_name;    /* of the Promotion that would bring it; NULL: there is none */

	struct vec events; /* struct action_event * */
};

/* Marks the channel as stalled; the first reason wins. */
void decision_stall(struct decision *d, const char *reason, const char *message);

/* Takes up a promotion: its status as it stands, without what it waits for. */
void candidate_init(struct decision *d, struct candidate *c, const struct promotion *promotion);

/* The candidate waits, in that phase, for one gate. Replaces what was there. */
void candidate_wait(struct decision *d, struct candidate *c, enum promotion_phase phase, const char *gate,
		    int64_t until_ms, const char *message);

/* The step of that name in the candidate's status, where it is told what was waited for and what was done; NULL when
 * there is none, or a new one, which begins now. */
struct step *candidate_find_step(struct candidate *c, const char *name);
struct step *candidate_step(struct decision *d, struct candidate *c, const char *name);

/* Finishes the candidate's last step, if it has any, with what came of it. */
void candidate_finish_step(struct decision *d, struct candidate *c, const char *message);

/* Finishes a candidate: phase SUCCEEDED, FAILED, ABORTED or SUPERSEDED, with a reason and a sentence. */
void candidate_finish(struct decision *d, struct candidate *c, enum promotion_phase phase,
		      const char *reason, const char *message);

/* Computes the candidate's conditions, and tells people of a new phase. Once, at the end. */
void candidate_conclude(struct decision *d, struct candidate *c);

/* Tells people: an event on the channel (promotion NULL) or on a promotion, when its status is written. */
struct action_event *decision_tell(struct decision *d, const struct promotion *promotion, bool is_warning,
				   const char *reason, const char *note);

/* Puts the events about that promotion (NULL: all) into the plan, behind what is there. */
void decision_take_events(struct decision *d, const char *promotion);

/* The text as far as a field of a status takes it: foreign messages (of a registry, of an apiserver) may be of
 * any length, and what is computed has to equal what is stored. */
const char *brief(struct decision *d, const char *text);

/* "shop-beta/shop". */
const char *ref_text(struct decision *d, const struct channel_ref *ref);

/* ---- the rules, each in the file of its name ---- */

/* check.c: can the spec be followed at all? Cycles, workloads that another channel holds, patterns. */
void check_spec(struct decision *d);

/* Does the release hold exactly the channel's artifacts, from the same repositories? NULL if so, else a
 * sentence that names the difference. whose says whose release it is. */
const char *check_artifacts(struct decision *d, const struct release *release, const char *whose);

/* source.c: which release does the candidate ask for? Sets c->release, or makes it wait or fail. */
void source_resolve(struct decision *d, struct candidate *c);

/* Asks for the digest behind (artifact, reference) unless a good answer, not older than not_before_ms, is
 * known. Returns the digest, or NULL with a sentence in *ret_why. ret_failure (if not NULL) gets the
 * failure, or NULL. */
const char *source_digest(struct decision *d, const struct artifact *artifact, const char *reference,
			  int64_t not_before_ms, const char **ret_why,
			  const struct lookup_failure **ret_failure);

/* upstream.c: what could be promoted here; fills status.available. */
void upstream_list_available(struct decision *d);

/* Is release verified upstream as the channel demands? *ret_message says where, or what is missing. */
bool upstream_allows(struct decision *d, const struct release *release, const char **ret_message);

/* The moment from which release may come here: verified, and soaked if the channel asks for that, in any or in all of
 * the channels upstream. In the past when it may, CLOCK_NEVER when that is not in sight. */
int64_t upstream_ready_ms(struct decision *d, const char *release);

/* Has release soaked? *ret_message says how long it stayed where; *ret_standing the same in words that do not change
 * from look to look. */
bool upstream_has_soaked(struct decision *d, const char *release, const char **ret_message,
			 const char **ret_standing);

/* Was release a verified upstream after b? The moments are whole seconds; of one second, the order in which a channel
 * upstream names them decides. */
bool upstream_is_newer(struct decision *d, const char *a, const char *b);

/* soak.c: keeps the stays of this channel's own verified releases. Once, before its status is concluded. */
void soak_keep_stays(struct decision *d);

/* The moment at which an upstream channel's release has stayed there for as long as this channel asks: in the
 * past when it has, CLOCK_NEVER when it does not run there (any more). */
int64_t soak_over_ms(const struct decision *d, const struct verified *entry);

/* The longest stay up to now. */
int64_t soak_stayed_ms(const struct decision *d, const struct verified *entry);

/* calendar.c: how do the channel's windows stand? Fills d->status.window and d->is_denied, or stalls the channel. */
void calendar_look(struct decision *d);
/* approval.c: the approval that skips upstream and soak, or NULL. For a rollback it also opens a Deny window. */
const struct approval *approval_find_override(const struct decision *d, const struct promotion *promotion);

/* Have as many people approved as the channel asks for? *ret_message says who, or how many are missing. */
bool approval_suffices(struct decision *d, const struct promotion *promotion, const char **ret_message);

/* Did somebody reject it? Then the candidate has failed. */
bool approval_rejects(struct decision *d, struct candidate *c);

/* Takes the spec's approvals over into the status, each with the moment at which it was seen first: neither the
 * apiserver's policies nor a client can be asked for the time. */
void approval_note(struct decision *d, struct candidate *c);

/* stop.c: which ChannelStop keeps rollouts from beginning here, since when and why: the oldest; NULL without one. */
const char *stop_message(struct decision *d);

/* signing.c: reads the keys that are due, and stalls the channel when one cannot be used. */
void signing_check_keys(struct decision *d);

/* Is every artifact signed with as many keys as the channel asks for? *ret_message says by which, or what is missing, in
 * words that do not change from look to look. *ret_until_ms is lowered to the moment of the next try after a failure. */
bool signing_allows(struct decision *d, const struct release *release, const char **ret_message, int64_t *ret_until_ms);

/* gate.c: do all gates before the candidate stand open? Writes the gate rows; when one is closed the
 * candidate waits for it. */
bool gate_all_open(struct decision *d, struct candidate *c);

/* Tells of the gates of a candidate whose rollout has begun, when the promotion was not told of that: what it waited
 * for had opened by then. */
void gate_tell_passed(struct decision *d, struct candidate *c);

/* Has somebody closed the channel to the candidate: by a stop, by spec.suspended, by a window, by a hold? */
bool gate_is_channel_closed(struct decision *d, const struct candidate *c);

/* deadline.c: keeps how long the channel was closed to the candidate. Before its gates are looked at. */
void deadline_keep_clock(struct decision *d, struct candidate *c);

/* What closed the channel to the candidate is over at that moment, or of no meaning any more. */
void deadline_stop_clock(struct candidate *c, int64_t at_ms);

/* The moment at which the candidate has waited long enough; CLOCK_NEVER without a deadline, and while the channel is closed. */
int64_t deadline_of(const struct decision *d, const struct candidate *c);

/* Ends the candidate that waits when that moment has come, and says for what it waited; else wakes at that moment. */
void deadline_watch(struct decision *d, struct candidate *c);

/* workload_state.c: is of every workload known what it is, or that it cannot be read? Asks for those of which it is not. */
bool workloads_are_read(struct decision *d);

/* Looks at every workload, all of which have been read, against d->target; fills d->findings. */
void workloads_inspect(struct decision *d);

/* rollout.c: says what the rollout waits for, or ends it, as somebody who aborted it asks; do all workloads run the
 * target? */
void rollout_follow(struct decision *d, struct candidate *c);
bool rollout_is_complete(const struct decision *d);

/* That a rollout succeeded: the same sentence at its end, and after a crash that came before it was told. */
const char *rollout_success_told(struct decision *d, const struct release *release);

/* Why a rollout failed that the history tells of, and what became of it; of what was in its pods' way nothing is kept. */
const char *rollout_failure_told(struct decision *d, bool was_measured);

/* Puts the release on top of the verified list, or (revoked_why) revokes its mark there. */
void verified_mark(struct decision *d, const struct release *release, const char *revoked_why);

/* verification.c: begins to measure a release that runs. */
void verification_begin(struct decision *d, const struct release *release, const char *promotion);

/* Was, or is, the last verification that of this promotion? */
bool verification_is_of(const struct decision *d, const char *promotion);

/* There is none any more of that promotion, which did not come to its end, or of another one of its name. */
void verification_forget(struct decision *d, const char *promotion);

/* Takes in what was measured, and says how the verification stands. */
enum verification_result verification_follow(struct decision *d);

/* Asks for the measurements that are due, and wakes for the next ones; while it runs, after verification_follow(). */
void verification_ask(struct decision *d);

/* When the last measurement is due, if all goes well. */
int64_t verification_over_ms(const struct decision *d);

/* Measures the current release once more when somebody asked for that; a failure takes its mark away. */
void verification_repeat(struct decision *d);

/* promoting.c: sets what should run now and looks at the workloads beside it. */
void promoting_aim(struct decision *d);

/* Settles the running promotion, and starts the next one. */
void promoting_settle(struct decision *d);
void promoting_start_next(struct decision *d);

/* Did somebody abort the candidate, or reject it before it started? Then it is finished. Not for the one that runs. */
bool promoting_is_called_off(struct decision *d, struct candidate *c);

/* "aborted by NAME, back to RELEASE": who aborted the promotion's rollout, and what became of it. */
const char *promoting_aborted_from(struct decision *d, const struct promotion *promotion);

/* Is it the one whose rollout is under way, as status.desired says? (Not another one of that name.) */
bool promoting_is_desired(const struct decision *d, const struct promotion *promotion);

/* Has a promotion of this name run in the channel? (Its status names it as the current one, or in the history.) */
bool promoting_ran_before(const struct decision *d, const char *promotion);

/* Did a rollout fail and was it left as it is? (status.desired stands, and no promotion runs.) */
bool promoting_is_left_failed(const struct decision *d);

/* Was that because it was aborted? */
bool promoting_is_left_aborted(const struct decision *d);

/* intake.c, automation.c: new builds and new promotions. */
void intake_look(struct decision *d);
void automation_lift_hold(struct decision *d); /* when somebody asks for that */
void automation_choose(struct decision *d);
void automation_create(struct decision *d);

/* An automatic promotion that waits is over when a newer automatic one is there. */
void automation_supersede(struct decision *d);

/* pinning.c: the ConfigMap of pins and the workloads. pinning_sweep() is for a namespace or a channel that
 * is gone. */
void pinning_plan(struct decision *d);
void pinning_sweep(struct decision *d);

/* serving.c: autoscalers and the Service; pods that a StatefulSet left behind the gate. */
void serving_plan(struct decision *d);

/* collection.c: finished promotions that have been kept long enough. */
void collection_plan(struct decision *d);

/* status.c: conditions and the rest of the channel's status; adds the status actions. */
void status_plan(struct decision *d);

#endif
