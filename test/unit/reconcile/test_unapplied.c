#include "reconcile/unapplied.h"

#include <stdio.h>

#include "base/clock.h"
#include "reconcile/looks.h"
#include "suite.h"

/* One thing that is learned, or asked, about what looks at n/shop call for. */
enum op {
	END,
	REFUSED, /* class; object; news? */
	TROUBLE, /* class; object; news? */
	TAKEN,   /* object */
	FORGET,
	SWEEP,
	MADE,    /* text: "what: message" of HPAs and the Service, NULL: none */
	PINS,    /* the same of the pins */
	CREATED, /* of the promotion */
	DELETED, /* of deletions of HPAs, Services and pods */
	COLLECTED, /* of deletions of promotions */
	UNTIL,   /* number: the moment when something that is known is forgotten or may be tried again */
	IS_SENT, /* object: may the same be sent again? news: it may */
};

enum object { WEB, API, SERVICE, PINNED, PROMOTION, OLD_SERVICE, OLD_PROMOTION };

static const struct unapplied_ref refs[] = {
	[WEB] = { "n", "shop", KIND_SCALER, "web", false },
	[API] = { "n", "shop", KIND_SCALER, "api", false },
	[SERVICE] = { "n", "shop", KIND_SERVICE, "web", false },
	[PINNED] = { "n", "shop", KIND_PINS, "sluice-pins", false },
	[PROMOTION] = { "n", "shop", KIND_PROMOTION, "shop-2", false },
	[OLD_SERVICE] = { "n", "shop", KIND_SERVICE, "web", true },
	[OLD_PROMOTION] = { "n", "shop", KIND_PROMOTION, "shop-1", true },
};

struct op_row {
	enum op op;
	int64_t now;
	int64_t number;
	enum object object;
	const char *text;
	bool is_news;
};

#define DO(op, now, number, object) { op, now, number, object, NULL, false }
#define NEWS(op, now, number, object) { op, now, number, object, NULL, true }
#define TOLD(op, now, text) { op, now, 0, WEB, text, false }

#define WEB_NO "HorizontalPodAutoscaler web: no"
#define API_NO "HorizontalPodAutoscaler api: no"

