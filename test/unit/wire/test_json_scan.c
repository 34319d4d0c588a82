/* Texts that come in pieces, the objects in them, and what is skipped; and trees as they are built. */
#include "base/str.h"
#include "given.h"
#include "wire/json_scan.h"

#define LIMIT 64 /* of objects in lines and lists */

/* Scans a text in pieces and writes down what was found: documents and items as JSON, errors in brackets. */
static char *scanned(enum scan_shape shape, size_t limit, const char *text, size_t len, size_t piece)
{
	struct scan scan = { .tree = TREE_INIT };
	struct buf out = BUF_INIT(GIVEN_MAX);
	struct writer writer = WRITER_INIT(&out);
	struct err err = ERR_INIT;
	enum scan_found found = SCAN_NOTHING;
	int r = 0;

	scan_begin(&scan, shape, limit);
	for (size_t at = 0; at < len && found != SCAN_BROKEN; at += piece) {
		const char *bytes = text + at;
		size_t left = len - at < piece ? len - at : piece;

		while (left > 0 && found != SCAN_BROKEN) {
			found = scan_next(&scan, &bytes, &left);
			if (found == SCAN_ITEM)
				tree_write(&scan.tree, scan_object(&scan), NULL, &writer);
			else if (found == SCAN_DOCUMENT && shape != SCAN_WHOLE)
				tree_write(&scan.tree, tree_root(&scan.tree), NULL, &writer);
			else if (found == SCAN_REFUSED || found == SCAN_BROKEN)
				r = buf_printf(&out, &err, "(%s)", scan.err.text);
			writer.needs_comma = false;
		}
	}
	if (shape != SCAN_LINES && found != SCAN_BROKEN && scan_end(&scan, &err) < 0)
		r = buf_printf(&out, NULL, "(%s)", err.text);
	else if (shape == SCAN_WHOLE && found != SCAN_BROKEN)
		tree_write(&scan.tree, tree_root(&scan.tree), NULL, &writer);
	ck_assert_int_eq(r, 0);
	scan_finish(&scan);
	return buf_take(&out);
}

