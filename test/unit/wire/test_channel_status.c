/* The status of a ReleaseChannel ⇄ struct channel. */
#include <jansson.h>

#include "domain/channel.h"
#include "given.h"
#include "wire/channel_json.h"

#define DIGEST_1 "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define DIGEST_5 "sha256:5555555555555555555555555555555555555555555555555555555555555555"

START_TEST(reads_every_field_of_a_status)
{
	const char *row = "the complete channel";
	struct record *record = given_document(KIND_CHANNEL, "channels.yaml", 0);
	const struct channel_status *s = &((const struct channel *)record->object)->status;

	expect_int(row, s->observed_generation, 6);
	expect_str(row, s->upstream, "shop-staging/shop, shop-load/shop");
	expect_str(row, s->current.release.id, "r-0a1b2c3d4e");
	expect_int(row, s->current.release.count, 2);
	expect_str(row, s->current.release.artifacts[0].digest, DIGEST_1);
	expect_str(row, s->current.release.artifacts[1].tag, "v1.4.2");
	expect_str(row, s->current.promotion, "shop-r-0a1b2c3d4e");
	expect_int(row, s->current.since_ms, given_time("2026-11-20T10:00:00Z"));
	expect_str(row, s->image, "v1.4.2");
	expect_str(row, s->desired.release.id, "r-1111111111");
	expect_str(row, s->desired.promotion_uid, "3c6f2a1e-0b77-4d5f-9a51-7d0c2f5e8b64");
	expect_str(row, s->promotion, "by-hand");
	expect_int(row, s->guard, GUARD_FIELD_OWNERSHIP);
	expect_int(row, s->verified_count, 2);
	expect(row, !s->verified[0].is_revoked && s->verified[1].is_revoked);
	expect_str(row, s->verified[1].reason, "its rollout failed in shop-stable/shop");
	expect_int(row, s->verified[0].stay_count, 2);
	expect_int(row, s->verified[0].stays[0].since_ms, given_time("2026-11-23T10:00:00Z"));
	expect_int(row, s->verified[0].stays[0].until_ms, 0);
	expect_int(row, s->verified[0].stays[1].until_ms, given_time("2026-11-22T10:00:00Z"));
	expect_int(row, s->verified[1].stay_count, 0);
	expect_int(row, s->available_count, 2);
	expect_int(row, s->available[0].count, 2);
	expect_str(row, s->available[0].from[1].namespace, "shop-load");
	expect_int(row, s->available[1].count, 0);
	expect_int(row, s->history_count, 3);
	expect(row, !s->history[0].has_failed && s->history[1].has_failed && s->history[2].has_failed);
	expect(row, !s->history[0].is_aborted && !s->history[1].is_aborted && s->history[2].is_aborted);
	expect_int(row, s->history[0].until_ms, 0);
	expect_int(row, s->history[1].until_ms, given_time("2026-11-18T10:10:00Z"));
	expect_str(row, s->history[1].release.artifacts[0].digest, DIGEST_5);
	record_unref(record);
}
END_TEST

START_TEST(reads_the_small_things_of_a_status)
{
	const char *row = "the complete channel";
	struct record *record = given_document(KIND_CHANNEL, "channels.yaml", 0);
	struct record *entry = given_document(KIND_CHANNEL, "channels.yaml", 1);
	const struct channel_status *s = &((const struct channel *)record->object)->status;
	const struct intake_status *intake = &((const struct channel *)entry->object)->status.intake;

	expect_str(row, s->hold.by, "alice");
	expect_int(row, s->hold.at_ms, given_time("2026-11-24T10:00:00Z"));
	expect_str(row, s->hold.reason, "promoted something else by hand");
	expect(row, s->window.is_set && s->window.is_open);
	expect_str(row, s->window.name, "office-hours");
	expect_int(row, s->window.next_ms, given_time("2026-11-24T16:00:00Z"));
	expect_str(row, s->window.message, "office-hours until 2026-11-24 17:00 Europe/Berlin");
	expect_int(row, s->verification.result, VERIFICATION_FAILED);
	expect_str(row, s->verification.release, "r-1111111111");
	expect_str(row, s->verification.promotion, "shop-r-1111111111");
	expect_str(row, s->verification.request, "once-more");
	expect_int(row, s->verification.started_ms, given_time("2026-11-24T09:00:00Z"));
	expect_int(row, s->verification.finished_ms, given_time("2026-11-24T09:04:00Z"));
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
	expect_int(row, s->takeovers.since_ms, given_time("2026-11-24T09:59:00Z"));
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
	expect_int(row, s->conditions.items[1].transition_ms, given_time("2026-11-24T10:00:01Z"));
	expect_str(row, intake->tag, "v1.4.3");
	expect_str(row, intake->release, "r-6666666666");
	expect_contains(row, intake->moved, "v1.4.2 of web moved");
	expect_str(row, intake->superseded, "v1.4.2, v1.4.1");
	record_unref(entry);
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
	struct record *record = given_document(KIND_CHANNEL, "channels.yaml", round_trips[_i].document);
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

static void add(TCase *tests)
{
	tcase_add_test(tests, cuts_an_annotation_to_what_a_status_takes);
	tcase_add_test(tests, reads_every_field_of_a_status);
	tcase_add_test(tests, reads_the_small_things_of_a_status);
	suite_add_rows(tests, writes_the_status_that_it_read, round_trips);
	tcase_add_test(tests, writes_a_status_to_exactly_one_object);
	tcase_add_test(tests, keeps_every_text_within_the_schema);
	suite_add_rows(tests, takes_a_wrong_status_field_as_absent, wrong_statuses);
}

SUITE_MAIN("wire: channel status", add)
