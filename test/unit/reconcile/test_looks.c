#include "reconcile/looks.h"

#include "base/clock.h"
#include "fixture.h"
#include "suite.h"

#define WORKLOAD(name, version)                              \
	"apiVersion: apps/v1\nkind: Deployment\n"            \
	"metadata: {name: " name ", namespace: n, resourceVersion: '" version "'}\n" \
	"spec: {template: {spec: {containers: [{name: web, image: x}]}}}\n"

/* One thing that is learned, or asked, about the Deployment n/web. */
enum op {
	END,
	FOUND,        /* version text; news? */
	NOT_READ,     /* class; text; news? */
	CONFLICT,     /* manager text; news? */
	REFUSED,      /* class; text; news? */
	TROUBLE,      /* class; text; news? */
	FORGET,
	SWEEP,
	LOOK,         /* state number; text: failure's message or manager */
	UNTIL,        /* number: the moment when what is known is forgotten or may be tried again */
};

struct op_row {
	enum op op;
	int64_t now;
	int64_t number;
	const char *text;
	bool is_news;
};

#define DO(op, now, number, text) { op, now, number, text, false }
#define NEWS(op, now, number, text) { op, now, number, text, true }

static const struct {
	const char *name;
	struct op_row ops[10];
} rows[] = {
	{ "nothing is known at first",
	  { DO(LOOK, 0, KNOWLEDGE_NONE, NULL),
	    DO(UNTIL, 0, CLOCK_NEVER, NULL) } },
	{ "what was read is known for a while, and then asked for again",
	  { NEWS(FOUND, 1000, 0, "1"), DO(LOOK, 1000, KNOWLEDGE_KNOWN, NULL),
	    DO(UNTIL, 2000, 31000, NULL), DO(LOOK, 30999, KNOWLEDGE_KNOWN, NULL),
	    DO(LOOK, 31000, KNOWLEDGE_NONE, NULL), DO(UNTIL, 31000, CLOCK_NEVER, NULL) } },
	{ "reading the same again is no news, another version is",
	  { NEWS(FOUND, 0, 0, "1"), DO(FOUND, 5, 0, "1"), NEWS(FOUND, 6, 0, "2"),
	    NEWS(FOUND, 40000, 0, "2") } },
	{ "what does not exist is known as that",
	  { NEWS(NOT_READ, 0, ERR_NOTFOUND, "gone"), DO(LOOK, 1, KNOWLEDGE_FAILED, "gone"),
	    DO(NOT_READ, 2, ERR_NOTFOUND, "gone"), NEWS(NOT_READ, 3, ERR_DENIED, "gone"),
	    DO(LOOK, 40000, KNOWLEDGE_NONE, NULL) } },
	{ "that a read was not answered is known for a shorter while",
	  { NEWS(NOT_READ, 0, ERR_NET, "no answer"), DO(LOOK, 4999, KNOWLEDGE_FAILED, "no answer"),
	    DO(LOOK, 5000, KNOWLEDGE_NONE, NULL), NEWS(NOT_READ, 5001, ERR_NET, "no answer") } },
	{ "what was there and is gone is not there",
	  { NEWS(FOUND, 0, 0, "1"), NEWS(NOT_READ, 5, ERR_NOTFOUND, "gone"),
	    DO(LOOK, 6, KNOWLEDGE_FAILED, "gone") } },
	{ "what was missing and has come is there, without the failure",
	  { NEWS(NOT_READ, 0, ERR_NOTFOUND, "gone"), NEWS(FOUND, 5, 0, "1"),
	    DO(LOOK, 6, KNOWLEDGE_KNOWN, NULL) } },
	{ "a conflict names the manager, and says nothing of the workload",
	  { NEWS(CONFLICT, 0, 0, "kubectl"), DO(LOOK, 1, KNOWLEDGE_NONE, "kubectl"),
	    DO(CONFLICT, 2, 0, "kubectl"), NEWS(CONFLICT, 3, 0, "flux"),
	    DO(LOOK, 4, KNOWLEDGE_NONE, "flux"), DO(UNTIL, 5, 30003, NULL), DO(UNTIL, 30003, 600003, NULL),
	    DO(LOOK, 600003, KNOWLEDGE_NONE, NULL) } },
	{ "a refused apply is told longer than it is kept back, and says nothing of the workload",
	  { NEWS(REFUSED, 0, ERR_INPUT, "no"), DO(REFUSED, 1, ERR_INPUT, "no"), DO(UNTIL, 2, 300001, NULL),
	    DO(UNTIL, 300001, 600001, NULL), DO(LOOK, 300002, KNOWLEDGE_NONE, "no"), DO(REFUSED, 300003, ERR_INPUT, "no"),
	    DO(LOOK, 900002, KNOWLEDGE_NONE, "no"), DO(LOOK, 900003, KNOWLEDGE_NONE, NULL) } },
	{ "an apply that is not answered is told when that lasts, and until one is",
	  { DO(TROUBLE, 1, ERR_NET, "500"), DO(TROUBLE, 3000, ERR_NET, "500"), DO(LOOK, 3000, KNOWLEDGE_NONE, NULL),
	    NEWS(TROUBLE, 3001, ERR_NET, "500"), DO(LOOK, 3002, KNOWLEDGE_NONE, "500"), DO(TROUBLE, 3003, ERR_NET, "500"),
	    DO(FORGET, 3004, 0, NULL), DO(LOOK, 3005, KNOWLEDGE_NONE, NULL) } },
	{ "trouble that comes back begins anew",
	  { DO(TROUBLE, 1, ERR_BUSY, "later"), DO(FORGET, 2, 0, NULL), DO(TROUBLE, 3001, ERR_BUSY, "later"),
	    DO(LOOK, 3001, KNOWLEDGE_NONE, NULL) } },
	{ "a decision between ends it as well",
	  { DO(TROUBLE, 1, ERR_NET, "500"), NEWS(CONFLICT, 2, 0, "flux"), DO(TROUBLE, 3001, ERR_NET, "500"), NEWS(REFUSED, 3002, ERR_INPUT, "no"),
	    DO(TROUBLE, 6001, ERR_NET, "500"), DO(TROUBLE, 9000, ERR_NET, "500"), NEWS(TROUBLE, 9001, ERR_NET, "500") } },
	{ "a lack of rights is tried again sooner",
	  { NEWS(REFUSED, 0, ERR_DENIED, "no"), DO(UNTIL, 1, 30000, NULL), DO(UNTIL, 30000, 600000, NULL) } },
	{ "when the object changes all is forgotten",
	  { NEWS(FOUND, 0, 0, "1"), NEWS(CONFLICT, 0, 0, "flux"), DO(FORGET, 0, 0, NULL),
	    DO(LOOK, 1, KNOWLEDGE_NONE, NULL), NEWS(CONFLICT, 2, 0, "flux") } },
	{ "the sweep takes what is too old and leaves the rest",
	  { NEWS(CONFLICT, 0, 0, "flux"), DO(SWEEP, 599999, 0, NULL),
	    DO(LOOK, 599999, KNOWLEDGE_NONE, "flux"), DO(SWEEP, 600000, 0, NULL),
	    DO(LOOK, 1, KNOWLEDGE_NONE, NULL) } },
};

