#include <stdlib.h>
#include <uv.h>

#include "base/err.h"
#include "fake/server.h"

/* uv_run() runs timers first and then waits for the next event, whatever they did; so that a timer
 * under test that ends the waiting is noticed soon, there is always a next event. */
#define GLANCE_MS 5

static void on_glance(uv_timer_t *timer)
{
	(void)timer;
}

static void on_glances_closed(uv_handle_t *handle)
{
	free(handle);
}

bool fake_run_until(struct loop *loop, const bool *is_done, int64_t timeout_ms)
{
	uv_loop_t *uv = loop_uv(loop);
	uv_timer_t *glances = calloc(1, sizeof(*glances));
	uint64_t glance_ms = timeout_ms < GLANCE_MS ? (uint64_t)timeout_ms : GLANCE_MS;
	uint64_t until_ms;

	CHECK(glances != NULL && uv_timer_init(uv, glances) == 0);
	uv_update_time(uv);
	until_ms = uv_now(uv) + (uint64_t)timeout_ms;
	CHECK(uv_timer_start(glances, on_glance, glance_ms, glance_ms) == 0);
	while (!*is_done && uv_now(uv) < until_ms)
		(void)uv_run(uv, UV_RUN_ONCE);
	uv_close((uv_handle_t *)glances, on_glances_closed);
	return *is_done;
}

void fake_run_for(struct loop *loop, int64_t ms)
{
	const bool never = false;

	(void)fake_run_until(loop, &never, ms);
}
