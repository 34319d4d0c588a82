#include <stdlib.h>
#include <uv.h>

#include "base/err.h"
#include "fake/server.h"

static void on_time_up(uv_timer_t *timer)
{
	*(bool *)timer->data = true;
}

static void on_guard_closed(uv_handle_t *handle)
{
	free(handle);
}

bool fake_run_until(struct loop *loop, const bool *is_done, int64_t timeout_ms)
{
	uv_loop_t *uv = loop_uv(loop);
	uv_timer_t *guard = calloc(1, sizeof(*guard));
	bool is_time_up = false;

	CHECK(guard != NULL && uv_timer_init(uv, guard) == 0);
	guard->data = &is_time_up;
	uv_update_time(uv);
	CHECK(uv_timer_start(guard, on_time_up, (uint64_t)timeout_ms, 0) == 0);
	while (!*is_done && !is_time_up)
		(void)uv_run(uv, UV_RUN_ONCE);
	uv_close((uv_handle_t *)guard, on_guard_closed);
	return *is_done;
}

void fake_run_for(struct loop *loop, int64_t ms)
{
	const bool never = false;

	(void)fake_run_until(loop, &never, ms);
}
