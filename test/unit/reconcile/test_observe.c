#include "reconcile/observe.h"

#include <stdio.h>

#include "base/str.h"
#include "base/vec.h"
#include "fixture.h"
#include "suite.h"

#define CHANNEL "apiVersion: sluice.dev/v1alpha1\nkind: ReleaseChannel\n"
#define WEB "artifacts: [{name: web, image: registry.example.com/shop/web}]"
#define NEXT "---\n"

/* develop → staging → beta, and beside it in beta a channel with the same workload and another one, and one
 * without any. */
static const char shop[] = CHANNEL
	"metadata: {name: shop, namespace: develop}\nspec: {" WEB "}\n" NEXT CHANNEL
	"metadata: {name: shop, namespace: staging}\n"
	"spec: {" WEB ", upstream: {channels: [{namespace: develop, name: shop}]}}\n" NEXT CHANNEL
	"metadata: {name: shop, namespace: beta}\n"
	"spec: {" WEB ", upstream: {channels: [{namespace: staging, name: shop}]},\n"
	"  workloads: [{kind: Deployment, name: web, containers: {web: web}},\n"
	"    {kind: StatefulSet, name: db, containers: {db: web}}]}\n" NEXT CHANNEL
	"metadata: {name: twin, namespace: beta}\n"
	"spec: {" WEB
	", workloads: [{kind: Deployment, name: web, containers: {web: web}},\n"
	"    {kind: CronJob, name: every.night, containers: {web: web}}]}\n" NEXT CHANNEL
	"metadata: {name: idle, namespace: beta}\nspec: {" WEB "}\n";

#define EVERYBODY "beta/idle beta/shop beta/twin develop/shop staging/shop "
#define BETA "beta/idle beta/shop beta/twin "

#define META(name, more) "metadata: {name: " name ", namespace: beta" more "}\n"
#define LABEL(channel) ", labels: {sluice.dev/channel: " channel "}"
#define POLICY "apiVersion: admissionregistration.k8s.io/v1\nkind: "
#define PROMOTION(channel)                                                                         \
	"apiVersion: sluice.dev/v1alpha1\nkind: Promotion\n" META(                                 \
		"p", "") "spec: {channel: " channel ", release: r-0123456789}\n"
#define WORKLOAD(kind, name, more)                                                                 \
	"apiVersion: apps/v1\nkind: " kind                                                         \
	"\n" META(name, more) "spec: {template: {spec: {containers: [{name: web, image: x}]}}}\n"
#define DEPLOYMENT(meta, generation, image, ready)                                                                     \
	"apiVersion: apps/v1\nkind: Deployment\n" META("web", ", generation: " generation meta)                        \
	"spec: {template: {spec: {containers: [{name: web, image: " image "}]}}}\nstatus: {readyReplicas: " ready "}\n"
#define POD(owner, name)                                                                           \
	"apiVersion: v1\nkind: Pod\n" META(                                                        \
		"x", ", ownerReferences: [{controller: true, kind: " owner ", name: " name         \
		     ", uid: u}]") "spec: {schedulingGates: [{name: sluice.dev/no-release}]}\n"
#define PINS(data) "apiVersion: v1\nkind: ConfigMap\n" META("sluice-pins", "") "data: {" data "}\n"
#define HPA(more) "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n" META("web", more)

