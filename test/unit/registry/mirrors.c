#include "mirrors.h"

void mirrors_init(struct fixture *fixture, struct fake_route *routes, size_t count, const char *mirror)
{
	const char *const mirrors[] = { mirror, "r.example.com=" SECOND, NULL };
	static const struct registry_ca cas[] = { { "m.example.com", "CA of m" }, { NULL, NULL } };

	fixture_init_options(fixture, routes, count,
			     (struct registry_options){ .mirrors = mirrors, .cas = cas, .ca_pem = "CA of all" });
}
