/* YAML → JSON. */
#include "suite.h"
#include "wire/yaml.h"

static const struct {
	const char *name;
	const char *yaml;
	const char *json;
} rows[] = {
	{ "nothing is no document", "", "" },
	{ "comments alone are no document", "# nothing\n", "" },
	{ "an empty document is null", "---\n", "null\n" },
	{ "a map", "a: 1\nb: {c: d}\n", "{\"a\":1,\"b\":{\"c\":\"d\"}}\n" },
	{ "a list of maps", "- a: 1\n  b: 2\n- [x, [y]]\n", "[{\"a\":1,\"b\":2},[\"x\",[\"y\"]]]\n" },
	{ "empty collections", "{a: [], b: {}}\n", "{\"a\":[],\"b\":{}}\n" },
	{ "a value that is not there", "a:\nb: 1\n", "{\"a\":null,\"b\":1}\n" },
	{ "several documents", "a: 1\n---\nb: 2\n...\n---\n[c]\n", "{\"a\":1}\n{\"b\":2}\n[\"c\"]\n" },
	{ "null in all spellings", "[null, Null, NULL, ~, nULL]\n", "[null,null,null,null,\"nULL\"]\n" },
	{ "true and false in all spellings", "[true, True, TRUE, false, False, FALSE, tRue]\n",
	  "[true,true,true,false,false,false,\"tRue\"]\n" },
	{ "what YAML 1.1 took for true is text", "[yes, no, on, off, y, n]\n",
	  "[\"yes\",\"no\",\"on\",\"off\",\"y\",\"n\"]\n" },
	{ "whole numbers", "[0, -1, +7, 007, 9223372036854775807, 18446744073709551616]\n",
	  "[0,-1,7,7,9223372036854775807,18446744073709551616]\n" },
	{ "octal and hexadecimal", "[0o17, 0xfF, 0o8, 0xg, 0o, 0x]\n", "[15,255,\"0o8\",\"0xg\",\"0o\",\"0x\"]\n" },
	{ "fractions", "[.5, 5., -0.25, +00.5, 1e3, 1E-3, 1.5e+7]\n", "[0.5,5.0,-0.25,0.5,1e3,1E-3,1.5e+7]\n" },
	{ "what only begins like a number is text", "[1.2.3, 1e, 1e+, ., -, +, 1_000, 12h, 0.1-rc, 1 2]\n",
	  "[\"1.2.3\",\"1e\",\"1e+\",\".\",\"-\",\"+\",\"1_000\",\"12h\",\"0.1-rc\",\"1 2\"]\n" },
	{ "times are text", "[2026-11-24, 2026-11-24T10:00:00Z, 10:30]\n",
	  "[\"2026-11-24\",\"2026-11-24T10:00:00Z\",\"10:30\"]\n" },
	{ "what is quoted is text", "['1', \"true\", '', \"a\\tb\\u263a\"]\n", "[\"1\",\"true\",\"\",\"a\\tb☺\"]\n" },
	{ "what is tagged as text is text", "[!!str 1, ! 2, !!str true]\n", "[\"1\",\"2\",\"true\"]\n" },
	{ "blocks", "a: |\n  one\n  two\nb: >-\n  one\n  two\n", "{\"a\":\"one\\ntwo\\n\",\"b\":\"one two\"}\n" },
	{ "keys are text", "{1: a, true: b, ~: c, 'x y': d}\n", "{\"1\":\"a\",\"true\":\"b\",\"~\":\"c\",\"x y\":\"d\"}\n" },
	{ "a key in front of a collection is used up", "a: {b: {c: [1]}, d: 2}\ne: 3\n",
	  "{\"a\":{\"b\":{\"c\":[1]},\"d\":2},\"e\":3}\n" },
	{ "a byte order mark", "\xEF\xBB\xBF" "a: 1\n", "{\"a\":1}\n" },
	{ "JSON is YAML", "{\"a\": [1, 2.5, \"x\\n\", true, null]}\n", "{\"a\":[1,2.5,\"x\\n\",true,null]}\n" },
	{ "a merge key that is quoted is a key", "{'<<': 1}\n", "{\"<<\":1}\n" },
	{ "a number of 200 digits is text, since nobody can mean it",
	  "[11111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111"
	  "111111111111111111111111111111111111111111111111]\n",
	  "[\"11111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111"
	  "111111111111111111111111111111111111111111111111\"]\n" },
};

START_TEST(says_the_same_in_json)
{
	auto_buf out = BUF_INIT(4096);
	struct err err = ERR_INIT;
	int r = yaml_to_json(rows[_i].yaml, strlen(rows[_i].yaml), &out, &err);

	ck_assert_msg(r == 0, "%s: %s", rows[_i].name, err.text);
	expect_str(rows[_i].name, buf_text(&out), rows[_i].json);
}
END_TEST

