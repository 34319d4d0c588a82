/* The spec of a ReleaseChannel → struct channel. */

#include "domain/channel.h"
#include "given.h"
#include "wire/channel_json.h"

START_TEST(reads_every_field_of_a_spec)
{
	const char *row = "the complete channel";
	struct record *record = given_document(KIND_CHANNEL, "channels.yaml", 0);
	const struct channel *c = record->object;

	expect_str(row, c->meta.namespace, "shop-beta");
	expect_int(row, c->artifact_count, 2);
	expect_str(row, c->artifacts[0].name, "web");
	expect_str(row, c->artifacts[0].image, "registry.example.com/shop/web");
	expect_str(row, c->artifacts[0].pull_secret, "registry-read");
	expect_str(row, c->artifacts[1].pull_secret, NULL);
	expect_int(row, c->upstream.match, UPSTREAM_ALL);
	expect_int(row, c->upstream.count, 2);
	expect_str(row, c->upstream.channels[1].namespace, "shop-load");
	expect_str(row, c->upstream.channels[1].name, "shop");
	expect_int(row, c->intake.policy, INTAKE_NONE);
	expect_int(row, c->mode, MODE_AUTOMATIC);
	expect_int(row, c->select, SELECT_MATCH_UPSTREAM);
	expect_int(row, c->deadline_ms, 30 * 60 * 1000);
	expect_int(row, (int64_t)c->keep_count, 7);
	expect_int(row, c->keep_age_ms, 12 * 3600 * 1000);
	expect_int(row, c->soak_ms, 45 * 60 * 1000);
	expect_str(row, c->labels, "team=shop,tier=web");
	expect_int(row, c->window_count, 2);
	expect_str(row, c->windows[0].name, "office-hours");
	expect_int(row, c->windows[0].kind, WINDOW_ALLOW);
	expect_str(row, c->windows[0].rrule, "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH");
	expect_str(row, c->windows[0].start, "2026-01-05T09:00");
	expect_int(row, c->windows[0].duration_ms, 8 * 3600 * 1000);
	expect_str(row, c->windows[0].time_zone, "Europe/Berlin");
	expect_int(row, c->windows[1].kind, WINDOW_DENY);
	expect_str(row, c->windows[1].rrule, NULL);
	expect_int(row, c->signatures.threshold, 2);
	expect(row, c->signatures.must_match_repository);
	expect_int(row, c->signatures.count, 2);
	expect_str(row, c->signatures.keys[0].config_map, "release-keys");
	expect_str(row, c->signatures.keys[0].entry, "ci.pub");
	expect_str(row, c->signatures.keys[1].config_map, "qa");
	expect_str(row, c->signatures.keys[1].entry, "qa.pub");
	expect_int(row, c->approvals_required, 2);
	expect(row, c->excludes_requester);
	expect_int(row, c->progress_deadline_ms, 330 * 1000);
	expect_str(row, c->verify_request, "once-more");
	expect_str(row, c->lift_request, "7");
	expect_str(row, c->lifted_by, "bob");
	expect_int(row, c->metric_count, 2);
	expect_str(row, c->metrics[0].name, "success-rate");
	expect_str(row, c->metrics[0].query, "sum(ok) / sum(all)");
	expect_str(row, c->metrics[0].url, "https://prometheus.example.com/prefix");
	expect_str(row, c->metrics[0].secret, "prometheus-read");
	expect_int(row, c->metrics[0].initial_delay_ms, 30 * 1000);
	expect_int(row, c->metrics[0].interval_ms, 120 * 1000);
	expect_int(row, c->metrics[0].count, 5);
	expect(row, c->metrics[0].success.has_min && c->metrics[0].success.min == 0.99);
	expect(row, c->metrics[0].success.has_max && c->metrics[0].success.max == 1);
	expect(row, c->metrics[0].failure.has_min && c->metrics[0].failure.min == 0);
	expect(row, c->metrics[0].failure.has_max && c->metrics[0].failure.max == 0.95);
	expect_int(row, c->metrics[0].failure_limit, 1);
	expect_int(row, c->metrics[0].inconclusive_limit, 2);
	expect_int(row, c->metrics[0].error_limit, 4);
	expect_str(row, c->metrics[1].url, NULL);
	expect_str(row, c->metrics[1].secret, NULL);
	expect_int(row, c->metrics[1].interval_ms, 60 * 1000);
	expect_int(row, c->metrics[1].count, 1);
	expect_int(row, c->metrics[1].error_limit, 3);
	expect(row, !c->metrics[1].success.has_min && c->metrics[1].success.has_max);
	expect(row, !c->metrics[1].failure.has_min && !c->metrics[1].failure.has_max);
	expect_int(row, c->on_failure, ON_FAILURE_HOLD);
	expect(row, c->is_suspended);
	record_unref(record);
}
END_TEST

