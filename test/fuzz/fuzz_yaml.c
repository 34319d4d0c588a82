/* YAML as JSON: each document is one line of JSON, and JSON is YAML that comes out as it was. */
#include <jansson.h>

#include "fuzz.h"
#include "wire/yaml.h"

#define OUT_MOST ((size_t)1 << 24)

/* Where JSON is no YAML 1.1, as libyaml reads it: line breaks of Unicode within a string, keys of more than 1024
 * bytes. */
static int is_beyond_yaml(const char *line, size_t len)
{
	return len > 1024 || strstr(line, "\xC2\x85") != NULL || strstr(line, "\xE2\x80\xA8") != NULL ||
	       strstr(line, "\xE2\x80\xA9") != NULL;
}

static void check_line(const char *line, size_t len)
{
	auto_buf again = BUF_INIT(OUT_MOST);
	struct err err = ERR_INIT;
	json_error_t why;
	json_t *tree = json_loadb(line, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);

	/* JSON has numbers of any size, jansson has not */
	CHECK(tree != NULL || json_error_code(&why) == json_error_numeric_overflow);
	json_decref(tree);
	if (is_beyond_yaml(line, len))
		return;
	CHECK(yaml_to_json(line, len, &again, &err) == 0);
	CHECK(again.len == len + 1 && memcmp(again.data, line, len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	auto_buf out = BUF_INIT(OUT_MOST);
	struct err err = ERR_INIT;
	const char *at;
	int r = yaml_to_json((const char *)bytes, len, &out, &err);

	CHECK((r < 0) == err_is_set(&err));
	for (at = buf_text(&out); r == 0 && *at != '\0';) {
		size_t line_len = strcspn(at, "\n");

		check_line(at, line_len);
		at += line_len + 1;
	}
	return 0;
}
