#include "kube/backoff.h"

#include <sys/random.h>

#include "base/err.h"

#define QUIET_MS 120000

int64_t backoff_random(int64_t min, int64_t max)
{
	uint32_t bits;

	CHECK(min <= max);
	CHECK(getrandom(&bits, sizeof(bits), 0) == (ssize_t)sizeof(bits));
	/* The bias of a remainder of 32 bits is of no account for delays. */
	return min + (int64_t)(bits % (uint64_t)(max - min + 1));
}

int64_t backoff_next(struct backoff *backoff, int64_t now_ms)
{
	int64_t delay = backoff->delay_ms * 2;

	if (backoff->delay_ms == 0 || now_ms - backoff->until_ms > QUIET_MS)
		delay = backoff->first_ms;
	if (delay > backoff->limit_ms)
		delay = backoff->limit_ms;
	backoff->delay_ms = delay;
	delay += backoff_random(0, delay);
	backoff->until_ms = now_ms + delay;
	return delay;
}