static const struct {
	const char *name;
	const char *yaml;
	const char *message;
} refused[] = {
	{ "an anchor", "a: &x 1\n", "line 1, column 4: anchors are not taken here" },
	{ "an anchor at a map", "a: 1\nb: &x {c: d}\n", "line 2, column 4: anchors are not taken here" },
	{ "an anchor at a list", "a: &x [1]\n", "line 1, column 4: anchors are not taken here" },
	{ "an alias", "a: *x\n", "line 1, column 4: aliases are not taken here" },
	{ "a merge key", "a: 1\n<<: {b: 2}\n", "line 2, column 1: merge keys are not taken here" },
	{ "a tag", "a: !!int '1'\n", "line 1, column 4: of the tags only !!str is taken here" },
	{ "a tag of somebody's own", "a: !secret x\n", "line 1, column 4: of the tags only !!str is taken here" },
	{ "a tag at a map", "a: !!map {}\n", "line 1, column 4: tags are not taken here" },
	{ "a key that is a list", "? [a]\n: b\n", "line 1, column 3: a key has to be a scalar" },
	{ "infinity", "a: -.inf\n", "line 1, column 4: JSON has no infinity and no NaN" },
	{ "not a number", "a: .NaN\n", "line 1, column 4: JSON has no infinity and no NaN" },
	{ "a hexadecimal number of 68 bits", "a: 0xfffffffffffffffff\n", "line 1, column 4: a number of more than 64 bits" },
	{ "a NUL in a key", "\"a\\0b\": 1\n", "line 1, column 1: a NUL in a key" },
	{ "a list that nobody closes", "a: [1\nb: 2\n", "line 2, column 2: " },
	{ "a tab that indents", "a:\n\tb: 1\n", "line 2, column 1: " },
	{ "bytes that are not UTF-8", "a: \xC3\x28\n", "byte 4: " },
	{ "a document that is cut", "a: \"x", "line 1, column 6: " },
};

START_TEST(says_where_it_is_wrong)
{
	auto_buf out = BUF_INIT(4096);
	struct err err = ERR_INIT;

	expect_int(refused[_i].name, yaml_to_json(refused[_i].yaml, strlen(refused[_i].yaml), &out, &err), ERR_INPUT);
	expect_int(refused[_i].name, err.class, ERR_INPUT);
	expect_contains(refused[_i].name, err.text, refused[_i].message);
}
END_TEST

static const struct {
	const char *name;
	size_t depth;
	bool is_taken;
} depths[] = {
	{ "64 lists deep is taken", 64, true },
	{ "65 lists deep is not", 65, false },
	{ "500 lists deep is not", 500, false },
};

START_TEST(limits_depth)
{
	auto_buf out = BUF_INIT(4096);
	struct err err = ERR_INIT;
	char yaml[1024];
	size_t depth = depths[_i].depth;

	memset(yaml, '[', depth);
	memset(yaml + depth, ']', depth);
	expect_int(depths[_i].name, yaml_to_json(yaml, 2 * depth, &out, &err), depths[_i].is_taken ? 0 : ERR_INPUT);
	if (!depths[_i].is_taken)
		expect_str(depths[_i].name, err.text, "line 1, column 65: nested too deep");
}
END_TEST

START_TEST(limits_what_comes_out)
{
	auto_buf out = BUF_INIT(8);
	struct err err = ERR_INIT;

	ck_assert_int_eq(yaml_to_json("a: 12345678\n", 12, &out, &err), ERR_INPUT);
	expect_str("too much for the buffer", err.text, "more than 8 bytes");
}
END_TEST

START_TEST(survives_a_cut_at_every_byte)
{
	static const char yaml[] = "a: {b: [1, 'x', \"y\\n\"]}\nc: |\n  text\n---\n- d: !!str 5\n  ? e\n  : f\n";
	size_t taken = 0;

	for (size_t len = 0; len < sizeof(yaml); len++) {
		auto_buf out = BUF_INIT(4096);
		struct err err = ERR_INIT;
		int r = yaml_to_json(yaml, len, &out, &err);

		ck_assert_msg(r == 0 || r == ERR_INPUT, "%zu bytes: %d", len, r);
		taken += r == 0;
	}
	ck_assert_uint_gt(taken, 10);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, says_the_same_in_json, rows);
	suite_add_rows(tests, says_where_it_is_wrong, refused);
	suite_add_rows(tests, limits_depth, depths);
	tcase_add_test(tests, limits_what_comes_out);
	tcase_add_test(tests, survives_a_cut_at_every_byte);
}

SUITE_MAIN("wire: yaml", add)
