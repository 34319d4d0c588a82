/* How new builds enter the first channel: tags are looked at, one is chosen, its digests make a release. */
#include "base/clock.h"
#include "base/str.h"
#include "domain/decision.h"
#include "domain/semver.h"

/* Remembers why there is nothing to take in; the first reason wins. */
static void intake_fails(struct decision *d, const char *reason, const char *message)
{
	if (d->intake_reason != NULL)
		return;
	d->intake_reason = reason;
	d->intake_message = message;
}

static const char *failure_reason(const struct lookup_failure *failure)
{
	switch (failure->class) {
	case ERR_DENIED:
		return "RegistryDenied";
	case ERR_NOTFOUND:
		return "NotFound";
	case ERR_BUSY:
		return "RegistryBusy";
	case ERR_INPUT:
		return "RegistryAnswer";
	default:
		return "RegistryUnreachable";
	}
}

/* Asks for the tags when the last answer is as old as the interval; wakes when it will be. */
static void poll_tags(struct decision *d, const struct artifact *artifact)
{
	const struct tags_look *look = &d->world->tags;
	int64_t now = d->world->now_ms;
	int64_t due = look->state == KNOWLEDGE_FAILED  ? look->failure.retry_ms
		      : look->state == KNOWLEDGE_KNOWN ? look->at_ms + d->channel->intake.interval_ms
						       : now;
	struct action *action;

	if (look->state == KNOWLEDGE_PENDING)
		return;
	if (now < due) {
		plan_wake(d->plan, due, "intake");
		return;
	}
	action = plan_add(d->plan, d->arena, ACTION_LIST_TAGS);
	action->lookup.repository = artifact->image;
	action->lookup.pull_secret = artifact->pull_secret;
	action->lookup.not_before_ms = now - d->channel->intake.interval_ms + 1;
}

/* Does tag a come after tag b in the order of the policy? Only called for tags that satisfy it. */
static bool is_newer(const struct intake *intake, const char *a_key, const char *b_key)
{
	struct semver a;
	struct semver b;

	if (intake->policy == INTAKE_SEMVER && semver_parse(a_key, &a) && semver_parse(b_key, &b))
		return semver_compare(&a, &b) > 0;
	return str_compare_natural(a_key, b_key) > 0;
}

static bool satisfies(const struct intake *intake, const struct semver_range *range, const char *tag)
{
	struct semver version;

	return intake->policy != INTAKE_SEMVER ||
	       (semver_parse(tag, &version) && semver_range_contains(range, &version));
}

/* The greatest tag that satisfies the policy, not going back behind the one chosen last. NULL: none. */
static const char *choose_tag(struct decision *d)
{
	const struct intake *intake = &d->channel->intake;
	const struct tags_look *look = &d->world->tags;
	const char *last = d->status.intake.tag;
	struct semver_range range = { .count = 0 };
	const struct tag *best = NULL;

	if (intake->policy == INTAKE_TAG)
		return intake->pattern;
	if (intake->policy == INTAKE_SEMVER)
		CHECK(semver_range_parse(intake->pattern, &range, NULL) == 0); /* check_intake() read it */
	for (size_t i = 0; i < look->count; i++) {
		const struct tag *tag = &look->tags[i];

		if (satisfies(intake, &range, tag->name) &&
		    (best == NULL || is_newer(intake, tag->key, best->key)))
			best = tag;
	}
	if (best != NULL && last != NULL && look->last_key != NULL && satisfies(intake, &range, last) &&
	    is_newer(intake, look->last_key, best->key))
		return last;
	return best == NULL ? NULL : best->name;
}

/* Adds tag to the list, the newest first. */
static void insert_newest_first(const struct intake *intake, const struct tag **list, size_t count,
				const struct tag *tag)
{
	for (; count > 0 && is_newer(intake, tag->key, list[count - 1]->key); count--)
		list[count] = list[count - 1];
	list[count] = tag;
}

/* "v1.0.3, v1.0.2": builds that came after the one chosen last and that the chosen one, which is newer, left behind.
 * NULL: none. */
static const char *left_behind(struct decision *d, const char *chosen)
{
	const struct intake *intake = &d->channel->intake;
	const struct tags_look *look = &d->world->tags;
	const struct tag **list = arena_new_array(d->arena, look->count, const struct tag *);
	struct semver_range range = { .count = 0 };
	const char *chosen_key = chosen;
	const char *text = NULL;
	size_t count = 0;

	if (intake->policy == INTAKE_TAG || look->last_key == NULL)
		return NULL;
	if (intake->policy == INTAKE_SEMVER)
		CHECK(semver_range_parse(intake->pattern, &range, NULL) == 0); /* check_intake() read it */
	for (size_t i = 0; i < look->count; i++)
		chosen_key = str_equal(look->tags[i].name, chosen) ? look->tags[i].key : chosen_key;
	for (size_t i = 0; i < look->count; i++) {
		const struct tag *tag = &look->tags[i];

		if (satisfies(intake, &range, tag->name) && is_newer(intake, tag->key, look->last_key) &&
		    is_newer(intake, chosen_key, tag->key))
			insert_newest_first(intake, list, count++, tag);
	}
	for (size_t i = 0; i < count; i++)
		text = arena_printf(d->arena, "%s%s%s", text == NULL ? "" : text, text == NULL ? "" : ", ",
				    list[i]->name);
	return brief(d, text);
}