static const struct {
	const char *name;
	struct op_row ops[10];
} rows[] = {
	{ "nothing is known at first",
	  { TOLD(MADE, 0, NULL), TOLD(PINS, 0, NULL), TOLD(CREATED, 0, NULL), DO(UNTIL, 0, CLOCK_NEVER, WEB), NEWS(IS_SENT, 0, 0, WEB) } },
	{ "a refused HPA is told until it is taken",
	  { NEWS(REFUSED, 0, ERR_INPUT, WEB), TOLD(MADE, 1, WEB_NO), DO(REFUSED, 2, ERR_INPUT, WEB), DO(TAKEN, 3, 0, SERVICE),
	    TOLD(MADE, 4, WEB_NO), DO(TAKEN, 5, 0, WEB), TOLD(MADE, 6, NULL) } },
	{ "what was refused is not sent again soon, and told while it is tried",
	  { NEWS(REFUSED, 0, ERR_INPUT, WEB), DO(UNTIL, 1, 300000, WEB), DO(IS_SENT, 299999, 0, WEB), NEWS(IS_SENT, 1, 0, SERVICE),
	    NEWS(IS_SENT, 300000, 0, WEB), TOLD(MADE, 300000, WEB_NO), DO(UNTIL, 300000, 600000, WEB), DO(REFUSED, 300001, ERR_INPUT, WEB),
	    DO(IS_SENT, 300002, 0, WEB) } },
	{ "each of two that are refused is known",
	  { NEWS(REFUSED, 0, ERR_INPUT, WEB), NEWS(REFUSED, 1, ERR_INPUT, API), DO(IS_SENT, 2, 0, WEB), DO(IS_SENT, 2, 0, API),
	    DO(REFUSED, 3, ERR_INPUT, WEB), DO(TAKEN, 4, 0, WEB), TOLD(MADE, 5, API_NO), DO(IS_SENT, 5, 0, API) } },
	{ "a refused Service is forgotten when the channel changes",
	  { NEWS(REFUSED, 0, ERR_INPUT, SERVICE), TOLD(MADE, 1, "Service web: no"), DO(FORGET, 1, 0, WEB), TOLD(MADE, 2, NULL),
	    NEWS(REFUSED, 3, ERR_INPUT, SERVICE) } },
	{ "a refusal is forgotten after a while",
	  { NEWS(REFUSED, 0, ERR_INPUT, SERVICE), TOLD(MADE, 599999, "Service web: no"), TOLD(MADE, 600000, NULL), DO(SWEEP, 600000, 0, WEB),
	    TOLD(MADE, 1, NULL) } },
	{ "a lack of rights is tried again sooner",
	  { NEWS(REFUSED, 0, ERR_DENIED, WEB), DO(IS_SENT, 29999, 0, WEB), NEWS(IS_SENT, 30000, 0, WEB), TOLD(MADE, 30001, WEB_NO) } },
	{ "trouble is told when it lasts, and keeps nothing back",
	  { DO(TROUBLE, 1, ERR_NET, WEB), DO(TROUBLE, 3000, ERR_NET, WEB), TOLD(MADE, 3000, NULL), NEWS(TROUBLE, 3001, ERR_NET, WEB),
	    TOLD(MADE, 3002, WEB_NO), NEWS(IS_SENT, 3002, 0, WEB), DO(TROUBLE, 3003, ERR_NET, WEB), DO(UNTIL, 3004, 603003, WEB) } },
	{ "trouble of another object is another",
	  { DO(TROUBLE, 1, ERR_NET, WEB), DO(TROUBLE, 3001, ERR_NET, API), TOLD(MADE, 3001, NULL), NEWS(TROUBLE, 3002, ERR_NET, WEB) } },
	{ "an answer ends trouble",
	  { DO(TROUBLE, 1, ERR_BUSY, WEB), DO(TAKEN, 2, 0, WEB), DO(TROUBLE, 3001, ERR_BUSY, WEB), TOLD(MADE, 3001, NULL),
	    NEWS(REFUSED, 3002, ERR_INPUT, WEB), DO(TROUBLE, 6001, ERR_BUSY, WEB), DO(TAKEN, 6002, 0, WEB), TOLD(MADE, 6003, NULL) } },
	{ "a refusal is told before trouble",
	  { DO(TROUBLE, 1, ERR_NET, WEB), NEWS(TROUBLE, 3001, ERR_NET, WEB), NEWS(REFUSED, 3002, ERR_INPUT, SERVICE),
	    TOLD(MADE, 3003, "Service web: no"), DO(TROUBLE, 3004, ERR_NET, API), NEWS(TROUBLE, 6004, ERR_NET, API),
	    TOLD(MADE, 6005, "Service web: no"), DO(TAKEN, 6006, 0, SERVICE), TOLD(MADE, 6007, API_NO) } },
	{ "what was refused and is no longer answered is sent again all the time",
	  { NEWS(REFUSED, 1, ERR_INPUT, WEB), DO(TROUBLE, 2, ERR_NET, WEB), DO(IS_SENT, 3, 0, WEB), NEWS(TROUBLE, 3002, ERR_NET, WEB),
	    NEWS(IS_SENT, 3003, 0, WEB) } },
	{ "pins and promotions are told of for themselves",
	  { NEWS(REFUSED, 0, ERR_DENIED, PINNED), NEWS(REFUSED, 0, ERR_INPUT, PROMOTION), TOLD(PINS, 1, "ConfigMap sluice-pins: no"),
	    TOLD(CREATED, 1, "Promotion shop-2: no"), TOLD(MADE, 1, NULL), DO(TAKEN, 2, 0, PINNED), TOLD(PINS, 3, NULL), TOLD(CREATED, 3, "Promotion shop-2: no") } },
	{ "deletions are told of for themselves",
	  { NEWS(REFUSED, 0, ERR_DENIED, OLD_SERVICE), NEWS(REFUSED, 0, ERR_INPUT, OLD_PROMOTION), TOLD(DELETED, 1, "Service web: no"),
	    TOLD(COLLECTED, 1, "Promotion shop-1: no"), TOLD(MADE, 1, NULL), TOLD(CREATED, 1, NULL), DO(TAKEN, 2, 0, SERVICE),
	    TOLD(DELETED, 3, "Service web: no"), DO(TAKEN, 4, 0, OLD_SERVICE), TOLD(DELETED, 5, NULL) } },
	{ "the sweep takes what is too old and leaves the rest",
	  { NEWS(REFUSED, 0, ERR_INPUT, WEB), DO(TROUBLE, 100000, ERR_NET, API), DO(SWEEP, 599999, 0, WEB), TOLD(MADE, 599999, WEB_NO),
	    DO(SWEEP, 699999, 0, WEB), TOLD(MADE, 0, NULL), NEWS(TROUBLE, 699999, ERR_NET, API), DO(SWEEP, 1299999, 0, WEB), TOLD(MADE, 700000, NULL) } },
};

