#include "reconcile/writing.h"

#include "base/str.h"
#include "base/vec.h"
#include "suite.h"

static void on_call(void *user, const char *key)
{
	vec_push(user, strdup(key));
}

/* The keys that were called, each with a space behind it; frees them. */
static void take_keys(struct vec *keys, char *text)
{
	text[0] = '\0';
	for (size_t i = 0; i < keys->len; i++) {
		strncat(text, keys->items[i], 16);
		strncat(text, " ", 2);
		free(keys->items[i]);
	}
	vec_finish(keys);
}

enum what { END, TAKE, REFUSED, RELEASE, PASS };

struct act {
	enum what what;
	const char *object;
	const char *key;
	const char *want; /* who is called */
};

#define TAKES(key) { TAKE, "pins", key, NULL }
#define REFUSES(key) { REFUSED, "pins", key, NULL }
#define FREES(want) { RELEASE, "pins", NULL, want }
#define PASSES(key, want) { PASS, NULL, key, want }

static const struct {
	const char *name;
	const char *line; /* a has taken the pins, and these wait for them, in this order */
	struct act acts[12];
} rows[] = {
	{ "an object is taken once", "",
	  { { TAKE, "status", "b", NULL }, REFUSES("b"), FREES("b "), TAKES("b"), FREES("") } },
	{ "who waits is called in turn, and once", "cbc",
	  { FREES("c "), TAKES("c"), FREES("b "), TAKES("b"), PASSES("c", ""),
	    FREES("") } },
	{ "who is called and does not take it lets the next one be called", "bcd",
	  { PASSES("b", ""), FREES("b "), PASSES("c", ""), PASSES("b", "c "), PASSES("b", ""),
	    PASSES("c", "d "), PASSES("d", ""), TAKES("b"), FREES("") } },
	{ "who is called and finds it taken gets into line again", "bc",
	  { FREES("b "), TAKES("x"), REFUSES("b"), PASSES("b", ""), FREES("c "),
	    PASSES("c", "b ") } },
	{ "who is called is waited for, though another has taken and freed it meanwhile", "bc",
	  { FREES("b "), TAKES("x"), FREES(""), PASSES("b", "c "), TAKES("y"),
	    PASSES("c", ""), REFUSES("d"), FREES("d ") } },
	{ "who takes it uncalled leaves the line", "bcd",
	  { FREES("b "), TAKES("c"), FREES(""), PASSES("b", "d "), TAKES("d"),
	    REFUSES("c"), FREES("c "), PASSES("c", "") } },
	{ "who waits at the end is forgotten", "bcd", { FREES("b ") } },
};

static struct writing *with_line(const char *keys)
{
	struct writing *writing = writing_create();
	char key[2] = "";

	ck_assert(writing_take(writing, "pins", "a"));
	for (; *keys != '\0'; keys++) {
		key[0] = *keys;
		ck_assert(!writing_take(writing, "pins", key));
	}
	return writing;
}

static void do_act(const char *row, struct writing *writing, const struct act *act)
{
	struct vec keys = VEC_INIT;
	char text[128];

	if (act->what == TAKE || act->what == REFUSED) {
		expect_int(row, writing_take(writing, act->object, act->key), act->what == TAKE);
		return;
	}
	if (act->what == RELEASE)
		writing_release(writing, act->object, on_call, &keys);
	else
		writing_pass(writing, act->key, on_call, &keys);
	take_keys(&keys, text);
	expect_str(row, text, act->want);
}

START_TEST(lines_up_and_calls)
{
	struct writing *writing = with_line(rows[_i].line);

	for (const struct act *act = rows[_i].acts; act->what != END; act++)
		do_act(rows[_i].name, writing, act);
	writing_destroy(writing);
	writing_destroy(NULL);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, lines_up_and_calls, rows);
}

SUITE_MAIN("writing", add)
