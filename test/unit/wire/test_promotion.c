/* Promotion ⇄ struct promotion. */
#include <jansson.h>

#include "domain/promotion.h"
#include "given.h"
#include "wire/promotion_json.h"

#define DIGEST_1 "sha256:1111111111111111111111111111111111111111111111111111111111111111"

START_TEST(reads_every_field_of_a_spec)
{
	const char *row = "a promotion of artifacts";
	struct record *record = given_document(KIND_PROMOTION, "promotions.yaml", 0);
	const struct promotion *p = record->object;

	expect_str(row, p->meta.name, "shop-r-0a1b2c3d4e");
	expect_str(row, p->meta.channel, "shop");
	expect_str(row, p->channel, "shop");
	expect_int(row, p->source, SOURCE_ARTIFACTS);
	expect_int(row, p->artifact_count, 2);
	expect_str(row, p->artifacts[0].name, "web");
	expect_str(row, p->artifacts[0].digest, DIGEST_1);
	expect_str(row, p->artifacts[0].tag, "v1.4.2");
	expect_str(row, p->artifacts[1].digest, NULL);
	expect_int(row, p->ttl_ms, 6 * 3600 * 1000);
	expect_str(row, p->requested_by, "system:serviceaccount:sluice-system:sluice");
	expect(row, p->is_automatic);
	record_unref(record);
}
END_TEST

START_TEST(reads_the_other_sources)
{
	struct record *from = given_document(KIND_PROMOTION, "promotions.yaml", 1);
	struct record *release = given_document(KIND_PROMOTION, "promotions.yaml", 2);
	struct record *back = given_document(KIND_PROMOTION, "promotions.yaml", 3);
	const struct promotion *p = from->object;

	expect_int("from", p->source, SOURCE_FROM);
	expect_str("from", p->from.namespace, "shop-staging");
	expect_str("from", p->from.name, "shop");
	expect_str("from", p->requested_by, "alice");
	expect("from", !p->is_automatic && !p->is_aborted);
	expect_str("nobody aborted it", p->aborted_by, "");
	p = release->object;
	expect_int("release", p->source, SOURCE_RELEASE);
	expect_str("release", p->release, "r-0a1b2c3d4e");
	expect_str("nobody stamped it", p->requested_by, "");
	p = back->object;
	expect_int("rollback", p->source, SOURCE_ROLLBACK);
	expect_str("rollback", p->rollback_to, "Previous");
	expect_int("not looked at yet", p->status.phase, PHASE_NONE);
	record_unref(back);
	record_unref(release);
	record_unref(from);
}
END_TEST

START_TEST(reads_what_people_say_to_a_promotion)
{
	const char *row = "a promotion with approvals and an abort";
	struct record *record = given_document(KIND_PROMOTION, "promotions.yaml", 3);
	const struct promotion *p = record->object;

	expect_int(row, p->approval_count, 2);
	expect_str(row, p->approvals[0].user, "bob");
	expect_int(row, p->approvals[0].decision, DECISION_APPROVE);
	expect(row, p->approvals[0].is_override && !p->approvals[1].is_override);
	expect_str(row, p->approvals[0].reason, "the outage does not wait");
	expect_int(row, p->approvals[1].decision, DECISION_REJECT);
	expect_str(row, p->approvals[1].reason, NULL);
	expect(row, p->is_aborted);
	expect_str(row, p->aborted_by, "dave");
	record_unref(record);
}
END_TEST

