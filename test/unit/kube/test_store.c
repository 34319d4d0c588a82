#include "kube/store.h"

#include "objects.h"

/* What is done to a store, one act after the other. */
enum act_what { END, PUT, CONFIRM, WRITTEN, DELETED, REMOVE, BEGIN, SWEEP, CLEAR, ADVANCE };

struct act {
	enum act_what what;
	const char *name; /* of the object; its namespace is "a" unless it begins with another letter */
	const char *uid;
	const char *version;
};

static const struct {
	const char *name;
	struct act acts[8];
	const char *want;         /* what is in the store in the end */
	const char *want_changes; /* what was told */
} rows[] = {
	{ "an object comes, changes and goes",
	  { { PUT, "x", "u", "1" }, { PUT, "x", "u", "2" }, { REMOVE, "x", "u", "3" } },
	  "", "+x@1 ~x@2 -x@2" },
	{ "the same version says nothing",
	  { { PUT, "x", "u", "1" }, { PUT, "x", "u", "1" } }, "x@1", "+x@1" },
	{ "an object never goes back",
	  { { PUT, "x", "u", "5" }, { PUT, "x", "u", "4" } }, "x@5", "+x@5" },
	{ "versions are numbers, not texts",
	  { { PUT, "x", "u", "9" }, { PUT, "x", "u", "10" }, { PUT, "x", "u", "8" } }, "x@10",
	  "+x@9 ~x@10" },
	{ "versions may be longer than any integer",
	  { { PUT, "x", "u", "99999999999999999999999" }, { PUT, "x", "u", "100000000000000000000000" } },
	  "x@100000000000000000000000", "+x@99999999999999999999999 ~x@100000000000000000000000" },
	{ "deleted and made again is two changes",
	  { { PUT, "x", "u", "1" }, { PUT, "x", "v", "3" } }, "x@3", "+x@1 -x@1 +x@3" },
	{ "the end of an earlier incarnation does not end the later one",
	  { { PUT, "x", "v", "5" }, { REMOVE, "x", "u", "3" } }, "x@5", "+x@5" },
	{ "the answer of a write counts at once",
	  { { PUT, "x", "u", "1" }, { WRITTEN, "x", "u", "4" } }, "x@4", "+x@1 ~x@4" },
	{ "an older event does not undo a write",
	  { { PUT, "x", "u", "1" }, { WRITTEN, "x", "u", "4" }, { PUT, "x", "u", "3" } }, "x@4",
	  "+x@1 ~x@4" },
	{ "the write's own event is no news",
	  { { WRITTEN, "x", "u", "4" }, { PUT, "x", "u", "4" } }, "x@4", "+x@4" },
	{ "an older deletion does not undo a write that made the object again",
	  { { PUT, "x", "u", "1" }, { WRITTEN, "x", "v", "4" }, { REMOVE, "x", "u", "3" } }, "x@4",
	  "+x@1 -x@1 +x@4" },
	{ "what the watch has seen deleted does not come back with a late answer",
	  { { PUT, "x", "u", "1" }, { REMOVE, "x", "u", "5" }, { ADVANCE, NULL, NULL, "5" },
	    { WRITTEN, "x", "u", "4" } }, "", "+x@1 -x@1" },
	{ "a new object that we wrote stays until the watch knows better",
	  { { ADVANCE, NULL, NULL, "5" }, { WRITTEN, "x", "u", "6" } }, "x@6", "+x@6" },
	{ "what we have deleted is gone at once, and its end is no news",
	  { { PUT, "x", "u", "1" }, { DELETED, "x", "u", "1" }, { REMOVE, "x", "u", "3" },
	    { PUT, "x", "v", "4" } }, "x@4", "+x@1 -x@1 +x@4" },
	{ "an older event does not undo a deletion",
	  { { PUT, "x", "u", "5" }, { DELETED, "x", "u", "5" }, { PUT, "x", "u", "5" }, { PUT, "x", "u", "4" } },
	  "", "+x@5 -x@5" },
	{ "what we have deleted and a finalizer keeps is seen again",
	  { { PUT, "x", "u", "1" }, { DELETED, "x", "u", "1" }, { PUT, "x", "u", "3" } }, "x@3",
	  "+x@1 -x@1 +x@3" },
	{ "what we have deleted and made again is there at once",
	  { { PUT, "x", "u", "1" }, { DELETED, "x", "u", "1" }, { WRITTEN, "x", "v", "4" },
	    { REMOVE, "x", "u", "3" } }, "x@4", "+x@1 -x@1 +x@4" },
	{ "a deletion of an object that was made again meanwhile is not of this one",
	  { { PUT, "x", "v", "5" }, { DELETED, "x", "u", "3" } }, "x@5", "+x@5" },
	{ "a deletion of an older version than the watch has told is decided by the watch",
	  { { PUT, "x", "u", "5" }, { DELETED, "x", "u", "3" } }, "x@5", "+x@5" },
	{ "a list that was drawn before our deletion does not bring the object back",
	  { { PUT, "x", "u", "1" }, { DELETED, "x", "u", "1" }, { .what = BEGIN }, { PUT, "x", "u", "1" },
	    { SWEEP, NULL, NULL, "2" } }, "", "+x@1 -x@1" },
	{ "a list drawn after our deletion forgets it",
	  { { PUT, "x", "u", "1" }, { DELETED, "x", "u", "1" }, { .what = BEGIN }, { SWEEP, NULL, NULL, "9" } },
	  "", "+x@1 -x@1" },
	{ "a list removes what it does not name",
	  { { PUT, "x", "u", "1" }, { PUT, "y", "v", "2" }, { .what = BEGIN }, { PUT, "y", "v", "2" },
	    { SWEEP, NULL, NULL, "9" } }, "y@2", "+x@1 +y@2 -x@1" },
	{ "a list confirms what has not changed since",
	  { { PUT, "x", "u", "1" }, { PUT, "y", "v", "2" }, { .what = BEGIN }, { CONFIRM, "y", "v", "2" },
	    { SWEEP, NULL, NULL, "9" } }, "y@2", "+x@1 +y@2 -x@1" },
	{ "another version confirms nothing",
	  { { PUT, "x", "u", "1" }, { .what = BEGIN }, { CONFIRM, "x", "u", "2" }, { SWEEP, NULL, NULL, "9" } },
	  "", "+x@1 -x@1" },
	{ "another incarnation confirms nothing",
	  { { PUT, "x", "u", "1" }, { .what = BEGIN }, { CONFIRM, "x", "v", "1" }, { SWEEP, NULL, NULL, "9" } },
	  "", "+x@1 -x@1" },
	{ "what is not there is not confirmed",
	  { { CONFIRM, "x", "u", "1" } }, "", "" },
	{ "a list keeps what was written after it was drawn",
	  { { PUT, "x", "u", "1" }, { .what = BEGIN }, { WRITTEN, "z", "w", "10" }, { PUT, "x", "u", "1" },
	    { SWEEP, NULL, NULL, "9" } }, "x@1 z@10", "+x@1 +z@10" },
	{ "a list removes what was written and has gone since",
	  { { .what = BEGIN }, { WRITTEN, "z", "w", "8" }, { SWEEP, NULL, NULL, "9" } }, "", "+z@8 -z@8" },
	{ "a list that names an older version of what we wrote keeps the newer",
	  { { PUT, "x", "u", "1" }, { WRITTEN, "x", "u", "12" }, { .what = BEGIN }, { PUT, "x", "u", "1" },
	    { SWEEP, NULL, NULL, "9" } }, "x@12", "+x@1 ~x@12" },
	{ "a list that began anew marks afresh",
	  { { .what = BEGIN }, { PUT, "x", "u", "1" }, { .what = BEGIN }, { PUT, "y", "v", "2" },
	    { SWEEP, NULL, NULL, "9" } }, "y@2", "+x@1 +y@2 -x@1" },
	{ "another incarnation in the list",
	  { { PUT, "x", "u", "1" }, { .what = BEGIN }, { PUT, "x", "v", "7" }, { SWEEP, NULL, NULL, "9" } },
	  "x@7", "+x@1 -x@1 +x@7" },
	{ "a list empties namespaces",
	  { { PUT, "x", "u", "1" }, { PUT, "y", "v", "2" }, { .what = BEGIN }, { SWEEP, NULL, NULL, "9" },
	    { PUT, "x", "w", "11" } }, "x@11", NULL },
	{ "clearing removes all, whatever its version",
	  { { PUT, "x", "u", "100" }, { ADVANCE, NULL, NULL, "100" }, { .what = CLEAR },
	    { WRITTEN, "y", "v", "5" } }, "y@5", "+x@100 -x@100 +y@5" },
};

