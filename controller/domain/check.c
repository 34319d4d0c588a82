/* Can the channel's spec be followed at all? What the schema cannot see is checked here. */
#include <string.h>

#include "base/str.h"
#include "domain/decision.h"
#include "domain/semver.h"

#define DEEPEST_PATH 64

struct path {
	const struct channel_ref *refs[DEEPEST_PATH];
	size_t len;
	size_t steps; /* channels visited, so that a wide graph ends too */
};

static bool ref_is_self(const struct decision *d, const struct channel_ref *ref)
{
	return str_equal(ref->namespace, d->world->namespace) && str_equal(ref->name, d->world->name);
}

static bool path_has(const struct path *path, const struct channel_ref *ref)
{
	for (size_t i = 0; i < path->len; i++) {
		if (str_equal(path->refs[i]->namespace, ref->namespace) &&
		    str_equal(path->refs[i]->name, ref->name))
			return true;
	}
	return false;
}

/* Walks upstream depth-first; true when it came back to this channel, with the way in path. Cycles that do
 * not pass through this channel stall their own members, not this one. */
static bool walk_to_self(struct decision *d, const struct channel *from, struct path *path)
{
	for (size_t i = 0; i < from->upstream.count; i++) {
		const struct channel_ref *ref = &from->upstream.channels[i];
		const struct channel *next;

		if (path->len == DEEPEST_PATH || path->steps++ > 4096)
			return false;
		if (path_has(path, ref))
			continue;
		path->refs[path->len++] = ref;
		if (ref_is_self(d, ref))
			return true;
		next = world_find_channel(d->world, ref);
		if (next != NULL && walk_to_self(d, next, path))
			return true;
		path->len--;
	}
	return false;
}

static void check_cycle(struct decision *d)
{
	struct path path = { .len = 0 };
	const char *text;

	if (!walk_to_self(d, d->channel, &path))
		return;
	text = arena_printf(d->arena, "%s/%s", d->world->namespace, d->world->name);
	for (size_t i = 0; i < path.len; i++)
		text = arena_printf(d->arena, "%s ← %s", text, ref_text(d, path.refs[i]));
	decision_stall(d, "UpstreamCycle",
		       arena_printf(d->arena, "spec.upstream.channels leads back to this channel: %s", text));
}

/* Does another channel, older than this one, already hold the workload? */
static const char *older_claim(const struct decision *d, const struct workload_spec *spec)
{
	for (size_t i = 0; i < d->world->claim_count; i++) {
		const struct claim *claim = &d->world->claims[i];
		int64_t mine = d->channel->meta.created_ms;

		if (claim->kind != spec->kind || !str_equal(claim->name, spec->name))
			continue;
		if (claim->channel_created_ms < mine ||
		    (claim->channel_created_ms == mine && strcmp(claim->channel, d->world->name) < 0))
			return claim->channel;
	}
	return NULL;
}

static void check_claims(struct decision *d)
{
	for (size_t i = 0; i < d->channel->workload_count; i++) {
		const struct workload_spec *spec = &d->channel->workloads[i];
		const char *other = older_claim(d, spec);

		if (other == NULL)
			continue;
		d->findings[i].is_claimed = true;
		decision_stall(d, "WorkloadClaimed",
			       arena_printf(d->arena,
					    "spec.workloads: %s %s is already pinned by channel %s, which is older",
					    workload_kind_name(spec->kind), spec->name, other));
	}
}

static void check_containers(struct decision *d)
{
	for (size_t i = 0; i < d->channel->workload_count; i++) {
		const struct workload_spec *spec = &d->channel->workloads[i];

		for (size_t k = 0; k < spec->count; k++) {
			if (channel_find_artifact(d->channel, spec->containers[k].artifact) != NULL)
				continue;
			decision_stall(d, "UnknownArtifact",
				       arena_printf(d->arena,
						    "spec.workloads: container %s of %s %s takes artifact \"%s\", "
						    "which spec.artifacts does not have",
						    spec->containers[k].container,
						    workload_kind_name(spec->kind), spec->name,
						    spec->containers[k].artifact));
		}
	}
}