static const struct {
	const char *name;
	const char *before; /* NULL: it is new */
	const char *after;  /* NULL: it goes */
	const char *want;   /* keys, sorted */
} rows[] = {
	{ "a new promotion concerns its channel", NULL, PROMOTION("shop"), "beta/shop " },
	{ "also when there is no such channel", NULL, PROMOTION("lost"), "beta/lost " },
	{ "a promotion that goes concerns its channel", PROMOTION("shop"), NULL, "beta/shop " },
	{ "a workload concerns the channel of its label and those that list it", NULL,
	  WORKLOAD("Deployment", "web", LABEL("idle")), "beta/idle beta/shop beta/twin " },
	{ "a workload without a label concerns those that list it", NULL,
	  WORKLOAD("Deployment", "web", ""), "beta/shop beta/twin " },
	{ "a workload of the same name and another kind concerns nobody", NULL,
	  WORKLOAD("DaemonSet", "web", ""), "" },
	{ "a label that moves concerns the old channel and the new one",
	  WORKLOAD("Deployment", "x", LABEL("idle")), WORKLOAD("Deployment", "x", LABEL("twin")),
	  "beta/idle beta/twin " },
	{ "a workload of which only what nobody reads moves concerns nobody", DEPLOYMENT("", "1", "x", "1"),
	  DEPLOYMENT(", annotations: {a: b}", "1", "x", "1, collisionCount: 2"), "" },
	{ "a workload whose pods become ready concerns its channels", DEPLOYMENT("", "1", "x", "1"),
	  DEPLOYMENT("", "1", "x", "2"), "beta/shop beta/twin " },
	{ "so does one that gets another image", DEPLOYMENT("", "1", "x", "1"), DEPLOYMENT("", "1", "y", "1"),
	  "beta/shop beta/twin " },
	{ "and one whose spec has changed", DEPLOYMENT("", "1", "x", "1"), DEPLOYMENT("", "2", "x", "1"),
	  "beta/shop beta/twin " },
	{ "and one that is being deleted", DEPLOYMENT("", "1", "x", "1"),
	  DEPLOYMENT(", deletionTimestamp: '2026-01-01T00:00:00Z'", "1", "x", "1"), "beta/shop beta/twin " },
	{ "and one that another has taken the place of", DEPLOYMENT(", uid: a", "1", "x", "1"),
	  DEPLOYMENT(", uid: b", "1", "x", "1"), "beta/shop beta/twin " },
	{ "and one that somebody else owns now", DEPLOYMENT("", "1", "x", "1"),
	  DEPLOYMENT(", ownerReferences: [{controller: true, kind: A, name: a, uid: u}]", "1", "x", "1"),
	  "beta/shop beta/twin " },
	{ "pins that come concern all channels of the namespace and its sweep", NULL, PINS(""), "beta/ " BETA },
	{ "so do pins that go", PINS(""), NULL, "beta/ " BETA },
	{ "a pin that is added concerns those that list its workload", PINS(""), PINS("StatefulSet.db.db: x"),
	  "beta/shop " },
	{ "so does one that changes", PINS("Deployment.web.web: x"), PINS("Deployment.web.web: y"),
	  "beta/shop beta/twin " },
	{ "so does one that goes", PINS("Deployment.web.web: x"), PINS(""), "beta/shop beta/twin " },
	{ "and one of a container that nobody names", PINS(""), PINS("StatefulSet.db.x: x"), "beta/shop " },
	{ "and one of a workload whose name has dots", PINS(""), PINS("CronJob.every.night.web: x"), "beta/twin " },
	{ "pins beside it that stay concern nobody", PINS("CronJob.every.night.web: x, Deployment.web.web: x"),
	  PINS("CronJob.every.night.web: x, Deployment.web.web: x, StatefulSet.db.db: x"), "beta/shop " },
	{ "of two that change, each has its own", PINS("CronJob.every.night.web: x, Deployment.x.web: x"),
	  PINS("Deployment.x.web: x, StatefulSet.db.db: x"), "beta/shop beta/twin " },
	{ "pins in a new version that say the same concern nobody", PINS("Deployment.web.web: x"),
	  PINS("Deployment.web.web: x"), "" },
	{ "a pin that nobody claims is the sweep's", PINS("Deployment.web.web: x"),
	  PINS("Deployment.lost.web: x, Deployment.web.web: x"), "beta/ " },
	{ "so is one of another kind", PINS(""), PINS("StatefulSet.web.web: x"), "beta/ " },
	{ "and one that is no pin's key", PINS(""), PINS("web: x, Deployment.web: x, Pod.web.web: x"), "beta/ " },
	{ "and one that nobody claims and that changes", PINS("Deployment.lost.web: x"), PINS("Deployment.lost.web: y"),
	  "beta/ " },
	{ "a pin that nobody claims, and that goes, concerns nobody", PINS("Deployment.lost.web: x"), PINS(""), "" },
	{ "an HPA concerns the channel of its label", NULL,
	  HPA(LABEL("shop")) "spec: {maxReplicas: 3}\n", "beta/shop " },
	{ "an HPA that somebody edits concerns it", HPA(LABEL("shop")) "spec: {maxReplicas: 3}\n",
	  HPA(LABEL("shop")) "spec: {maxReplicas: 4}\n", "beta/shop " },
	{ "an HPA whose figures move concerns nobody",
	  HPA(LABEL("shop")) "spec: {maxReplicas: 3}\nstatus: {currentReplicas: 1}\n",
	  HPA(LABEL("shop")) "spec: {maxReplicas: 3}\nstatus: {currentReplicas: 2}\n", "" },
	{ "an HPA without our label concerns nobody", NULL, HPA("") "spec: {maxReplicas: 3}\n",
	  "" },
	{ "a Service that goes concerns its channel",
	  "apiVersion: v1\nkind: Service\n" META("web", LABEL("twin")) "spec: {}\n", NULL,
	  "beta/twin " },
	{ "a gated pod of a StatefulSet concerns those that list that", NULL,
	  POD("StatefulSet", "db"), "beta/shop " },
	{ "a gated pod of a ReplicaSet leaves the gate by itself", NULL, POD("ReplicaSet", "db"),
	  "" },
	{ "a namespace whose guard is switched off concerns all channels in it", NULL,
	  "apiVersion: v1\nkind: Namespace\nmetadata: {name: beta, labels: {sluice.dev/guard: "
	  "'off'}}\n",
	  BETA },
	{ "the guard's policy concerns everybody", NULL,
	  POLICY "MutatingAdmissionPolicy\nmetadata: {name: sluice-pin-guard}\n", EVERYBODY },
	{ "so does its binding, when it goes",
	  POLICY "MutatingAdmissionPolicyBinding\nmetadata: {name: sluice-pin-guard}\n", NULL,
	  EVERYBODY },
	{ "so does the policy on who may promote", NULL,
	  POLICY "ValidatingAdmissionPolicy\nmetadata: {name: sluice-who-may}\n", EVERYBODY },
	{ "a channel concerns itself and those right below it", NULL,
	  CHANNEL "metadata: {name: shop, namespace: staging}\nspec: {" WEB "}\n",
	  "beta/shop staging/shop " },
	{ "a channel that goes leaves its namespace to be swept",
	  CHANNEL "metadata: {name: shop, namespace: staging}\n"
		  "spec: {" WEB ", upstream: {channels: [{namespace: develop, name: shop}]}}\n",
	  NULL, "beta/shop staging/ staging/shop " },
};

