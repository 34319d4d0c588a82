/* Reading JSON: types, paths, and text that means harm. */
#include "given.h"
#include "wire/json_read.h"

/* Parses text, which is at most limit bytes. */
static int parse(const char *text, size_t len, size_t limit, struct err *err)
{
	auto_json *tree = NULL;

	return read_tree(text, len, limit, &tree, err);
}

static const struct {
	const char *name;
	const char *text;
	const char *message; /* NULL: it is taken */
} texts[] = {
	{ "an object", "{\"a\":[1,2.5,\"x\",true,null]}", NULL },
	{ "text with escapes", "{\"a\":\"\\u00e9\\n\\\"[[[[\"}", NULL },
	{ "nothing", "", "not JSON" },
	{ "half an object", "{\"a\":", "not JSON" },
	{ "two objects", "{}{}", "not JSON" },
	{ "HTML", "<html>no</html>", "not JSON" },
	{ "a key twice", "{\"a\":1,\"a\":2}", "not JSON: duplicate object key" },
	{ "a NUL in a text", "{\"a\":\"x\\u0000y\"}", "not JSON: \\u0000 is not allowed" },
	{ "a NUL in a key", "{\"x\\u0000y\":1}", "not JSON" },
	{ "bytes that are not UTF-8", "{\"a\":\"\xC3\x28\"}", "not JSON" },
	{ "an overlong sequence", "{\"a\":\"\xC0\xAF\"}", "not JSON" },
	{ "half a surrogate", "{\"a\":\"\\ud800\"}", "not JSON" },
	{ "a whole number that no 64 bits hold", "{\"a\":9223372036854775808}", "not JSON: too big integer" },
	{ "a fraction that no double holds", "{\"a\":1e999}", "not JSON: real number overflow" },
	{ "a bare word", "{\"a\":yes}", "not JSON" },
};

START_TEST(takes_only_good_text)
{
	struct err err = ERR_INIT;
	int r = parse(texts[_i].text, strlen(texts[_i].text), 1024, &err);

	expect_int(texts[_i].name, r, texts[_i].message == NULL ? 0 : ERR_INPUT);
	if (texts[_i].message != NULL)
		expect_contains(texts[_i].name, err.text, texts[_i].message);
}
END_TEST

static const struct {
	const char *name;
	size_t depth;
	char open;
	char close;
	const char *message; /* NULL: it is taken */
} depths[] = {
	{ "64 lists deep is taken", 64, '[', ']', NULL },
	{ "65 lists deep is not", 65, '[', ']', "JSON nested deeper than 64" },
	{ "a million lists deep is not", 1000000, '[', ']', "JSON nested deeper than 64" },
	{ "lists that nobody closes", 1000000, '[', '[', "JSON nested deeper than 64" },
	{ "objects that nobody closes", 1000, '{', '{', "not JSON: a key was expected (byte 1)" },
};

START_TEST(limits_depth)
{
	size_t len = 2 * depths[_i].depth;
	char *text = malloc(len);
	struct err err = ERR_INIT;

	memset(text, depths[_i].open, len);
	memset(text + len / 2, depths[_i].close, len / 2);
	expect_int(depths[_i].name, parse(text, len, len, &err),
		   depths[_i].message == NULL ? 0 : ERR_INPUT);
	expect_str(depths[_i].name, err.text, depths[_i].message == NULL ? "" : depths[_i].message);
	free(text);
}
END_TEST

START_TEST(limits_size)
{
	struct err err = ERR_INIT;

	ck_assert_int_eq(parse("[1,2,3]", 7, 7, &err), 0);
	ck_assert_int_eq(parse("[1,2,34]", 8, 7, &err), ERR_INPUT);
	expect_str("one byte too many", err.text, "8 bytes of JSON, more than 7");
}
END_TEST

START_TEST(does_not_count_brackets_within_text)
{
	struct err err = ERR_INIT;
	char text[600];

	text[0] = '[';
	text[1] = '"';
	memset(text + 2, '[', sizeof(text) - 4);
	memcpy(text + 300, "\\\"", 2);
	text[sizeof(text) - 2] = '"';
	text[sizeof(text) - 1] = ']';
	ck_assert_int_eq(parse(text, sizeof(text), sizeof(text), &err), 0);
}
END_TEST

/* ---- fields ---- */

#define DOCUMENT                                                                                   \
	"{\"text\":\"x\",\"empty\":\"\",\"number\":7,\"fraction\":1.5,\"yes\":true,\"no\":false,\"nothing\":null," \
	"\"list\":[{\"a\":5},6],\"map\":{\"z\":\"1\",\"a\":\"2\"},\"time\":\"2026-11-24T10:00:00Z\",\"duration\":\"90s\"}"