START_TEST(reads_every_field_of_a_status)
{
	const char *row = "a promotion that waits";
	struct record *record = given_document(KIND_PROMOTION, "promotions.yaml", 0);
	const struct promotion_status *s = &((const struct promotion *)record->object)->status;

	expect_int(row, s->observed_generation, 1);
	expect_int(row, s->phase, PHASE_WAITING);
	expect_str(row, s->release.id, "r-0a1b2c3d4e");
	expect_str(row, s->release.artifacts[0].digest, DIGEST_1);
	expect_str(row, s->previous.id, "r-5555555555");
	expect_str(row, s->previous.artifacts[0].tag, "v1.4.1");
	expect_int(row, s->waiting_count, 2);
	expect_str(row, s->waiting[0].gate, "Upstream");
	expect_int(row, s->waiting[0].until_ms, CLOCK_NEVER);
	expect_int(row, s->waiting[1].until_ms, given_time("2026-11-25T00:00:00Z"));
	expect_str(row, s->waiting[1].message, "the channel is suspended");
	expect_int(row, s->step_count, 2);
	expect_str(row, s->steps[0].name, "Resolve");
	expect_int(row, s->steps[0].finished_ms, given_time("2026-11-24T09:00:02Z"));
	expect_str(row, s->steps[0].message, "two artifacts");
	expect_int(row, s->steps[1].started_ms, given_time("2026-11-24T09:00:02Z"));
	expect_int(row, s->steps[1].finished_ms, 0);
	expect_int(row, s->approval_count, 2);
	expect_str(row, s->approvals[1].user, "carol");
	expect_int(row, s->approvals[1].at_ms, given_time("2026-11-24T09:20:00Z"));
	expect_int(row, s->closed_since_ms, given_time("2026-11-24T09:00:01Z"));
	expect_int(row, s->closed_ms, 61200000);
	expect_int(row, s->started_ms, given_time("2026-11-24T09:00:01Z"));
	expect_int(row, s->finished_ms, given_time("2026-11-24T09:30:00Z"));
	expect_int(row, s->conditions.count, 1);
	expect_str(row, s->conditions.items[0].type, "Ready");
	record_unref(record);
}
END_TEST

/* Reads and writes the status of a promotion; the text of what was written, malloc'd. */
static char *write_again(const char *row, const struct record *record)
{
	const struct promotion *p = record->object;
	struct err err = ERR_INIT;
	char *written = NULL;

	expect_int(row, promotion_status_to_json(&p->meta, &p->status, &written, &err), 0);
	return written;
}

START_TEST(writes_the_status_that_it_read)
{
	const char *row = "every field of a status survives";
	struct record *record = given_document(KIND_PROMOTION, "promotions.yaml", 0);
	char *file = given_file("promotions.yaml");
	char *given = given_json(file, 0);
	char *written = write_again(row, record);
	json_t *before = json_loads(given, 0, NULL);
	json_t *after = json_loads(written, JSON_REJECT_DUPLICATES, NULL);
	const json_t *metadata = json_object_get(after, "metadata");

	ck_assert_msg(json_equal(json_object_get(after, "status"), json_object_get(before, "status")),
		      "%s: wrote %s", row, written);
	expect_str(row, json_string_value(json_object_get(metadata, "uid")), record->meta->uid);
	expect_str(row, json_string_value(json_object_get(metadata, "namespace")), "shop-beta");
	expect_str(row, json_string_value(json_object_get(metadata, "resourceVersion")),
		   record->meta->resource_version);
	expect_int(row, json_object_size(metadata), 4);
	json_decref(before);
	json_decref(after);
	free(written);
	free(given);
	free(file);
	record_unref(record);
}
END_TEST

static const struct {
	const char *name;
	const char *phase; /* in the status */
	enum promotion_phase want;
} phases[] = {
	{ "Pending", "Pending", PHASE_PENDING },
	{ "Resolving", "Resolving", PHASE_RESOLVING },
	{ "Waiting", "Waiting", PHASE_WAITING },
	{ "RollingOut", "RollingOut", PHASE_ROLLING_OUT },
	{ "Succeeded", "Succeeded", PHASE_SUCCEEDED },
	{ "Failed", "Failed", PHASE_FAILED },
	{ "Aborted", "Aborted", PHASE_ABORTED },
	{ "Superseded", "Superseded", PHASE_SUPERSEDED },
	{ "Verifying", "Verifying", PHASE_VERIFYING },
	{ "a phase of a later version is none", "Resting", PHASE_NONE },
	{ "an empty phase is none", "''", PHASE_NONE },
};

START_TEST(reads_and_writes_phases)
{
	const char *row = phases[_i].name;
	struct record *record;
	char yaml[256];
	char want[64];
	char *written;

	(void)snprintf(yaml, sizeof(yaml),
		       "metadata: {name: p}\nspec: {channel: c, release: r}\nstatus: {phase: %s}\n",
		       phases[_i].phase);
	record = given_record(row, KIND_PROMOTION, yaml);
	expect_int(row, ((const struct promotion *)record->object)->status.phase, phases[_i].want);
	written = write_again(row, record);
	(void)snprintf(want, sizeof(want), "\"status\":{\"phase\":\"%s\"}}",
		       promotion_phase_name(phases[_i].want));
	expect_str(row, strstr(written, "\"status\""),
		   phases[_i].want == PHASE_NONE ? "\"status\":{}}" : want);
	free(written);
	record_unref(record);
}
END_TEST

