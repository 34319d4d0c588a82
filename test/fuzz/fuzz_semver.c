/* Two versions and a range, a line each. */
#include "domain/semver.h"
#include "fuzz.h"

static int sign(int value)
{
	return value > 0 ? 1 : value < 0 ? -1 : 0;
}

static void check_versions(const char *left, const char *right)
{
	struct semver a;
	struct semver b;

	if (!semver_parse(left, &a) || !semver_parse(right, &b))
		return;
	CHECK(semver_compare(&a, &a) == 0);
	CHECK(sign(semver_compare(&a, &b)) == -sign(semver_compare(&b, &a)));
}

/* A range alone holds the versions between its ends, and no pre-release that it does not name. */
static void check_range(const char *text, const char *left)
{
	struct semver_range range;
	struct semver version;
	struct err err = ERR_INIT;
	int i;

	if (semver_range_parse(text, &range, &err) < 0) {
		CHECK(err.class == ERR_INPUT);
		return;
	}
	CHECK(range.count >= 0 && range.count <= SEMVER_RANGE_MAX);
	for (i = 0; i < range.count; i++)
		CHECK(range.items[i].op <= SEMVER_LE);
	if (semver_parse(left, &version) && semver_range_contains(&range, &version) &&
	    version.prerelease[0] != '\0') {
		int named = 0;

		for (i = 0; i < range.count; i++) {
			const struct semver *other = &range.items[i].version;

			named |= other->prerelease[0] != '\0' && other->major == version.major &&
				 other->minor == version.minor && other->patch == version.patch;
		}
		CHECK(named);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *left = fuzz_text(bytes, len);
	char *right = fuzz_next_line(left);
	char *range = fuzz_next_line(right);

	check_versions(left, right);
	check_range(range, left);
	check_range(left, right);
	free(left);
	return 0;
}