static void do_act(struct store *store, const struct act *act)
{
	struct record *record = NULL;

	if (act->name != NULL)
		record = object_record("a", act->name, act->uid, act->version);
	switch (act->what) {
	case PUT:
		(void)store_put(store, record);
		break;
	case CONFIRM:
		(void)store_confirm(store, KIND_PINS, record->meta->namespace, record->meta->name, act->uid,
				    act->version);
		break;
	case WRITTEN:
		(void)store_put_written(store, record);
		break;
	case DELETED:
		(void)store_remove_written(store, KIND_PINS, "a", act->name, act->uid, act->version);
		break;
	case REMOVE:
		(void)store_remove(store, record);
		break;
	case BEGIN:
		store_begin(store, KIND_PINS);
		break;
	case SWEEP:
		(void)store_sweep(store, KIND_PINS, act->version);
		ck_assert_str_eq(store_position(store, KIND_PINS), act->version);
		break;
	case CLEAR:
		store_clear(store, KIND_PINS);
		break;
	case ADVANCE:
		store_advance(store, KIND_PINS, act->version);
		break;
	case END:
		break;
	}
	record_unref(record);
}

START_TEST(keeps_what_the_server_has)
{
	struct store *store = store_create();
	struct changes changes = { .text = "" };
	char room[2048];
	size_t objects = 0;

	store_on_change(store, changes_note, &changes);
	for (const struct act *act = rows[_i].acts; act->what != END; act++)
		do_act(store, act);
	expect_str(rows[_i].name, objects_text(room, store, NULL), rows[_i].want);
	if (rows[_i].want_changes != NULL)
		expect_str(rows[_i].name, changes.text, rows[_i].want_changes);
	for (const char *at = rows[_i].want; (at = strchr(at, '@')) != NULL; at++)
		objects++;
	expect_int(rows[_i].name, store_count(store, KIND_PINS), objects);
	expect_int(rows[_i].name, store_bytes(store, KIND_PINS) > 0, objects > 0);
	store_destroy(store);
}
END_TEST

