#include "reconcile/queue.h"

#include <stdio.h>

#include "base/clock.h"
#include "suite.h"

/* One step of a queue's life. */
enum op {
	END,
	ADD,        /* key at now */
	ADD_AT,     /* key for at */
	FAIL,       /* key failed at now; the delay is between at and to */
	FORGIVE,    /* key's failures are forgotten */
	TAKE,       /* the next one at now is key (NULL: nothing is ready) */
	DONE,       /* key's look is over at now */
	DUE,        /* the next moment is between at and to */
	DEPTH,      /* at are ready, to are under way */
};

struct op_row {
	enum op op;
	const char *key;
	int64_t now;
	int64_t at;
	int64_t to;
};

static const struct {
	const char *name;
	struct op_row ops[24];
} rows[] = {
	{ "an empty queue has nothing and waits for nothing",
	  { { TAKE, NULL, 0, 0, 0 }, { DUE, NULL, 0, CLOCK_NEVER, CLOCK_NEVER },
	    { DEPTH, NULL, 0, 0, 0 } } },
	{ "what was added first comes out first",
	  { { ADD, "a", 1, 0, 0 }, { ADD, "b", 2, 0, 0 }, { ADD, "c", 3, 0, 0 },
	    { DEPTH, NULL, 0, 3, 0 },
	    { TAKE, "a", 4, 0, 0 }, { TAKE, "b", 4, 0, 0 }, { TAKE, "c", 4, 0, 0 },
	    { TAKE, NULL, 4, 0, 0 },
	    { DEPTH, NULL, 0, 0, 3 } } },
	{ "a key that is added twice is looked at once",
	  { { ADD, "a", 1, 0, 0 }, { ADD, "b", 1, 0, 0 }, { ADD, "a", 2, 0, 0 },
	    { TAKE, "a", 3, 0, 0 }, { TAKE, "b", 3, 0, 0 },
	    { TAKE, NULL, 3, 0, 0 }, { DONE, "a", 4, 0, 0 }, { DONE, "b", 4, 0, 0 },
	    { TAKE, NULL, 5, 0, 0 }, { DEPTH, NULL, 0, 0, 0 } } },
	{ "a key that is added during its look is looked at once more, after it",
	  { { ADD, "a", 1, 0, 0 }, { TAKE, "a", 1, 0, 0 }, { ADD, "a", 2, 0, 0 },
	    { ADD, "a", 3, 0, 0 }, { TAKE, NULL, 3, 0, 0 },
	    { DEPTH, NULL, 0, 0, 1 }, { DONE, "a", 4, 0, 0 }, { TAKE, "a", 4, 0, 0 },
	    { DONE, "a", 5, 0, 0 },
	    { TAKE, NULL, 5, 0, 0 }, { DEPTH, NULL, 0, 0, 0 } } },
	{ "a key that comes back stands behind those who wait",
	  { { ADD, "a", 1, 0, 0 }, { TAKE, "a", 1, 0, 0 }, { ADD, "a", 2, 0, 0 },
	    { ADD, "b", 3, 0, 0 }, { DONE, "a", 4, 0, 0 },
	    { TAKE, "b", 5, 0, 0 }, { TAKE, "a", 5, 0, 0 } } },
	{ "a delayed key is ready at its moment and not before",
	  { { ADD_AT, "a", 0, 100, 0 }, { DUE, NULL, 0, 100, 100 }, { TAKE, NULL, 99, 0, 0 },
	    { TAKE, "a", 100, 0, 0 },
	    { DONE, "a", 101, 0, 0 }, { DUE, NULL, 0, CLOCK_NEVER, CLOCK_NEVER } } },
	{ "the earlier of two moments holds",
	  { { ADD_AT, "a", 0, 100, 0 }, { ADD_AT, "a", 0, 50, 0 }, { ADD_AT, "a", 0, 70, 0 },
	    { TAKE, NULL, 49, 0, 0 }, { TAKE, "a", 50, 0, 0 }, { DONE, "a", 51, 0, 0 },
	    { TAKE, NULL, 1000, 0, 0 } } },
	{ "delays come out in the order of their moments",
	  { { ADD_AT, "a", 0, 30, 0 }, { ADD_AT, "b", 0, 10, 0 }, { ADD_AT, "c", 0, 20, 0 },
	    { ADD_AT, "d", 0, 5, 0 },
	    { ADD_AT, "e", 0, 40, 0 }, { DUE, NULL, 0, 5, 5 }, { TAKE, "d", 60, 0, 0 },
	    { TAKE, "b", 60, 0, 0 },
	    { TAKE, "c", 60, 0, 0 }, { TAKE, "a", 60, 0, 0 }, { TAKE, "e", 60, 0, 0 } } },
	{ "a look that comes before the moment makes the moment void",
	  { { ADD_AT, "a", 0, 100, 0 }, { ADD_AT, "b", 0, 200, 0 }, { ADD, "a", 10, 0, 0 },
	    { TAKE, "a", 10, 0, 0 },
	    { DONE, "a", 11, 0, 0 }, { DUE, NULL, 0, 200, 200 }, { TAKE, NULL, 150, 0, 0 } } },
	{ "a moment asked for while the key waits in line adds nothing",
	  { { ADD, "a", 1, 0, 0 }, { ADD_AT, "a", 1, 100, 0 }, { TAKE, "a", 2, 0, 0 },
	    { DONE, "a", 3, 0, 0 },
	    { TAKE, NULL, 200, 0, 0 } } },
	{ "a moment asked for during the look holds after it",
	  { { ADD, "a", 1, 0, 0 }, { TAKE, "a", 1, 0, 0 }, { ADD_AT, "a", 1, 100, 0 },
	    { DONE, "a", 3, 0, 0 },
	    { TAKE, NULL, 99, 0, 0 }, { TAKE, "a", 100, 0, 0 } } },
	{ "a moment that comes during the look brings one more look",
	  { { ADD, "a", 1, 0, 0 }, { TAKE, "a", 1, 0, 0 }, { ADD_AT, "a", 1, 100, 0 },
	    { TAKE, NULL, 150, 0, 0 },
	    { DONE, "a", 160, 0, 0 }, { TAKE, "a", 160, 0, 0 } } },
	{ "back-off doubles from 5 ms, a quarter less at most",
	  { { FAIL, "a", 0, 3, 5 }, { FAIL, "a", 400000, 7, 10 }, { FAIL, "a", 800000, 15, 20 },
	    { FAIL, "a", 1200000, 30, 40 }, { FAIL, "a", 1600000, 60, 80 } } },
	{ "back-off ends at five minutes",
	  { { FAIL, "a", 0, 3, 5 }, { FAIL, "a", 400000, 0, 10 }, { FAIL, "a", 800000, 0, 20 },
	    { FAIL, "a", 1200000, 0, 40 },
	    { FAIL, "a", 1600000, 0, 80 }, { FAIL, "a", 2000000, 0, 160 }, { FAIL, "a", 2400000, 0, 320 },
	    { FAIL, "a", 2800000, 0, 640 }, { FAIL, "a", 3200000, 0, 1280 }, { FAIL, "a", 3600000, 0, 2560 },
	    { FAIL, "a", 4000000, 0, 5120 }, { FAIL, "a", 4400000, 0, 10240 }, { FAIL, "a", 4800000, 0, 20480 },
	    { FAIL, "a", 5200000, 0, 40960 }, { FAIL, "a", 5600000, 0, 81920 },
	    { FAIL, "a", 6000000, 122880, 163840 },
	    { FAIL, "a", 6400000, 225000, 300000 }, { FAIL, "a", 6800000, 225000, 300000 } } },
	{ "what fails again within its back-off makes it no longer",
	  { { FAIL, "a", 0, 3, 5 }, { FAIL, "a", 10, 7, 10 }, { FAIL, "a", 30, 15, 20 }, { FAIL, "a", 35, 10, 15 },
	    { FAIL, "a", 40, 5, 10 }, { FAIL, "a", 50, 30, 40 } } },
	{ "what the server asked for is a floor of the back-off",
	  { { FAIL, "a", 1000, 2000, 2200 }, { FAIL, "a", 1000, 2000, 2200 } } },
	{ "success forgives",
	  { { FAIL, "a", 0, 3, 5 }, { FAIL, "a", 6, 7, 10 }, { TAKE, "a", 20, 0, 0 },
	    { FORGIVE, "a", 0, 0, 0 },
	    { DONE, "a", 21, 0, 0 }, { DEPTH, NULL, 0, 0, 0 }, { FAIL, "a", 30, 3, 5 } } },
	{ "a change comes through during a back-off",
	  { { FAIL, "a", 0, 3, 5 }, { ADD, "a", 1, 0, 0 }, { TAKE, "a", 1, 0, 0 } } },
};

