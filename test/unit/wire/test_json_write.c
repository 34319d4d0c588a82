/* Writing JSON. */
#include "base/clock.h"
#include "suite.h"
#include "wire/json_write.h"

static const struct {
	const char *name;
	const char *text;
	const char *json;
} texts[] = {
	{ "plain text", "shop", "\"shop\"" },
	{ "empty text", "", "\"\"" },
	{ "quotes and backslashes", "a\"b\\c", "\"a\\\"b\\\\c\"" },
	{ "line ends and tabs", "a\nb\tc\r", "\"a\\nb\\tc\\r\"" },
	{ "other control characters", "\x01\x1f\x7f", "\"\\u0001\\u001f\x7f\"" },
	{ "characters of two, three and four bytes", "é☃😀", "\"é☃😀\"" },
	{ "a lone continuation byte", "a\x80z", "\"a\xEF\xBF\xBDz\"" },
	{ "half a character at the end", "a\xE2\x98", "\"a\xEF\xBF\xBD\xEF\xBF\xBD\"" },
	{ "an overlong slash", "\xC0\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\"" },
	{ "an overlong sequence of three", "\xE0\x80\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"" },
	{ "half a surrogate", "\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"" },
	{ "beyond the last character", "\xF4\x90\x80\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"" },
	{ "bytes that never occur", "\xFE\xFF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\"" },
};

START_TEST(writes_texts)
{
	auto_buf buf = BUF_INIT(1024);
	struct writer writer = WRITER_INIT(&buf);

	write_text(&writer, NULL, texts[_i].text);
	expect_str(texts[_i].name, buf_text(&buf), texts[_i].json);
}
END_TEST

static const struct {
	const char *name;
	const char *text;
	size_t max;
	const char *json;
} briefs[] = {
	{ "a text that fits", "abcdef", 6, "\"abcdef\"" },
	{ "a text that is a byte too long", "abcdefg", 6, "\"abc…\"" },
	{ "a character is not cut in two", "ab☃defg", 6, "\"ab…\"" },
	{ "what is written in another way is not counted as such", "a\"\"\"\"\"", 6, "\"a\\\"\\\"\\\"\\\"\\\"\"" },
	{ "no text", NULL, 6, "" },
};

START_TEST(cuts_long_texts)
{
	auto_buf buf = BUF_INIT(1024);
	struct writer writer = WRITER_INIT(&buf);

	write_brief(&writer, NULL, briefs[_i].text, briefs[_i].max);
	expect_str(briefs[_i].name, buf_text(&buf), briefs[_i].json);
}
END_TEST

START_TEST(writes_members_in_order)
{
	auto_buf buf = BUF_INIT(1024);
	struct writer writer = WRITER_INIT(&buf);
	struct err err = ERR_INIT;
	char *json = NULL;

	write_object(&writer, NULL);
	write_text(&writer, "z", "1");
	write_list(&writer, "list");
	write_int(&writer, NULL, -5);
	write_object(&writer, NULL);
	write_object_end(&writer);
	write_list(&writer, NULL);
	write_list_end(&writer);
	write_bytes(&writer, NULL, "a\0b", 3);
	write_list_end(&writer);
	write_flag(&writer, "a \"flag\"", true);
	write_raw(&writer, "raw", "[1, 2]");
	write_time(&writer, "time", 1000);
	write_count(&writer, "count", 3);
	write_object_end(&writer);
	ck_assert_int_eq(write_take(&writer, &json, &err), 0);
	expect_str("members", json,
		   "{\"z\":\"1\",\"list\":[-5,{},[],\"a\\u0000b\"],\"a \\\"flag\\\"\":true,\"raw\":[1, 2],"
		   "\"time\":\"1970-01-01T00:00:01Z\",\"count\":3}");
	free(json);
}
END_TEST

START_TEST(leaves_out_what_is_absent)
{
	auto_buf buf = BUF_INIT(1024);
	struct writer writer = WRITER_INIT(&buf);

	write_object(&writer, NULL);
	write_text(&writer, "text", NULL);
	write_raw(&writer, "raw", NULL);
	write_count(&writer, "count", 0);
	write_time(&writer, "time", 0);
	write_time(&writer, "never", CLOCK_NEVER);
	write_int(&writer, "zero", 0);
	write_flag(&writer, "no", false);
	write_object_end(&writer);
	expect_str("absent members", buf_text(&buf), "{\"zero\":0,\"no\":false}");
}
END_TEST

START_TEST(tells_the_first_error_at_the_end)
{
	auto_buf buf = BUF_INIT(10);
	struct writer writer = WRITER_INIT(&buf);
	struct err err = ERR_INIT;
	char *json = NULL;

	write_object(&writer, NULL);
	write_text(&writer, "key", "much too long");
	write_object_end(&writer);
	ck_assert_int_eq(write_take(&writer, &json, &err), ERR_INPUT);
	expect_str("too long", err.text, "more than 10 bytes");
	ck_assert_ptr_null(json);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, writes_texts, texts);
	suite_add_rows(tests, cuts_long_texts, briefs);
	tcase_add_test(tests, writes_members_in_order);
	tcase_add_test(tests, leaves_out_what_is_absent);
	tcase_add_test(tests, tells_the_first_error_at_the_end);
}

SUITE_MAIN("wire: json_write", add)