/* What a field reads as, in words; and how it is read. */
enum way { TEXT, NEEDED, INT, INT_OR_TEXT, FLAG, TIME, DURATION, OBJECT, LIST, ITEM, CHOICE, RAW };

static void read_one(const struct read_node *root, enum way way, const char *key, char out[static 64])
{
	static const char *const names[] = { NULL, "w", "x" };
	struct read_node list = read_list(root, "list");
	struct read_node below;
	const char *text = NULL;
	int64_t number = -1;

	switch (way) {
	case TEXT:
		text = read_text(root, key);
		break;
	case NEEDED:
		text = read_needed_text(root, key);
		break;
	case INT:
		number = read_int(root, key, 0, 100, -9);
		break;
	case INT_OR_TEXT:
		text = read_int_or_text(root, key);
		break;
	case FLAG:
		text = read_flag(root, key) ? "true" : "false";
		break;
	case TIME:
		number = read_time(root, key, -9);
		break;
	case DURATION:
		number = read_duration(root, key, -9);
		break;
	case OBJECT:
		below = read_object(root, key);
		text = read_is_present(&below) ? "there" : NULL;
		break;
	case LIST:
		below = read_list(root, key);
		number = (int64_t)read_count(&below);
		break;
	case ITEM:
		below = read_item(&list, (size_t)(key[0] - '0'));
		text = read_is_present(&below) ? "there" : NULL;
		break;
	case CHOICE:
		number = read_choice(root, key, names, 3, -9);
		break;
	case RAW:
		text = read_raw(root, key);
		break;
	}
	if (number != -1)
		(void)snprintf(out, 64, "%jd", (intmax_t)number);
	else
		(void)snprintf(out, 64, "%s", text == NULL ? "(absent)" : text);
}

static const struct {
	const char *name;
	enum way way;
	const char *key;
	const char *want;
	const char *message; /* NULL: nothing is wrong */
} fields[] = {
	{ "text", TEXT, "text", "x", NULL },
	{ "text that is not there", TEXT, "other", "(absent)", NULL },
	{ "text that is null", TEXT, "nothing", "(absent)", NULL },
	{ "text that is a number", TEXT, "number", "(absent)", "number: expected a string, got a whole number" },
	{ "needed text", NEEDED, "text", "x", NULL },
	{ "needed text that is not there", NEEDED, "other", "", "other: is missing" },
	{ "needed text that is null", NEEDED, "nothing", "", "nothing: is missing" },
	{ "needed text that is empty", NEEDED, "empty", "", "empty: is empty" },
	{ "needed text of a wrong type is told once", NEEDED, "list", "", "list: expected a string, got a list" },
	{ "a number", INT, "number", "7", NULL },
	{ "a number that is not there", INT, "other", "-9", NULL },
	{ "a number that is text", INT, "text", "-9", "text: expected a whole number, got a string" },
	{ "a number that is a fraction", INT, "fraction", "-9", "fraction: expected a whole number, got a fraction" },
	{ "a number or text: a number", INT_OR_TEXT, "number", "7", NULL },
	{ "a number or text: text", INT_OR_TEXT, "text", "x", NULL },
	{ "a number or text: neither", INT_OR_TEXT, "map", "(absent)", "map: expected a whole number or a string, got an object" },
	{ "true", FLAG, "yes", "true", NULL },
	{ "false", FLAG, "no", "false", NULL },
	{ "neither true nor false is false", FLAG, "other", "false", NULL },
	{ "a flag that is a number", FLAG, "number", "false", "number: expected true or false, got a whole number" },
	{ "a time", TIME, "time", "1795514400000", NULL },
	{ "a time that is none", TIME, "text", "-9", "text: \"x\" is not a time" },
	{ "a duration", DURATION, "duration", "90000", NULL },
	{ "a duration that is none", DURATION, "text", "-9", "text: \"x\" is not a duration" },
	{ "an object", OBJECT, "map", "there", NULL },
	{ "an object that is true", OBJECT, "yes", "(absent)", "yes: expected an object, got true" },
	{ "a list", LIST, "list", "2", NULL },
	{ "a list that is not there", LIST, "other", "0", NULL },
	{ "a list that is an object", LIST, "map", "0", "map: expected a list, got an object" },
	{ "an item", ITEM, "0", "there", NULL },
	{ "an item that is no object", ITEM, "1", "(absent)", "list[1]: expected an object, got a whole number" },
	{ "a word", CHOICE, "text", "2", NULL },
	{ "a word that is not there", CHOICE, "other", "-9", NULL },
	{ "a word that nobody knows", CHOICE, "duration", "-9", "duration: \"90s\" is not one of the words known here" },
	{ "anything, as it is", RAW, "list", "[{\"a\":5},6]", NULL },
	{ "anything, when it is a number", RAW, "number", "7", NULL },
	{ "anything that is not there", RAW, "other", "(absent)", NULL },
};

