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

/* An object of thousands of entries. */
static void put_large(struct buf *text)
{
	ck_assert(buf_puts(text,
			   "{\"metadata\":{\"namespace\":\"a\",\"name\":\"large\",\"uid\":\"l\","
			   "\"resourceVersion\":\"9\"},\"data\":{\"k\":\"\"",
			   NULL) == 0);
	for (int i = 0; i < 5000; i++)
		ck_assert(buf_printf(text, NULL, ",\"k%d\":\"\"", i) == 0);
	ck_assert(buf_puts(text, "}}", NULL) == 0);
}

#define EMPTY { LIST, LISTED("5", "") }
#define LARGE_EVENT "{\"type\":\"ADDED\",\"object\":"
#define LARGE_ITEM "{\"metadata\":{\"resourceVersion\":\"12\"},\"items\":[" OBJECT("small", "s", "6") ","

static const struct {
	const char *name;
	int refused;
	struct {
		struct fake_step asked;
		const char *before; /* the large object; NULL: the answer is in asked */
		const char *behind;
	} steps[4];
	unsigned want_lists;
	const char *want;
} rows[] = {
	{ "in a stream: it is asked for again from the version before it", 1,
	  { { EMPTY, NULL, NULL },
	    { { WATCH("5"), HELD }, ADD("small", "s", "6") LARGE_EVENT, "}\n" MOD("x", "u", "10") },
	    { { WATCH("6"), HELD }, LARGE_EVENT, "}\n" MOD("x", "u", "10") } },
	  1, "large@9 small@6 x@10" },
	{ "twice in a stream", 2,
	  { { EMPTY, NULL, NULL },
	    { { WATCH("5"), HELD }, ADD("small", "s", "6") LARGE_EVENT, "}\n" },
	    { { WATCH("6"), HELD }, MOD("small", "s", "7") LARGE_EVENT, "}\n" },
	    { { WATCH("7"), HELD }, LARGE_EVENT, "}\n" MOD("x", "u", "10") } },
	  1, "large@9 small@7 x@10" },
	{ "in a list: the list starts over", 1,
	  { { { LIST, .status = 200 }, LARGE_ITEM, "]}" },
	    { { LIST, .status = 200 }, LARGE_ITEM, "]}" },
	    { { WATCH("12"), HELD }, NULL, NULL } },
	  2, "large@9 small@6" },
};

/* The step's answer. */
static struct fake_step answer(int row, size_t step, struct buf *text)
{
	struct fake_step asked = rows[row].steps[step].asked;

	if (rows[row].steps[step].before == NULL)
		return asked;
	ck_assert(buf_puts(text, rows[row].steps[step].before, NULL) == 0);
	put_large(text);
	ck_assert(buf_puts(text, rows[row].steps[step].behind, NULL) == 0);
	asked.reply = buf_text(text);
	return asked;
}

START_TEST(an_object_without_memory_comes_again)
{
	const char *row = rows[_i].name;
	struct buf replies[4] = { BUF_INIT(SIZE_MAX), BUF_INIT(SIZE_MAX), BUF_INIT(SIZE_MAX), BUF_INIT(SIZE_MAX) };
	struct fake_step script[4];
	struct scene scene;
	size_t steps = 0;
	char room[2048];

	for (; steps < 4 && rows[_i].steps[steps].asked.method != NULL; steps++)
		script[steps] = answer(_i, steps, &replies[steps]);
	wanted = rows[_i].refused;
	scene_open(&scene, script, steps, KIND_PINS, &quick);
	store_on_change(scene.store, on_change, NULL);
	scene_run(&scene, steps, 10, row);
	expect_str(row, objects_text(room, scene.store, NULL), rows[_i].want);
	expect_int(row, watch_report(scene.watch)->lists, rows[_i].want_lists);
	expect_int("no object was bad", scene.told.bad, 0);
	expect("all was refused that should be", wanted == 0 && !refuses);
	scene_close(&scene, row);
	for (size_t i = 0; i < 4; i++)
		buf_finish(&replies[i]);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, an_object_without_memory_comes_again, rows);
}

SUITE_MAIN("kube: watch without memory", add)