static void on_key(void *user, const char *key)
{
	vec_push(user, strdup(key));
}

/* The keys, sorted, each once and with a space behind it; frees them. */
static void take_keys(struct vec *keys, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	if (keys->len > 0)
		qsort(keys->items, keys->len, sizeof(void *), str_compare_items);
	for (size_t i = 0; i < keys->len; i++) {
		if (i == 0 || !str_equal(keys->items[i], keys->items[i - 1]))
			len += (size_t)snprintf(text + len, size - len, "%s ",
						(char *)keys->items[i]);
	}
	for (size_t i = 0; i < keys->len; i++)
		free(keys->items[i]);
	vec_finish(keys);
}

static void on_channel(void *user, const void *object)
{
	links_update(user, NULL, object);
}

START_TEST(maps_changes_to_keys)
{
	struct links *links = links_create();
	struct vec keys = VEC_INIT;
	struct fixture fixture;
	struct fixture changed;
	struct change change = { .kind = KIND_COUNT };
	char text[1024];

	fixture_init(&fixture);
	fixture_init(&changed);
	fixture_add(&fixture, shop);
	fixture.objects.each(&fixture, KIND_CHANNEL, "", NULL, on_channel, links);
	if (rows[_i].before != NULL) {
		fixture_add(&changed, rows[_i].before);
		change.before = changed.records[0]->object;
	}
	if (rows[_i].after != NULL) {
		fixture_add(&changed, rows[_i].after);
		change.after = changed.records[changed.count - 1]->object;
	}
	change.kind = changed.records[0]->kind;
	observe_change(&change, links, &fixture.objects, on_key, &keys);
	take_keys(&keys, text, sizeof(text));
	expect_str(rows[_i].name, text, rows[_i].want);
	links_destroy(links);
	fixture_finish(&changed);
	fixture_finish(&fixture);
}
END_TEST

