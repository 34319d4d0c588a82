/* Zone files: what is taken is in order, and local time leads back to about where it came from. */
#include "fuzz.h"
#include "wire/zone_tzif.h"

#define DAY ((int64_t)24 * 3600)

static void check_moment(const struct zone *zone, int64_t utc_s)
{
	int32_t offset_s = zone_offset_s(zone, utc_s);
	int64_t back_s = zone_to_utc_s(zone, utc_s + offset_s);

	CHECK(offset_s > -2 * DAY && offset_s < 2 * DAY);
	CHECK(back_s > utc_s - 3 * DAY && back_s < utc_s + 3 * DAY);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena arena = ARENA_INIT;
	struct zone zone = { .name = "Test/Zone" };
	struct err err = ERR_INIT;
	size_t i;

	if (zone_from_tzif(bytes, len, &arena, &zone, &err) == 0) {
		for (i = 0; i < zone.count; i++) {
			CHECK(i == 0 || zone.moments_s[i - 1] < zone.moments_s[i]);
			if (zone.moments_s[i] > -1000000 * DAY && zone.moments_s[i] < 1000000 * DAY)
				check_moment(&zone, zone.moments_s[i]);
		}
		for (i = 0; i < 400; i++)
			check_moment(&zone, (int64_t)i * 45 * DAY);
	} else {
		CHECK(err.class == ERR_INPUT);
	}
	arena_finish(&arena);
	return 0;
}
