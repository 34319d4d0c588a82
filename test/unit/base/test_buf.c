#include "base/buf.h"

#include "suite.h"

static const struct {
	const char *name;
	size_t limit;
	const char *first;
	const char *second;
	int want; /* of the second append */
	const char *want_text;
} appends[] = {
	{ "two texts", 100, "ab", "cd", 0, "abcd" },
	{ "up to the limit", 4, "ab", "cd", 0, "abcd" },
	{ "one over the limit: nothing is appended", 3, "ab", "cd", ERR_INPUT, "ab" },
	{ "nothing to a full buffer", 2, "ab", "", 0, "ab" },
	{ "one to a full buffer", 2, "ab", "c", ERR_INPUT, "ab" },
	{ "anything to a buffer of nothing", 0, "", "c", ERR_INPUT, "" },
	{ "nothing to a buffer of nothing", 0, "", "", 0, "" },
	{ "no limit to speak of", SIZE_MAX, "ab", "cd", 0, "abcd" },
};

START_TEST(the_limit_holds)
{
	struct buf buf = BUF_INIT(appends[_i].limit);
	struct err err = ERR_INIT;

	expect_int(appends[_i].name, buf_puts(&buf, appends[_i].first, &err), 0);
	expect_int(appends[_i].name, buf_puts(&buf, appends[_i].second, &err), appends[_i].want);
	expect_str(appends[_i].name, buf_text(&buf), appends[_i].want_text);
	expect_int(appends[_i].name, buf.len, strlen(appends[_i].want_text));
	expect_int(appends[_i].name, err.class, appends[_i].want);
	buf_finish(&buf);
}
END_TEST

START_TEST(the_limit_holds_for_formatted_text)
{
	struct buf buf = BUF_INIT(10);
	struct err err = ERR_INIT;

	expect_int("it fits", buf_printf(&buf, &err, "%s-%d", "abc", 123456), 0);
	expect_str("it is all there", buf_text(&buf), "abc-123456");
	expect_int("one more does not", buf_printf(&buf, &err, "%c", 'x'), ERR_INPUT);
	expect_str("and changes nothing", buf_text(&buf), "abc-123456");
	buf_finish(&buf);
}
END_TEST

START_TEST(it_grows_byte_by_byte)
{
	struct buf buf = BUF_INIT(5000);
	struct err err = ERR_INIT;

	for (int i = 0; i < 5000; i++) {
		char byte = (char)('a' + i % 26);

		expect_quick("a byte that fits", buf_append(&buf, &byte, 1, &err) == 0);
		expect_quick("a NUL follows", buf.data[buf.len] == 0);
	}
	expect("memory stays near the limit", buf.size <= 5001);
	expect_int("full is full", buf_append(&buf, "x", 1, &err), ERR_INPUT);
	for (size_t i = 0; i < 5000; i++)
		expect_quick("what went in is in it", buf.data[i] == 'a' + (int)(i % 26));
	buf_finish(&buf);
}
END_TEST

static const struct {
	const char *name;
	size_t len;
	const char *want;
} consumes[] = {
	{ "nothing goes", 0, "abcdef" },
	{ "some goes", 2, "cdef" },
	{ "all goes", 6, "" },
	{ "more than all is all", 7, "" },
};

START_TEST(the_front_is_consumed)
{
	struct buf buf = BUF_INIT(100);
	struct err err = ERR_INIT;

	ck_assert_int_eq(buf_puts(&buf, "abcdef", &err), 0);
	buf_consume(&buf, consumes[_i].len);
	expect_str(consumes[_i].name, buf_text(&buf), consumes[_i].want);
	expect_int(consumes[_i].name, buf_puts(&buf, "!", &err), 0);
	expect_int(consumes[_i].name, buf.len, strlen(consumes[_i].want) + 1);
	buf_finish(&buf);
}
END_TEST

START_TEST(an_empty_buffer_is_an_empty_text)
{
	struct buf buf = { 0 };
	char *taken;

	expect_str("never written", buf_text(&buf), "");
	buf_consume(&buf, 3);
	buf_reset(&buf);
	taken = buf_take(&buf);
	expect_str("taken", taken, "");
	free(taken);
	buf_finish(&buf);
}
END_TEST

START_TEST(what_is_taken_is_the_callers)
{
	struct buf buf = BUF_INIT(100);
	struct err err = ERR_INIT;
	char *taken;

	ck_assert_int_eq(buf_puts(&buf, "abc", &err), 0);
	taken = buf_take(&buf);
	expect_str("the buffer is empty again", buf_text(&buf), "");
	ck_assert_int_eq(buf_puts(&buf, "def", &err), 0);
	expect_str("the taken text stays", taken, "abc");
	expect_str("the limit stayed", buf_text(&buf), "def");
	free(taken);
	buf_finish(&buf);
	expect_int("also after its end", buf_puts(&buf, "g", &err), 0);
	buf_finish(&buf);
}
END_TEST

START_TEST(bytes_may_be_anything)
{
	auto_buf buf = BUF_INIT(100);
	struct err err = ERR_INIT;

	expect_int("NULs count", buf_append(&buf, "a\0b", 3, &err), 0);
	expect_int("three bytes", buf.len, 3);
	expect_int("the last one too", buf.data[2], 'b');
	expect_int("no bytes from nowhere", buf_append(&buf, NULL, 0, &err), 0);
}
END_TEST

static const struct {
	const char *name;
	const char *text;
	const char *want;
} encoded[] = {
	{ "nothing", "", "" },
	{ "what is unreserved stays", "AZaz09-._~", "AZaz09-._~" },
	{ "what means something in a URL does not", "a/b?c=d&e#f%", "a%2Fb%3Fc%3Dd%26e%23f%25" },
	{ "a space and a plus", "a +", "a%20%2B" },
	{ "UTF-8, byte by byte", "\xc3\xbc", "%C3%BC" },
};

START_TEST(encodes_for_urls)
{
	auto_buf buf = BUF_INIT(100);
	struct err err = ERR_INIT;

	expect_int(encoded[_i].name, buf_put_encoded(&buf, encoded[_i].text, &err), 0);
	expect_str(encoded[_i].name, buf_text(&buf), encoded[_i].want);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, the_limit_holds, appends);
	tcase_add_test(tests, the_limit_holds_for_formatted_text);
	tcase_add_test(tests, it_grows_byte_by_byte);
	suite_add_rows(tests, the_front_is_consumed, consumes);
	tcase_add_test(tests, an_empty_buffer_is_an_empty_text);
	tcase_add_test(tests, what_is_taken_is_the_callers);
	tcase_add_test(tests, bytes_may_be_anything);
	suite_add_rows(tests, encodes_for_urls, encoded);
}

SUITE_MAIN("buf", add)