/* The digest that the channel already knows under (artifact, tag), or NULL. */
static const char *digest_of_tag(const struct release *release, const char *artifact, const char *tag)
{
	const struct release_artifact *a = release->id == NULL ? NULL : release_find(release, artifact);

	return a != NULL && str_equal(a->tag, tag) ? a->digest : NULL;
}

static const char *known_digest(const struct decision *d, const char *artifact, const char *tag)
{
	const struct channel_status *status = &d->channel->status;
	const char *digest = digest_of_tag(&status->desired.release, artifact, tag);

	if (digest == NULL)
		digest = digest_of_tag(&status->current.release, artifact, tag);
	for (size_t i = 0; i < status->history_count && digest == NULL; i++)
		digest = digest_of_tag(&status->history[i].release, artifact, tag);
	return digest;
}

/* A version tag is expected to stay: one that moved is shown and not followed. */
static void note_move(struct decision *d, const struct release_artifact *a)
{
	const char *before = known_digest(d, a->name, a->tag);

	if (d->channel->intake.policy == INTAKE_TAG || before == NULL || str_equal(before, a->digest))
		return;
	d->status.intake.moved = brief(
		d, arena_printf(d->arena, "tag %s of artifact \"%s\" was %s here and is %s now; not followed",
			     a->tag, a->name, before, a->digest));
}

/* The release that the tag makes, over all artifacts. false while a digest is missing. */
static bool make_release(struct decision *d, const char *tag, struct release *ret)
{
	bool is_whole = true;

	ret->count = d->channel->artifact_count;
	ret->artifacts = arena_new_array(d->arena, ret->count, struct release_artifact);
	for (size_t i = 0; i < ret->count; i++) {
		const struct artifact *artifact = &d->channel->artifacts[i];
		int64_t not_before = d->world->now_ms - d->channel->intake.interval_ms + 1;
		struct release_artifact *a = &ret->artifacts[i];
		const struct lookup_failure *failure;
		const char *why;

		*a = (struct release_artifact){ artifact->name, artifact->image, NULL, tag };
		a->digest = source_digest(d, artifact, tag, not_before, &why, &failure);
		if (failure != NULL)
			intake_fails(d, failure_reason(failure), failure->message);
		if (a->digest == NULL) {
			is_whole = false;
			continue;
		}
		note_move(d, a);
		plan_wake(d->plan,
			  world_find_digest(d->world, a->image, tag)->at_ms + d->channel->intake.interval_ms,
			  "intake");
	}
	if (is_whole)
		release_seal(ret, d->arena);
	return is_whole;
}

/* What a tag chosen before led to stays as long as nothing better is known. */
static void look_at_tag(struct decision *d, const char *tag)
{
	struct release release;

	d->status.intake.moved = NULL;
	if (!make_release(d, tag, &release)) {
		d->status.intake.moved = d->channel->status.intake.moved;
		return;
	}
	if (!str_equal(d->status.intake.tag, tag)) {
		d->status.intake.superseded = left_behind(d, tag);
		if (d->status.intake.superseded != NULL)
			decision_tell(d, NULL, false, "BuildsSuperseded",
				      arena_printf(d->arena, "%s is newer than %s", tag,
						   d->status.intake.superseded));
	}
	d->status.intake.tag = tag;
	d->intake_release = release;
	if (d->status.intake.moved == NULL)
		d->status.intake.release = release.id;
}

void intake_look(struct decision *d)
{
	const struct intake *intake = &d->channel->intake;
	const struct artifact *artifact = channel_find_artifact(d->channel, intake->artifact);
	const char *tag;

	if (intake->policy == INTAKE_NONE || artifact == NULL) {
		d->status.intake = (struct intake_status){ .tag = NULL };
		return;
	}
	if (d->channel->is_suspended || d->is_intake_broken)
		return;
	if (intake->policy != INTAKE_TAG) {
		poll_tags(d, artifact);
		if (d->world->tags.state == KNOWLEDGE_FAILED)
			intake_fails(d, failure_reason(&d->world->tags.failure),
				     d->world->tags.failure.message);
		if (d->world->tags.state != KNOWLEDGE_KNOWN)
			return;
	}
	tag = choose_tag(d);
	if (tag == NULL)
		intake_fails(d, "NoMatchingTag",
			     arena_printf(d->arena, "no tag of %s satisfies %s \"%s\"", artifact->image,
					  intake->policy == INTAKE_SEMVER ? "semver" : "newest",
					  intake->pattern));
	else
		look_at_tag(d, tag);
}
