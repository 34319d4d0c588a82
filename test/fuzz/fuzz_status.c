/* What an apiserver answers besides objects: a Status, a Lease, a Secret. */
#include "base/str.h"
#include "fuzz.h"
#include "wire/lease_json.h"
#include "wire/record.h"
#include "wire/secret_json.h"

static void check_status(const char *json, size_t len)
{
	static const int codes[] = { 0, 301, 400, 404, 409, 410, 429, 500, 503 };
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		char manager[128];
		struct err err = ERR_INIT;
		int class = status_to_err(codes[i], json, len, manager, &err);

		CHECK(class < 0 && class == (int)err.class && err.retry_after_ms >= 0);
		CHECK(memchr(manager, '\0', sizeof(manager)) != NULL);
	}
}

/* A Lease with our claim says what we claim. */
static void check_lease(const char *json, size_t len)
{
	const struct lease_claim claim = {
		.holder = "me", .duration_ms = 15000, .acquired_ms = 1, .renewed_ms = 2, .transitions = 3
	};
	struct arena arena = ARENA_INIT;
	struct lease_record before;
	struct lease_record after;
	struct err err = ERR_INIT;
	char *text = NULL;

	if (lease_record_read(json, len, &arena, &before, &err) == 0) {
		CHECK(before.holder != NULL && before.spec != NULL && before.resource_version != NULL);
		CHECK(lease_claim_update(json, len, &claim, &text, &err) == 0);
		CHECK(lease_record_read(text, strlen(text), &arena, &after, &err) == 0);
		CHECK(str_equal(after.holder, "me") && after.duration_ms == 15000 && after.transitions == 3);
		CHECK(str_equal(after.resource_version, before.resource_version));
		free(text);
	}
	arena_finish(&arena);
}

static void check_secret(const char *json, size_t len)
{
	char *text = NULL;
	size_t text_len = 0;
	struct err err = ERR_INIT;

	if (secret_from_json(json, len, "k", &text, &text_len, &err) == 0) {
		CHECK(text[text_len] == '\0');
		secret_wipe(text, text_len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	check_status((const char *)bytes, len);
	check_lease((const char *)bytes, len);
	check_secret((const char *)bytes, len);
	return 0;
}
