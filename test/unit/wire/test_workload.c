/* Deployment, StatefulSet, DaemonSet, CronJob ⇄ struct workload. */
#include "domain/workload.h"
#include "given.h"
#include "wire/workload_json.h"

/* All of a workload in one line, so that a row shows it. */
static void describe(const struct workload *w, char out[static 1024])
{
	int len = snprintf(out, 1024, "%s %s", workload_kind_name(w->kind), w->meta.name);

	for (size_t i = 0; i < w->count; i++)
		len += snprintf(out + len, 1024 - (size_t)len, " %s%s=%s",
				w->containers[i].is_init ? "init:" : "", w->containers[i].name,
				w->containers[i].image);
	for (size_t i = 0; i < w->selector_count; i++)
		len += snprintf(out + len, 1024 - (size_t)len, " [%s=%s]", w->selector[i].key,
				w->selector[i].value);
	len += snprintf(out + len, 1024 - (size_t)len, " %jd/%jd/%jd/%jd/%jd observed %jd", (intmax_t)w->desired,
			(intmax_t)w->updated, (intmax_t)w->total, (intmax_t)w->ready, (intmax_t)w->available,
			(intmax_t)w->observed_generation);
	(void)snprintf(out + len, 1024 - (size_t)len, "%s%s%s%s partition %jd revisions %s,%s: %s",
		       w->is_paused ? " paused" : "", w->is_gated ? " gated" : "",
		       w->is_on_delete ? " on-delete" : "", w->has_expressions ? " expressions" : "",
		       (intmax_t)w->partition, w->current_revision, w->update_revision,
		       w->progress_message == NULL ? "-" : w->progress_message);
}

static const struct {
	const char *name;
	enum kind kind;
	const char *yaml;
	const char *want; /* desired/updated/total/ready/available */
} rows[] = {
	{ "a Deployment that rolls out", KIND_DEPLOYMENT,
	  "metadata: {name: web, generation: 4}\n"
	  "spec:\n"
	  "  replicas: 5\n"
	  "  selector: {matchLabels: {tier: x, app: web}}\n"
	  "  template: {spec: {containers: [{name: web, image: a}, {name: side, image: b}], "
	  "initContainers: [{name: setup, image: c}]}}\n"
	  "status: {observedGeneration: 4, replicas: 6, updatedReplicas: 2, readyReplicas: 4, availableReplicas: 3}\n",
	  "Deployment web web=a side=b init:setup=c [app=web] [tier=x] 5/2/6/4/3 observed 4 partition 0 revisions ,: -" },
	{ "a Deployment without replicas has one", KIND_DEPLOYMENT,
	  "metadata: {name: web}\nspec: {template: {spec: {containers: []}}}\n",
	  "Deployment web 1/0/0/0/0 observed 0 partition 0 revisions ,: -" },
	{ "a Deployment scaled to zero", KIND_DEPLOYMENT, "metadata: {name: web}\nspec: {replicas: 0}\n",
	  "Deployment web 0/0/0/0/0 observed 0 partition 0 revisions ,: -" },
	{ "a paused Deployment", KIND_DEPLOYMENT, "metadata: {name: web}\nspec: {paused: true}\n",
	  "Deployment web 1/0/0/0/0 observed 0 paused partition 0 revisions ,: -" },
	{ "a Deployment that was born without an image", KIND_DEPLOYMENT,
	  "metadata: {name: web}\nspec: {template: {spec: {containers: [{name: web}], "
	  "schedulingGates: [{name: other}, {name: sluice.dev/no-release}]}}}\n",
	  "Deployment web web= 1/0/0/0/0 observed 0 gated partition 0 revisions ,: -" },
	{ "the gate of somebody else is none of ours", KIND_DEPLOYMENT,
	  "metadata: {name: web}\nspec: {template: {spec: {schedulingGates: [{name: other}]}}}\n",
	  "Deployment web 1/0/0/0/0 observed 0 partition 0 revisions ,: -" },
	{ "a Deployment that makes no progress says why", KIND_DEPLOYMENT,
	  "metadata: {name: web}\nstatus: {conditions: [{type: Available, status: 'False', message: a}, "
	  "{type: Progressing, status: 'False', message: too late}]}\n",
	  "Deployment web 1/0/0/0/0 observed 0 partition 0 revisions ,: too late" },
	{ "that no pod can be made says more", KIND_DEPLOYMENT,
	  "metadata: {name: web}\nstatus: {conditions: [{type: Progressing, status: 'False', message: too late}, "
	  "{type: ReplicaFailure, status: 'True', message: quota exceeded}]}\n",
	  "Deployment web 1/0/0/0/0 observed 0 partition 0 revisions ,: quota exceeded" },
	{ "a Deployment that makes progress says nothing", KIND_DEPLOYMENT,
	  "metadata: {name: web}\nstatus: {conditions: [{type: Progressing, status: 'True', message: well}, "
	  "{type: ReplicaFailure, status: 'False', message: once}]}\n",
	  "Deployment web 1/0/0/0/0 observed 0 partition 0 revisions ,: -" },
	{ "a selector with expressions", KIND_DEPLOYMENT,
	  "metadata: {name: web}\nspec: {selector: {matchExpressions: [{key: a, operator: Exists}]}}\n",
	  "Deployment web 1/0/0/0/0 observed 0 expressions partition 0 revisions ,: -" },
	{ "a StatefulSet between two revisions", KIND_STATEFULSET,
	  "metadata: {name: db}\n"
	  "spec: {replicas: 3, updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 2}}, "
	  "template: {spec: {containers: [{name: db, image: a}]}}}\n"
	  "status: {observedGeneration: 2, replicas: 3, updatedReplicas: 1, readyReplicas: 2, availableReplicas: 2, "
	  "currentRevision: db-1, updateRevision: db-2}\n",
	  "StatefulSet db db=a 3/1/3/2/2 observed 2 partition 2 revisions db-1,db-2: -" },
	{ "a StatefulSet that waits for somebody to delete pods", KIND_STATEFULSET,
	  "metadata: {name: db}\nspec: {updateStrategy: {type: OnDelete}}\n",
	  "StatefulSet db 1/0/0/0/0 observed 0 on-delete partition 0 revisions ,: -" },
	{ "a DaemonSet counts nodes", KIND_DAEMONSET,
	  "metadata: {name: agent}\n"
	  "spec: {updateStrategy: {type: OnDelete}, template: {spec: {containers: [{name: a, image: i}]}}}\n"
	  "status: {observedGeneration: 9, desiredNumberScheduled: 7, currentNumberScheduled: 6, numberReady: 4, "
	  "updatedNumberScheduled: 5, numberAvailable: 3}\n",
	  "DaemonSet agent a=i 7/5/6/4/3 observed 9 on-delete partition 0 revisions ,: -" },
	{ "a CronJob has its template deeper, and no pods to count", KIND_CRONJOB,
	  "metadata: {name: nightly, generation: 3}\n"
	  "spec: {suspend: true, jobTemplate: {spec: {template: {spec: {containers: [{name: job, image: i}], "
	  "initContainers: [{name: pre, image: k}], schedulingGates: [{name: sluice.dev/no-release}]}}}}}\n"
	  "status: {lastScheduleTime: 2026-11-24T09:00:00Z}\n",
	  "CronJob nightly job=i init:pre=k 0/0/0/0/0 observed 3 paused gated partition 0 revisions ,: -" },
};

