/* Which release does a promotion ask for? Decided once: from then on its status says so. */
#include "base/clock.h"
#include "base/str.h"
#include "domain/decision.h"
#include "domain/digest.h"

static void ask(struct decision *d, const struct artifact *artifact, const char *reference,
		int64_t not_before_ms)
{
	struct action *action = plan_add(d->plan, d->arena, ACTION_RESOLVE);

	action->lookup = (struct action_lookup){
		.repository = artifact->image,
		.reference = reference,
		.pull_secret = artifact->pull_secret,
		.not_before_ms = not_before_ms,
	};
}

const char *source_digest(struct decision *d, const struct artifact *artifact, const char *reference,
			  int64_t not_before_ms, const char **ret_why,
			  const struct lookup_failure **ret_failure)
{
	const struct digest_look *look = world_find_digest(d->world, artifact->image, reference);
	bool is_asked = look != NULL && look->state != KNOWLEDGE_NONE;

	*ret_why = arena_printf(d->arena, "asking the registry for %s%s%s", artifact->image,
				digest_is_valid(reference) ? "@" : ":", reference);
	if (ret_failure != NULL)
		*ret_failure = NULL;
	if (is_asked && look->state == KNOWLEDGE_PENDING)
		return NULL;
	if (is_asked && look->state == KNOWLEDGE_KNOWN && look->at_ms >= not_before_ms)
		return look->digest;
	if (is_asked && look->state == KNOWLEDGE_FAILED) {
		*ret_why = look->failure.message;
		if (ret_failure != NULL)
			*ret_failure = &look->failure;
		if (d->world->now_ms < look->failure.retry_ms) {
			plan_wake(d->plan, look->failure.retry_ms, "registry retry");
			return NULL;
		}
	}
	ask(d, artifact, reference, not_before_ms);
	return NULL;
}

static const struct promotion_artifact *find_named(const struct promotion *p, const char *name)
{
	for (size_t i = 0; i < p->artifact_count; i++) {
		if (str_equal(p->artifacts[i].name, name))
			return &p->artifacts[i];
	}
	return NULL;
}

static const char *artifact_names(struct decision *d)
{
	const char *names = "";

	for (size_t i = 0; i < d->channel->artifact_count; i++)
		names = arena_printf(d->arena, "%s%s%s", names, i == 0 ? "" : ", ",
				     d->channel->artifacts[i].name);
	return names;
}

/* Every artifact that the promotion names has to be one of the channel's. */
static bool all_names_known(struct decision *d, struct candidate *c)
{
	for (size_t i = 0; i < c->promotion->artifact_count; i++) {
		const char *name = c->promotion->artifacts[i].name;

		if (channel_find_artifact(d->channel, name) != NULL)
			continue;
		candidate_finish(d, c, PHASE_FAILED, "UnknownArtifact",
				 arena_printf(d->arena,
					      "spec.artifacts names \"%s\"; channel %s has: %s", name,
					      d->world->name, artifact_names(d)));
		return false;
	}
	return true;
}

/* One artifact of a release given by digests and tags; what is not named stays as it runs. */
static bool resolve_artifact(struct decision *d, struct candidate *c, const struct artifact *artifact,
			     struct release_artifact *ret)
{
	const struct promotion_artifact *named = find_named(c->promotion, artifact->name);
	const struct release_artifact *now =
		release_find(&d->channel->status.current.release, artifact->name);
	const struct lookup_failure *failure;
	const char *why;

	if (named == NULL && now == NULL) {
		candidate_finish(d, c, PHASE_FAILED, "ArtifactMissing",
				 arena_printf(d->arena,
					      "spec.artifacts does not name \"%s\", and the channel runs none "
					      "yet that could stay",
					      artifact->name));
		return false;
	}
	ret->name = artifact->name;
	ret->image = artifact->image;
	if (named == NULL) {
		ret->digest = now->digest;
		ret->tag = now->tag;
		return true;
	}
	ret->tag = named->tag;
	ret->digest = source_digest(d, artifact, named->digest != NULL ? named->digest : named->tag,
				    named->digest != NULL ? 0 : c->promotion->meta.created_ms, &why,
				    &failure);
	if (ret->digest != NULL)
		return true;
	if (!promotion_is_finished(c->promotion) && c->status.phase != PHASE_RESOLVING)
		candidate_wait(d, c, PHASE_RESOLVING, "Registry",
			       failure != NULL ? failure->retry_ms : CLOCK_NEVER, why);
	return false;
}

static void resolve_artifacts(struct decision *d, struct candidate *c)
{
	struct release release = { .count = d->channel->artifact_count };
	bool is_whole = true;

	if (!all_names_known(d, c))
		return;
	release.artifacts = arena_new_array(d->arena, release.count, struct release_artifact);
	c->status.phase = PHASE_NONE;
	for (size_t i = 0; i < release.count; i++) {
		is_whole &= resolve_artifact(d, c, &d->channel->artifacts[i], &release.artifacts[i]);
		if (c->status.phase == PHASE_FAILED)
			return;
	}
	if (!is_whole)
		return;
	release_seal(&release, d->arena);
	c->release = release;
}

