#include "reconcile/world.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"
#include "fixture.h"
#include "suite.h"

#define CHANNEL "apiVersion: sluice.dev/v1alpha1\nkind: ReleaseChannel\n"
#define PROMOTION "apiVersion: sluice.dev/v1alpha1\nkind: Promotion\n"
#define ADMISSION "apiVersion: admissionregistration.k8s.io/v1\nkind: "
#define WEB "artifacts: [{name: web, image: registry.example.com/shop/web}]"
#define NEXT "---\n"

/* A line develop → staging → beta, and what lies around in beta. */
static const char shop[] = CHANNEL
	"metadata: {name: shop, namespace: develop}\nspec: {" WEB "}\n" NEXT CHANNEL
	"metadata: {name: shop, namespace: staging}\n"
	"spec: {" WEB ", upstream: {channels: [{namespace: develop, name: shop}]}}\n" NEXT CHANNEL
	"metadata: {name: shop, namespace: beta}\n"
	"spec: {" WEB ", upstream: {channels: [{namespace: staging, name: shop}]},\n"
	"  workloads: [{kind: Deployment, name: web, containers: {web: web}},\n"
	"    {kind: CronJob, name: tidy, containers: {tidy: web}}]}\n" NEXT CHANNEL
	"metadata: {name: other, namespace: beta, creationTimestamp: 2026-01-01T00:00:00Z}\n"
	"spec: {" WEB ", workloads: [{kind: DaemonSet, name: agent, containers: {a: web}},\n"
	"  {kind: Deployment, name: web, containers: {web: web}}]}\n" NEXT PROMOTION
	"metadata: {name: p1, namespace: beta}\nspec: {channel: shop, release: r-0123456789}\n" NEXT
		PROMOTION "metadata: {name: p2, namespace: beta}\nspec: {channel: other, release: "
			  "r-0123456789}\n" NEXT PROMOTION
	"metadata: {name: p3, namespace: staging}\nspec: {channel: shop, release: "
	"r-0123456789}\n" NEXT PROMOTION
	"metadata: {name: p4, namespace: beta}\nspec: {channel: lost, release: r-0123456789}\n" NEXT
	"apiVersion: apps/v1\nkind: Deployment\n"
	"metadata: {name: web, namespace: beta, labels: {sluice.dev/channel: shop}}\n"
	"spec: {selector: {matchLabels: {app: web}}, template: {spec: {containers: [{name: web, "
	"image: x}]}}}\n" NEXT "apiVersion: v1\nkind: ConfigMap\n"
	"metadata: {name: sluice-pins, namespace: beta, labels: {sluice.dev/pins: 'true'}}\n"
	"data: {Deployment.web.web: 'x@sha256:1', StatefulSet.old.1.db: 'x@sha256:2'}\n" NEXT
	"apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n"
	"metadata: {name: web, namespace: beta, labels: {sluice.dev/channel: shop}}\nspec: "
	"{maxReplicas: 3}\n" NEXT "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n"
	"metadata: {name: foreign, namespace: beta, labels: {sluice.dev/channel: other}}\nspec: "
	"{maxReplicas: 3}\n" NEXT "apiVersion: v1\nkind: Service\n"
	"metadata: {name: web, namespace: beta, labels: {sluice.dev/channel: shop}}\nspec: "
	"{}\n" NEXT "apiVersion: v1\nkind: Pod\n"
	"metadata: {name: db-0, namespace: beta}\nspec: {schedulingGates: [{name: "
	"sluice.dev/no-release}]}\n";

static const char alone[] = CHANNEL
	"metadata: {name: shop, namespace: beta}\n"
	"spec: {" WEB ", workloads: [{kind: Deployment, name: web, containers: {web: web}}]}\n" NEXT
	"apiVersion: v1\nkind: ConfigMap\n"
	"metadata: {name: sluice-pins, namespace: beta, labels: {sluice.dev/pins: 'true'}}\n"
	"data: {Deployment.web.web: 'x@sha256:1'}\n";

static const char circle[] = CHANNEL
	"metadata: {name: a, namespace: n}\n"
	"spec: {" WEB
	", upstream: {channels: [{namespace: n, name: b}, {namespace: n, name: gone}]}}\n" NEXT
		CHANNEL "metadata: {name: b, namespace: n}\n"
	"spec: {" WEB
	", upstream: {channels: [{namespace: n, name: c}, {namespace: n, name: gone}]}}\n" NEXT
		CHANNEL "metadata: {name: c, namespace: n}\n"
	"spec: {" WEB ", upstream: {channels: [{namespace: n, name: a}]}}\n";