/* Does one step; floors of FAIL are the lower bound when it is above the plain back-off. */
static void run_op(const char *name, struct queue *queue, const struct op_row *op, int64_t floor_ms)
{
	const char *taken;
	int64_t delay_ms;

	switch (op->op) {
	case ADD:
		queue_add(queue, op->key, op->now);
		break;
	case ADD_AT:
		queue_add_at(queue, op->key, op->at);
		break;
	case FAIL:
		delay_ms = queue_add_failed(queue, op->key, op->now, floor_ms);
		ck_assert_msg(delay_ms >= op->at && delay_ms <= op->to,
			      "%s: back-off %jd is not in [%jd, %jd]", name, (intmax_t)delay_ms,
			      (intmax_t)op->at, (intmax_t)op->to);
		break;
	case FORGIVE:
		queue_forget_failures(queue, op->key);
		break;
	case TAKE:
		taken = queue_take(queue, op->now, NULL);
		expect_str(name, taken, op->key);
		break;
	case DONE:
		queue_done(queue, op->key, op->now);
		break;
	case DUE:
		expect(name, queue_due_ms(queue) >= op->at && queue_due_ms(queue) <= op->to);
		break;
	case DEPTH:
		expect_int(name, queue_depth(queue), op->at);
		expect_int(name, queue_active(queue), op->to);
		break;
	case END:
		break;
	}
}

