#include "stage.h"

#include <unistd.h>

#include "telemetry/log.h"

void stage_init(struct stage *s, const struct fake_step *script, size_t count)
{
	struct reconciler_options options = { .concurrency = 2, .seed = 1 };

	log_open(LOG_LEVEL_ERROR, STDERR_FILENO, NULL); /* what fails here fails on purpose */
	*s = (struct stage){ .is_stopped = false };
	bench_init(&s->bench, script, count);
	options.loop = s->bench.loop;
	options.tools = s->bench.tools;
	s->reconciler = reconciler_create(&options);
	store_on_change(s->bench.tools.store, reconciler_on_change, s->reconciler);
}

static void on_stopped(void *user)
{
	struct stage *s = user;

	s->is_stopped = true;
}

void stage_stop(struct stage *s)
{
	reconciler_stop(s->reconciler, on_stopped, s);
}

void stage_finish(struct stage *s)
{
	if (!s->is_stopped)
		stage_stop(s);
	ck_assert(s->is_stopped || fake_run_until(s->bench.loop, &s->is_stopped, 5000));
	store_on_change(s->bench.tools.store, NULL, NULL);
	reconciler_destroy(s->reconciler);
	bench_finish(&s->bench);
}

void stage_put(struct stage *s, enum kind kind, const char *json)
{
	struct record *record = NULL;
	struct err err = ERR_INIT;

	ck_assert_msg(record_from_json(kind, json, strlen(json), &record, &err) == 0, "%s",
		      err.text);
	(void)store_put(s->bench.tools.store, record);
	record_unref(record);
}

void stage_begin_work(struct stage *s)
{
	reconciler_set_synced(s->reconciler);
	reconciler_set_leading(s->reconciler, true);
}

void stage_expect_requests(struct stage *s, size_t count)
{
	for (int i = 0; i < 1000 && fake_server_served(s->bench.server) < count; i++)
		fake_run_for(s->bench.loop, 5);
	fake_run_for(s->bench.loop, 50);
	ck_assert_uint_eq(fake_server_served(s->bench.server), count);
}
