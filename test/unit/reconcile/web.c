#include "web.h"

static const struct container wanted = { .name = "web", .image = "r.example/web@new" };

struct order web_pin_order(void)
{
	struct order order = bench_order(ACTION_PIN, KIND_DEPLOYMENT, "web");

	order.workload = WORKLOAD_DEPLOYMENT;
	order.containers = &wanted;
	order.container_count = 1;
	order.body = strdup("{\"spec\":{}}");
	return order;
}