START_TEST(keeps_every_text_within_the_schema)
{
	static char text[5001];
	const struct meta meta = { .namespace = "shop", .name = "p" };
	struct waiting_for waiting = { .gate = "G", .until_ms = CLOCK_NEVER, .message = text };
	struct step step = { .name = "Pin", .message = text };
	const struct promotion_status status = {
		.waiting = &waiting, .waiting_count = 1, .steps = &step, .step_count = 1
	};
	struct err err = ERR_INIT;
	char *json = NULL;
	char want[1100];

	memset(text, 'x', sizeof(text) - 1);
	ck_assert_int_eq(promotion_status_to_json(&meta, &status, &json, &err), 0);
	(void)snprintf(want, sizeof(want), "{\"gate\":\"G\",\"message\":\"%.1021s…\"}", text);
	expect_contains("waiting for", json, want);
	(void)snprintf(want, sizeof(want), "{\"name\":\"Pin\",\"message\":\"%.1021s…\"}", text);
	expect_contains("steps", json, want);
	free(json);
}
END_TEST

START_TEST(writes_a_promotion_to_create)
{
	struct release_artifact artifacts[] = {
		{ "web", "a.b/web", DIGEST_1, "v1.4.2" },
		{ "worker", "a.b/worker", DIGEST_1, NULL },
	};
	const struct action_create create = { "shop-r-0a1b2c3d4e", { "r-0a1b2c3d4e", artifacts, 2 } };
	struct err err = ERR_INIT;
	char *json = NULL;

	ck_assert_int_eq(promotion_to_json("shop-beta", "shop", &create, &json, &err), 0);
	expect_str("an automatic promotion", json,
		   "{\"apiVersion\":\"sluice.dev/v1alpha1\",\"kind\":\"Promotion\",\"metadata\":{\"name\":"
		   "\"shop-r-0a1b2c3d4e\",\"namespace\":\"shop-beta\",\"labels\":{\"sluice.dev/automatic\":"
		   "\"true\",\"sluice.dev/channel\":\"shop\"}},\"spec\":{\"channel\":\"shop\",\"artifacts\":["
		   "{\"name\":\"web\",\"digest\":\"" DIGEST_1 "\",\"tag\":\"v1.4.2\"},"
		   "{\"name\":\"worker\",\"digest\":\"" DIGEST_1 "\"}]}}");
	free(json);
}
END_TEST

START_TEST(reads_the_promotion_that_it_created)
{
	const char *row = "what an automatic promotion asks for";
	struct release_artifact artifacts[] = { { "web", "a.b/web", DIGEST_1, "v1.4.2" } };
	const struct action_create create = { "auto", { "r-0a1b2c3d4e", artifacts, 1 } };
	struct err err = ERR_INIT;
	struct record *record = NULL;
	const struct promotion *p;
	char *json = NULL;

	ck_assert_int_eq(promotion_to_json("shop-beta", "shop", &create, &json, &err), 0);
	ck_assert_int_eq(record_from_json(KIND_PROMOTION, json, strlen(json), &record, &err), 0);
	p = record->object;
	expect_str(row, p->channel, "shop");
	expect(row, p->is_automatic);
	expect_int(row, p->source, SOURCE_ARTIFACTS);
	expect_str(row, p->artifacts[0].digest, DIGEST_1);
	expect_str(row, p->artifacts[0].tag, "v1.4.2");
	record_unref(record);
	free(json);
}
END_TEST