START_TEST(queues_keys)
{
	struct queue *queue = queue_create(42);

	for (size_t i = 0; i < 24 && rows[_i].ops[i].op != END; i++) {
		const struct op_row *op = &rows[_i].ops[i];

		run_op(rows[_i].name, queue, op, op->now == 1000 ? 2000 : 0);
	}
	queue_destroy(queue);
}
END_TEST

START_TEST(tells_how_long_a_key_waited)
{
	struct queue *queue = queue_create(1);
	int64_t waited_ms = -1;

	queue_add(queue, "a", 100);
	ck_assert_str_eq(queue_take(queue, 130, &waited_ms), "a");
	ck_assert_int_eq(waited_ms, 30);
	queue_add(queue, "a", 140);
	queue_done(queue, "a", 150);
	ck_assert_str_eq(queue_take(queue, 155, &waited_ms), "a");
	ck_assert_int_eq(waited_ms, 5);
	queue_destroy(queue);
}
END_TEST

/* Ten thousand delays in a scrambled order, half of them moved forward, come out sorted. */
START_TEST(sorts_many_delays)
{
	struct queue *queue = queue_create(1);
	int64_t before = 0;
	char key[16];

	for (int64_t i = 0; i < 1000; i++) {
		(void)snprintf(key, sizeof(key), "k%jd", (intmax_t)i);
		queue_add_at(queue, key, 1 + (i * 7919) % 1009);
		if (i % 2 == 0)
			queue_add_at(queue, key, 1 + (i * 31) % 503);
	}
	for (int64_t i = 0; i < 1000; i++) {
		int64_t due = queue_due_ms(queue);
		const char *taken = queue_take(queue, due, NULL);

		ck_assert_ptr_nonnull(taken);
		ck_assert_int_ge(due, before);
		before = due;
		queue_done(queue, taken, due);
	}
	ck_assert(queue_due_ms(queue) == CLOCK_NEVER);
	queue_destroy(queue);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, queues_keys, rows);
	tcase_add_test(tests, tells_how_long_a_key_waited);
	tcase_add_test(tests, sorts_many_delays);
}

SUITE_MAIN("queue", add)