static void break_intake(struct decision *d, const char *field, const char *why)
{
	d->is_intake_broken = true;
	decision_stall(d, "InvalidIntake", arena_printf(d->arena, "spec.intake.tags.%s: %s", field, why));
}

static void check_intake(struct decision *d)
{
	const struct intake *intake = &d->channel->intake;
	struct semver_range range;
	struct err err = ERR_INIT;

	if (intake->policy == INTAKE_NONE)
		return;
	if (channel_find_artifact(d->channel, intake->artifact) == NULL)
		decision_stall(d, "UnknownArtifact",
			       arena_printf(d->arena,
					    "spec.intake.tags.artifact: spec.artifacts has no \"%s\"",
					    intake->artifact));
	if (intake->policy == INTAKE_SEMVER && semver_range_parse(intake->pattern, &range, &err) < 0)
		break_intake(d, "semver", err.text);
	if (intake->policy == INTAKE_NEWEST && d->world->tags.pattern_error != NULL)
		break_intake(d, "newest", d->world->tags.pattern_error);
}

static void check_select(struct decision *d)
{
	if (d->channel->mode == MODE_AUTOMATIC && d->channel->select == SELECT_MATCH_UPSTREAM &&
	    d->channel->upstream.count != 1)
		decision_stall(d, "InvalidPromotion",
			       arena_printf(d->arena,
					    "spec.promotion.select: MatchUpstream needs exactly one upstream "
					    "channel, there are %zu",
					    d->channel->upstream.count));
}

/* Do the artifacts of a direct upstream channel equal ours? Said at once, not when somebody promotes. */
static void check_upstream_artifacts(struct decision *d)
{
	for (size_t i = 0; i < d->channel->upstream.count; i++) {
		const struct channel_ref *ref = &d->channel->upstream.channels[i];
		const struct channel *upstream = world_find_channel(d->world, ref);
		const char *difference;
		struct release theirs;

		if (upstream == NULL)
			continue;
		theirs.id = "";
		theirs.count = upstream->artifact_count;
		theirs.artifacts = arena_new_array(d->arena, theirs.count, struct release_artifact);
		for (size_t k = 0; k < theirs.count; k++) {
			theirs.artifacts[k].name = upstream->artifacts[k].name;
			theirs.artifacts[k].image = upstream->artifacts[k].image;
		}
		difference = check_artifacts(d, &theirs, ref_text(d, ref));
		if (difference != NULL)
			decision_stall(d, "UpstreamArtifactsDiffer",
				       arena_printf(d->arena, "spec.upstream: %s", difference));
	}
}

void check_spec(struct decision *d)
{
	check_cycle(d);
	check_claims(d);
	check_containers(d);
	check_intake(d);
	check_select(d);
	check_upstream_artifacts(d);
	signing_check_keys(d);
}

const char *check_artifacts(struct decision *d, const struct release *release, const char *whose)
{
	for (size_t i = 0; i < d->channel->artifact_count; i++) {
		const struct artifact *mine = &d->channel->artifacts[i];
		const struct release_artifact *theirs = release_find(release, mine->name);

		if (theirs == NULL)
			return arena_printf(d->arena, "%s has no artifact \"%s\", this channel has", whose,
					    mine->name);
		if (!str_equal(theirs->image, mine->image))
			return arena_printf(d->arena, "artifact \"%s\" is %s in %s and %s here", mine->name,
					    theirs->image, whose, mine->image);
	}
	for (size_t i = 0; i < release->count; i++) {
		if (channel_find_artifact(d->channel, release->artifacts[i].name) == NULL)
			return arena_printf(d->arena, "%s has an artifact \"%s\", this channel has not",
					    whose, release->artifacts[i].name);
	}
	return NULL;
}
