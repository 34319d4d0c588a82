#include "base/str.h"
#include "reconcile/executing.h"

#define MISMATCH_RETRY_MS 100
#define MISMATCH_LONG_MS (10 * 1000)

static struct unapplied_ref ref_of(const struct order *order)
{
	return (struct unapplied_ref){ order->namespace, order->channel, order->kind, order->name,
				       order->action == ACTION_DELETE };
}

/* ---- failures ---- */

/* A conflict without a manager says that the object is not the one that was looked at. */
static void pin_failed(struct job *job, const struct order *order, const char *manager,
		       const struct err *err)
{
	struct looks *looks = job_tools(job)->looks;
	int64_t now_ms = job_tools(job)->now_ms();

	if (err->class == ERR_CONFLICT && !str_is_empty(manager))
		job->is_news |= looks_conflict(looks, order->workload, order->namespace,
					       order->name, manager, now_ms);
	else if (err_class_is_refusal(err->class))
		job->is_news |= looks_refused(looks, order->workload, order->namespace, order->name,
					      err, now_ms);
	else if (err->class == ERR_NET || err->class == ERR_BUSY)
		job->is_news |= looks_trouble(looks, order->workload, order->namespace, order->name,
					      err, now_ms);
	else if (err->class == ERR_CONFLICT || err->class == ERR_NOTFOUND)
		(void)looks_forget(looks, order->workload, order->namespace, order->name);
}

/* Of what was refused, is the same not sent again for a while? */
static bool is_kept_back(const struct order *order)
{
	return order->action == ACTION_APPLY_SCALER || order->action == ACTION_APPLY_SERVICE;
}

bool order_stands_alone(const struct order *order)
{
	return is_kept_back(order) || order->action == ACTION_CREATE_PROMOTION || order->action == ACTION_DELETE;
}

static void write_failed(struct job *job, const struct order *order, const struct err *err)
{
	struct unapplied *unapplied = job_tools(job)->unapplied;
	const struct unapplied_ref ref = ref_of(order);
	int64_t now_ms = job_tools(job)->now_ms();

	if (err_class_is_refusal(err->class))
		job->is_news |= unapplied_refused(unapplied, &ref, is_kept_back(order) ? order->body : NULL, err, now_ms);
	else if (err->class == ERR_NET || err->class == ERR_BUSY)
		job->is_news |= unapplied_trouble(unapplied, &ref, err, now_ms);
}

bool learned_that_it_is_refused(const struct job *job, const struct order *order)
{
	const struct unapplied_ref ref = ref_of(order);

	return is_kept_back(order) &&
	       unapplied_is_refused(job_tools(job)->unapplied, &ref, order->body, job_tools(job)->now_ms());
}

/* Somebody may have been faster. */
static void delete_failed(struct job *job, const struct order *order, struct err *err)
{
	const struct unapplied_ref ref = ref_of(order);

	write_failed(job, order, err);
	if (err->class != ERR_NOTFOUND)
		return;
	unapplied_taken(job_tools(job)->unapplied, &ref);
	err_clear(err);
}

/* That it is not there, or may not be read, is an answer. That there was none is told as well: nothing else is before it
 * has been read. */
static void find_failed(struct job *job, const struct order *order, struct err *err)
{
	job->is_news |= looks_not_read(job_tools(job)->looks, order->workload, order->namespace,
				       order->name, err, job_tools(job)->now_ms());
	if (err_is_answer(err))
		err_clear(err);
}

void learn_from_failure(struct job *job, const struct order *order, const char *manager,
			struct err *err)
{
	switch (order->action) {
	case ACTION_PIN:
		pin_failed(job, order, manager, err);
		break;
	case ACTION_STATE_PINS:
	case ACTION_APPLY_SCALER:
	case ACTION_APPLY_SERVICE:
	case ACTION_CREATE_PROMOTION:
		write_failed(job, order, err);
		break;
	case ACTION_FIND_WORKLOAD:
		find_failed(job, order, err);
		break;
	case ACTION_DELETE:
		delete_failed(job, order, err);
		break;
	case ACTION_LIST_TAGS:
	case ACTION_RESOLVE:
	case ACTION_MEASURE:
	case ACTION_CHECK_SIGNATURES:
	case ACTION_READ_KEY:
	case ACTION_CHANNEL_STATUS:
	case ACTION_PROMOTION_STATUS:
	case ACTION_NOTICE:
	case ACTION_EVENT:
		break;
	}
}

/* ---- answers ---- */

/* The first container that the answer does not carry as it was applied, or NULL. */
static const struct container *find_mismatch(const struct order *order,
					     const struct workload *workload)
{
	for (size_t i = 0; i < order->container_count; i++) {
		const struct container *wanted = &order->containers[i];
		const struct container *got = workload_find_container(workload, wanted->name);

		if (got == NULL || !str_equal(got->image, wanted->image))
			return wanted;
	}
	return NULL;
}

/* The pin guard reads its pins from an informer: an apply right after they were stated may meet the
 * old ones. That takes milliseconds; when it lasts, somebody else changes images at admission. */
static void check_images(struct job *job, const struct order *order,
			 const struct workload *workload, struct err *err)
{
	const struct executor_tools *tools = job_tools(job);
	const struct container *wanted = find_mismatch(order, workload);
	const struct container *got =
		wanted == NULL ? NULL : workload_find_container(workload, wanted->name);
	int64_t now_ms = tools->now_ms();
	int64_t since_ms;

	if (wanted == NULL) {
		(void)looks_forget(tools->looks, order->workload, order->namespace, order->name);
		return;
	}
	since_ms = looks_mismatch(tools->looks, order->workload, order->namespace, order->name,
				  now_ms);
	if (now_ms - since_ms < MISMATCH_LONG_MS) {
		(void)err_set(err, ERR_BUSY, "container %s was admitted with %s instead of %s",
			      wanted->name, got == NULL ? "nothing" : got->image, wanted->image);
		err->retry_after_ms = MISMATCH_RETRY_MS;
		return;
	}
	(void)err_set(err, ERR_DENIED,
		      "something at admission changes the image of container %s to %s",
		      wanted->name, got == NULL ? "nothing" : got->image);
	job->is_news |= looks_refused(tools->looks, order->workload, order->namespace, order->name,
				      err, now_ms);
}

void learn_from_answer(struct job *job, const struct order *order, struct record *record,
		       struct err *err)
{
	const struct executor_tools *tools = job_tools(job);
	const struct unapplied_ref ref = ref_of(order);

	switch (order->action) {
	case ACTION_PIN:
		check_images(job, order, record->object, err);
		break;
	case ACTION_STATE_PINS:
	case ACTION_APPLY_SCALER:
	case ACTION_APPLY_SERVICE:
	case ACTION_CREATE_PROMOTION:
	case ACTION_DELETE:
		unapplied_taken(tools->unapplied, &ref);
		break;
	case ACTION_FIND_WORKLOAD:
		job->is_news |= looks_found(tools->looks, order->workload, order->namespace,
					    order->name, record, tools->now_ms());
		break;
	case ACTION_PROMOTION_STATUS:
		if (order->ended != NULL)
			metrics_promotion_ended(tools->metrics, order->ended);
		break;
	case ACTION_LIST_TAGS:
	case ACTION_RESOLVE:
	case ACTION_MEASURE:
	case ACTION_CHECK_SIGNATURES:
	case ACTION_READ_KEY:
	case ACTION_CHANNEL_STATUS:
	case ACTION_NOTICE:
	case ACTION_EVENT:
		break;
	}
}