static bool found(struct looks *looks, const struct op_row *op)
{
	struct fixture fixture;
	bool is_news;

	fixture_init(&fixture);
	fixture_add(&fixture,
		    strcmp(op->text, "1") == 0 ? WORKLOAD("web", "1") : WORKLOAD("web", "2"));
	is_news = looks_found(looks, WORKLOAD_DEPLOYMENT, "n", "web", fixture.records[0], op->now);
	fixture_finish(&fixture);
	return is_news;
}

static int64_t check_look(const char *name, struct looks *looks, const struct op_row *op)
{
	struct workload_look look = { .state = KNOWLEDGE_NONE };
	struct arena arena = ARENA_INIT;
	int64_t until_ms = CLOCK_NEVER;

	looks_fill(looks, WORKLOAD_DEPLOYMENT, "n", "web", op->now, &arena, &look, &until_ms);
	if (op->op == LOOK) {
		const char *said = look.conflict_manager != NULL ? look.conflict_manager
								 : look.failure.message;

		expect_int(name, look.state, op->number);
		expect_str(name, said, op->text);
		expect(name, (look.workload != NULL) == (op->number == KNOWLEDGE_KNOWN));
	}
	arena_finish(&arena);
	return until_ms;
}

static void run_op(const char *name, struct looks *looks, const struct op_row *op)
{
	struct err err = ERR_INIT;
	bool is_news = op->is_news;

	if (op->number < 0)
		(void)err_set(&err, (enum err_class)op->number, "%s", op->text);
	if (op->op == FOUND)
		is_news = found(looks, op);
	else if (op->op == NOT_READ)
		is_news = looks_not_read(looks, WORKLOAD_DEPLOYMENT, "n", "web", &err, op->now);
	else if (op->op == CONFLICT)
		is_news = looks_conflict(looks, WORKLOAD_DEPLOYMENT, "n", "web", op->text, op->now);
	else if (op->op == REFUSED)
		is_news = looks_refused(looks, WORKLOAD_DEPLOYMENT, "n", "web", &err, op->now);
	else if (op->op == TROUBLE)
		is_news = looks_trouble(looks, WORKLOAD_DEPLOYMENT, "n", "web", &err, op->now);
	else if (op->op == FORGET)
		(void)looks_forget(looks, WORKLOAD_DEPLOYMENT, "n", "web");
	else if (op->op == SWEEP)
		looks_sweep(looks, op->now);
	else if (op->op == LOOK)
		(void)check_look(name, looks, op);
	else if (op->op == UNTIL)
		expect_int(name, check_look(name, looks, op), op->number);
	expect_int(name, is_news, op->is_news);
}

START_TEST(remembers_answers)
{
	struct looks *looks = looks_create();

	for (size_t i = 0; i < 10 && rows[_i].ops[i].op != END; i++)
		run_op(rows[_i].name, looks, &rows[_i].ops[i]);
	looks_destroy(looks);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, remembers_answers, rows);
}

SUITE_MAIN("looks", add)