static const struct {
	const char *name;
	bool is_refused; /* the apiserver has refused the workload's pin */
	const char *want;
} touches[] = {
	{ "a workload that is touched concerns nobody", false, "" },
	{ "unless its pin was refused: that may be right now", true, "beta/shop beta/twin " },
};

START_TEST(looks_again_at_what_was_learned)
{
	struct links *links = links_create();
	struct looks *looks = looks_create();
	struct unapplied *unapplied = unapplied_create();
	struct err refusal = ERR_INIT;
	struct vec keys = VEC_INIT;
	struct fixture fixture;
	struct fixture touched;
	struct change change = { .kind = KIND_DEPLOYMENT };
	char text[256];

	fixture_init(&fixture);
	fixture_init(&touched);
	fixture_add(&fixture, shop);
	fixture.objects.each(&fixture, KIND_CHANNEL, "", NULL, on_channel, links);
	fixture_add(&touched, DEPLOYMENT("", "1", "x", "1"));
	fixture_add(&touched, DEPLOYMENT(", annotations: {a: b}", "1", "x", "1"));
	change.before = touched.records[0]->object;
	change.after = touched.records[1]->object;
	(void)err_set(&refusal, ERR_DENIED, "no");
	if (touches[_i].is_refused)
		(void)looks_refused(looks, WORKLOAD_DEPLOYMENT, "beta", "web", &refusal, 1000);
	change.has_voided = observe_forget(&change, looks, unapplied);
	observe_change(&change, links, &fixture.objects, on_key, &keys);
	take_keys(&keys, text, sizeof(text));
	expect_str(touches[_i].name, text, touches[_i].want);
	looks_destroy(looks);
	unapplied_destroy(unapplied);
	links_destroy(links);
	fixture_finish(&touched);
	fixture_finish(&fixture);
}
END_TEST

/* ---- the index ---- */

#define EDIT(generation, spec)                                                                     \
	CHANNEL "metadata: {name: c, namespace: n, generation: " generation "}\nspec: {" WEB spec  \
		"}\n"

static const struct {
	const char *name;
	const char *before;
	const char *after;
	const char *want; /* channels below n/a, then those below n/b, then those that list
			     Deployment web */
} edits[] = {
	{ "what a new channel names is found", NULL,
	  EDIT("1", ", upstream: {channels: [{namespace: n, name: a}, {namespace: n, name: b}]}"),
	  "n/c | n/c | | " },
	{ "what an edited channel names is found, what it named before is not",
	  EDIT("1", ", upstream: {channels: [{namespace: n, name: a}]}"),
	  EDIT("2", ", upstream: {channels: [{namespace: n, name: b}]}"), "| n/c | | " },
	{ "a status that is written leaves the index alone",
	  EDIT("2", ", upstream: {channels: [{namespace: n, name: a}]}"),
	  EDIT("2", ", upstream: {channels: [{namespace: n, name: a}]}"), "n/c | | | " },
	{ "a channel that goes names nobody",
	  EDIT("1", ", upstream: {channels: [{namespace: n, name: a}]}"), NULL, "| | | " },
	{ "workloads are found by kind and name", NULL,
	  EDIT("1", ", workloads: [{kind: Deployment, name: web, containers: {web: web}}]"),
	  "| | n/c | " },
	{ "workloads that are no longer listed are not",
	  EDIT("1", ", workloads: [{kind: Deployment, name: web, containers: {web: web}}]"),
	  EDIT("2", ", workloads: [{kind: CronJob, name: web, containers: {web: web}}]"),
	  "| | | " },
};

