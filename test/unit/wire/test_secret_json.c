#include "wire/secret_json.h"

#include "suite.h"

#define SECRET(data) "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"data\":" data "}"

static const struct {
	const char *name;
	const char *json;
	const char *want;  /* NULL: refused */
	const char *error; /* part of the refusal */
} rows[] = {
	{ "an entry is decoded", SECRET("{\"other\":\"eA==\",\"k\":\"eyJhdXRocyI6e319\"}"), "{\"auths\":{}}", NULL },
	{ "one padding sign", SECRET("{\"k\":\"YWI=\"}"), "ab", NULL },
	{ "two padding signs", SECRET("{\"k\":\"YQ==\"}"), "a", NULL },
	{ "all signs of the alphabet", SECRET("{\"k\":\"Pz8/Pj4+\"}"), "?\?\?>>>", NULL },
	{ "an empty entry is empty", SECRET("{\"k\":\"\"}"), "", NULL },
	{ "no such entry", SECRET("{\"other\":\"YQ==\"}"), NULL, "no entry k" },
	{ "no data at all", "{\"kind\":\"Secret\"}", NULL, "no entry k" },
	{ "data that is no object", SECRET("[]"), NULL, "no entry k" },
	{ "an entry that is no text", SECRET("{\"k\":7}"), NULL, "no entry k" },
	{ "a length that no base64 has", SECRET("{\"k\":\"YWI\"}"), NULL, "not base64" },
	{ "a sign that no base64 has", SECRET("{\"k\":\"YW-=\"}"), NULL, "not base64" },
	{ "padding in the middle", SECRET("{\"k\":\"YQ==YQ==\"}"), NULL, "not base64" },
	{ "too much padding", SECRET("{\"k\":\"Y===\"}"), NULL, "not base64" },
	{ "no JSON, and the text is not told on", "hunter2", NULL, "not a Secret" },
};

START_TEST(reads_entries)
{
	struct err err = ERR_INIT;
	char *text = NULL;
	size_t len = 0;
	int r = secret_from_json(rows[_i].json, strlen(rows[_i].json), "k", &text, &len, &err);

	if (rows[_i].want == NULL) {
		expect_int(rows[_i].name, r, ERR_INPUT);
		expect_contains(rows[_i].name, err.text, rows[_i].error);
		expect(rows[_i].name, strstr(err.text, "hunter2") == NULL);
	} else {
		expect_int(rows[_i].name, r, 0);
		expect_str(rows[_i].name, text, rows[_i].want);
		expect_int(rows[_i].name, len, strlen(rows[_i].want));
	}
	secret_wipe(text, len);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, reads_entries, rows);
}

SUITE_MAIN("secret_json", add)