static const struct {
	const char *name;
	enum scan_shape shape;
	const char *text;
	const char *found;
} rows[] = {
	{ "all there is", SCAN_WHOLE, " {\"a\" : [1, -2.50e+3, \"x\", true, false, null, {}, []] }\n",
	  "{\"a\":[1,-2.50e+3,\"x\",true,false,null,{},[]]}" },
	{ "a number alone ends with the text", SCAN_WHOLE, "12", "12" },
	{ "a word alone", SCAN_WHOLE, "null", "null" },
	{ "every escape", SCAN_WHOLE, "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00E9\\u20ac\\uD83D\\uDE00\"",
	  "\"\\\"\\\\/\\u0008\\u000c\\n\\r\\tA\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"" },
	{ "characters of two, three and four bytes", SCAN_WHOLE, "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"",
	  "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"" },
	{ "an escape that there is not", SCAN_WHOLE, "\"\\x41\"", "(not JSON: an escape that there is not (byte 2))" },
	{ "an escape of wrong digits", SCAN_WHOLE, "\"\\u00g0\"", "(not JSON: an escape that there is not (byte 5))" },
	{ "half a surrogate before an escape", SCAN_WHOLE, "\"\\ud83d\\n\"", "(not JSON: half a surrogate (byte 8))" },
	{ "half a surrogate before text", SCAN_WHOLE, "\"\\ud83dx\"", "(not JSON: half a surrogate (byte 7))" },
	{ "half a surrogate before the end", SCAN_WHOLE, "\"\\ud83d\"", "(not JSON: half a surrogate (byte 7))" },
	{ "two first halves", SCAN_WHOLE, "\"\\ud83d\\ud83d\"", "(not JSON: half a surrogate (byte 13))" },
	{ "the second half alone", SCAN_WHOLE, "\"\\ude00\"", "(not JSON: half a surrogate (byte 7))" },
	{ "a control character", SCAN_WHOLE, "\"a\tb\"", "(not JSON: a control character in a string (byte 2))" },
	{ "a surrogate as UTF-8", SCAN_WHOLE, "\"\xED\xA0\x80\"", "(not JSON: a string that is not UTF-8 (byte 4))" },
	{ "half a character", SCAN_WHOLE, "\"\xE2\x82\"", "(not JSON: a string that is not UTF-8 (byte 3))" },
	{ "a key that is not UTF-8", SCAN_WHOLE, "{\"\xFF\":1}", "(not JSON: a string that is not UTF-8 (byte 3))" },
	{ "a number with a zero in front", SCAN_WHOLE, "[01]", "(not JSON: a number that is none (byte 3))" },
	{ "a number without digits", SCAN_WHOLE, "[-]", "(not JSON: a number that is none (byte 2))" },
	{ "a number without digits behind its point", SCAN_WHOLE, "[1.]", "(not JSON: a number that is none (byte 3))" },
	{ "a number without digits in its exponent", SCAN_WHOLE, "[1e+]", "(not JSON: a number that is none (byte 4))" },
	{ "a plus in front", SCAN_WHOLE, "[+1]", "(not JSON: a value was expected (byte 1))" },
	{ "the least whole number", SCAN_WHOLE, "[-9223372036854775808,-0]", "[-9223372036854775808,-0]" },
	{ "less than that", SCAN_WHOLE, "[-9223372036854775809]", "(not JSON: too big integer (byte 21))" },
	{ "a comma too many in a list", SCAN_WHOLE, "[1,]", "(not JSON: a value was expected (byte 3))" },
	{ "a comma too many in an object", SCAN_WHOLE, "{\"a\":1,}", "(not JSON: a key was expected (byte 7))" },
	{ "a comma in front", SCAN_WHOLE, "[,1]", "(not JSON: a value was expected (byte 1))" },
	{ "a key without its colon", SCAN_WHOLE, "{\"a\" 1}", "(not JSON: \":\" was expected (byte 5))" },
	{ "a bracket of the other sort", SCAN_WHOLE, "{\"a\":[1}", "(not JSON: \",\" or \"]\" was expected (byte 7))" },
	{ "a word that is cut short", SCAN_WHOLE, "[tru]", "(not JSON: a value was expected (byte 4))" },
	{ "two keys that look alike", SCAN_WHOLE, "{\"a1b\":1,\"a1b\":2}", "(not JSON: duplicate object key \"a1b\")" },
	{ "a key twice, once as an escape", SCAN_WHOLE, "{\"a\":1,\"\\u0061\":2}", "(not JSON: duplicate object key \"a\")" },
	{ "the empty key twice", SCAN_WHOLE, "{\"\":1,\"\":2}", "(not JSON: duplicate object key \"\")" },
	{ "the same key in other objects", SCAN_WHOLE, "{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":1}]}",
	  "{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":1}]}" },
	{ "managedFields of metadata, and no others", SCAN_WHOLE,
	  "{\"managedFields\":[1],\"metadata\":{\"managedFields\":[{\"a\":[]}],\"x\":{\"managedFields\":[2]}},\"y\":{\"managedFields\":{}}}",
	  "{\"managedFields\":[1],\"metadata\":{\"x\":{\"managedFields\":[2]}},\"y\":{\"managedFields\":{}}}" },
	{ "managedFields alone", SCAN_WHOLE, "{\"metadata\":{\"managedFields\":{\"]\":\"\\\\\"}}}", "{\"metadata\":{}}" },
	{ "managedFields that nobody closes", SCAN_WHOLE, "{\"metadata\":{\"managedFields\":[\"]\\\"",
	  "(not JSON: it ends too soon (byte 34))" },
	{ "lines", SCAN_LINES, "{\"object\":{}}\n\n7\n", "{\"object\":{}}7" },
	{ "an object that is too long, and one of 64 bytes behind it", SCAN_LINES,
	  "{\"object\":[\"0123456789012345678901234567890123456789012345678901234567890123\"]}\n"
	  "{\"object\":[\"012345678901234567890123456789012345678901234567890123456789\"]}\n",
	  "(more than 64 bytes of JSON)"
	  "{\"object\":[\"012345678901234567890123456789012345678901234567890123456789\"]}" },
	{ "an object that managedFields make too long", SCAN_LINES,
	  "{\"object\":{\"metadata\":{\"managedFields\":[[[[{\"\":\"\"}]]],[[[]]],[[[]]],[[[]]]]}}}\n7\n",
	  "(more than 64 bytes of JSON)7" },
	{ "items", SCAN_ITEMS, "{\"items\":[{\"a\":1},[2],3,\"4\",null]}", "{\"a\":1}[2]3\"4\"null{\"items\":[]}" },
	{ "what surrounds them is kept", SCAN_ITEMS, "{\"a\":[[5]],\"items\":[{\"b\":1},{\"b\":2}],\"c\":{\"items\":[6]}}",
	  "{\"b\":1}{\"b\":2}{\"a\":[[5]],\"items\":[],\"c\":{\"items\":[6]}}" },
	{ "items that are an object are none", SCAN_ITEMS, "{\"items\":{\"a\":{\"b\":1}}}", "{\"items\":{\"a\":{\"b\":1}}}" },
	{ "an item that is too long within a text, and the next", SCAN_ITEMS,
	  "{\"items\":[[[\"012345678901234567890123456789012345678901234567890123456789]]\\\\\\\"\"]],{\"b\":1}]}",
	  "(more than 64 bytes of JSON){\"b\":1}{\"items\":[]}" },
	{ "an item that is too long within managedFields, and the next", SCAN_ITEMS,
	  "{\"items\":[{\"metadata\":{\"managedFields\":[\"01234567890123456789012345678901234567890123456789\",{}]}},{\"b\":1}]}",
	  "(more than 64 bytes of JSON){\"b\":1}{\"items\":[]}" },
	{ "an item that is a text and too long, and the next", SCAN_ITEMS,
	  "{\"items\":[\"0123456789012345678901234567890123456789012345678901234567890123456789\",{\"b\":1}]}",
	  "(more than 64 bytes of JSON){\"b\":1}{\"items\":[]}" },
};

