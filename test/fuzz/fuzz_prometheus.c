/* What Prometheus says: the same samples twice, never more than are taken; and the credentials for it in a Secret. */
#include "fuzz.h"
#include "prometheus/credentials.h"
#include "wire/prometheus_json.h"

static void check_samples(const char *json, size_t len)
{
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct err err_again = ERR_INIT;
	double *values = NULL;
	double *values_again = NULL;
	size_t count = 0;
	size_t count_again = 0;
	int r = prometheus_samples_from_json(json, len, &arena, &values, &count, &err);

	fuzz_check_same_err(r, &err,
			    prometheus_samples_from_json(json, len, &arena, &values_again, &count_again, &err_again), &err_again);
	if (r == 0) {
		CHECK(count == count_again && count <= PROMETHEUS_SAMPLES_MAX);
		CHECK(count == 0 || memcmp(values, values_again, count * sizeof(*values)) == 0);
	}
	arena_finish(&arena);
}

/* What goes into a header has no line break. */
static void check_credentials(const char *json, size_t len)
{
	struct prometheus_credentials credentials;
	struct err err = ERR_INIT;

	if (prometheus_credentials_read(json, len, &credentials, &err) < 0)
		return;
	CHECK(credentials.authorization == NULL || strpbrk(credentials.authorization, "\r\n") == NULL);
	prometheus_credentials_finish(&credentials);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	check_samples((const char *)bytes, len);
	check_credentials((const char *)bytes, len);
	return 0;
}
