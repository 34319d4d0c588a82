#include "telemetry/text.h"

#include "suite.h"

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
	expect_int(chars[_i].name, text_char_len(chars[_i].text), chars[_i].want);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, characters_are_told_apart, chars);
}

SUITE_MAIN("text", add)
