#include "kube/limiter.h"

#include "base/err.h"

struct limiter limiter_make(int64_t qps, int64_t burst)
{
	int64_t interval_us = qps == 0 ? 0 : 1000000 / qps;

	CHECK(qps >= 0 && qps <= 1000000 && burst >= 1);
	return (struct limiter){ .interval_us = interval_us,
				 .leeway_us = (burst - 1) * interval_us };
}

int64_t limiter_take(struct limiter *limiter, int64_t now_ms)
{
	int64_t now_us = now_ms * 1000;
	int64_t wait_us;

	if (limiter->next_us < now_us)
		limiter->next_us = now_us;
	wait_us = limiter->next_us - limiter->leeway_us - now_us;
	limiter->next_us += limiter->interval_us;
	return wait_us <= 0 ? 0 : (wait_us + 999) / 1000;
}
