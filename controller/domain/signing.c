/*
 * Signatures: which keys the channel trusts, and whether a release is signed with enough of them.
 *
 * Keys are read again while something waits, so that one that was taken out of its ConfigMap counts no more after a
 * minute. What was found for a digest under these keys stays true; what was not found is looked for again. The channel
 * remembers with each release under which policy it came: back to it under the same policy needs no registry.
 */
#include "base/clock.h"
#include "base/str.h"
#include "domain/decision.h"
#include "domain/digest.h"

#define KEYS_REFRESH_MS (30 * 1000) /* while something waits */
#define KEYS_STALE_MS (60 * 1000)   /* what is older opens no gate */
#define LOOK_AGAIN_MS (30 * 1000)   /* for a signature that is not there yet */

static const char *key_text(struct decision *d, size_t index)
{
	const struct signature_key *key = &d->channel->signatures.keys[index];

	return arena_printf(d->arena, "%s/%s", key->config_map, key->entry);
}

/* ---- the keys ---- */

static bool have_a_key_in_common(const struct key_look *a, const struct key_look *b)
{
	for (size_t i = 0; i < a->id_count; i++) {
		for (size_t k = 0; k < b->id_count; k++) {
			if (str_equal(a->ids[i], b->ids[k]))
				return true;
		}
	}
	return false;
}

/* One key in two places would let one signer count as two. */
static bool check_same_keys(struct decision *d)
{
	const struct key_look *keys = d->world->keys;

	for (size_t i = 0; i < d->channel->signatures.count; i++) {
		for (size_t k = 0; k < i; k++) {
			if (!have_a_key_in_common(&keys[i], &keys[k]))
				continue;
			decision_stall(d, "InvalidSignatureKey",
				       arena_printf(d->arena,
						    "spec.gates.signatures.keys: %s and %s hold the same public key, which "
						    "would count twice; name it once",
						    key_text(d, k), key_text(d, i)));
			return false;
		}
	}
	return true;
}

/* Until it is known to be right, what was wrong before is wrong. */
static void stay_stalled(struct decision *d)
{
	const struct condition *before = condition_find(&d->channel->status.conditions, "Stalled");

	if (before != NULL && str_equal(before->reason, "InvalidSignatureKey") &&
	    before->observed_generation == d->channel->meta.generation)
		decision_stall(d, before->reason, before->message);
}

static void check_key(struct decision *d, size_t index)
{
	const struct key_look *look = &d->world->keys[index];

	if (look->state == KNOWLEDGE_FAILED)
		decision_stall(d, "InvalidSignatureKey",
			       arena_printf(d->arena, "spec.gates.signatures.keys[%zu]: ConfigMap %s, key %s: %s", index,
					    d->channel->signatures.keys[index].config_map,
					    d->channel->signatures.keys[index].entry, look->failure.message));
	else if (look->state != KNOWLEDGE_KNOWN)
		stay_stalled(d);
}

static bool is_anything_waiting(const struct decision *d)
{
	for (size_t i = 0; i < d->candidate_count; i++) {
		if (!promotion_has_started(d->candidates[i].promotion))
			return true;
	}
	return false;
}

/* Asks for a key when it is time for that, and wakes when it will be. */
static void read_key(struct decision *d, size_t index, bool is_wanted)
{
	const struct key_look *look = &d->world->keys[index];
	int64_t due_ms = look->state == KNOWLEDGE_FAILED ? look->failure.retry_ms
			 : look->state != KNOWLEDGE_KNOWN ? d->world->now_ms
			 : is_wanted			  ? look->at_ms + KEYS_REFRESH_MS
							  : CLOCK_NEVER;

	if (d->world->now_ms >= due_ms)
		plan_add(d->plan, d->arena, ACTION_READ_KEY)->key = d->channel->signatures.keys[index];
	else
		plan_wake(d->plan, due_ms, "signature keys");
}

void signing_check_keys(struct decision *d)
{
	bool is_wanted = !check_same_keys(d) || is_anything_waiting(d);

	for (size_t i = 0; i < d->channel->signatures.count; i++) {
		check_key(d, i);
		read_key(d, i, is_wanted);
	}
}

/* Are all keys known, and not too long ago? If not, *ret_why says for which it waits. */
static bool keys_are_fresh(struct decision *d, const char **ret_why)
{
	for (size_t i = 0; i < d->channel->signatures.count; i++) {
		const struct key_look *look = &d->world->keys[i];

		if (look->state == KNOWLEDGE_KNOWN && d->world->now_ms - look->at_ms <= KEYS_STALE_MS)
			continue;
		*ret_why = arena_printf(d->arena,
					look->state == KNOWLEDGE_FAILED ? "the key %s cannot be used" : "reading the key %s",
					key_text(d, i));
		return false;
	}
	return true;
}

/* ---- one artifact ---- */

static size_t count_signers(const struct signature_look *look)
{
	return (size_t)__builtin_popcount(look->signers);
}

