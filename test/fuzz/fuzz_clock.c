/* Moments and durations: what is written is read as the same. */
#include "base/clock.h"
#include "base/str.h"
#include "fuzz.h"

static void check_moment(const char *text)
{
	char written[CLOCK_TEXT_SIZE];
	int64_t ms;
	int64_t again;

	if (!clock_parse(text, &ms))
		return;
	CHECK(clock_parse(clock_format_micro(ms, written), &again) && again == ms);
	CHECK(clock_parse(clock_format(ms, written), &again) && again <= ms && ms - again < 1000);
}

static void check_duration(const char *text)
{
	char written[CLOCK_TEXT_SIZE];
	char twice[CLOCK_TEXT_SIZE];
	int64_t ms;
	int64_t again;

	if (!clock_parse_duration(text, &ms))
		return;
	CHECK(ms >= 0 && ms <= INT64_C(10) * 366 * 24 * 3600 * 1000);
	CHECK(clock_parse_duration(clock_format_duration(ms, written), &again));
	CHECK(again <= ms && ms - again < 1000);
	CHECK(str_equal(clock_format_duration(again, twice), written));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = fuzz_text(bytes, len);

	check_moment(text);
	check_duration(text);
	free(text);
	return 0;
}
