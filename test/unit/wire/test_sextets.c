#include "wire/sextets.h"

#include "suite.h"

static const struct {
	const char *name;
	const char *text;
	const char *want; /* NULL: it is no base64 */
} rows[] = {
	{ "nothing", "", "" },
	{ "two digits of padding", "Zg==", "f" },
	{ "one digit of padding", "Zm8=", "fo" },
	{ "no padding", "Zm9v", "foo" },
	{ "more than one group", "Zm9vYmFy", "foobar" },
	{ "plus and slash", "++//", "\xfb\xef\xff" },
	{ "padding that is missing", "Zm8", NULL },
	{ "padding too much", "Zg===", NULL },
	{ "padding alone", "====", NULL },
	{ "padding amid the text", "Zg==Zg==", NULL },
	{ "bits that no byte takes, of four", "Zh==", NULL },
	{ "bits that no byte takes, of two", "Zm9=", NULL },
	{ "the alphabet of URLs", "--__", NULL },
	{ "a space", "Zm 9v", NULL },
	{ "a line break at the end", "Zm9v\n", NULL },
	{ "a line break amid the text", "Zm9\nYmFy", NULL },
};

START_TEST(decodes)
{
	size_t len = strlen(rows[_i].text);
	char ret[64];
	size_t ret_len = 99;
	bool is_good = sextets_decode(rows[_i].text, len, ret, &ret_len);

	expect_int(rows[_i].name, is_good, rows[_i].want != NULL);
	if (!is_good)
		return;
	expect_int(rows[_i].name, ret_len, strlen(rows[_i].want));
	expect_str(rows[_i].name, ret, rows[_i].want);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, decodes, rows);
}

SUITE_MAIN("wire sextets", add)