static void wait_for_source(struct decision *d, struct candidate *c, const char *message)
{
	candidate_wait(d, c, PHASE_PENDING, "Source", CLOCK_NEVER, message);
}

/* Takes a release that another channel, or this one, knows; its artifacts have to be ours. */
static void take_known(struct decision *d, struct candidate *c, const struct release *release,
		       const char *whose)
{
	const char *difference = check_artifacts(d, release, whose);

	if (difference != NULL)
		wait_for_source(d, c, difference);
	else
		c->release = *release;
}

/* Why the channel called ref is not to be had. */
static const char *lacks_channel(struct decision *d, const struct channel_ref *ref)
{
	const struct quarantine *left_out = world_find_left_out_channel(d->world, ref);

	if (left_out == NULL)
		return arena_printf(d->arena, "ReleaseChannel %s does not exist", ref_text(d, ref));
	return arena_printf(d->arena, "ReleaseChannel %s cannot be read: %s", ref_text(d, ref),
			    quarantine_message(left_out, d->arena));
}

static void resolve_from(struct decision *d, struct candidate *c)
{
	const struct channel_ref *ref = &c->promotion->from;
	const struct channel *source = world_find_channel(d->world, ref);

	if (str_equal(ref->namespace, d->world->namespace) && str_equal(ref->name, d->world->name))
		source = d->channel;
	if (source == NULL)
		wait_for_source(d, c, lacks_channel(d, ref));
	else if (source->status.current.release.id == NULL)
		wait_for_source(d, c, arena_printf(d->arena, "%s has no release yet", ref_text(d, ref)));
	else
		take_known(d, c, &source->status.current.release, ref_text(d, ref));
}

static void resolve_release(struct decision *d, struct candidate *c)
{
	const char *id = c->promotion->release;
	const struct release *found = channel_find_release(d->channel, id);
	const char *whose = "this channel's history";

	for (size_t i = 0; i < d->world->upstream_count && found == NULL; i++) {
		const struct channel_look *look = &d->world->upstreams[i];

		found = look->channel == NULL ? NULL : channel_find_release(look->channel, id);
		whose = ref_text(d, &look->ref);
	}
	if (found != NULL)
		take_known(d, c, found, whose);
	else
		wait_for_source(d, c,
				arena_printf(d->arena,
					     "no release %s is known in this channel or upstream of it", id));
}

/* The newest release of the history that ran well and is not the current one; after a failed rollout that was
 * left as it is, the one that ran before it. */
static const struct release_stay *previous_stay(const struct channel *channel)
{
	if (channel->status.desired.release.id != NULL && channel->status.current.release.id != NULL)
		return &channel->status.current;
	for (size_t i = 0; i < channel->status.history_count; i++) {
		const struct release_stay *stay = &channel->status.history[i];

		if (!stay->has_failed &&
		    !release_equal(&stay->release, &channel->status.current.release))
			return stay;
	}
	return NULL;
}

static const struct release *good_in_history(const struct channel *channel, const char *id)
{
	if (release_is(&channel->status.current.release, id))
		return &channel->status.current.release;
	for (size_t i = 0; i < channel->status.history_count; i++) {
		const struct release_stay *stay = &channel->status.history[i];

		if (!stay->has_failed && release_is(&stay->release, id))
			return &stay->release;
	}
	return NULL;
}

static void resolve_rollback(struct decision *d, struct candidate *c)
{
	const char *to = c->promotion->rollback_to;
	const struct release *release;

	if (str_equal(to, "Previous")) {
		const struct release_stay *stay = previous_stay(d->channel);

		release = stay == NULL ? NULL : &stay->release;
	} else {
		release = good_in_history(d->channel, to);
	}
	if (release == NULL) {
		candidate_finish(d, c, PHASE_FAILED, "NothingToRollBackTo",
				 str_equal(to, "Previous")
					 ? "spec.rollback.to: no earlier release ran well in this channel"
					 : arena_printf(d->arena,
							"spec.rollback.to: %s never ran well in this channel; "
							"status.history names those that did",
							to));
		return;
	}
	take_known(d, c, release, "the history");
}

void source_resolve(struct decision *d, struct candidate *c)
{
	if (c->promotion->status.release.id != NULL) {
		c->release = c->promotion->status.release;
		return;
	}
	switch (c->promotion->source) {
	case SOURCE_FROM:
		resolve_from(d, c);
		break;
	case SOURCE_RELEASE:
		resolve_release(d, c);
		break;
	case SOURCE_ARTIFACTS:
		resolve_artifacts(d, c);
		break;
	case SOURCE_ROLLBACK:
		resolve_rollback(d, c);
		break;
	}
	c->status.release = c->release;
}
