/*
 * unit/registry/scene: what the real cosign pushed for one image (data/, made by data/make.py) as a registry serves it,
 * with a place for routes of the test's own in front, and the keys by which it has to be signed.
 * May include: fixture.h, signing.h, registry/verdicts.h.
 */
#ifndef SLUICE_UNIT_REGISTRY_SCENE_H
#define SLUICE_UNIT_REGISTRY_SCENE_H

#include "fixture.h"
#include "registry/verdicts.h"

#define HOST "127.0.0.1:5977"
#define URL "http://" HOST
#define REPOSITORY HOST "/shop/web"
#define MOST_ROUTES 64

/* The files that lead to the bundles and to the payloads. */
#define BUNDLES "referrers.json"
#define PAYLOADS "payloads.manifest.json"

/* An index. */
#define LIST(items) "{\"schemaVersion\":2,\"mediaType\":\"" INDEX "\",\"manifests\":[" items "]}"

struct scene {
	struct fixture fixture;
	struct fake_route routes[MOST_ROUTES];
	size_t count;
	char *digest;
	struct signature_policy policy;
};

/* No routes, no keys; one signer is enough. The fixture is the test's to make, once all routes are there. */
void scene_init(struct scene *scene);

/* Adds a route; the first that fits answers. */
void scene_add(struct scene *scene, struct fake_route route);

/* Serves every file of data/routes; those that are lost (up to NULL) by 404. */
void scene_add_files(struct scene *scene, const char *const *lost);

/* One more signer, with the keys of a text. */
void scene_add_signer(struct scene *scene, const char *pem);

/* The URL of a path; of the tag that stands for the digest, with a suffix; of the digest's referrers. */
char *scene_url(const char *path);
char *scene_tag_url(const struct scene *scene, const char *suffix);
char *scene_referrers_url(const struct scene *scene);

/* The URL under which data/routes serves a file. */
char *scene_file_url(const char *file);

/* Asks for the verdict about the digest, and answers all that comes of it; then what is known. */
const struct verdict_observation *scene_look(struct scene *scene, const struct credentials *credentials);

#endif