static const struct {
	const char *name;
	const char *spec;
	const char *message; /* after "Promotion s/p: " */
} wrong_specs[] = {
	{ "no spec", "null", "spec is missing" },
	{ "no channel", "{release: r-1}", "spec.channel: is missing" },
	{ "no source", "{channel: c}",
	  "spec: exactly one of from, release, artifacts and rollback is needed" },
	{ "two sources", "{channel: c, release: r-1, rollback: {to: Previous}}",
	  "spec: exactly one of from, release, artifacts and rollback is needed" },
	{ "a source of the wrong type", "{channel: c, from: staging}",
	  "spec.from: expected an object, got a string" },
	{ "a source channel without a namespace", "{channel: c, from: {channel: d}}",
	  "spec.from.namespace: is missing" },
	{ "an artifact by nothing", "{channel: c, artifacts: [{name: web}]}",
	  "spec.artifacts[0]: needs a digest or a tag" },
	{ "a digest that is a number", "{channel: c, artifacts: [{name: web, digest: 5}]}",
	  "spec.artifacts[0].digest: expected a string, got a whole number" },
	{ "an approval by nobody", "{channel: c, release: r-1, approvals: [{decision: Approve}]}",
	  "spec.approvals[0].user: is missing" },
	{ "an approval that says nothing", "{channel: c, release: r-1, approvals: [{user: bob}]}",
	  "spec.approvals[0]: decision is missing" },
	{ "a decision that is none", "{channel: c, release: r-1, approvals: [{user: bob, decision: Maybe}]}",
	  "spec.approvals[0].decision: \"Maybe\" is not one of the words known here" },
	{ "a rollback to nothing", "{channel: c, rollback: {}}", "spec.rollback.to: is missing" },
};

START_TEST(says_what_is_wrong_with_a_spec)
{
	struct err err = ERR_INIT;
	char yaml[256];
	char want[256];

	(void)snprintf(yaml, sizeof(yaml), "metadata: {name: p, namespace: s}\nspec: %s\n",
		       wrong_specs[_i].spec);
	(void)snprintf(want, sizeof(want), "Promotion s/p: %s", wrong_specs[_i].message);
	expect(wrong_specs[_i].name, given_try(KIND_PROMOTION, yaml, &err) == NULL);
	expect_int(wrong_specs[_i].name, err.class, ERR_INPUT);
	expect_str(wrong_specs[_i].name, err.text, want);
}
END_TEST

static const struct {
	const char *name;
	const char *status;
	const char *written;
} wrong_statuses[] = {
	{ "a status that is text", "x", "{}" },
	{ "a phase that is a number", "{phase: 5, startedAt: '2026-11-24T09:00:01Z'}",
	  "{\"startedAt\":\"2026-11-24T09:00:01Z\"}" },
	{ "a release that is text", "{release: r-1}", "{}" },
	{ "a release without an id", "{release: {artifacts: []}}", "{}" },
	{ "waiting for something without a name", "{waitingFor: [{message: m}, 5, {gate: G}]}",
	  "{\"waitingFor\":[{\"gate\":\"G\"}]}" },
	{ "a gate that opens at no time", "{waitingFor: [{gate: G, until: soon}]}",
	  "{\"waitingFor\":[{\"gate\":\"G\"}]}" },
	{ "an approval by nobody", "{approvals: [{decision: Approve}, 5, {user: bob, decision: Approve}]}",
	  "{\"approvals\":[{\"user\":\"bob\",\"decision\":\"Approve\"}]}" },
	{ "a step without a name", "{steps: [{message: m}, {name: Pin}]}", "{\"steps\":[{\"name\":\"Pin\"}]}" },
};

START_TEST(takes_a_wrong_status_field_as_absent)
{
	const char *row = wrong_statuses[_i].name;
	struct record *record;
	char yaml[512];
	char want[256];
	char *written;

	(void)snprintf(yaml, sizeof(yaml),
		       "metadata: {name: p}\nspec: {channel: c, release: r}\nstatus: %s\n",
		       wrong_statuses[_i].status);
	(void)snprintf(want, sizeof(want), "\"status\":%s}", wrong_statuses[_i].written);
	record = given_record(row, KIND_PROMOTION, yaml);
	written = write_again(row, record);
	expect_str(row, strstr(written, "\"status\""), want);
	free(written);
	record_unref(record);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, reads_every_field_of_a_spec);
	tcase_add_test(tests, reads_the_other_sources);
	tcase_add_test(tests, reads_what_people_say_to_a_promotion);
	tcase_add_test(tests, reads_every_field_of_a_status);
	tcase_add_test(tests, writes_the_status_that_it_read);
	suite_add_rows(tests, reads_and_writes_phases, phases);
	tcase_add_test(tests, keeps_every_text_within_the_schema);
	tcase_add_test(tests, writes_a_promotion_to_create);
	tcase_add_test(tests, reads_the_promotion_that_it_created);
	suite_add_rows(tests, says_what_is_wrong_with_a_spec, wrong_specs);
	suite_add_rows(tests, takes_a_wrong_status_field_as_absent, wrong_statuses);
}

SUITE_MAIN("wire: promotion", add)
