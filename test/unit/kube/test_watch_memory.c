/* An object for which there is no memory is not an object that cannot be read: it has to come again. realloc is wrapped
 * by the linker. */
#include "watching.h"

static int wanted;   /* how many requests are still to be refused: */
static bool refuses; /* the next one */

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);

void *__wrap_realloc(void *memory, size_t size)
{
	bool is_refused = refuses;

	refuses = false;
	return is_refused ? NULL : __real_realloc(memory, size);
}

/* Behind the small object comes the large one, and asks for memory. */
static void on_change(void *user, enum kind kind, const struct record *old, const struct record *new)
{
	(void)user;
	(void)kind;
	(void)old;
	if (new != NULL && strcmp(new->meta->name, "small") == 0 && wanted > 0) {
		wanted--;
		refuses = true;
	}
}

/* The event of an object of thousands of entries. */
static void put_large(struct buf *text)
{
	ck_assert(buf_puts(text,
			   "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"namespace\":\"a\",\"name\":\"large\",\"uid\":\"l\","
			   "\"resourceVersion\":\"9\"},\"data\":{\"k\":\"\"",
			   NULL) == 0);
	for (int i = 0; i < 5000; i++)
		ck_assert(buf_printf(text, NULL, ",\"k%d\":\"\"", i) == 0);
	ck_assert(buf_puts(text, "}}}\n", NULL) == 0);
}

static const struct {
	const char *name;
	int refused;
	struct fake_step asked[3];
	const char *before[3]; /* the large object, in each answer */
	const char *behind;
	unsigned want_lists;
	const char *want;
} rows[] = {
	{ "in a stream: it is asked for again from the version before it", 1,
	  { { LIST, HELD }, { WATCH("6"), HELD } },
	  { DONE("5") ADD("small", "s", "6"), "" }, MOD("x", "u", "10"), 1, "large@9 small@6 x@10" },
	{ "twice in a stream", 2,
	  { { LIST, HELD }, { WATCH("6"), HELD }, { WATCH("7"), HELD } },
	  { DONE("5") ADD("small", "s", "6"), MOD("small", "s", "7"), "" }, MOD("x", "u", "10"), 1,
	  "large@9 small@7 x@10" },
	{ "in a list: the list starts over", 1,
	  { { LIST, HELD }, { LIST, HELD } },
	  { ADD("small", "s", "6"), ADD("small", "s", "6") }, DONE("12"), 2, "large@9 small@6" },
};

START_TEST(an_object_without_memory_comes_again)
{
	const char *row = rows[_i].name;
	size_t steps = 1 + (size_t)rows[_i].refused;
	struct buf replies[3] = { BUF_INIT(SIZE_MAX), BUF_INIT(SIZE_MAX), BUF_INIT(SIZE_MAX) };
	struct fake_step script[3];
	struct scene scene;
	char room[2048];

	for (size_t i = 0; i < steps; i++) {
		script[i] = rows[_i].asked[i];
		ck_assert(buf_puts(&replies[i], rows[_i].before[i], NULL) == 0);
		put_large(&replies[i]);
		ck_assert(buf_puts(&replies[i], rows[_i].behind, NULL) == 0);
		script[i].reply = buf_text(&replies[i]);
	}
	wanted = rows[_i].refused;
	scene_open(&scene, script, steps, KIND_PINS, &quick);
	store_on_change(scene.store, on_change, NULL);
	scene_run(&scene, steps, 10, row);
	expect_str(row, objects_text(room, scene.store, NULL), rows[_i].want);
	expect_int(row, watch_report(scene.watch)->lists, rows[_i].want_lists);
	expect_int("no object was bad", scene.told.bad, 0);
	expect("all was refused that should be", wanted == 0 && !refuses);
	scene_close(&scene, row);
	for (size_t i = 0; i < steps; i++)
		buf_finish(&replies[i]);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, an_object_without_memory_comes_again, rows);
}

SUITE_MAIN("kube: watch without memory", add)