START_TEST(keeps_the_index)
{
	struct links *links = links_create();
	const struct channel *before = NULL;
	const struct channel *after = NULL;
	struct fixture fixture;
	char text[3][256];
	char all[1024];

	fixture_init(&fixture);
	if (edits[_i].before != NULL) {
		fixture_add(&fixture, edits[_i].before);
		before = fixture.records[0]->object;
		links_update(links, NULL, before);
	}
	if (edits[_i].after != NULL) {
		fixture_add(&fixture, edits[_i].after);
		after = fixture.records[fixture.count - 1]->object;
	}
	links_update(links, before, after);
	for (int i = 0; i < 3; i++) {
		struct vec keys = VEC_INIT;

		if (i == 2)
			links_each_claimant(links, WORKLOAD_DEPLOYMENT, "n", "web", on_key, &keys);
		else
			links_each_downstream(links, "n", i == 0 ? "a" : "b", on_key, &keys);
		take_keys(&keys, text[i], sizeof(text[i]));
	}
	(void)snprintf(all, sizeof(all), "%s| %s| %s| ", text[0], text[1], text[2]);
	expect_str(edits[_i].name, all, edits[_i].want);
	links_destroy(links);
	fixture_finish(&fixture);
}
END_TEST

#define FROM(name, phase)                                                                          \
	"apiVersion: sluice.dev/v1alpha1\nkind: Promotion\nmetadata: {name: " name                 \
	", namespace: n}\nspec: {channel: c, from: {namespace: n, channel: a}}\nstatus: {phase: "  \
	phase "}\n"

static const struct {
	const char *name;
	const char *changes; /* promotions, one after the other, each new or in the place of its namesake */
	bool goes;           /* and the last one is deleted */
	const char *want;    /* channels that care for n/a */
} sources[] = {
	{ "a promotion that waits for another channel is found", FROM("p", "Waiting"), false, "n/c " },
	{ "one that nobody has looked at yet, too", FROM("p", "''"), false, "n/c " },
	{ "one that is finished is not", FROM("p", "Waiting") NEXT FROM("p", "Succeeded"), false, "" },
	{ "one that is deleted is not", FROM("p", "Waiting"), true, "" },
	{ "of two, one is left", FROM("p", "Waiting") NEXT FROM("q", "Waiting"), true, "n/c " },
};

START_TEST(knows_what_promotions_come_from)
{
	struct links *links = links_create();
	const struct promotion *last = NULL;
	struct vec keys = VEC_INIT;
	struct fixture fixture;
	char text[256];

	fixture_init(&fixture);
	fixture_add(&fixture, sources[_i].changes);
	for (size_t i = 0; i < fixture.count; i++) {
		const struct promotion *promotion = fixture.records[i]->object;
		bool is_namesake = last != NULL && str_equal(last->meta.name, promotion->meta.name);

		links_update_promotion(links, is_namesake ? last : NULL, promotion);
		last = promotion;
	}
	if (sources[_i].goes)
		links_update_promotion(links, last, NULL);
	links_each_downstream(links, "n", "a", on_key, &keys);
	take_keys(&keys, text, sizeof(text));
	expect_str(sources[_i].name, text, sources[_i].want);
	links_destroy(links);
	fixture_finish(&fixture);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, knows_what_promotions_come_from, sources);
	suite_add_rows(tests, maps_changes_to_keys, rows);
	suite_add_rows(tests, looks_again_at_what_was_learned, touches);
	suite_add_rows(tests, keeps_the_index, edits);
}

SUITE_MAIN("observe", add)