START_TEST(reads_workloads_autoscaling_and_routing)
{
	const char *row = "the complete channel";
	struct record *record = given_document(KIND_CHANNEL, "channels.yaml", 0);
	const struct channel *c = record->object;

	expect_int(row, c->workload_count, 4);
	for (int i = 0; i < 4; i++)
		expect_int(row, c->workloads[i].kind, WORKLOAD_DEPLOYMENT + i);
	expect_str(row, c->workloads[3].name, "nightly");
	expect_int(row, c->workloads[0].count, 2);
	expect_str(row, c->workloads[0].containers[0].container, "init");
	expect_str(row, c->workloads[0].containers[0].artifact, "worker");
	expect_str(row, c->workloads[0].containers[1].container, "web");
	expect_int(row, c->autoscaling_count, 2);
	expect_str(row, c->autoscaling[0].workload, "web");
	expect_int(row, c->autoscaling[0].min_replicas, 2);
	expect_int(row, c->autoscaling[0].max_replicas, 20);
	expect_str(row, c->autoscaling[0].metrics,
		   "[{\"type\":\"Resource\",\"resource\":{\"name\":\"cpu\",\"target\":{\"type\":\"Utilization\","
		   "\"averageUtilization\":70}}}]");
	expect_str(row, c->autoscaling[0].behavior,
		   "{\"scaleDown\":{\"stabilizationWindowSeconds\":60}}");
	expect_int(row, c->autoscaling[1].min_replicas, 0);
	expect_str(row, c->autoscaling[1].metrics, NULL);
	expect_str(row, c->service.name, "web");
	expect_str(row, c->service.workload, "web");
	expect_int(row, c->service.count, 3);
	expect_str(row, c->service.ports[0].name, "http");
	expect_int(row, c->service.ports[0].port, 80);
	expect_str(row, c->service.ports[0].target_port, "8080");
	expect_str(row, c->service.ports[0].protocol, "TCP");
	expect_str(row, c->service.ports[1].target_port, "dns");
	expect_str(row, c->service.ports[2].target_port, NULL);
	record_unref(record);
}
END_TEST

static const struct {
	const char *name;
	size_t document;
	enum intake_policy policy;
	const char *pattern;
	int64_t interval_ms;
} intakes[] = {
	{ "an intake by version", 1, INTAKE_SEMVER, ">=1.4.0-0", 30000 },
	{ "an intake by regular expression", 2, INTAKE_NEWEST, "^build-(\\d+)$", 60000 },
	{ "an intake by one moving tag", 3, INTAKE_TAG, "main", 60000 },
};

START_TEST(reads_intakes)
{
	struct record *record = given_document(KIND_CHANNEL, "channels.yaml", intakes[_i].document);
	const struct channel *c = record->object;

	expect_int(intakes[_i].name, c->intake.policy, intakes[_i].policy);
	expect_str(intakes[_i].name, c->intake.pattern, intakes[_i].pattern);
	expect_str(intakes[_i].name, c->intake.artifact, "web");
	expect_int(intakes[_i].name, c->intake.interval_ms, intakes[_i].interval_ms);
	record_unref(record);
}
END_TEST