START_TEST(finds_and_walks_by_namespace)
{
	static const char *const where[][2] = { { "a", "x" }, { "a", "y" }, { "b", "x" }, { "c", "z" } };
	struct store *store = store_create();
	struct changes changes = { .text = "" };
	struct arena arena = ARENA_INIT;
	char room[2048];

	store_on_change(store, changes_note, &changes);
	for (size_t i = 0; i < 4; i++) {
		struct record *record = object_record(where[i][0], where[i][1], "u", "7");

		ck_assert(store_put(store, record));
		record_unref(record);
	}
	ck_assert_str_eq(objects_text(room, store, "a"), "x@7 y@7");
	ck_assert_str_eq(objects_text(room, store, "b"), "x@7");
	ck_assert_str_eq(objects_text(room, store, "nowhere"), "");
	ck_assert_str_eq(objects_text(room, store, NULL), "x@7 x@7 y@7 z@7");
	ck_assert_str_eq(store_get(store, KIND_PINS, "b", "x", &arena)->meta->namespace, "b");
	ck_assert_ptr_null(store_get(store, KIND_PINS, "b", "y", &arena));
	ck_assert_ptr_null(store_get(store, KIND_SERVICE, "b", "x", &arena));
	ck_assert(store_has(store, KIND_PINS, "b", "x") && !store_has(store, KIND_PINS, "b", "y"));
	arena_finish(&arena);
	ck_assert_uint_eq(store_count(store, KIND_SERVICE), 0);
	store_destroy(store);
	store_destroy(NULL);
}
END_TEST

/* Whoever keeps a record keeps it, whatever the store does. */
START_TEST(a_kept_record_outlives_the_store)
{
	struct store *store = store_create();
	struct record *record = object_record("a", "x", "u", "1");
	struct record *newer = object_record("a", "x", "u", "2");

	(void)store_put(store, record);
	(void)store_put(store, newer);
	record_unref(newer);
	store_destroy(store);
	ck_assert_str_eq(record->meta->resource_version, "1");
	ck_assert_uint_eq(record->refs, 1);
	record_unref(record);
}
END_TEST

START_TEST(the_position_only_goes_on)
{
	struct store *store = store_create();

	store_advance(store, KIND_PINS, "10");
	store_advance(store, KIND_PINS, "9");
	ck_assert_str_eq(store_position(store, KIND_PINS), "10");
	store_advance(store, KIND_PINS, "");
	ck_assert_str_eq(store_position(store, KIND_PINS), "10");
	ck_assert_str_eq(store_position(store, KIND_SERVICE), "");
	store_destroy(store);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, keeps_what_the_server_has, rows);
	tcase_add_test(tests, finds_and_walks_by_namespace);
	tcase_add_test(tests, a_kept_record_outlives_the_store);
	tcase_add_test(tests, the_position_only_goes_on);
}

SUITE_MAIN("store", add)
