#include "kube/limiter.h"

#include "suite.h"

static const struct {
	const char *name;
	int64_t qps;
	int64_t burst;
	int64_t at_ms[8];   /* when requests come; the first 0 after the first one ends the list */
	int64_t want_ms[8]; /* how long each waits */
} rows[] = {
	{ "without a limit nobody waits", 0, 1, { 1000, 1000, 1000 }, { 0, 0, 0 } },
	{ "one by one at their distance", 10, 1, { 1000, 1000, 1000, 1050 }, { 0, 100, 200, 250 } },
	{ "a burst leaves at once, and is paid for", 10, 3, { 1000, 1000, 1000, 1000, 1000 },
	  { 0, 0, 0, 100, 200 } },
	{ "a rest fills the burst up again, and no more", 10, 2, { 1000, 1000, 1000, 9000, 9000, 9000 },
	  { 0, 0, 100, 0, 0, 100 } },
	{ "at the pace of the limit nobody waits", 10, 1, { 1000, 1100, 1200, 1300 }, { 0, 0, 0, 0 } },
	{ "a part of a millisecond is a whole one", 3000, 1, { 1000, 1000, 1000 }, { 0, 1, 1 } },
};

START_TEST(gives_places)
{
	struct limiter limiter = limiter_make(rows[_i].qps, rows[_i].burst);

	for (int i = 0; i < 8 && rows[_i].at_ms[i] > 0; i++)
		expect_int(rows[_i].name, limiter_take(&limiter, rows[_i].at_ms[i]), rows[_i].want_ms[i]);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, gives_places, rows);
}

SUITE_MAIN("limiter", add)
