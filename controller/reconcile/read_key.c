#include <stdint.h>

#include "kube/path.h"
#include "reconcile/executing.h"
#include "wire/config_map_json.h"

static int take(struct job *job, const struct order *order, const struct client_answer *answer, struct err *err)
{
	struct arena arena = ARENA_INIT;
	const char *text = NULL;
	int r = config_map_from_json(answer->body, answer->body_len, order->key.entry, &arena, &text, err);

	if (r == 0)
		keys_take(job_tools(job)->keys, order->namespace, &order->key, text, job_tools(job)->now_ms());
	arena_finish(&arena);
	return r;
}

static void on_config_map(void *user, const struct client_answer *answer, const struct err *err)
{
	struct job *job = user;
	const struct order *order = job_order(job);
	struct err failure = *err;

	if (!err_is_set(&failure))
		(void)!take(job, order, answer, &failure);
	if (err_is_answer(&failure)) {
		keys_fail(job_tools(job)->keys, order->namespace, &order->key, &failure, job_tools(job)->now_ms());
		err_clear(&failure);
	}
	job->is_news |= !err_is_set(&failure);
	job_go_on(job, &failure);
}

int start_read_key(struct job *job, const struct order *order, struct err *err)
{
	auto_buf target = PATH_INIT;
	int r = path_write(&target, "/api/v1", "configmaps", order->namespace, order->key.config_map, NULL, err);

	if (r == 0)
		r = client_get(job_tools(job)->client, buf_text(&target), on_config_map, job, err);
	return r < 0 ? r : JOB_WAITS;
}
