#include "base/str.h"

#include "suite.h"

static const struct {
	const char *name;
	const char *a;
	const char *b;
	int want; /* sign */
} orders[] = {
	{ "the same text", "build-9", "build-9", 0 },
	{ "digits count as a number", "build-9", "build-10", -1 },
	{ "also in the middle", "v1.10.0", "v1.9.3", 1 },
	{ "letters by byte", "alpha", "beta", -1 },
	{ "upper case before lower case", "B", "a", -1 },
	{ "a beginning comes first", "v1", "v1.0", -1 },
	{ "nothing comes first", "", "a", -1 },
	{ "nothing equals nothing", "", "", 0 },
	{ "leading zeros have no value", "007", "7", 0 },
	{ "leading zeros do not hide the rest", "007b", "7a", 1 },
	{ "zeros are zero", "000", "0", 0 },
	{ "zero is less than one", "00", "1", -1 },
	{ "numbers of any length", "99999999999999999999999999", "100000000000000000000000000", -1 },
	{ "a date and a counter", "20261124-2", "20261124-10", -1 },
	{ "a number against a letter", "a1", "aa", -1 },
	{ "bytes above 127 come after letters", "z", "é", -1 },
};

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

START_TEST(natural_order)
{
	expect_int(orders[_i].name, sign(str_compare_natural(orders[_i].a, orders[_i].b)),
		   orders[_i].want);
	expect_int(orders[_i].name, sign(str_compare_natural(orders[_i].b, orders[_i].a)),
		   -orders[_i].want);
}
END_TEST

static const struct {
	const char *name;
	const char *text;
	int64_t min;
	int64_t max;
	bool is_number;
	int64_t want;
} numbers[] = {
	{ "a number", "42", 0, 100, true, 42 },
	{ "a negative number", "-42", -100, 100, true, -42 },
	{ "the least", "0", 0, 100, true, 0 },
	{ "the greatest", "100", 0, 100, true, 100 },
	{ "one too many", "101", 0, 100, false, 0 },
	{ "one too few", "-1", 0, 100, false, 0 },
	{ "no text", "", 0, 100, false, 0 },
	{ "a space in front", " 1", 0, 100, false, 0 },
	{ "a space behind", "1 ", 0, 100, false, 0 },
	{ "a plus sign in front", "+1", 0, 100, false, 0 },
	{ "a letter behind", "1s", 0, 100, false, 0 },
	{ "a fraction", "1.5", 0, 100, false, 0 },
	{ "hexadecimal", "0x10", 0, 100, false, 0 },
	{ "no octal: leading zeros mean nothing", "010", 0, 100, true, 10 },
	{ "only a sign", "-", -100, 100, false, 0 },
	{ "the greatest there is", "9223372036854775807", 0, INT64_MAX, true, INT64_MAX },
	{ "beyond the greatest there is", "9223372036854775808", 0, INT64_MAX, false, 0 },
};

START_TEST(numbers_are_read_whole)
{
	int64_t number = -7;
	bool is_number = str_to_int(numbers[_i].text, numbers[_i].min, numbers[_i].max, &number);

	expect_int(numbers[_i].name, is_number, numbers[_i].is_number);
	expect_int(numbers[_i].name, number, is_number ? numbers[_i].want : -7);
}
END_TEST

static const struct {
	const char *name;
	const char *text;
	size_t max;
	size_t want;
} cuts[] = {
	{ "a shorter text stays whole", "abc", 10, 3 },
	{ "a text that just fits stays whole", "abc", 3, 3 },
	{ "ASCII is cut anywhere", "abc", 2, 2 },
	{ "to nothing", "abc", 0, 0 },
	{ "two bytes, cut after one", "aé", 2, 1 },
	{ "two bytes, just fitting", "aéb", 3, 3 },
	{ "three bytes, cut after one", "a€", 2, 1 },
	{ "three bytes, cut after two", "a€", 3, 1 },
	{ "three bytes, just fitting", "a€b", 4, 4 },
	{ "four bytes, cut after three", "a😀", 4, 1 },
	{ "four bytes, just fitting", "a😀b", 5, 5 },
	{ "cut to less than the first character", "😀", 3, 0 },
	{ "what is no UTF-8 stays", "\x80\x80\x80\x80\x80\x80", 5, 5 },
};

START_TEST(a_cut_leaves_whole_characters)
{
	expect_int(cuts[_i].name, str_cut_utf8(cuts[_i].text, cuts[_i].max), cuts[_i].want);
}
END_TEST

static const struct {
	const char *name;
	const char *text;
	size_t want;
} chars[] = {
	{ "a letter", "a", 1 },
	{ "a control character is a character", "\x01", 1 },
	{ "two bytes", "é", 2 },
	{ "the least of two bytes", "\xC2\x80", 2 },
	{ "three bytes", "€", 3 },
	{ "the least of three bytes", "\xE0\xA0\x80", 3 },
	{ "before the surrogates", "\xED\x9F\xBF", 3 },
	{ "four bytes", "😀", 4 },
	{ "the greatest there is", "\xF4\x8F\xBF\xBF", 4 },
	{ "beyond the greatest", "\xF4\x90\x80\x80", 0 },
	{ "a first byte of five", "\xF8\x88\x80\x80\x80", 0 },
	{ "a lone tail", "\x80", 0 },
	{ "an overlong slash in two bytes", "\xC0\xAF", 0 },
	{ "an overlong slash in three bytes", "\xE0\x80\xAF", 0 },
	{ "an overlong slash in four bytes", "\xF0\x80\x80\xAF", 0 },
	{ "a surrogate", "\xED\xA0\x80", 0 },
	{ "two bytes, one missing", "\xC3", 0 },
	{ "three bytes, one missing", "\xE2\x82", 0 },
	{ "four bytes, one missing", "\xF0\x9F\x98", 0 },
	{ "a letter in place of a tail", "\xE2\x82z", 0 },
	{ "0xFF begins nothing", "\xFF", 0 },
};

START_TEST(characters_are_told_apart)
{
	expect_int(chars[_i].name, str_char_len(chars[_i].text), chars[_i].want);
}
END_TEST

START_TEST(small_questions)
{
	const char *items[] = { "b", "a" };

	expect("equal", str_equal("a", "a"));
	expect("different", !str_equal("a", "b"));
	expect("NULL equals NULL", str_equal(NULL, NULL));
	expect("NULL equals nothing else", !str_equal(NULL, "") && !str_equal("", NULL));
	expect("NULL is empty", str_is_empty(NULL));
	expect("no letters are empty", str_is_empty(""));
	expect("a letter is not", !str_is_empty("a"));
	expect("a prefix", str_has_prefix("sha256:ab", "sha256:"));
	expect("the whole text is a prefix", str_has_prefix("a", "a"));
	expect("nothing is a prefix of everything", str_has_prefix("a", ""));
	expect("longer than the text", !str_has_prefix("a", "ab"));
	expect("items compare as their texts", str_compare_items(&items[0], &items[1]) > 0);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, natural_order, orders);
	suite_add_rows(tests, numbers_are_read_whole, numbers);
	suite_add_rows(tests, a_cut_leaves_whole_characters, cuts);
	suite_add_rows(tests, characters_are_told_apart, chars);
	tcase_add_test(tests, small_questions);
}

SUITE_MAIN("str", add)