START_TEST(finds_the_same_however_it_is_cut)
{
	size_t len = strlen(rows[_i].text);

	for (size_t piece = 1; piece <= len; piece++) {
		char *found = scanned(rows[_i].shape, rows[_i].shape == SCAN_WHOLE ? len : LIMIT, rows[_i].text, len, piece);

		ck_assert_msg(str_equal(found, rows[_i].found), "%s, in pieces of %zu: %s, not %s", rows[_i].name, piece,
			      found, rows[_i].found);
		free(found);
	}
}
END_TEST

/* count keys, and one more: the first again, or another one. */
static char *with_keys(size_t count, bool is_double)
{
	struct buf text = BUF_INIT((size_t)8 * 1024 * 1024);
	struct err err = ERR_INIT;

	ck_assert_int_eq(buf_puts(&text, "{", &err), 0);
	for (size_t i = 0; i < count; i++)
		expect_quick("fits", buf_printf(&text, &err, "\"%zu\":{},", i) == 0);
	ck_assert_int_eq(buf_printf(&text, &err, "\"%s\":1}", is_double ? "0" : "x"), 0);
	return buf_take(&text);
}

static const size_t counts[] = { 1, 2, 62, 63, 64, 65, 66, 1000, 200000 };

START_TEST(finds_a_key_twice_among_any_number)
{
	for (int is_double = 0; is_double <= 1; is_double++) {
		char *text = with_keys(counts[_i], is_double);
		char *found = scanned(SCAN_WHOLE, SIZE_MAX / 4, text, strlen(text), strlen(text));

		ck_assert_msg(is_double == str_equal(found, "(not JSON: duplicate object key \"0\")"),
			      "%zu keys: %.200s", counts[_i], found);
		free(text);
		free(found);
	}
}
END_TEST

START_TEST(goes_through_long_lists_in_one_pass)
{
	size_t count = 300000;
	struct scan scan = { .tree = TREE_INIT };
	const struct tree_node *list;
	const char *bytes = "[";
	size_t len = 1;

	scan_begin(&scan, SCAN_WHOLE, (size_t)16 * 1024 * 1024);
	(void)scan_next(&scan, &bytes, &len);
	for (size_t i = 0; i < count; i++) {
		char text[32];

		len = (size_t)snprintf(text, sizeof(text), "%s[%zu]", i == 0 ? "" : ",", i);
		bytes = text;
		expect_quick("goes on", scan_next(&scan, &bytes, &len) == SCAN_NOTHING);
	}
	bytes = "]";
	len = 1;
	ck_assert_int_eq(scan_next(&scan, &bytes, &len), SCAN_DOCUMENT);
	list = tree_root(&scan.tree);
	ck_assert_uint_eq(tree_count(list), count);
	for (size_t i = 0; i < count; i++) {
		const struct tree_node *item = tree_item(&scan.tree, tree_item(&scan.tree, list, i), 0);
		int64_t value = -1;

		expect_quick("an item", str_to_int(tree_raw_text(&scan.tree, item), 0, INT64_MAX, &value));
		expect_quick("the right one", value == (int64_t)i);
	}
	ck_assert_str_eq(tree_raw_text(&scan.tree, tree_next(&scan.tree, tree_item(&scan.tree, list, 7), NULL)), "7");
	ck_assert_ptr_null(tree_item(&scan.tree, list, count));
	scan_finish(&scan);
}
END_TEST

START_TEST(what_surrounds_objects_is_limited_too)
{
	struct buf text = BUF_INIT((size_t)1024 * 1024);
	struct err err = ERR_INIT;
	char *found;

	ck_assert_int_eq(buf_puts(&text, "{\"type\":\"", &err), 0);
	for (int i = 0; i < 10000; i++)
		expect_quick("fits", buf_puts(&text, "0123456789", &err) == 0);
	ck_assert_int_eq(buf_puts(&text, "\"}\n7\n", &err), 0);
	found = scanned(SCAN_LINES, LIMIT, text.data, text.len, 1000);
	ck_assert_str_eq(found, "(more than 64 bytes of JSON)7");
	free(found);
	memcpy(text.data, "{\"meta\":\"", 9);
	found = scanned(SCAN_ITEMS, LIMIT, text.data, text.len, 1000);
	ck_assert_str_eq(found, "(more than 64 bytes of JSON)");
	free(found);
	buf_finish(&text);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, finds_the_same_however_it_is_cut, rows);
	suite_add_rows(tests, finds_a_key_twice_among_any_number, counts);
	tcase_add_test(tests, goes_through_long_lists_in_one_pass);
	tcase_add_test(tests, what_surrounds_objects_is_limited_too);
}

SUITE_MAIN("wire: json_scan", add)
