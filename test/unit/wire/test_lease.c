#include "wire/lease_json.h"

#include <jansson.h>

#include "base/arena.h"
#include "suite.h"

#define FULL                                                                                        \
	"{\"apiVersion\":\"coordination.k8s.io/v1\",\"kind\":\"Lease\",\"metadata\":{\"name\":\"sluice\"," \
	"\"namespace\":\"sluice-system\",\"uid\":\"u1\",\"resourceVersion\":\"42\","                    \
	"\"labels\":{\"team\":\"a\"},\"managedFields\":[{\"manager\":\"x\"}]},"                         \
	"\"spec\":{\"holderIdentity\":\"pod-b\",\"leaseDurationSeconds\":15,"                           \
	"\"acquireTime\":\"2026-11-24T15:00:00.000000Z\",\"renewTime\":\"2026-11-24T15:10:00.123456Z\"," \
	"\"leaseTransitions\":7,\"strategy\":\"OldestEmulationVersion\"}}"

static const struct {
	const char *name;
	const char *json;
	int want;
	const char *want_holder; /* or a part of the error */
	int64_t want_duration_ms;
	int64_t want_transitions;
} reads[] = {
	{ "a Lease that is held", FULL, 0, "pod-b", 15000, 7 },
	{ "a Lease that was given back", "{\"metadata\":{\"resourceVersion\":\"1\"},\"spec\":{\"holderIdentity\":\"\","
	  "\"leaseDurationSeconds\":1,\"leaseTransitions\":7}}", 0, "", 1000, 7 },
	{ "a Lease that nobody has held", "{\"metadata\":{\"resourceVersion\":\"1\"},\"spec\":{}}", 0, "", 0, 0 },
	{ "a Lease without a spec", "{\"metadata\":{\"resourceVersion\":\"1\"}}", 0, "", 0, 0 },
	{ "a holder that is null", "{\"metadata\":{\"resourceVersion\":\"1\"},\"spec\":{\"holderIdentity\":null}}", 0,
	  "", 0, 0 },
	{ "no resourceVersion", "{\"metadata\":{},\"spec\":{}}", ERR_INPUT, "metadata.resourceVersion", 0, 0 },
	{ "no metadata", "{\"spec\":{}}", ERR_INPUT, "no metadata", 0, 0 },
	{ "a holder that is a number", "{\"metadata\":{\"resourceVersion\":\"1\"},\"spec\":{\"holderIdentity\":3}}",
	  ERR_INPUT, "spec.holderIdentity", 0, 0 },
	{ "a negative duration", "{\"metadata\":{\"resourceVersion\":\"1\"},\"spec\":{\"leaseDurationSeconds\":-1}}",
	  ERR_INPUT, "spec.leaseDurationSeconds", 0, 0 },
	{ "a duration beyond int32", "{\"metadata\":{\"resourceVersion\":\"1\"},\"spec\":{\"leaseDurationSeconds\":"
	  "9999999999}}", ERR_INPUT, "spec.leaseDurationSeconds", 0, 0 },
	{ "a time that is none", "{\"metadata\":{\"resourceVersion\":\"1\"},\"spec\":{\"acquireTime\":\"soon\"}}",
	  ERR_INPUT, "spec.acquireTime", 0, 0 },
	{ "a page of HTML", "<html>", ERR_INPUT, "Lease", 0, 0 },
	{ "nothing", "", ERR_INPUT, "Lease", 0, 0 },
};

START_TEST(records_are_read)
{
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct lease_record record = { 0 };
	int r = lease_record_read(reads[_i].json, strlen(reads[_i].json), &arena, &record, &err);

	expect_int(reads[_i].name, r, reads[_i].want);
	if (r == 0) {
		expect_str(reads[_i].name, record.holder, reads[_i].want_holder);
		expect_int(reads[_i].name, record.duration_ms, reads[_i].want_duration_ms);
		expect_int(reads[_i].name, record.transitions, reads[_i].want_transitions);
	} else {
		expect_contains(reads[_i].name, err.text, reads[_i].want_holder);
	}
	arena_finish(&arena);
}
END_TEST

