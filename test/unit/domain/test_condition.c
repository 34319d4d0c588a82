/* Conditions and the equality of statuses: what is written only when it changed. */
#include "domain/condition.h"
#include "domain/equal.h"
#include "suite.h"

#define SET(...)                                                      \
	((struct conditions){ (struct condition[]){ __VA_ARGS__ },    \
			      sizeof((struct condition[]){ __VA_ARGS__ }) / sizeof(struct condition) })

static const struct condition ready = { "Ready", CONDITION_TRUE, "Running", "it runs", 3, 5000 };

START_TEST(a_transition_time_moves_only_with_the_status)
{
	struct conditions before = SET(ready, { "Pinned", CONDITION_FALSE, "X", "", 3, 6000 });
	struct conditions now = SET({ "Ready", CONDITION_TRUE, "Other", "still", 4, 0 },
				    { "Pinned", CONDITION_TRUE, "X", "", 4, 0 },
				    { "New", CONDITION_TRUE, "X", "", 4, 0 });

	condition_keep_times(&now, &before, 9000);
	expect_int("same status keeps it", now.items[0].transition_ms, 5000);
	expect_int("another status moves it", now.items[1].transition_ms, 9000);
	expect_int("a new condition starts now", now.items[2].transition_ms, 9000);
}
END_TEST

START_TEST(conditions_are_found_by_type)
{
	struct conditions set = SET(ready, { "Stalled", CONDITION_UNKNOWN, "X", "", 3, 0 });

	expect("found", condition_find(&set, "Ready") == &set.items[0]);
	expect("not there", condition_find(&set, "Pinned") == NULL);
	expect("true", condition_is_true(&set, "Ready"));
	expect("unknown is not true", !condition_is_true(&set, "Stalled"));
	expect("absent is not true", !condition_is_true(&set, "Pinned"));
	expect_str("False", condition_status_name(CONDITION_FALSE), "False");
	expect_str("True", condition_status_name(CONDITION_TRUE), "True");
	expect_str("Unknown", condition_status_name(CONDITION_UNKNOWN), "Unknown");
}
END_TEST

static const struct {
	const char *name;
	struct condition other;
	bool is_equal;
} pairs[] = {
	{ "the same", { "Ready", CONDITION_TRUE, "Running", "it runs", 3, 5000 }, true },
	{ "within the same second", { "Ready", CONDITION_TRUE, "Running", "it runs", 3, 5999 }, true },
	{ "another type", { "Pinned", CONDITION_TRUE, "Running", "it runs", 3, 5000 }, false },
	{ "another status", { "Ready", CONDITION_FALSE, "Running", "it runs", 3, 5000 }, false },
	{ "another reason", { "Ready", CONDITION_TRUE, "Suspended", "it runs", 3, 5000 }, false },
	{ "another message", { "Ready", CONDITION_TRUE, "Running", "it ran", 3, 5000 }, false },
	{ "another generation", { "Ready", CONDITION_TRUE, "Running", "it runs", 4, 5000 }, false },
	{ "another second", { "Ready", CONDITION_TRUE, "Running", "it runs", 3, 6000 }, false },
};

START_TEST(sets_are_compared_by_content)
{
	struct conditions a = SET(ready);
	struct conditions b = { (struct condition[]){ pairs[_i].other }, 1 };
	struct conditions none = { NULL, 0 };

	expect_int(pairs[_i].name, condition_sets_equal(&a, &b), pairs[_i].is_equal);
	expect("none differs from one", !condition_sets_equal(&a, &none));
}
END_TEST

/* One change each: a field that equality forgot would never be written. */
static void change(int i, struct channel_status *s)
{
	static struct verified verified = { .since_ms = 1000 };
	static struct available available = { .release = "r-0123456789" };
	static struct release_stay stay = { .has_failed = true };
	static struct workload_status workload = { .name = "web" };
	static struct condition condition = { "Ready", CONDITION_TRUE, "R", "m", 1, 0 };

	switch (i) {
	case 0: s->observed_generation = 1; break;
	case 1: s->current.release.id = "r-0123456789"; break;
	case 2: s->current.promotion = "p"; break;
	case 3: s->current.since_ms = 1000; break;
	case 4: s->desired.release.id = "r-0123456789"; break;
	case 5: s->guard = GUARD_ENFORCED; break;
	case 6: s->verified = &verified; s->verified_count = 1; break;
	case 7: s->available = &available; s->available_count = 1; break;
	case 8: s->history = &stay; s->history_count = 1; break;
	case 9: s->hold.by = "alice"; break;
	case 10: s->hold.reason = "why"; break;
	case 11: s->takeovers.count = 1; break;
	case 12: s->takeovers.manager = "m"; break;
	case 13: s->intake.tag = "v1"; break;
	case 14: s->intake.release = "r-0123456789"; break;
	case 15: s->intake.moved = "moved"; break;
	case 16: s->workloads = &workload; s->workload_count = 1; break;
	case 17: s->promotion = "p"; break;
	case 18: s->image = "v1"; break;
	case 19: s->upstream = "a/b"; break;
	case 20: s->conditions = (struct conditions){ &condition, 1 }; break;
	case 21: s->takeovers.since_ms = 1000; break;
	case 22: s->hold.at_ms = 1000; break;
	default: ck_abort_msg("no change %d", i);
	}
}

START_TEST(every_field_of_a_channel_status_counts)
{
	struct channel_status a = { .guard = GUARD_UNKNOWN };
	struct channel_status b = { .guard = GUARD_UNKNOWN };

	expect("equal at first", channel_status_equal(&a, &b));
	change(_i, &b);
	ck_assert_msg(!channel_status_equal(&a, &b), "change %d is not seen", _i);
	expect("equal to itself", channel_status_equal(&b, &b));
}
END_TEST

static void change_promotion(int i, struct promotion_status *s)
{
	static struct waiting_for waiting = { "Upstream", 1000, "why" };
	static struct step step = { .name = "RollOut" };
	static struct condition condition = { "Ready", CONDITION_TRUE, "R", "m", 1, 0 };

	switch (i) {
	case 0: s->observed_generation = 1; break;
	case 1: s->phase = PHASE_PENDING; break;
	case 2: s->release.id = "r-0123456789"; break;
	case 3: s->previous.id = "r-0123456789"; break;
	case 4: s->waiting = &waiting; s->waiting_count = 1; break;
	case 5: s->steps = &step; s->step_count = 1; break;
	case 6: s->started_ms = 1000; break;
	case 7: s->finished_ms = 1000; break;
	case 8: s->conditions = (struct conditions){ &condition, 1 }; break;
	default: ck_abort_msg("no change %d", i);
	}
}

START_TEST(every_field_of_a_promotion_status_counts)
{
	struct promotion_status a = { .phase = PHASE_NONE };
	struct promotion_status b = { .phase = PHASE_NONE };

	expect("equal at first", promotion_status_equal(&a, &b));
	change_promotion(_i, &b);
	ck_assert_msg(!promotion_status_equal(&a, &b), "change %d is not seen", _i);
	expect("equal to itself", promotion_status_equal(&b, &b));
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, a_transition_time_moves_only_with_the_status);
	tcase_add_test(tests, conditions_are_found_by_type);
	suite_add_rows(tests, sets_are_compared_by_content, pairs);
	tcase_add_loop_test(tests, every_field_of_a_channel_status_counts, 0, 23);
	tcase_add_loop_test(tests, every_field_of_a_promotion_status_counts, 0, 9);
}

SUITE_MAIN("condition", add)