START_TEST(fills_in_the_defaults_of_the_schema)
{
	const char *row = "the smallest channel";
	struct record *record = given_record(
		row, KIND_CHANNEL,
		"metadata: {name: shop, namespace: a}\n"
		"spec: {artifacts: [{name: web, image: a.b/c}], intake: {tags: {artifact: web, tag: x}},\n"
		"  upstream: {channels: []}, workloads: [{kind: CronJob, name: w, containers: {c: web}}]}\n");
	const struct channel *c = record->object;

	expect_int(row, c->mode, MODE_MANUAL);
	expect_int(row, c->select, SELECT_NEWEST);
	expect_int(row, c->deadline_ms, 0);
	expect_int(row, (int64_t)c->keep_count, 20);
	expect_int(row, c->keep_age_ms, 24 * 3600 * 1000);
	expect_int(row, c->soak_ms, 0);
	expect_int(row, c->window_count, 0);
	expect_int(row, c->signatures.count, 0);
	expect_int(row, c->approvals_required, 0);
	expect_int(row, c->upstream.match, UPSTREAM_ANY);
	expect_int(row, c->intake.interval_ms, 60 * 1000);
	expect_int(row, c->progress_deadline_ms, 600 * 1000);
	expect_int(row, c->on_failure, ON_FAILURE_ROLLBACK);
	expect(row, !c->is_suspended);
	expect_str(row, c->service.name, NULL);
	expect_int(row, c->autoscaling_count, 0);
	expect_int(row, c->status.guard, GUARD_UNKNOWN);
	expect_str(row, c->status.current.release.id, NULL);
	expect_str(row, c->status.hold.by, NULL);
	record_unref(record);
}
END_TEST