#define GUARD ADMISSION "MutatingAdmissionPolicy\nmetadata: {name: sluice-pin-guard}\n"
#define GUARD_BINDING                                                                              \
	ADMISSION "MutatingAdmissionPolicyBinding\nmetadata: {name: sluice-pin-guard}\n"
#define WHO_MAY ADMISSION "ValidatingAdmissionPolicy\nmetadata: {name: sluice-who-may}\n"
#define WHO_MAY_BINDING                                                                            \
	ADMISSION "ValidatingAdmissionPolicyBinding\nmetadata: {name: sluice-who-may}\n"
#define FREE                                                                                       \
	"apiVersion: v1\nkind: Namespace\nmetadata: {name: beta, labels: {sluice.dev/guard: "      \
	"'off'}}\n"

static const struct {
	const char *name;
	const char *objects;
	const char *namespace;
	const char *channel;
	const char *want;
} rows[] = {
	{ "a channel sees its own, its upstreams and the claims of others", shop, "beta", "shop",
	  "beta/shop\npromotion p1\nupstream staging/shop\nupstream develop/shop\n"
	  "workload known\nworkload none\nclaim Deployment web other\n"
	  "pin Deployment.web.web claimed\npin StatefulSet.old.1.db\nscaler web\nservice web\npod db-0\nwho-may missing\n" },
	{ "a channel that does not exist still has its promotions", shop, "beta", "lost",
	  "no channel\npromotion p4\npin Deployment.web.web claimed\npin StatefulSet.old.1.db\npod db-0\nwho-may "
	  "missing\n" },
	{ "the sweep of a namespace sees which pins are claimed", shop, "beta", "",
	  "no channel\npin Deployment.web.web claimed\npin StatefulSet.old.1.db\nwho-may missing\n" },
	{ "a pin that its own channel alone claims is claimed by no other", alone, "beta", "shop",
	  "beta/shop\nworkload none\npin Deployment.web.web\nwho-may missing\n" },
	{ "an entry channel has no upstream", shop, "develop", "shop",
	  "develop/shop\nwho-may missing\n" },
	{ "a circle ends, and holds the channel itself; a missing one is there once", circle, "n",
	  "a",
	  "n/a\nupstream n/b\nupstream n/gone missing\nupstream n/c\nupstream n/a\nwho-may "
	  "missing\n" },
	{ "the guard is there when policy and binding are",
	  GUARD NEXT GUARD_BINDING NEXT WHO_MAY NEXT WHO_MAY_BINDING, "beta", "",
	  "no channel\nguard installed\n" },
	{ "a guard without its binding guards nothing", GUARD NEXT WHO_MAY NEXT WHO_MAY_BINDING,
	  "beta", "", "no channel\n" },
	{ "a policy on who may without its binding binds nobody",
	  GUARD NEXT GUARD_BINDING NEXT WHO_MAY, "beta", "",
	  "no channel\nguard installed\nwho-may missing\n" },
	{ "an admin may switch the guard off in one namespace",
	  GUARD NEXT GUARD_BINDING NEXT FREE NEXT WHO_MAY NEXT WHO_MAY_BINDING, "beta", "",
	  "no channel\nguard installed\nguard off\n" },
	{ "that does not concern another",
	  GUARD NEXT GUARD_BINDING NEXT FREE NEXT WHO_MAY NEXT WHO_MAY_BINDING, "stable", "",
	  "no channel\nguard installed\n" },
};