START_TEST(reads_workloads)
{
	struct record *record = given_record(rows[_i].name, rows[_i].kind, rows[_i].yaml);
	char out[1024];

	describe(record->object, out);
	expect_str(rows[_i].name, out, rows[_i].want);
	record_unref(record);
}
END_TEST

#define PIN_A "r.io/a@sha256:1111111111111111111111111111111111111111111111111111111111111111"

static const struct {
	const char *name;
	enum workload_kind kind;
	const char *want;
} applies[] = {
	{ "a Deployment", WORKLOAD_DEPLOYMENT,
	  "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\","
	  "\"uid\":\"u-1\",\"labels\":{\"sluice.dev/channel\":\"stable\"}},\"spec\":{\"template\":{\"spec\":"
	  "{\"containers\":[{\"name\":\"web\",\"image\":\"" PIN_A "\"},{\"name\":\"side\",\"image\":\"x\"}],"
	  "\"initContainers\":[{\"name\":\"setup\",\"image\":\"y\"}]}}}}" },
	{ "a CronJob, two levels deeper", WORKLOAD_CRONJOB,
	  "{\"apiVersion\":\"batch/v1\",\"kind\":\"CronJob\",\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\","
	  "\"uid\":\"u-1\",\"labels\":{\"sluice.dev/channel\":\"stable\"}},\"spec\":{\"jobTemplate\":{\"spec\":"
	  "{\"template\":{\"spec\":{\"containers\":[{\"name\":\"web\",\"image\":\"" PIN_A "\"},{\"name\":\"side\","
	  "\"image\":\"x\"}],\"initContainers\":[{\"name\":\"setup\",\"image\":\"y\"}]}}}}}}" },
};

START_TEST(applies_images_and_the_label_alone)
{
	const struct container containers[] = {
		{ "web", PIN_A, false }, { "setup", "y", true }, { "side", "x", false }
	};
	const struct action_workload action = { .kind = applies[_i].kind, .name = "web", .uid = "u-1",
						.containers = containers, .count = 3 };
	struct err err = ERR_INIT;
	char *json = NULL;

	expect_int(applies[_i].name, workload_to_json("shop", "stable", &action, &json, &err), 0);
	expect_str(applies[_i].name, json, applies[_i].want);
	free(json);
}
END_TEST

START_TEST(applies_no_list_without_containers)
{
	const struct container init = { "setup", "y", true };
	const struct action_workload action = { .kind = WORKLOAD_STATEFULSET, .name = "web", .uid = "u",
						.containers = &init, .count = 1 };
	struct err err = ERR_INIT;
	char *json = NULL;

	ck_assert_int_eq(workload_to_json("shop", "stable", &action, &json, &err), 0);
	expect_str("an init container alone", strstr(json, "\"spec\""),
		   "\"spec\":{\"template\":{\"spec\":{\"initContainers\":[{\"name\":\"setup\",\"image\":\"y\"}]}}}}");
	free(json);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, reads_workloads, rows);
	suite_add_rows(tests, applies_images_and_the_label_alone, applies);
	tcase_add_test(tests, applies_no_list_without_containers);
}

SUITE_MAIN("wire: workload", add)
