/* Questions to Prometheus, with the Secret in between. */
#include <stdio.h>
#include <string.h>

#include "kube/path.h"
#include "reconcile/executing.h"

static void on_secret(void *user, const struct client_answer *answer, const struct err *err)
{
	struct job *job = user;
	const struct order *order = job_order(job);
	struct prometheus_credentials credentials = { .authorization = NULL };
	struct measured *measured = job_tools(job)->measured;
	struct err failure = *err;
	int r = failure.class;

	if (r == 0)
		r = prometheus_credentials_read(answer->body, answer->body_len, &credentials, &failure);
	/* The body is this call's alone and goes after it: no trace of it shall stay. */
	if (answer->body_len > 0)
		explicit_bzero((void *)(uintptr_t)answer->body, answer->body_len);
	err_prefix(&failure, "credentialsRef %s", order->metric.secret);
	if (r == 0) {
		measured_ask(measured, job->key, &order->metric, &credentials);
	} else if (err_is_answer(&failure)) {
		measured_set_failure(measured, job->key, &order->metric, &failure);
		err_clear(&failure);
	}
	prometheus_credentials_finish(&credentials);
	job_go_on(job, &failure);
}

int start_measure(struct job *job, const struct order *order, struct err *err)
{
	const struct executor_tools *tools = job_tools(job);
	auto_buf target = PATH_INIT;
	int r;

	if (order->metric.secret == NULL) {
		measured_ask(tools->measured, job->key, &order->metric, NULL);
		return JOB_GOES_ON;
	}
	r = path_write(&target, "/api/v1", "secrets", order->namespace, order->metric.secret, NULL, err);
	if (r == 0)
		r = client_get(tools->client, buf_text(&target), on_secret, job, err);
	return r < 0 ? r : JOB_WAITS;
}
