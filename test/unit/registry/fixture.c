#include "fixture.h"

#include <stdio.h>

int64_t fixture_clock_ms = 1000000;

static int64_t monotonic_ms(void)
{
	return fixture_clock_ms;
}

int64_t fixture_now_ms(void)
{
	return DAY_ONE_MS + fixture_clock_ms - 1000000;
}

static void on_observed(void *user, const char *repository)
{
	struct fixture *fixture = user;

	fixture->told++;
	snprintf(fixture->repository, sizeof(fixture->repository), "%s", repository);
	if (fixture->ask_again != NULL)
		registry_resolve(fixture->registry, fixture->ask_again, "v1", NULL, MINUTE_MS);
}

void fixture_init_options(struct fixture *fixture, struct fake_route *routes, size_t count,
			  struct registry_options options)
{
	struct err err = ERR_INIT;

	*fixture = (struct fixture){ .http = { .routes = routes, .route_count = count } };
	options.on_observed = on_observed;
	options.user = fixture;
	options.monotonic_ms = monotonic_ms;
	options.now_ms = fixture_now_ms;
	ck_assert_msg(registry_create(&fixture->http, &options, &fixture->registry, &err) == 0, "%s",
		      err.text);
}

void fixture_init(struct fixture *fixture, struct fake_route *routes, size_t count, const char *insecure)
{
	const char *const hosts[] = { insecure, NULL };

	fixture_init_options(fixture, routes, count, (struct registry_options){ .insecure_hosts = hosts });
}

const struct digest_observation *fixture_resolve(struct fixture *fixture, const char *repository,
						 const char *reference,
						 const struct credentials *credentials)
{
	registry_resolve(fixture->registry, repository, reference, credentials, MINUTE_MS);
	fake_http_run(&fixture->http);
	return registry_digest(fixture->registry, repository, reference, credentials);
}

const struct tags_observation *fixture_list(struct fixture *fixture, const char *repository,
					    const struct credentials *credentials)
{
	registry_list_tags(fixture->registry, repository, credentials, MINUTE_MS);
	fake_http_run(&fixture->http);
	return registry_tags(fixture->registry, repository, credentials);
}

void fixture_finish(struct fixture *fixture)
{
	registry_destroy(fixture->registry);
	fake_http_run(&fixture->http);
	ck_assert_msg(fixture->http.complaint[0] == '\0', "%s", fixture->http.complaint);
}
