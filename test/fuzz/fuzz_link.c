/* Link headers, and the URLs that registries send us to: whatever they say, we stay at the origin. */
#include "base/str.h"
#include "fuzz.h"
#include "registry/link.h"
#include "registry/origin.h"

/* A path that can stand in a request line, and is read the same again. */
static void check_path(const char *path)
{
	const char *at;

	CHECK(path[0] == '/' && strlen(path) < ORIGIN_PATH_SIZE);
	for (at = path; *at != '\0'; at++)
		CHECK(*at > 0x20 && *at < 0x7f);
}

static void check_follow(const char *target)
{
	const struct origin origin = { .authority = "r.example.com" };
	char path[ORIGIN_PATH_SIZE];
	char again[ORIGIN_PATH_SIZE];
	char url[ORIGIN_URL_SIZE];
	struct origin there;
	struct err err = ERR_INIT;

	if (origin_follow(&origin, "/v2/shop/web/tags/list?n=1000", target, path, &err) < 0) {
		CHECK(err.class == ERR_INPUT);
		return;
	}
	check_path(path);
	CHECK(origin_parse(origin_url(&origin, path, url), &there, again, &err) == 0);
	CHECK(origin_equal(&origin, &there) && str_equal(path, again));
}

static void check_absolute(const char *url)
{
	struct origin origin;
	struct origin there;
	char path[ORIGIN_PATH_SIZE];
	char again[ORIGIN_PATH_SIZE];
	char written[ORIGIN_URL_SIZE];
	struct err err = ERR_INIT;

	if (origin_parse(url, &origin, path, &err) < 0) {
		CHECK(err.class == ERR_INPUT);
		return;
	}
	check_path(path);
	CHECK(origin_parse(origin_url(&origin, path, written), &there, again, &err) == 0);
	CHECK(origin_equal(&origin, &there) && str_equal(path, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = fuzz_text(bytes, len);
	char target[ORIGIN_PATH_SIZE];
	struct err err = ERR_INIT;

	if (link_next((const char *)bytes, len, target, &err) == 0) {
		CHECK(strlen(target) < ORIGIN_PATH_SIZE);
		check_follow(target);
	}
	check_follow(text);
	check_absolute(text);
	free(text);
	return 0;
}
