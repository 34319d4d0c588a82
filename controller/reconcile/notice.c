#include <stdlib.h>
#include <string.h>

#include "kube/apply.h"
#include "kube/path.h"
#include "reconcile/executing.h"
#include "wire/notice_json.h"

static void on_written(void *user, const struct client_answer *answer, const struct err *err)
{
	(void)answer; /* the object again: nobody reads it */
	job_go_on(user, err);
}

static int write_status(struct job *job, const struct order *order, const char *body, struct err *err)
{
	auto_buf target = PATH_INIT;
	int r = path_write_kind(&target, order->kind, order->namespace, order->name, "status", err);

	r = r < 0 ? r : path_query(&target, "fieldManager", APPLY_MANAGER, err);
	r = r < 0 ? r : path_query(&target, "force", "true", err);
	return r < 0 ? r
		     : client_patch(job_tools(job)->client, buf_text(&target), "application/apply-patch+yaml", body,
				    strlen(body), on_written, job, err);
}

/* Not there any more: then nobody has to be told. */
static void on_read(void *user, const struct client_answer *answer, const struct err *err)
{
	struct job *job = user;
	const struct order *order = job_order(job);
	struct err own = *err;
	char *body = NULL;
	int r = own.class;
	bool is_due;

	if (r == 0)
		r = notice_to_json(order->kind, order->uid, &order->conditions, answer->body, answer->body_len, &body,
				   &own);
	is_due = r == 0 && body != NULL;
	if (is_due)
		r = write_status(job, order, body, &own);
	free(body);
	if (is_due && r == 0)
		return;
	if (own.class == ERR_NOTFOUND)
		err_clear(&own);
	job_go_on(job, &own);
}

int start_notice(struct job *job, const struct order *order, struct err *err)
{
	auto_buf target = PATH_INIT;
	int r = path_write_kind(&target, order->kind, order->namespace, order->name, NULL, err);

	if (r == 0)
		r = client_get(job_tools(job)->client, buf_text(&target), on_read, job, err);
	return r < 0 ? r : JOB_WAITS;
}
