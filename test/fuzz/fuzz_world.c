/* A world, as bug reports and golden cases hold it, and the plan that is made of it: the same plan twice, and its text can be
 * written. */
#include "base/str.h"
#include "domain/plan.h"
#include "fuzz.h"
#include "golden/world_file.h"

#define TEXT_MAX ((size_t)16 * 1024 * 1024)

static void write_plan(const struct world *world, struct buf *text)
{
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct plan plan;

	plan_make(world, &arena, &plan);
	CHECK(plan_text(&plan, text, &err) == 0);
	plan_finish(&plan);
	arena_finish(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct buf first = BUF_INIT(TEXT_MAX);
	struct buf second = BUF_INIT(TEXT_MAX);
	struct err err = ERR_INIT;
	struct world_file file;

	if (world_file_read(&file, (const char *)bytes, len, &err) == 0) {
		write_plan(&file.world, &first);
		write_plan(&file.world, &second);
		CHECK(str_equal(buf_text(&first), buf_text(&second)));
		world_file_finish(&file);
	} else {
		CHECK(err.class == ERR_INPUT || err.class == ERR_NOMEM);
	}
	buf_finish(&first);
	buf_finish(&second);
	return 0;
}
