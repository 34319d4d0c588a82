/*
 * unit/registry/fixture: a registry room on the fake HTTP, with a clock that the test moves.
 * May include: fake_http.h, registry/observed.h, suite.h.
 */
#ifndef SLUICE_UNIT_REGISTRY_FIXTURE_H
#define SLUICE_UNIT_REGISTRY_FIXTURE_H

#include "fake_http.h"
#include "registry/observed.h"
#include "suite.h"

#define MINUTE_MS 60000
#define DAY_ONE_MS INT64_C(1760000000000) /* the wall clock when the test's clock is at 1,000,000 */

#define INDEX "application/vnd.oci.image.index.v1+json"
#define MANIFEST "application/vnd.oci.image.manifest.v1+json"

/* Two documents and their digests (sha256sum). */
#define WEB_BODY                                                                             \
	"{\"schemaVersion\":2,\"mediaType\":\"" MANIFEST "\",\"config\":{},\"layers\":[]}"
#define WEB_DIGEST "sha256:21d94c4ae81f56d81b98c4468796264cbff924c3fae1fd9e8379120a7d264f31"
#define MULTI_BODY "{\"schemaVersion\":2,\"mediaType\":\"" INDEX "\",\"manifests\":[]}"
#define MULTI_DIGEST "sha256:dff9de10919148711140d349bf03f1a99eb06f94b03e51715ccebfa7cdc518e2"
#define OTHER_DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct fixture {
	struct http http;
	struct registry *registry;
	int told;              /* calls of on_observed */
	char repository[256];  /* of the last one */
	/* What on_observed asks for again; NULL: nothing. */
	const char *ask_again;
};

/* Milliseconds since the start of the test, moved by hand. */
extern int64_t fixture_clock_ms;

/* The wall clock that goes with it. */
int64_t fixture_now_ms(void);

/* A room whose requests are answered by count routes. insecure: "host:port" for plain HTTP, or NULL. */
void fixture_init(struct fixture *fixture, struct fake_route *routes, size_t count, const char *insecure);

/* The same with options of the test's own; on_observed, user and the clocks are set here. */
void fixture_init_options(struct fixture *fixture, struct fake_route *routes, size_t count,
			  struct registry_options options);

/* Asks, and answers all that comes of it; then what is known. */
const struct digest_observation *fixture_resolve(struct fixture *fixture, const char *repository,
						 const char *reference,
						 const struct credentials *credentials);
const struct tags_observation *fixture_list(struct fixture *fixture, const char *repository,
					    const struct credentials *credentials);

/* Ends the room, then what still runs; fails the test if the fake had a complaint. */
void fixture_finish(struct fixture *fixture);

#endif
