#include "reconcile/execute.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "kube/apply.h"
#include "reconcile/executing.h"
#include "reconcile/writing.h"
#include "wire/pins_json.h"

#define PATH_SIZE 384

struct executor {
	struct executor_tools tools;
	struct writing *writing;
	size_t active;
	bool is_working;
};

struct executor *executor_create(const struct executor_tools *tools)
{
	struct executor *executor = memory_alloc(sizeof(*executor));

	executor->tools = *tools;
	if (executor->tools.now_ms == NULL)
		executor->tools.now_ms = clock_now_ms;
	executor->writing = writing_create();
	executor->is_working = true;
	return executor;
}

void executor_destroy(struct executor *executor)
{
	if (executor == NULL)
		return;
	CHECK(executor->active == 0);
	writing_destroy(executor->writing);
	free(executor);
}

void executor_set_working(struct executor *executor, bool is_working)
{
	executor->is_working = is_working;
}

size_t executor_active(const struct executor *executor)
{
	return executor->active;
}

const struct executor_tools *job_tools(const struct job *job)
{
	return &job->executor->tools;
}

const struct order *job_order(const struct job *job)
{
	return &job->orders.items[job->next];
}

/* ---- one write at a time to one object ---- */

static const char *path_of(const struct order *order, char path[static PATH_SIZE])
{
	(void)snprintf(path, PATH_SIZE, "%s/%s/%s%s", kind_info(order->kind)->name,
		       order->namespace, order->name, order->is_status ? "/status" : "");
	return path;
}

static bool take_path(struct job *job)
{
	char path[PATH_SIZE];

	if (job->pins == job_order(job))
		return true;
	return writing_take(job->executor->writing, path_of(job_order(job), path), job->key);
}

static void wake(void *user, const char *key)
{
	const struct executor_tools *tools = user;

	if (tools->wake != NULL)
		tools->wake(tools->wake_user, key);
}

static void release(struct job *job, const struct order *order)
{
	char path[PATH_SIZE];

	if (job->pins == order)
		job->pins = NULL;
	writing_release(job->executor->writing, path_of(order, path), wake, &job->executor->tools);
}

static void release_path(struct job *job)
{
	release(job, job_order(job));
}

/* ---- answers about objects ---- */

static void job_finish(struct job *job, const struct err *err);

/* A namespace's first pins name no version upon which they are written, and would replace those of a replica that was
 * faster. So the object is begun: under a manager's name of its own an apply without data changes nothing of what is there
 * already. The pins are stated upon the version that comes back. */
static bool begins_pins(const struct order *order)
{
	return order->action == ACTION_STATE_PINS && order->resource_version == NULL;
}

/* Nobody is told of what was not done. */
static void skip_its_events(struct job *job, const struct order *order)
{
	const struct order *end = job->orders.items + job->orders.count;

	for (const struct order *next = order + 1; next < end && next->action == ACTION_EVENT && next->after == order->action; next++)
		job->next++;
}

static void set_aside(struct job *job, const struct order *order, struct err *failure)
{
	if (!err_is_set(failure) || !order_stands_alone(order))
		return;
	if (job->set_aside == NULL) {
		job->set_aside = order;
		job->set_aside_err = *failure;
	}
	err_clear(failure);
	skip_its_events(job, order);
}

static void on_answer(void *user, struct record *record, const char *manager, const struct err *err)
{
	struct job *job = user;
	const struct order *order = job_order(job);
	struct err failure = *err;

	if (order->action != ACTION_FIND_WORKLOAD)
		release_path(job);
	if (err_is_set(&failure))
		learn_from_failure(job, order, manager, &failure);
	else
		learn_from_answer(job, order, record, &failure);
	if (begins_pins(order) && !err_is_set(&failure)) {
		job->is_news = true;
		job_finish(job, &failure);
		return;
	}
	set_aside(job, order, &failure);
	job_go_on(job, &failure);
}

/* Pins are stated all at once, upon what was read: another channel may have been faster. The
 * apiserver would say so too (409), but only after a while. */
static bool is_overtaken(struct job *job, const struct order *order)
{
	struct arena arena = ARENA_INIT;
	const struct record *pins;
	bool is_overtaken;

	if (order->action != ACTION_STATE_PINS)
		return false;
	pins = store_get(job_tools(job)->store, KIND_PINS, order->namespace, order->name, &arena);
	is_overtaken = !str_equal(pins == NULL ? NULL : pins->meta->resource_version, order->resource_version);
	arena_finish(&arena);
	job->is_news = job->is_news || is_overtaken;
	return is_overtaken;
}

/* What is written before pins that are overtaken, or that wait for another channel's, is written in vain, and again with the
 * next look: in a namespace of many channels the more often the more there are. So before a channel's status the object of
 * the pins that follow is taken, too. */
static bool take_pins(struct job *job)
{
	char path[PATH_SIZE];

	if (job_order(job)->action != ACTION_CHANNEL_STATUS || job->pins != NULL)
		return true;
	for (size_t i = job->next; i < job->orders.count; i++) {
		const struct order *order = &job->orders.items[i];

		if (order->action != ACTION_STATE_PINS)
			continue;
		if (is_overtaken(job, order) || !writing_take(job->executor->writing, path_of(order, path), job->key))
			return false;
		job->pins = order;
		return true;
	}
	return true;
}

static int start_beginning(struct job *job, const struct order *order, struct err *err)
{
	static const struct action_pins none;
	const struct executor_tools *tools = job_tools(job);
	char *json;
	int r = pins_to_json(order->namespace, &none, &json, err);

	if (r < 0)
		return r;
	r = apply_send(tools->client, tools->store,
		       &(struct apply){ .kind = order->kind,
					.namespace = order->namespace,
					.name = order->name,
					.json = json,
					.json_len = strlen(json),
					.manager = APPLY_BEGINNER },
		       on_answer, job, err);
	free(json);
	return r;
}