START_TEST(the_record_has_changed_when_its_spec_has)
{
	static const char *const other[] = {
		"{\"metadata\":{\"resourceVersion\":\"43\",\"labels\":{\"a\":\"b\"}},\"spec\":{\"renewTime\":\"1\"}}",
		"{\"metadata\":{\"resourceVersion\":\"42\"},\"spec\":{\"renewTime\":\"1\"}}",
		"{\"metadata\":{\"resourceVersion\":\"44\"},\"spec\":{\"renewTime\":\"2\"}}",
	};
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct lease_record records[3];

	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(lease_record_read(other[i], strlen(other[i]), &arena, &records[i], &err), 0);
	expect_str("a new label is no sign of life", records[0].spec, records[1].spec);
	expect("a new renewTime is", strcmp(records[0].spec, records[2].spec) != 0);
	arena_finish(&arena);
}
END_TEST

static const struct lease_claim claim = {
	.holder = "pod-a",
	.duration_ms = 15000,
	.acquired_ms = INT64_C(1795533000000),
	.renewed_ms = INT64_C(1795533000123),
	.transitions = 8,
};

START_TEST(a_new_lease_is_written)
{
	struct err err = ERR_INIT;
	char *json = NULL;

	ck_assert_int_eq(lease_claim_new("sluice-system", "sluice", &claim, &json, &err), 0);
	expect_str("as a whole", json,
		   "{\"apiVersion\":\"coordination.k8s.io/v1\",\"kind\":\"Lease\",\"metadata\":{"
		   "\"namespace\":\"sluice-system\",\"name\":\"sluice\"},\"spec\":{\"holderIdentity\":\"pod-a\","
		   "\"leaseDurationSeconds\":15,\"acquireTime\":\"2026-11-24T15:10:00.000000Z\","
		   "\"renewTime\":\"2026-11-24T15:10:00.123000Z\",\"leaseTransitions\":8}}");
	free(json);
}
END_TEST

static const struct {
	const char *name;
	const char *json;
	const char *want;
} updates[] = {
	{ "what is not ours stays, but for managedFields", FULL,
	  "{\"apiVersion\":\"coordination.k8s.io/v1\",\"kind\":\"Lease\",\"metadata\":{\"name\":\"sluice\","
	  "\"namespace\":\"sluice-system\",\"uid\":\"u1\",\"resourceVersion\":\"42\",\"labels\":{\"team\":\"a\"}},"
	  "\"spec\":{\"holderIdentity\":\"pod-a\",\"leaseDurationSeconds\":15,"
	  "\"acquireTime\":\"2026-11-24T15:10:00.000000Z\",\"renewTime\":\"2026-11-24T15:10:00.123000Z\","
	  "\"leaseTransitions\":8,\"strategy\":\"OldestEmulationVersion\"}}" },
	{ "a Lease without a spec gets one", "{\"metadata\":{\"resourceVersion\":\"1\"}}",
	  "{\"metadata\":{\"resourceVersion\":\"1\"},\"spec\":{\"holderIdentity\":\"pod-a\","
	  "\"leaseDurationSeconds\":15,\"acquireTime\":\"2026-11-24T15:10:00.000000Z\","
	  "\"renewTime\":\"2026-11-24T15:10:00.123000Z\",\"leaseTransitions\":8}}" },
};

START_TEST(a_claim_changes_only_its_fields)
{
	struct err err = ERR_INIT;
	char *json = NULL;
	json_t *got;
	json_t *want = json_loads(updates[_i].want, 0, NULL);

	ck_assert_int_eq(lease_claim_update(updates[_i].json, strlen(updates[_i].json), &claim, &json, &err), 0);
	got = json_loads(json, 0, NULL);
	ck_assert_msg(json_equal(got, want), "%s: %s", updates[_i].name, json);
	json_decref(got);
	json_decref(want);
	free(json);
}
END_TEST

START_TEST(a_claim_into_rubbish_fails)
{
	struct err err = ERR_INIT;
	char *json = NULL;

	expect_int("no JSON", lease_claim_update("[", 1, &claim, &json, &err), ERR_INPUT);
	expect("nothing is written", json == NULL);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, records_are_read, reads);
	tcase_add_test(tests, the_record_has_changed_when_its_spec_has);
	tcase_add_test(tests, a_new_lease_is_written);
	suite_add_rows(tests, a_claim_changes_only_its_fields, updates);
	tcase_add_test(tests, a_claim_into_rubbish_fails);
}

SUITE_MAIN("lease_json", add)
