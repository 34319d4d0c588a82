/* Leases, as others write them: what is written back is read again as the claim, and as the same object. */
#include "base/str.h"
#include "fuzz.h"
#include "wire/lease_json.h"

static const struct lease_claim claim = {
	.holder = "one", .duration_ms = 15000, .acquired_ms = 1764000000000, .renewed_ms = 1764000005000, .transitions = 3,
};

static void check_update(const char *json, size_t len, const struct lease_record *before)
{
	struct arena arena = ARENA_INIT;
	struct lease_record after;
	struct err err = ERR_INIT;
	char *text = NULL;

	if (lease_claim_update(json, len, &claim, &text, &err) == 0) {
		CHECK(lease_record_read(text, strlen(text), &arena, &after, &err) == 0);
		CHECK(str_equal(after.holder, claim.holder) && after.duration_ms == claim.duration_ms);
		CHECK(after.acquired_ms == claim.acquired_ms && after.transitions == claim.transitions);
		CHECK(str_equal(after.resource_version, before->resource_version));
		free(text);
	}
	arena_finish(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const char *json = (const char *)bytes;
	struct arena arena = ARENA_INIT;
	struct lease_record record;
	struct lease_record again;
	struct err err = ERR_INIT;
	struct err err_again = ERR_INIT;
	int r = lease_record_read(json, len, &arena, &record, &err);

	fuzz_check_same_err(r, &err, lease_record_read(json, len, &arena, &again, &err_again), &err_again);
	if (r == 0) {
		CHECK(str_equal(record.holder, again.holder) && str_equal(record.spec, again.spec));
		check_update(json, len, &record);
	}
	arena_finish(&arena);
	return 0;
}
