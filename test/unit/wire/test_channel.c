/* ReleaseChannel ⇄ struct channel. */
#include <jansson.h>

#include "base/clock.h"
#include "domain/channel.h"
#include "given.h"
#include "wire/channel_json.h"

#define DIGEST_1 "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define DIGEST_5 "sha256:5555555555555555555555555555555555555555555555555555555555555555"

static int64_t at(const char *text)
{
	int64_t ms = 0;

	ck_assert(clock_parse(text, &ms));
	return ms;
}

/* The n-th channel of data/channels.yaml. */
static struct record *sample(size_t n)
{
	struct err err = ERR_INIT;
	struct record *record = NULL;
	char *text = given_file("channels.yaml");
	char *json = given_json(text, n);

	ck_assert_msg(record_from_json(KIND_CHANNEL, json, strlen(json), &record, &err) == 0, "%s",
		      err.text);
	free(json);
	free(text);
	return record;
}

START_TEST(reads_every_field_of_a_spec)
{
	const char *row = "the complete channel";
	struct record *record = sample(0);
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
	struct record *record = sample(0);
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

START_TEST(reads_every_field_of_a_status)
{
	const char *row = "the complete channel";
	struct record *record = sample(0);
	const struct channel_status *s = &((const struct channel *)record->object)->status;

	expect_int(row, s->observed_generation, 6);
	expect_str(row, s->upstream, "shop-staging/shop, shop-load/shop");
	expect_str(row, s->current.release.id, "r-0a1b2c3d4e");
	expect_int(row, s->current.release.count, 2);
	expect_str(row, s->current.release.artifacts[0].digest, DIGEST_1);
	expect_str(row, s->current.release.artifacts[1].tag, "v1.4.2");
	expect_str(row, s->current.promotion, "shop-r-0a1b2c3d4e");
	expect_int(row, s->current.since_ms, at("2026-11-20T10:00:00Z"));
	expect_str(row, s->image, "v1.4.2");
	expect_str(row, s->desired.release.id, "r-1111111111");
	expect_str(row, s->desired.promotion_uid, "3c6f2a1e-0b77-4d5f-9a51-7d0c2f5e8b64");
	expect_str(row, s->promotion, "by-hand");
	expect_int(row, s->guard, GUARD_FIELD_OWNERSHIP);
	expect_int(row, s->verified_count, 2);
	expect(row, !s->verified[0].is_revoked && s->verified[1].is_revoked);
	expect_str(row, s->verified[1].reason, "its rollout failed in shop-stable/shop");
	expect_int(row, s->verified[0].stay_count, 2);
	expect_int(row, s->verified[0].stays[0].since_ms, at("2026-11-23T10:00:00Z"));
	expect_int(row, s->verified[0].stays[0].until_ms, 0);
	expect_int(row, s->verified[0].stays[1].until_ms, at("2026-11-22T10:00:00Z"));
	expect_int(row, s->verified[1].stay_count, 0);
	expect_int(row, s->available_count, 2);
	expect_int(row, s->available[0].count, 2);
	expect_str(row, s->available[0].from[1].namespace, "shop-load");
	expect_int(row, s->available[1].count, 0);
	expect_int(row, s->history_count, 3);
	expect(row, !s->history[0].has_failed && s->history[1].has_failed && s->history[2].has_failed);
	expect(row, !s->history[0].is_aborted && !s->history[1].is_aborted && s->history[2].is_aborted);
	expect_int(row, s->history[0].until_ms, 0);
	expect_int(row, s->history[1].until_ms, at("2026-11-18T10:10:00Z"));
	expect_str(row, s->history[1].release.artifacts[0].digest, DIGEST_5);
	record_unref(record);
}
END_TEST

START_TEST(reads_the_small_things_of_a_status)
{
	const char *row = "the complete channel";
	struct record *record = sample(0);
	struct record *entry = sample(1);
	const struct channel_status *s = &((const struct channel *)record->object)->status;
	const struct intake_status *intake = &((const struct channel *)entry->object)->status.intake;

	expect_str(row, s->hold.by, "alice");
	expect_int(row, s->hold.at_ms, at("2026-11-24T10:00:00Z"));
	expect_str(row, s->hold.reason, "promoted something else by hand");
	expect(row, s->window.is_set && s->window.is_open);
	expect_str(row, s->window.name, "office-hours");
	expect_int(row, s->window.next_ms, at("2026-11-24T16:00:00Z"));
	expect_str(row, s->window.message, "office-hours until 2026-11-24 17:00 Europe/Berlin");
	expect_int(row, s->verification.result, VERIFICATION_FAILED);
	expect_str(row, s->verification.release, "r-1111111111");
	expect_str(row, s->verification.promotion, "shop-r-1111111111");
	expect_str(row, s->verification.request, "once-more");
	expect_int(row, s->verification.started_ms, at("2026-11-24T09:00:00Z"));
	expect_int(row, s->verification.finished_ms, at("2026-11-24T09:04:00Z"));
	expect_contains(row, s->verification.message, "failed 2 times");
	expect_int(row, s->verification.metric_count, 1);
	expect_int(row, s->verification.metrics[0].passed, 1);
	expect_int(row, s->verification.metrics[0].failed, 2);
	expect_int(row, s->verification.metrics[0].inconclusive, 3);
	expect_int(row, s->verification.metrics[0].errors, 4);
	expect_int(row, s->verification.metrics[0].errors_in_a_row, 1);
	expect_int(row, s->verification.metrics[0].latest_count, 2);
	expect_int(row, s->verification.metrics[0].latest[0].verdict, VERDICT_ERROR);
	expect_str(row, s->verification.metrics[0].latest[0].message, "no connection");
	expect_int(row, s->verification.metrics[0].latest[1].verdict, VERDICT_FAILED);
	expect_str(row, s->verification.metrics[0].latest[1].value, "0.5");
	expect_int(row, s->takeovers.count, 2);
	expect_int(row, s->takeovers.since_ms, at("2026-11-24T09:59:00Z"));
	expect_str(row, s->takeovers.manager, "argocd-controller");
	expect_int(row, s->workload_count, 2);
	expect_int(row, s->workloads[1].kind, WORKLOAD_CRONJOB);
	expect_int(row, s->workloads[0].ready, 2);
	expect_int(row, s->workloads[0].desired, 3);
	expect_str(row, s->workloads[0].image, "web=registry.example.com/shop/web@" DIGEST_1);
	expect_int(row, s->conditions.count, 2);
	expect_int(row, s->conditions.items[0].status, CONDITION_FALSE);
	expect_str(row, s->conditions.items[0].reason, "RollingOut");
	expect_int(row, s->conditions.items[0].observed_generation, 6);
	expect_int(row, s->conditions.items[1].status, CONDITION_UNKNOWN);
	expect_int(row, s->conditions.items[1].transition_ms, at("2026-11-24T10:00:01Z"));
	expect_str(row, intake->tag, "v1.4.3");
	expect_str(row, intake->release, "r-6666666666");
	expect_contains(row, intake->moved, "v1.4.2 of web moved");
	expect_str(row, intake->superseded, "v1.4.2, v1.4.1");
	record_unref(entry);
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
	struct record *record = sample(intakes[_i].document);
	const struct channel *c = record->object;

	expect_int(intakes[_i].name, c->intake.policy, intakes[_i].policy);
	expect_str(intakes[_i].name, c->intake.pattern, intakes[_i].pattern);
	expect_str(intakes[_i].name, c->intake.artifact, "web");
	expect_int(intakes[_i].name, c->intake.interval_ms, intakes[_i].interval_ms);
	record_unref(record);
}
END_TEST

/* Which document of data/channels.yaml is read and written again. */
static const struct {
	const char *name;
	size_t document;
} round_trips[] = {
	{ "every field of a status survives", 0 },
	{ "a status with an intake alone survives", 1 },
	{ "no status is an empty one", 2 },
};

START_TEST(writes_the_status_that_it_read)
{
	const char *row = round_trips[_i].name;
	struct record *record = sample(round_trips[_i].document);
	const struct channel *c = record->object;
	struct err err = ERR_INIT;
	char *file = given_file("channels.yaml");
	char *given = given_json(file, round_trips[_i].document);
	char *written = NULL;
	json_t *before;
	json_t *after;
	json_t *want;

	expect_int(row, channel_status_to_json(&c->meta, &c->status, &written, &err), 0);
	before = json_loads(given, 0, NULL);
	after = json_loads(written, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_msg(after != NULL, "%s: not JSON: %s", row, written);
	want = json_object_get(before, "status");
	ck_assert_msg(want != NULL ? json_equal(json_object_get(after, "status"), want)
				   : json_object_size(json_object_get(after, "status")) == 0,
		      "%s: wrote %s", row, written);
	json_decref(before);
	json_decref(after);
	free(written);
	free(given);
	free(file);
	record_unref(record);
}
END_TEST

START_TEST(writes_a_status_to_exactly_one_object)
{
	const struct meta meta = {
		.namespace = "shop", .name = "web", .uid = "u-1", .resource_version = "7"
	};
	const struct channel_status status = { .observed_generation = 3 };
	struct err err = ERR_INIT;
	char *json = NULL;

	ck_assert_int_eq(channel_status_to_json(&meta, &status, &json, &err), 0);
	expect_str("a bare status", json,
		   "{\"apiVersion\":\"sluice.dev/v1alpha1\",\"kind\":\"ReleaseChannel\",\"metadata\":"
		   "{\"name\":\"web\",\"namespace\":\"shop\",\"uid\":\"u-1\",\"resourceVersion\":\"7\"},\"status\":"
		   "{\"observedGeneration\":3}}");
	free(json);
}
END_TEST

/* The length of the text under a.b (or a[0].b) of a written status. */
static size_t written_len(const json_t *tree, const char *a, const char *b)
{
	const json_t *at = json_object_get(json_object_get(tree, "status"), a);

	if (json_is_array(at))
		at = json_array_get(at, 0);
	return json_string_length(b == NULL ? at : json_object_get(at, b));
}

START_TEST(keeps_every_text_within_the_schema)
{
	static char text[50001];
	const struct meta meta = { .namespace = "shop", .name = "web" };
	struct verified verified = { .release = { .id = "r-0" }, .is_revoked = true, .reason = text };
	struct workload_status workload = { .name = "web", .image = text };
	struct condition condition = { .type = "Ready", .message = text };
	const struct channel_status status = {
		.upstream = text,
		.verified = &verified,
		.verified_count = 1,
		.hold = { .by = text, .reason = text },
		.intake = { .moved = text, .superseded = text },
		.workloads = &workload,
		.workload_count = 1,
		.conditions = { &condition, 1 },
	};
	struct err err = ERR_INIT;
	char *json = NULL;
	json_t *tree;

	memset(text, 'x', sizeof(text) - 1);
	ck_assert_int_eq(channel_status_to_json(&meta, &status, &json, &err), 0);
	tree = json_loads(json, 0, NULL);
	expect_int("upstream", written_len(tree, "upstream", NULL), 4096);
	expect_int("verified", written_len(tree, "verified", "reason"), 1024);
	expect_int("hold by", written_len(tree, "hold", "by"), 1024);
	expect_int("hold reason", written_len(tree, "hold", "reason"), 1024);
	expect_int("intake", written_len(tree, "intake", "moved"), 1024);
	expect_int("intake", written_len(tree, "intake", "superseded"), 1024);
	expect_int("workload", written_len(tree, "workloads", "image"), 8192);
	expect_int("condition", written_len(tree, "conditions", "message"), 32768);
	json_decref(tree);
	free(json);
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

static const struct {
	const char *name;
	const char *status;
	const char *written; /* what is left of it */
} wrong_statuses[] = {
	{ "a status that is a list", "[]", "{}" },
	{ "a generation that is text", "{observedGeneration: x, promotion: p}", "{\"promotion\":\"p\"}" },
	{ "an unknown guard", "{guard: Wall}", "{}" },
	{ "a release whose digest is none",
	  "{current: {release: r-0a1b2c3d4e, artifacts: [{name: a, image: b, digest: 'sha256:5'}]}}", "{}" },
	{ "a release whose artifact has no image",
	  "{verified: [{release: r-0a1b2c3d4e, artifacts: [{name: a, digest: '" DIGEST_1 "'}]}]}", "{}" },
	{ "a release whose artifact is text", "{verified: [{release: r-0a1b2c3d4e, artifacts: [a]}]}", "{}" },
	{ "entries without a name go, the others stay",
	  "{available: [{}, {release: r-1}, 7, {release: r-2, from: [{name: x}, {namespace: n, name: x}]}]}",
	  "{\"available\":[{\"release\":\"r-1\"},{\"release\":\"r-2\",\"from\":[{\"namespace\":\"n\",\"name\":\"x\"}]}]}" },
	{ "a workload of an unknown kind",
	  "{workloads: [{kind: Job, name: a}, {kind: CronJob, name: b}]}",
	  "{\"workloads\":[{\"kind\":\"CronJob\",\"name\":\"b\",\"desired\":0,\"ready\":0}]}" },
	{ "a condition without a type", "{conditions: [{status: 'True'}, {type: Ready, status: Maybe}]}",
	  "{\"conditions\":[{\"type\":\"Ready\",\"status\":\"Unknown\"}]}" },
	{ "a hold whose time is none", "{hold: {by: alice, at: yesterday}}", "{\"hold\":{\"by\":\"alice\"}}" },
	{ "takeovers without a number", "{takeovers: {count: many, manager: x}}", "{}" },
	{ "a negative count", "{takeovers: {count: -5, manager: x}}", "{}" },
	{ "history that is an object", "{history: {}}", "{}" },
	{ "a history without releases", "{history: [{promotion: p}, {release: 5}]}", "{}" },
};

START_TEST(takes_a_wrong_status_field_as_absent)
{
	const char *row = wrong_statuses[_i].name;
	struct err err = ERR_INIT;
	struct record *record;
	char yaml[1024];
	char want[512];
	char *written = NULL;
	const struct channel *c;

	(void)snprintf(yaml, sizeof(yaml), "metadata: {name: shop}\nspec: {}\nstatus: %s\n",
		       wrong_statuses[_i].status);
	(void)snprintf(want, sizeof(want), "\"status\":%s}", wrong_statuses[_i].written);
	record = given_record(row, KIND_CHANNEL, yaml);
	c = record->object;
	expect_int(row, channel_status_to_json(&c->meta, &c->status, &written, &err), 0);
	expect_str(row, strstr(written, "\"status\""), want);
	free(written);
	record_unref(record);
}
END_TEST

/* What an annotation says goes into the status, whose schema has a limit, and is compared with it later. */
START_TEST(cuts_an_annotation_to_what_a_status_takes)
{
	char text[1500];
	char yaml[4000];
	struct record *record;
	const struct channel *c;

	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	(void)snprintf(yaml, sizeof(yaml),
		       "metadata: {name: shop, annotations: {sluice.dev/verify: %s, sluice.dev/lift-hold: %s}}\nspec: {}\n",
		       text, text);
	record = given_record("long annotations", KIND_CHANNEL, yaml);
	c = record->object;
	expect_int("verify", (long long)strlen(c->verify_request), 1024);
	expect_int("lift-hold", (long long)strlen(c->lift_request), 1024);
	record_unref(record);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, cuts_an_annotation_to_what_a_status_takes);
	tcase_add_test(tests, reads_every_field_of_a_spec);
	tcase_add_test(tests, reads_workloads_autoscaling_and_routing);
	tcase_add_test(tests, reads_every_field_of_a_status);
	tcase_add_test(tests, reads_the_small_things_of_a_status);
	suite_add_rows(tests, reads_intakes, intakes);
	suite_add_rows(tests, writes_the_status_that_it_read, round_trips);
	tcase_add_test(tests, writes_a_status_to_exactly_one_object);
	tcase_add_test(tests, keeps_every_text_within_the_schema);
	tcase_add_test(tests, fills_in_the_defaults_of_the_schema);
	suite_add_rows(tests, says_what_is_wrong_with_a_spec, wrong_specs);
	suite_add_rows(tests, takes_a_wrong_status_field_as_absent, wrong_statuses);
}

SUITE_MAIN("wire: channel", add)