static const struct {
	const char *name;
	const char *spec;
	const char *message; /* after "ReleaseChannel s/shop: " */
} wrong_specs[] = {
	{ "no spec", "null", "spec is missing" },
	{ "a spec that is text", "x", "spec: expected an object, got a string" },
	{ "artifacts that are no list", "{artifacts: {}}", "spec.artifacts: expected a list, got an object" },
	{ "an artifact that is no object", "{artifacts: [web]}",
	  "spec.artifacts[0]: expected an object, got a string" },
	{ "an image that is a number", "{artifacts: [{name: a, image: b}, {name: a, image: 5}]}",
	  "spec.artifacts[1].image: expected a string, got a whole number" },
	{ "an artifact without an image", "{artifacts: [{name: a}]}", "spec.artifacts[0].image: is missing" },
	{ "an image that is empty", "{artifacts: [{name: a, image: ''}]}",
	  "spec.artifacts[0].image: is empty" },
	{ "a pull secret without a name", "{artifacts: [{name: a, image: b, pullSecretRef: {}}]}",
	  "spec.artifacts[0].pullSecretRef.name: is missing" },
	{ "an unknown match", "{upstream: {match: Some, channels: []}}",
	  "spec.upstream.match: \"Some\" is not one of the words known here" },
	{ "an upstream channel without a namespace", "{upstream: {channels: [{name: a}]}}",
	  "spec.upstream.channels[0].namespace: is missing" },
	{ "an interval that is none", "{intake: {interval: soon, tags: {artifact: a, tag: b}}}",
	  "spec.intake.interval: \"soon\" is not a duration" },
	{ "an interval that is a number", "{intake: {interval: 60, tags: {artifact: a, tag: b}}}",
	  "spec.intake.interval: expected a duration, got a whole number" },
	{ "an intake without a policy", "{intake: {tags: {artifact: a}}}",
	  "spec.intake: exactly one of tags.semver, tags.newest and tags.tag is needed" },
	{ "an intake with two policies", "{intake: {tags: {artifact: a, tag: b, newest: c}}}",
	  "spec.intake: exactly one of tags.semver, tags.newest and tags.tag is needed" },
	{ "an intake without an artifact", "{intake: {tags: {tag: b}}}",
	  "spec.intake.tags.artifact: is missing" },
	{ "a soak that is none", "{gates: {soak: long}}", "spec.gates.soak: \"long\" is not a duration" },
	{ "a window of no kind", "{gates: {windows: [{name: w}]}}", "spec.gates.windows[0]: kind is missing" },
	{ "a window of an unknown kind", "{gates: {windows: [{kind: Maybe}]}}",
	  "spec.gates.windows[0].kind: \"Maybe\" is not one of the words known here" },
	{ "a window without an end", "{gates: {windows: [{kind: Deny, name: w, start: s}]}}",
	  "spec.gates.windows[0]: duration is missing" },
	{ "a key that is text", "{gates: {signatures: {keys: [ci.pub]}}}",
	  "spec.gates.signatures.keys[0]: expected an object, got a string" },
	{ "a key without an entry", "{gates: {signatures: {keys: [{configMapRef: {name: a}}]}}}",
	  "spec.gates.signatures.keys[0].configMapRef.key: is missing" },
	{ "a key without a ConfigMap", "{gates: {signatures: {keys: [{}]}}}",
	  "spec.gates.signatures.keys[0]: configMapRef is missing" },
	{ "a threshold of nothing", "{gates: {signatures: {threshold: 0, keys: [{configMapRef: {name: a, key: b}}]}}}",
	  "spec.gates.signatures.threshold: 0 is not between 1 and 8" },
	{ "a threshold above the keys", "{gates: {signatures: {threshold: 2, keys: [{configMapRef: {name: a, key: b}}]}}}",
	  "spec.gates.signatures: threshold is 2, and there are only 1 keys" },
	{ "too many keys", "{gates: {signatures: {keys: [{}, {}, {}, {}, {}, {}, {}, {}, {}]}}}",
	  "spec.gates.signatures.keys: has 9 items, more than 8" },
	{ "no approval at all", "{gates: {approvals: {required: 0}}}",
	  "spec.gates.approvals.required: 0 is not between 1 and 10" },
	{ "an unknown mode", "{promotion: {mode: Sometimes}}",
	  "spec.promotion.mode: \"Sometimes\" is not one of the words known here" },
	{ "a strategy of a later version", "{rollout: {strategy: Canary}}",
	  "spec.rollout.strategy: \"Canary\" is not one of the words known here" },
	{ "an unknown kind of workload", "{workloads: [{kind: Job, name: a, containers: {}}]}",
	  "spec.workloads[0].kind: \"Job\" is not one of the words known here" },
	{ "a workload without a kind", "{workloads: [{name: a}]}", "spec.workloads[0]: kind is missing" },
	{ "a container that names no text", "{workloads: [{kind: CronJob, name: a, containers: {c: [x]}}]}",
	  "spec.workloads[0].containers.c: expected a string, got a list" },
	{ "autoscaling without a maximum", "{autoscaling: [{workload: web}]}",
	  "spec.autoscaling[0]: maxReplicas is missing" },
	{ "a maximum beyond all reason", "{autoscaling: [{workload: web, maxReplicas: 99999999}]}",
	  "spec.autoscaling[0].maxReplicas: 99999999 is not between 1 and 1000000" },
	{ "a maximum that is a fraction", "{autoscaling: [{workload: web, maxReplicas: 1.5}]}",
	  "spec.autoscaling[0].maxReplicas: expected a whole number, got a fraction" },
	{ "metrics that are no list", "{autoscaling: [{workload: web, maxReplicas: 2, metrics: {}}]}",
	  "spec.autoscaling[0].metrics: expected a list, got an object" },
	{ "a port out of range", "{routing: {service: {name: a, workload: b, ports: [{port: 65536}]}}}",
	  "spec.routing.service.ports[0].port: 65536 is not between 1 and 65535" },
	{ "a target that is true", "{routing: {service: {name: a, workload: b, ports: [{port: 1, targetPort: true}]}}}",
	  "spec.routing.service.ports[0].targetPort: expected a whole number or a string, got true" },
	{ "suspended that is text", "{suspended: 'yes'}", "spec.suspended: expected true or false, got a string" },
};

START_TEST(says_what_is_wrong_with_a_spec)
{
	struct err err = ERR_INIT;
	char yaml[1024];
	char want[256];

	(void)snprintf(yaml, sizeof(yaml), "metadata: {name: shop, namespace: s}\nspec: %s\n",
		       wrong_specs[_i].spec);
	(void)snprintf(want, sizeof(want), "ReleaseChannel s/shop: %s", wrong_specs[_i].message);
	expect(wrong_specs[_i].name, given_try(KIND_CHANNEL, yaml, &err) == NULL);
	expect_int(wrong_specs[_i].name, err.class, ERR_INPUT);
	expect_str(wrong_specs[_i].name, err.text, want);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, reads_every_field_of_a_spec);
	tcase_add_test(tests, reads_workloads_autoscaling_and_routing);
	suite_add_rows(tests, reads_intakes, intakes);
	tcase_add_test(tests, fills_in_the_defaults_of_the_schema);
	suite_add_rows(tests, says_what_is_wrong_with_a_spec, wrong_specs);
}

SUITE_MAIN("wire: channel", add)