START_TEST(reads_fields)
{
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct reader reader = { .arena = &arena, .err = &err };
	auto_json *tree = NULL;
	struct read_node root;
	char out[64];

	ck_assert_int_eq(read_tree(DOCUMENT, strlen(DOCUMENT), 4096, &tree, &err), 0);
	root = read_root(&reader, tree);
	read_one(&root, fields[_i].way, fields[_i].key, out);
	expect_str(fields[_i].name, out, fields[_i].want);
	expect_str(fields[_i].name, err.text, fields[_i].message == NULL ? "" : fields[_i].message);
	expect_int(fields[_i].name, err.class, fields[_i].message == NULL ? 0 : ERR_INPUT);
	reader.is_tolerant = true;
	err_clear(&err);
	read_one(&root, fields[_i].way, fields[_i].key, out);
	expect_str("tolerantly, the same is read", out, fields[_i].want);
	expect("tolerantly, nothing is noted", !err_is_set(&err));
	arena_finish(&arena);
}
END_TEST

static void take_pair(void *user, size_t i, const char *key, const char *value)
{
	char *out = user;
	size_t len = strlen(out);

	(void)snprintf(out + len, 64 - len, "%zu %s=%s;", i, key, value);
}

START_TEST(reads_maps_sorted)
{
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct reader reader = { .arena = &arena, .err = &err };
	auto_json *tree = NULL;
	struct read_node root;
	struct read_node map;
	char out[64] = "";

	ck_assert_int_eq(read_tree(DOCUMENT, strlen(DOCUMENT), 4096, &tree, &err), 0);
	root = read_root(&reader, tree);
	map = read_object(&root, "map");
	ck_assert_uint_eq(read_size(&map), 2);
	read_pairs(&map, take_pair, out);
	expect_str("sorted by key", out, "0 a=2;1 z=1;");
	map = read_object(&root, "other");
	ck_assert_uint_eq(read_size(&map), 0);
	read_pairs(&map, take_pair, out);
	expect_str("an absent map has no pairs", out, "0 a=2;1 z=1;");
	arena_finish(&arena);
}
END_TEST

START_TEST(keeps_the_first_complaint)
{
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct reader reader = { .arena = &arena, .err = &err };
	auto_json *tree = NULL;
	struct read_node root;

	ck_assert_int_eq(read_tree(DOCUMENT, strlen(DOCUMENT), 4096, &tree, &err), 0);
	root = read_root(&reader, tree);
	(void)read_text(&root, "number");
	(void)read_int(&root, "text", 0, 1, 0);
	expect_str("the first wrong field is told", err.text, "number: expected a string, got a whole number");
	arena_finish(&arena);
}
END_TEST

START_TEST(survives_a_path_of_any_length)
{
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct reader reader = { .arena = &arena, .err = &err };
	auto_json *tree = NULL;
	struct read_node root;
	struct read_node below;
	char key[500];
	char text[1100];

	memset(key, 'k', sizeof(key));
	key[sizeof(key) - 1] = '\0';
	(void)snprintf(text, sizeof(text), "{\"%s\":{\"%s\":5}}", key, key);
	ck_assert_int_eq(read_tree(text, strlen(text), 4096, &tree, &err), 0);
	root = read_root(&reader, tree);
	below = read_object(&root, key);
	(void)read_text(&below, key);
	expect_int("a long path is cut", err.class, ERR_INPUT);
	expect_contains("a long path is cut", err.text, "kkk: expected a string");
	arena_finish(&arena);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, takes_only_good_text, texts);
	suite_add_rows(tests, limits_depth, depths);
	tcase_add_test(tests, limits_size);
	tcase_add_test(tests, does_not_count_brackets_within_text);
	suite_add_rows(tests, reads_fields, fields);
	tcase_add_test(tests, reads_maps_sorted);
	tcase_add_test(tests, keeps_the_first_complaint);
	tcase_add_test(tests, survives_a_path_of_any_length);
}

SUITE_MAIN("wire: json_read", add)