static void expect_failure(const char *name, const struct write_failure *failure, const char *want)
{
	char text[256] = "";

	if (failure->what != NULL)
		(void)snprintf(text, sizeof(text), "%s: %s", failure->what, failure->message);
	expect_str(name, text, want == NULL ? "" : want);
}

static const struct write_failure *place_of(const struct unapplied_look *look, enum op op)
{
	switch (op) {
	case PINS:
		return &look->pins;
	case CREATED:
		return &look->promotion;
	case DELETED:
		return &look->deletion;
	case COLLECTED:
		return &look->collection;
	default:
		return &look->made;
	}
}

static void check_look(const char *name, struct unapplied *unapplied, const struct op_row *op)
{
	struct unapplied_look look = { .made = { .what = NULL } };
	struct arena arena = ARENA_INIT;
	int64_t until_ms = CLOCK_NEVER;

	unapplied_fill(unapplied, "n", "shop", op->now, &arena, &look, &until_ms);
	if (op->op == UNTIL)
		expect_int(name, until_ms, op->number);
	else
		expect_failure(name, place_of(&look, op->op), op->text);
	arena_finish(&arena);
}

static void run_op(const char *name, struct unapplied *unapplied, const struct op_row *op)
{
	const struct unapplied_ref *ref = &refs[op->object];
	struct err err = ERR_INIT;
	bool is_news = op->is_news;

	if (op->op == REFUSED || op->op == TROUBLE)
		(void)err_set(&err, (enum err_class)op->number, "no");
	if (op->op == REFUSED)
		is_news = unapplied_refused(unapplied, ref, "{}", &err, op->now);
	else if (op->op == TROUBLE)
		is_news = unapplied_trouble(unapplied, ref, &err, op->now);
	else if (op->op == TAKEN)
		unapplied_taken(unapplied, ref);
	else if (op->op == FORGET)
		unapplied_forget(unapplied, "n", "shop");
	else if (op->op == SWEEP)
		unapplied_sweep(unapplied, op->now);
	else if (op->op == IS_SENT)
		is_news = !unapplied_is_refused(unapplied, ref, "{}", op->now);
	else
		check_look(name, unapplied, op);
	expect_int(name, is_news, op->is_news);
}

START_TEST(remembers_answers)
{
	struct unapplied *unapplied = unapplied_create();

	for (size_t i = 0; i < 10 && rows[_i].ops[i].op != END; i++)
		run_op(rows[_i].name, unapplied, &rows[_i].ops[i]);
	unapplied_destroy(unapplied);
}
END_TEST

START_TEST(another_body_and_another_channel_were_not_refused)
{
	const struct unapplied_ref other = { "n", "other", KIND_SERVICE, "web", false };
	struct unapplied *unapplied = unapplied_create();
	struct err err = ERR_INIT;

	(void)err_set(&err, ERR_INPUT, "no");
	ck_assert(unapplied_refused(unapplied, &refs[SERVICE], "{}", &err, 0));
	ck_assert(unapplied_is_refused(unapplied, &refs[SERVICE], "{}", 1));
	ck_assert(!unapplied_is_refused(unapplied, &refs[SERVICE], "{\"x\":1}", 1));
	ck_assert(!unapplied_is_refused(unapplied, &other, "{}", 1));
	unapplied_destroy(unapplied);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, remembers_answers, rows);
	tcase_add_test(tests, another_body_and_another_channel_were_not_refused);
}

SUITE_MAIN("unapplied", add)