/* The keys that signed, or all of them. */
static const char *list_keys(struct decision *d, uint32_t which)
{
	const char *text = "";

	for (size_t i = 0; i < d->channel->signatures.count; i++) {
		if ((which >> i & 1) != 0)
			text = arena_printf(d->arena, "%s%s%s", text, *text == '\0' ? "" : ", ", key_text(d, i));
	}
	return text;
}

static const char *needs_text(struct decision *d)
{
	const struct signatures *wanted = &d->channel->signatures;
	const char *keys = list_keys(d, UINT32_MAX);

	if (wanted->count == 1)
		return arena_printf(d->arena, "needs %s", keys);
	return arena_printf(d->arena, "needs %u of %s", wanted->threshold, keys);
}

/* What is known of an artifact that is not signed well enough. */
static const char *lacking_text(struct decision *d, const struct release_artifact *a,
				const struct signature_look *look)
{
	size_t count = count_signers(look);
	char digest[DIGEST_SHORT_SIZE];

	if (count > 0)
		return arena_printf(d->arena, "%s: signed with %s, %zu more missing", a->name, list_keys(d, look->signers),
				    d->channel->signatures.threshold - count);
	if (look->found > 0)
		return arena_printf(d->arena, "%s: none of %zu signatures in %s counts: %s", a->name, look->found, a->image,
				    look->note);
	digest_shorten(a->digest, digest);
	return arena_printf(d->arena,
			    "%s: %s has no signature of %s, neither among its referrers nor as the tag %.6s-%s….sig%s%s", a->name,
			    a->image, digest, digest, digest + 7, look->note == NULL ? "" : ": ",
			    look->note == NULL ? "" : look->note);
}

static void ask(struct decision *d, const struct release_artifact *a)
{
	const struct artifact *artifact = channel_find_artifact(d->channel, a->name);
	struct action *action = plan_add(d->plan, d->arena, ACTION_CHECK_SIGNATURES);

	action->lookup = (struct action_lookup){
		.repository = a->image,
		.reference = a->digest,
		.pull_secret = artifact == NULL ? NULL : artifact->pull_secret,
		.not_before_ms = d->world->now_ms - LOOK_AGAIN_MS + 1,
	};
}

/* Asks, now or at that moment. */
static void ask_from(struct decision *d, const struct release_artifact *a, int64_t due_ms)
{
	if (d->world->now_ms >= due_ms)
		ask(d, a);
	else
		plan_wake(d->plan, due_ms, "signatures");
}

/* Is one artifact signed? *ret_text says by which keys, or what is missing; *ret_retry_ms is lowered to the moment of
 * the next try after a failure. */
static bool is_signed(struct decision *d, const struct release_artifact *a, const char **ret_text, int64_t *ret_retry_ms)
{
	const struct signature_look *look = world_find_signature(d->world, a->image, a->digest);

	if (look == NULL || look->state <= KNOWLEDGE_PENDING) {
		*ret_text = arena_printf(d->arena, "%s: looking for signatures of %s@%s", a->name, a->image, a->digest);
		if (look == NULL || look->state == KNOWLEDGE_NONE)
			ask(d, a);
		return false;
	}
	if (count_signers(look) >= d->channel->signatures.threshold) {
		*ret_text = arena_printf(d->arena, "%s: signed with %s", a->name, list_keys(d, look->signers));
		return true;
	}
	if (look->state == KNOWLEDGE_FAILED) {
		*ret_text = arena_printf(d->arena, "%s: %s", a->name, look->failure.message);
		ask_from(d, a, look->failure.retry_ms);
		if (look->failure.retry_ms < *ret_retry_ms)
			*ret_retry_ms = look->failure.retry_ms;
		return false;
	}
	*ret_text = lacking_text(d, a, look);
	ask_from(d, a, look->at_ms + LOOK_AGAIN_MS);
	return false;
}

/* ---- a release ---- */

/* Did it come into this channel before, checked with these very keys? */
static bool came_under_same_policy(const struct decision *d, const struct release *release)
{
	const struct channel_status *status = &d->channel->status;
	const char *policy = d->world->signature_policy;

	if (policy == NULL)
		return false;
	if (release_equal(&status->current.release, release) && str_equal(status->current.signature_policy, policy))
		return true;
	for (size_t i = 0; i < status->history_count; i++) {
		if (release_equal(&status->history[i].release, release) &&
		    str_equal(status->history[i].signature_policy, policy))
			return true;
	}
	return false;
}

bool signing_allows(struct decision *d, const struct release *release, const char **ret_message, int64_t *ret_until_ms)
{
	const char *good = "";
	const char *bad = "";

	if (!keys_are_fresh(d, ret_message))
		return false;
	if (came_under_same_policy(d, release)) {
		*ret_message = "was here before, checked with the same keys";
		return true;
	}
	for (size_t i = 0; i < release->count; i++) {
		const char *text;
		const char **list = is_signed(d, &release->artifacts[i], &text, ret_until_ms) ? &good : &bad;

		*list = arena_printf(d->arena, "%s%s%s", *list, **list == '\0' ? "" : "; ", text);
	}
	*ret_message = *bad == '\0' ? good : arena_printf(d->arena, "%s; %s", needs_text(d), bad);
	return *bad == '\0';
}
