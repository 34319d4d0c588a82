#include "scene.h"

#include "signing.h"

void scene_init(struct scene *scene)
{
	*scene = (struct scene){ .digest = signing_file("digest"), .policy = { .threshold = 1, .id = "policy" } };
}

void scene_add(struct scene *scene, struct fake_route route)
{
	ck_assert_uint_lt(scene->count, MOST_ROUTES);
	scene->routes[scene->count++] = route;
}

char *scene_url(const char *path)
{
	return signing_text("%s%s", URL, path);
}

char *scene_tag_url(const struct scene *scene, const char *suffix)
{
	return signing_text("%s/v2/shop/web/manifests/sha256-%s%s", URL, scene->digest + 7, suffix);
}

char *scene_referrers_url(const struct scene *scene)
{
	return signing_text("%s/v2/shop/web/referrers/%s?artifactType=application%%2Fvnd.dev.sigstore.bundle.v0.3%%2Bjson", URL,
			    scene->digest);
}

char *scene_file_url(const char *file)
{
	char *routes = signing_file("routes");
	char *save = NULL;

	for (char *line = strtok_r(routes, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		char *path = signing_text("%s", line);

		path[strcspn(path, " ")] = '\0';
		if (strcmp(strrchr(line, ' ') + 1, file) == 0)
			return scene_url(path);
	}
	ck_abort_msg("no route serves %s", file);
	return NULL;
}

static bool is_listed(const char *const *names, const char *name)
{
	for (; *names != NULL; names++) {
		if (strcmp(*names, name) == 0)
			return true;
	}
	return false;
}

void scene_add_files(struct scene *scene, const char *const *lost)
{
	char *routes = signing_file("routes");
	char *save = NULL;

	for (char *line = strtok_r(routes, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		char *type = strchr(line, ' ');
		char *file = strrchr(line, ' ');

		*type++ = '\0';
		*file++ = '\0';
		if (is_listed(lost, file))
			scene_add(scene, (struct fake_route){ "GET", scene_url(line), .status = 404 });
		else
			scene_add(scene, (struct fake_route){ "GET", scene_url(line), .status = 200, .content_type = type,
							      .body = signing_file(file) });
	}
}

void scene_add_signer(struct scene *scene, const char *pem)
{
	struct signer *signer = &scene->policy.signers[scene->policy.count++];

	signer->count = signing_take_keys(pem, signer->keys);
}

const struct verdict_observation *scene_look(struct scene *scene, const struct credentials *credentials)
{
	struct verdicts *verdicts = registry_verdicts(scene->fixture.registry);

	verdicts_ask(verdicts, REPOSITORY, scene->digest, &scene->policy, credentials, MINUTE_MS);
	fake_http_run(&scene->fixture.http);
	return verdicts_find(verdicts, REPOSITORY, scene->digest, scene->policy.id, credentials);
}
