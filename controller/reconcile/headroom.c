#include "reconcile/headroom.h"

#include "base/memory.h"
#include "telemetry/log.h"

#define WAIT_MS 1000

bool headroom_is_there(struct headroom *headroom)
{
	bool was_short = headroom->is_short;

	headroom->is_short = memory_is_short();
	if (headroom->is_short && !was_short)
		log_warn("memory is short: no look begins until there is more");
	if (!headroom->is_short && was_short)
		log_info("there is memory again: looks begin");
	return !headroom->is_short;
}

int64_t headroom_delay_ms(const struct headroom *headroom, int64_t delay_ms)
{
	return headroom->is_short && delay_ms < WAIT_MS ? WAIT_MS : delay_ms;
}
