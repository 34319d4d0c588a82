/* Digests, image references, releases: the names of what runs. */
#include "base/arena.h"
#include "domain/digest.h"
#include "domain/image_ref.h"
#include "domain/release.h"
#include "domain/workload.h"
#include "suite.h"

#define HEX64 "604b1c2d3e4f5a6b7c8d9e0f604b1c2d3e4f5a6b7c8d9e0f604b1c2d3e4f5a6b"

static const struct {
	const char *name;
	const char *text;
	bool is_digest;
} digests[] = {
	{ "64 hex digits behind sha256", "sha256:" HEX64, true },
	{ "one digit too few", "sha256:04b1c2d3e4f5a6b7c8d9e0f604b1c2d3e4f5a6b7c8d9e0f604b1c2d3e4f5a6b", false },
	{ "one digit too many", "sha256:a" HEX64, false },
	{ "another algorithm", "sha512:" HEX64, false },
	{ "upper case", "sha256:604B1C2D3E4F5A6B7C8D9E0F604B1C2D3E4F5A6B7C8D9E0F604B1C2D3E4F5A6B", false },
	{ "no algorithm", HEX64, false },
	{ "nothing", "", false },
	{ "NULL", NULL, false },
};

START_TEST(a_digest_is_whole_and_lower_case)
{
	expect_int(digests[_i].name, digest_is_valid(digests[_i].text), digests[_i].is_digest);
}
END_TEST

START_TEST(a_pin_carries_its_digest)
{
	struct arena arena = ARENA_INIT;
	char shorter[DIGEST_SHORT_SIZE];

	expect_str("pin", image_ref_pin(&arena, "r.io/web", "sha256:" HEX64), "r.io/web@sha256:" HEX64);
	expect_str("digest of a pin", image_ref_digest("r.io/web@sha256:" HEX64), "sha256:" HEX64);
	expect_str("digest behind a tag", image_ref_digest("r.io/web:v1@sha256:" HEX64), "sha256:" HEX64);
	expect_str("a tag is none", image_ref_digest("r.io/web:v1"), NULL);
	expect_str("a cut digest is none", image_ref_digest("r.io/web@sha256:60"), NULL);
	expect_str("NULL has none", image_ref_digest(NULL), NULL);
	expect_str("short", digest_shorten("sha256:" HEX64, shorter), "sha256:604b1c2d3e4f");
	expect_str("short of a short one", digest_shorten("sha", shorter), "sha");
	arena_finish(&arena);
}
END_TEST

static struct release make(struct arena *arena, const char *first, const char *second, const char *tag)
{
	struct release release = { .count = 2 };

	release.artifacts = arena_new_array(arena, 2, struct release_artifact);
	release.artifacts[0] = (struct release_artifact){ first, "r.io/a", "sha256:" HEX64, tag };
	release.artifacts[1] = (struct release_artifact){ second, "r.io/a", "sha256:" HEX64, tag };
	release_seal(&release, arena);
	return release;
}

/* printf 'api r.io/a@sha256:…\nweb r.io/a@sha256:…\n' | sha256sum | cut -c1-10 */
START_TEST(the_same_set_has_the_same_id)
{
	struct arena arena = ARENA_INIT;
	struct release one = make(&arena, "web", "api", "v1");
	struct release other = make(&arena, "api", "web", NULL);
	struct release different = make(&arena, "api", "worker", NULL);

	expect_str("order and tags do not count", one.id, other.id);
	expect_str("the id is made as documented", one.id, "r-bd86c19897");
	expect("another name is another set", strcmp(one.id, different.id) != 0);
	expect("it is a valid id", release_id_is_valid(one.id));
	expect("releases compare by id", release_equal(&one, &other) && !release_equal(&one, &different));
	expect("no release equals none", !release_equal(&(struct release){ 0 }, &(struct release){ 0 }));
	expect_str("sorted by name", one.artifacts[0].name, "api");
	expect_str("a shared tag is its label", release_label(&one, &arena), "v1");
	expect_str("without tags the digest is", release_label(&other, &arena), "sha256:604b1c2d3e4f");
	expect_str("no release has no label", release_label(&(struct release){ 0 }, &arena), "");
	arena_finish(&arena);
}
END_TEST

static const struct {
	const char *name;
	const char *text;
	bool is_id;
} ids[] = {
	{ "ten hex digits", "r-0123456789", true }, { "nine", "r-012345678", false },
	{ "eleven", "r-0123456789a", false },	    { "capitals", "r-ABCDEF0123", false },
	{ "no prefix", "0123456789ab", false },	    { "NULL", NULL, false },
};

START_TEST(an_id_is_recognised)
{
	expect_int(ids[_i].name, release_id_is_valid(ids[_i].text), ids[_i].is_id);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, a_digest_is_whole_and_lower_case, digests);
	tcase_add_test(tests, a_pin_carries_its_digest);
	tcase_add_test(tests, the_same_set_has_the_same_id);
	suite_add_rows(tests, an_id_is_recognised, ids);
}

SUITE_MAIN("names", add)
