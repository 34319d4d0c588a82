#include "domain/quarantine.h"

#include "base/buf.h"
#include "domain/plan.h"
#include "domain/vocabulary.h"
#include "suite.h"

#define SAID                                                                                                     \
	"Sluice 1.2.3 crashed 3 times when it looked at this object (generation 4), last before 2026-11-24T11:00:00Z; " \
	"it is left alone until its spec changes, Sluice is updated, or this pod of Sluice is replaced"
#define SAID_UNREAD                                                                                           \
	"Sluice 1.2.3 crashed 3 times when it read this object (resourceVersion 7), last before 2026-11-24T11:00:00Z; " \
	"it is left alone until it changes, Sluice is updated, or this pod of Sluice is replaced"

static const struct {
	const char *name;
	const char *kind;
	bool is_left_out;
	bool is_announced;
	const char *want;
} rows[] = {
	{ "a channel that crashes the look", "ReleaseChannel", false, false,
	  "channel shop-beta/shop\n"
	  "  notice  channel x\n"
	  "    Ready=False Quarantined: " SAID "\n"
	  "    Stalled=True Quarantined: " SAID "\n"
	  "  event   channel x  Warning Quarantined: " SAID "\n" },
	{ "of which people were told", "ReleaseChannel", false, true,
	  "channel shop-beta/shop\n"
	  "  notice  channel x\n"
	  "    Ready=False Quarantined: " SAID "\n"
	  "    Stalled=True Quarantined: " SAID "\n" },
	{ "a promotion that cannot be read", "Promotion", true, false,
	  "channel shop-beta/shop\n"
	  "  notice  promotion x\n"
	  "    Ready=False Quarantined: " SAID_UNREAD "\n"
	  "    Stalled=True Quarantined: " SAID_UNREAD "\n"
	  "  event   promotion x  Warning Quarantined: " SAID_UNREAD "\n" },
};

START_TEST(an_object_in_quarantine_says_so)
{
	const struct world world = { .now_ms = 1, .namespace = "shop-beta", .name = "shop" };
	const struct quarantine q = {
		.kind = rows[_i].kind,
		.namespace = "shop-beta",
		.name = "x",
		.uid = "u",
		.version = rows[_i].is_left_out ? "resourceVersion 7" : "generation 4",
		.is_left_out = rows[_i].is_left_out,
		.is_announced = rows[_i].is_announced,
		.crashes = 3,
		.last_ms = INT64_C(1795518000000),
		.program_version = "1.2.3",
	};
	auto_buf text = BUF_INIT(8192);
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct plan plan;

	quarantine_plan(&world, &q, &arena, &plan);
	expect_int(rows[_i].name, plan_text(&plan, &text, &err), 0);
	expect_str(rows[_i].name, buf_text(&text), rows[_i].want);
	expect("its reason is in the vocabulary", vocabulary_has(WORD_REASON, rows[_i].kind, "Quarantined"));
	expect("its event is in the vocabulary", vocabulary_has(WORD_EVENT, rows[_i].kind, "Quarantined"));
	plan_finish(&plan);
	arena_finish(&arena);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, an_object_in_quarantine_says_so, rows);
}

SUITE_MAIN("quarantine", add)
