#include <string.h>

#include "base/str.h"
#include "kube/path.h"
#include "reconcile/executing.h"
#include "registry/verdicts.h"
#include "wire/secret_json.h"

#define SECRET_ENTRY ".dockerconfigjson"

/* When the registry room was asked and does not ask the registry, nobody will tell: look again
 * yourself. */
#define NOBODY_TELLS_MS REGISTRY_MIN_AGE_MS

static struct asked_place place_of(const struct order *order)
{
	return (struct asked_place){ .namespace = order->namespace,
				     .repository = order->lookup.repository,
				     .secret = order->lookup.pull_secret };
}

static void look_again(struct job *job, bool is_good)
{
	if (is_good)
		job->is_news = true;
	else if (job->again_ms > NOBODY_TELLS_MS)
		job->again_ms = NOBODY_TELLS_MS;
}

/* Looks for signatures, with the keys as they are known at this moment. */
static void verify(struct job *job, const struct order *order, const struct credentials *credentials, int64_t max_age_ms)
{
	struct verdicts *verdicts = registry_verdicts(job_tools(job)->registry);
	const struct action_lookup *lookup = &order->lookup;
	const struct verdict_observation *seen;
	struct signature_policy policy;

	if (!keys_policy(job_tools(job)->keys, order->namespace, &order->signatures, &policy)) {
		job->is_news = true;
		return;
	}
	verdicts_ask(verdicts, lookup->repository, lookup->reference, &policy, credentials, max_age_ms);
	seen = verdicts_find(verdicts, lookup->repository, lookup->reference, policy.id, credentials);
	if (!seen->is_asking)
		look_again(job, seen->state == OBSERVED_KNOWN && seen->at_ms >= lookup->not_before_ms);
}

/* credentials NULL: anonymous. */
static void ask(struct job *job, const struct order *order, const struct credentials *credentials)
{
	struct registry *registry = job_tools(job)->registry;
	const struct action_lookup *lookup = &order->lookup;
	int64_t max_age_ms = INT64_MAX;

	if (lookup->not_before_ms > 0)
		max_age_ms = job_tools(job)->now_ms() - lookup->not_before_ms;
	if (max_age_ms < 0)
		max_age_ms = 0;
	if (order->action == ACTION_CHECK_SIGNATURES) {
		verify(job, order, credentials, max_age_ms);
	} else if (lookup->reference == NULL) {
		const struct tags_observation *seen;

		registry_list_tags(registry, lookup->repository, credentials, max_age_ms);
		seen = registry_tags(registry, lookup->repository, credentials);
		if (!seen->is_asking)
			look_again(job, seen->state == OBSERVED_KNOWN &&
						seen->at_ms >= lookup->not_before_ms);
	} else {
		const struct digest_observation *seen;

		registry_resolve(registry, lookup->repository, lookup->reference, credentials,
				 max_age_ms);
		seen = registry_digest(registry, lookup->repository, lookup->reference,
				       credentials);
		if (!seen->is_asking)
			look_again(job, seen->state == OBSERVED_KNOWN &&
						seen->at_ms >= lookup->not_before_ms);
	}
}

/* Asks with what the Secret holds. ERR_INPUT: that is not usable. */
static int ask_with_secret(struct job *job, const struct order *order,
			   const struct client_answer *answer, struct err *err)
{
	const struct asked_place place = place_of(order);
	struct credentials credentials = CREDENTIALS_INIT;
	char *text = NULL;
	size_t len = 0;
	int r = secret_from_json(answer->body, answer->body_len, SECRET_ENTRY, &text, &len, err);

	if (r == 0)
		r = registry_credentials(job_tools(job)->registry, text, len, order->lookup.repository,
					 &credentials, err);
	if (r == 0) {
		asked_set_credentials(job_tools(job)->asked, &place, credentials.id);
		ask(job, order, &credentials);
	}
	credentials_finish(&credentials);
	secret_wipe(text, len);
	return r;
}

static void on_secret(void *user, const struct client_answer *answer, const struct err *err)
{
	struct job *job = user;
	const struct order *order = job_order(job);
	const struct asked_place place = place_of(order);
	struct err failure = *err;

	if (!err_is_set(&failure) && ask_with_secret(job, order, answer, &failure) == 0)
		err_clear(&failure);
	/* The body is this call's alone and goes after it: no trace of it shall stay. */
	if (answer->body_len > 0)
		explicit_bzero((void *)(uintptr_t)answer->body, answer->body_len);
	err_prefix(&failure, "pull secret %s", order->lookup.pull_secret);
	if (err_is_answer(&failure)) {
		asked_set_failure(job_tools(job)->asked, &place, &failure,
				  job_tools(job)->now_ms());
		job->is_news = true;
		err_clear(&failure);
	}
	job_go_on(job, &failure);
}

int start_lookup(struct job *job, const struct order *order, struct err *err)
{
	const struct executor_tools *tools = job_tools(job);
	const struct asked_place place = place_of(order);
	auto_buf target = PATH_INIT;
	int r;

	asked_note(tools->asked, &place, order->channel,
		   order->action == ACTION_CHECK_SIGNATURES ? NULL : order->lookup.reference, tools->now_ms());
	if (order->lookup.pull_secret == NULL) {
		ask(job, order, NULL);
		return JOB_GOES_ON;
	}
	r = path_write(&target, "/api/v1", "secrets", order->namespace, order->lookup.pull_secret,
		       NULL, err);
	if (r == 0)
		r = client_get(tools->client, buf_text(&target), on_secret, job, err);
	return r < 0 ? r : JOB_WAITS;
}