static int start_apply(struct job *job, const struct order *order, struct err *err)
{
	const struct executor_tools *tools = job_tools(job);
	const struct apply apply = {
		.kind = order->kind,
		.namespace = order->namespace,
		.name = order->name,
		.subresource = order->is_status ? "status" : NULL,
		.json = order->body,
		.json_len = strlen(order->body),
		.is_forced = order->force,
	};
	int r;

	/* That is known and in the channel's condition: it keeps nothing else back. */
	if (learned_that_it_is_refused(job, order))
		return JOB_GOES_ON;
	if (is_overtaken(job, order) || !take_pins(job) || !take_path(job))
		return JOB_STOPS;
	r = begins_pins(order) ? start_beginning(job, order, err)
			       : apply_send(tools->client, tools->store, &apply, on_answer, job, err);
	if (r < 0)
		release_path(job);
	return r < 0 ? r : JOB_WAITS;
}

static int start_delete(struct job *job, const struct order *order, struct err *err)
{
	const struct executor_tools *tools = job_tools(job);
	const struct deletion deletion = {
		.kind = order->kind,
		.namespace = order->namespace,
		.name = order->name,
		.uid = order->uid,
		.resource_version = order->resource_version,
	};
	int r;

	if (!take_path(job))
		return JOB_STOPS;
	r = apply_delete(tools->client, tools->store, &deletion, on_answer, job, err);
	if (r < 0)
		release_path(job);
	return r < 0 ? r : JOB_WAITS;
}

static int start_find(struct job *job, const struct order *order, struct err *err)
{
	int r = apply_get(job_tools(job)->client, order->kind, order->namespace, order->name,
			  on_answer, job, err);

	return r < 0 ? r : JOB_WAITS;
}

static int start_event(struct job *job, const struct order *order, struct err *err)
{
	const struct kind_info *kind = kind_info(order->kind);
	const struct event_report report = {
		.regarding = { .api_version = kind->api_version,
			       .kind = kind->name,
			       .namespace = order->namespace,
			       .name = order->name,
			       .uid = order->uid },
		.is_warning = order->is_warning,
		.reason = order->reason,
		.action = "Reconcile",
		.note = order->note,
	};

	(void)err;
	event_send(job_tools(job)->events, &report);
	return JOB_GOES_ON;
}

/* ---- one job: the orders of one key ---- */

typedef int (*start_fn)(struct job *job, const struct order *order, struct err *err);

static const start_fn starts[] = {
	[ACTION_LIST_TAGS] = start_lookup,
	[ACTION_RESOLVE] = start_lookup,
	[ACTION_MEASURE] = start_measure,
	[ACTION_CHECK_SIGNATURES] = start_lookup,
	[ACTION_READ_KEY] = start_read_key,
	[ACTION_FIND_WORKLOAD] = start_find,
	[ACTION_CREATE_PROMOTION] = start_apply,
	[ACTION_STATE_PINS] = start_apply,
	[ACTION_PIN] = start_apply,
	[ACTION_APPLY_SCALER] = start_apply,
	[ACTION_APPLY_SERVICE] = start_apply,
	[ACTION_DELETE] = start_delete,
	[ACTION_CHANNEL_STATUS] = start_apply,
	[ACTION_PROMOTION_STATUS] = start_apply,
	[ACTION_NOTICE] = start_notice,
	[ACTION_EVENT] = start_event,
};

static int start_order(struct job *job, const struct order *order, struct err *err)
{
	const struct executor_tools *tools = job_tools(job);

	if (!job->executor->is_working ||
	    (tools->may_write != NULL && !tools->may_write(tools->user)))
		return err_set(err, ERR_CONFLICT, "this replica does not lead any more");
	if (order->err != NULL) {
		*err = *order->err;
		return err->class;
	}
	return starts[order->action](job, order, err);
}

static void job_finish(struct job *job, const struct err *err)
{
	const struct outcome outcome = {
		.is_cut_short = job->next < job->orders.count,
		.failed = err_is_set(err) ? job_order(job) : job->set_aside,
		.err = err_is_set(err) ? *err : job->set_aside_err,
		.is_news = job->is_news,
		.again_ms = job->again_ms,
	};

	if (job->pins != NULL)
		release(job, job->pins);
	writing_pass(job->executor->writing, job->key, wake, &job->executor->tools);
	job->executor->active--;
	job->done(job->user, job->key, &outcome);
	orders_finish(&job->orders);
	free(job->key);
	free(job);
}

/* Begins orders until one has to be waited for, one fails, or none is left. */
static void job_run(struct job *job)
{
	struct err err = ERR_INIT;

	while (job->next < job->orders.count) {
		int r = start_order(job, job_order(job), &err);

		if (r == JOB_WAITS)
			return;
		if (r < 0 || r == JOB_STOPS)
			break;
		job->next++;
	}
	job_finish(job, &err);
}

void job_go_on(struct job *job, const struct err *err)
{
	if (err_is_set(err)) {
		job_finish(job, err);
		return;
	}
	job->next++;
	job_run(job);
}

void execute_start(struct executor *executor, const char *key, struct orders *orders_take,
		   execute_done_fn done, void *user)
{
	struct job *job = memory_alloc(sizeof(*job));

	job->executor = executor;
	job->key = memory_strdup(key);
	job->orders = *orders_take;
	*orders_take = (struct orders){ .arena = ARENA_INIT };
	job->again_ms = CLOCK_NEVER;
	job->done = done;
	job->user = user;
	executor->active++;
	job_run(job);
}