static void put(char **at, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void put(char **at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	*at += vsnprintf(*at, 256, fmt, ap);
	va_end(ap);
}

static void describe_channel(const struct world *world, char **at)
{
	static const char *const states[] = { "none", "pending", "known", "failed" };

	for (size_t i = 0; i < world->promotion_count; i++)
		put(at, "promotion %s\n", world->promotions[i]->meta.name);
	for (size_t i = 0; i < world->upstream_count; i++)
		put(at, "upstream %s/%s%s\n", world->upstreams[i].ref.namespace,
		    world->upstreams[i].ref.name,
		    world->upstreams[i].channel == NULL ? " missing" : "");
	for (size_t i = 0; world->channel != NULL && i < world->channel->workload_count; i++)
		put(at, "workload %s\n", states[world->workloads[i].state]);
}

/* The world in lines. */
static void describe(const struct world *world, char *text)
{
	char *at = text;

	if (world->channel == NULL)
		put(&at, "no channel\n");
	else
		put(&at, "%s/%s\n", world->channel->meta.namespace, world->channel->meta.name);
	describe_channel(world, &at);
	for (size_t i = 0; i < world->claim_count; i++)
		put(&at, "claim %s %s %s\n", workload_kind_name(world->claims[i].kind),
		    world->claims[i].name, world->claims[i].channel);
	for (size_t i = 0; world->pins != NULL && i < world->pins->count; i++)
		put(&at, "pin %s%s\n", world->pins->items[i].key, world->are_claimed[i] ? " claimed" : "");
	for (size_t i = 0; i < world->scaler_count; i++)
		put(&at, "scaler %s\n", world->scalers[i]->meta.name);
	for (size_t i = 0; i < world->service_count; i++)
		put(&at, "service %s\n", world->services[i]->meta.name);
	for (size_t i = 0; i < world->gated_pod_count; i++)
		put(&at, "pod %s\n", world->gated_pods[i]->meta.name);
	put(&at, "%s%s%s", world->is_guard_installed ? "guard installed\n" : "",
	    world->is_guard_off_here ? "guard off\n" : "",
	    world->is_who_may_missing ? "who-may missing\n" : "");
}

START_TEST(gathers)
{
	struct arena arena = ARENA_INIT;
	struct fixture fixture;
	struct world world;
	char text[4096];

	fixture_init(&fixture);
	fixture_add(&fixture, rows[_i].objects);
	world_gather(&fixture.objects, &fixture.registry, rows[_i].namespace, rows[_i].channel, 5,
		     &arena, &world);
	describe(&world, text);
	expect_str(rows[_i].name, text, rows[_i].want);
	expect_int(rows[_i].name, world.now_ms, 5);
	arena_finish(&arena);
	fixture_finish(&fixture);
}
END_TEST

/* ---- what was learned by reading and by answers ---- */

static const struct workload read_once = { .meta = { .name = "tidy", .resource_version = "7" } };

/* Of the Deployment web: it could not be read, and other took its image. Of the CronJob tidy:
 * read. */
static void look(void *user, enum workload_kind kind, const char *namespace, const char *name,
		 struct arena *arena, struct workload_look *ret_look)
{
	(void)user, (void)namespace, (void)arena;
	if (kind == WORKLOAD_DEPLOYMENT && strcmp(name, "web") == 0) {
		ret_look->state = KNOWLEDGE_FAILED;
		ret_look->failure.class = ERR_NOTFOUND;
		ret_look->conflict_manager = "other";
	} else if (kind == WORKLOAD_CRONJOB) {
		ret_look->state = KNOWLEDGE_KNOWN;
		ret_look->workload = &read_once;
	}
}

START_TEST(what_is_watched_goes_before_what_was_read)
{
	struct arena arena = ARENA_INIT;
	struct fixture fixture;
	struct world world;

	fixture_init(&fixture);
	fixture_add(&fixture, shop);
	fixture.objects.look = look;
	world_gather(&fixture.objects, &fixture.registry, "beta", "shop", 5, &arena, &world);
	ck_assert_int_eq(world.workloads[0].state, KNOWLEDGE_KNOWN);
	ck_assert_ptr_eq(world.workloads[0].workload,
			 fixture_get(&fixture, KIND_DEPLOYMENT, "beta", "web"));
	ck_assert_int_eq(world.workloads[0].failure.class, ERR_NONE);
	ck_assert_str_eq(world.workloads[0].conflict_manager, "other");
	ck_assert_int_eq(world.workloads[1].state, KNOWLEDGE_KNOWN);
	ck_assert_ptr_eq(world.workloads[1].workload, &read_once);
	arena_finish(&arena);
	fixture_finish(&fixture);
}
END_TEST

/* ---- what promotions may not be known yet ---- */

static bool ahead(void *user, enum kind kind, const char *resource_version)
{
	(void)user, (void)kind, (void)resource_version;
	return false;
}

static bool behind(void *user, enum kind kind, const char *resource_version)
{
	(void)user;
	return kind == KIND_PROMOTION && str_equal(resource_version, "7");
}

static bool none_has_gone(void *user, const char *uid)
{
	(void)user, (void)uid;
	return false;
}

static bool that_has_gone(void *user, const char *uid)
{
	(void)user;
	return str_equal(uid, "uid-of-p1");
}

static const struct {
	const char *name;
	bool (*is_behind)(void *user, enum kind kind, const char *resource_version);
	bool (*has_gone)(void *user, const char *uid);
	bool want;
} lags[] = {
	{ "of a source that is never behind nothing is missing", NULL, NULL, false },
	{ "nor when promotions are known up to the channel's version", ahead, none_has_gone, false },
	{ "before that, what runs may not have come yet", behind, none_has_gone, true },
	{ "and so it is when nobody remembers what went", behind, NULL, true },
	{ "but what was seen to go will not come", behind, that_has_gone, false },
};

START_TEST(what_runs_may_not_be_known_yet)
{
	static const char running[] = CHANNEL "metadata: {name: shop, namespace: beta, resourceVersion: '7'}\nspec: {" WEB "}\n"
		"status: {desired: {release: r-0123456789, promotion: p1, promotionUID: uid-of-p1}}\n";
	struct arena arena = ARENA_INIT;
	struct fixture fixture;
	struct world world;

	fixture_init(&fixture);
	fixture_add(&fixture, running);
	fixture.objects.is_behind = lags[_i].is_behind;
	fixture.objects.has_gone = lags[_i].has_gone;
	world_gather(&fixture.objects, &fixture.registry, "beta", "shop", 5, &arena, &world);
	ck_assert_msg(world.may_lack_promotions == lags[_i].want, "%s", lags[_i].name);
	arena_finish(&arena);
	fixture_finish(&fixture);
}
END_TEST

/* ---- the registry ---- */

static const char registry_shop[] =
	CHANNEL "metadata: {name: shop, namespace: n}\n"
		"spec:\n  artifacts:\n"
		"  - {name: web, image: r.example/web}\n"
		"  - {name: job, image: r.example/web}\n"
		"  - {name: own, image: r.example/web, pullSecretRef: {name: s}}\n"
		"  - {name: api, image: r.example/api}\n"
		"  intake: {tags: {artifact: api, newest: '.*'}}\n"
		"status: {intake: {tag: v7}}\n";

static void tags(void *user, const char *namespace, const struct artifact *artifact,
		 const struct intake *intake, const char *last_tag, struct arena *arena,
		 struct tags_look *ret_look)
{
	char **at = user;

	(void)arena;
	put(at, "tags %s %s %s after %s\n", namespace, artifact->image, intake->pattern, last_tag);
	ret_look->state = KNOWLEDGE_PENDING;
}

static void digests(void *user, const char *namespace, const struct artifact *artifact,
		    struct arena *arena, world_each_fn fn, void *fn_user)
{
	struct digest_look *found = arena_new(arena, struct digest_look);
	char **at = user;

	put(at, "digests %s %s %s\n", namespace, artifact->image,
	    artifact->pull_secret == NULL ? "-" : artifact->pull_secret);
	found->repository = artifact->image;
	fn(fn_user, found);
}

START_TEST(each_repository_is_asked_for_once_with_each_secret)
{
	struct arena arena = ARENA_INIT;
	struct fixture fixture;
	struct world world;
	char text[1024] = "";
	char *at = text;

	fixture_init(&fixture);
	fixture_add(&fixture, registry_shop);
	fixture.registry.tags = tags;
	fixture.registry.digests = digests;
	fixture.registry.user = &at;
	world_gather(&fixture.objects, &fixture.registry, "n", "shop", 5, &arena, &world);
	ck_assert_str_eq(text, "digests n r.example/web -\ndigests n r.example/web s\n"
			       "digests n r.example/api -\ntags n r.example/api .* after v7\n");
	ck_assert_uint_eq(world.digest_count, 3);
	ck_assert_str_eq(world.digests[2].repository, "r.example/api");
	ck_assert_int_eq(world.tags.state, KNOWLEDGE_PENDING);
	arena_finish(&arena);
	fixture_finish(&fixture);
}
END_TEST

START_TEST(a_line_without_end_is_cut)
{
	struct arena arena = ARENA_INIT;
	struct fixture fixture;
	struct world world;
	char yaml[512];

	fixture_init(&fixture);
	for (int i = 0; i < 258; i++) {
		(void)snprintf(yaml, sizeof(yaml),
			       CHANNEL "metadata: {name: c%d, namespace: n}\nspec: {" WEB
				       ", upstream: {channels: [{namespace: n, name: c%d}]}}\n",
			       i, i + 1);
		fixture_add(&fixture, yaml);
	}
	world_gather(&fixture.objects, &fixture.registry, "n", "c0", 5, &arena, &world);
	ck_assert_uint_eq(world.upstream_count, 256);
	arena_finish(&arena);
	fixture_finish(&fixture);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, gathers, rows);
	tcase_add_test(tests, what_is_watched_goes_before_what_was_read);
	tcase_add_loop_test(tests, what_runs_may_not_be_known_yet, 0, sizeof(lags) / sizeof(lags[0]));
	tcase_add_test(tests, each_repository_is_asked_for_once_with_each_secret);
	tcase_add_test(tests, a_line_without_end_is_cut);
}

SUITE_MAIN("world", add)
