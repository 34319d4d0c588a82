#include "wire/oci_json.h"

#include "suite.h"

static const struct {
	const char *name;
	const char *json;
	int count; /* -1: refused */
	const char *says;
} tags[] = {
	{ "names in their order", "{\"name\":\"a\",\"tags\":[\"v2\",\"v1\"]}", 2, "v2" },
	{ "an empty list", "{\"tags\":[]}", 0, "" },
	{ "null is an empty list", "{\"tags\":null}", 0, "" },
	{ "as many as allowed", "{\"tags\":[\"a\",\"b\",\"c\"]}", 3, "a" },
	{ "one more than allowed", "{\"tags\":[\"a\",\"b\",\"c\",\"d\"]}", -1, "more than 3 tags" },
	{ "no list", "{\"name\":\"a\"}", -1, "\"tags\" is not a list" },
	{ "text instead of a list", "{\"tags\":\"v1\"}", -1, "\"tags\" is not a list" },
	{ "a number among the names", "{\"tags\":[\"v1\",2]}", -1, "holds what is not text" },
	{ "a NUL in a name", "{\"tags\":[\"v\\u00001\"]}", -1, "not JSON" },
	{ "a list at the top", "[\"v1\"]", -1, "not a JSON object" },
	{ "text behind the end", "{\"tags\":[]} x", -1, "not JSON" },
	{ "bytes that are no UTF-8", "{\"tags\":[\"\xff\"]}", -1, "not JSON" },
	{ "nothing", "", -1, "not JSON" },
};

START_TEST(reads_tags)
{
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct oci_tags got;
	int r = oci_tags_from_json(tags[_i].json, strlen(tags[_i].json), 3, &arena, &got, &err);

	expect_int(tags[_i].name, r, tags[_i].count < 0 ? ERR_INPUT : 0);
	if (tags[_i].count < 0)
		expect_contains(tags[_i].name, err.text, tags[_i].says);
	else
		expect_int(tags[_i].name, got.count, tags[_i].count);
	if (tags[_i].count > 0)
		expect_str(tags[_i].name, got.names[0], tags[_i].says);
	arena_finish(&arena);
}
END_TEST

START_TEST(nesting_has_a_limit)
{
	char json[400] = "{\"tags\":[],\"x\":";
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct oci_tags got;
	size_t len = strlen(json);

	memset(json + len, '[', 100);
	memset(json + len + 100, ']', 100);
	json[len + 200] = '}';
	expect_int("100 lists", oci_tags_from_json(json, strlen(json), 3, &arena, &got, &err), ERR_INPUT);
	expect_contains("100 lists", err.text, "nested deeper");
	arena_finish(&arena);
}
END_TEST

static const struct {
	const char *name;
	const char *json;
	const char *media_type;
	int schema_version;
	bool has_manifests;
	bool has_layers;
	bool has_config;
} manifests[] = {
	{ "an index", "{\"schemaVersion\":2,\"mediaType\":\"x\",\"manifests\":[]}", "x", 2, true, false, false },
	{ "an image", "{\"schemaVersion\":2,\"config\":{},\"layers\":[{}]}", NULL, 2, false, true, true },
	{ "nothing of it", "{}", NULL, 0, false, false, false },
	{ "the right keys with the wrong types", "{\"manifests\":{},\"layers\":7,\"config\":[]}", NULL, 0, false,
	  false, false },
};

START_TEST(reads_the_outside_of_manifests)
{
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct oci_manifest got;

	expect_int(manifests[_i].name,
		   oci_manifest_from_json(manifests[_i].json, strlen(manifests[_i].json), &arena, &got, &err), 0);
	expect_str(manifests[_i].name, got.media_type, manifests[_i].media_type);
	expect_int(manifests[_i].name, got.schema_version, manifests[_i].schema_version);
	expect_int(manifests[_i].name, got.has_manifests, manifests[_i].has_manifests);
	expect_int(manifests[_i].name, got.has_layers, manifests[_i].has_layers);
	expect_int(manifests[_i].name, got.has_config, manifests[_i].has_config);
	arena_finish(&arena);
}
END_TEST

static const struct {
	const char *name;
	const char *json;
	const char *token; /* NULL: refused */
	int life_s;
	const char *says;
} tokens[] = {
	{ "a token with its life", "{\"token\":\"abc\",\"expires_in\":300}", "abc", 300, "" },
	{ "an access_token will do", "{\"access_token\":\"abc\"}", "abc", 60, "" },
	{ "token comes before access_token", "{\"token\":\"a\",\"access_token\":\"b\"}", "a", 60, "" },
	{ "an empty token is none", "{\"token\":\"\",\"access_token\":\"b\"}", "b", 60, "" },
	{ "a life is at least a minute", "{\"token\":\"abc\",\"expires_in\":1}", "abc", 60, "" },
	{ "a negative life is a minute", "{\"token\":\"abc\",\"expires_in\":-5}", "abc", 60, "" },
	{ "a life is at most a day", "{\"token\":\"abc\",\"expires_in\":9000000000000000000}", "abc", 86400, "" },
	{ "a life that is text is a minute", "{\"token\":\"abc\",\"expires_in\":\"300\"}", "abc", 60, "" },
	{ "no token", "{}", NULL, 0, "no \"token\"" },
	{ "a token that is a number", "{\"token\":7}", NULL, 0, "no \"token\"" },
	{ "no JSON is not quoted", "{\"token\": hunter2", NULL, 0, "not usable as JSON" },
};

START_TEST(reads_tokens)
{
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct oci_token got = { .token = NULL };
	int r = oci_token_from_json(tokens[_i].json, strlen(tokens[_i].json), &arena, &got, &err);

	expect_int(tokens[_i].name, r, tokens[_i].token == NULL ? ERR_INPUT : 0);
	expect_str(tokens[_i].name, got.token, tokens[_i].token);
	expect_int(tokens[_i].name, got.expires_in_s, tokens[_i].life_s);
	expect_contains(tokens[_i].name, err.text, tokens[_i].says);
	expect(tokens[_i].name, strstr(err.text, "hunter2") == NULL);
	arena_finish(&arena);
}
END_TEST

START_TEST(reads_pull_secrets)
{
	static const char json[] =
		"{\"auths\":{\"a.example.com\":{\"auth\":\"eDp5\",\"email\":\"x\"},"
		"\"b.example.com\":{\"username\":\"u\",\"password\":\"p\",\"identitytoken\":\"t\"}},\"x\":1}";
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct oci_docker_config got;

	expect_int("two", oci_docker_config_from_json(json, strlen(json), &arena, &got, &err), 0);
	expect_int("two", got.count, 2);
	expect_str("server", got.auths[0].server, "a.example.com");
	expect_str("auth", got.auths[0].auth, "eDp5");
	expect_str("absent", got.auths[0].username, NULL);
	expect_str("username", got.auths[1].username, "u");
	expect_str("password", got.auths[1].password, "p");
	expect_str("token", got.auths[1].identity_token, "t");
	arena_finish(&arena);
}
END_TEST

static const struct {
	const char *name;
	const char *json;
	const char *want;
} errors[] = {
	{ "code and message", "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"no\"},{\"code\":\"X\"}]}", "DENIED: no" },
	{ "a code alone", "{\"errors\":[{\"code\":\"DENIED\"}]}", "DENIED" },
	{ "a message alone", "{\"errors\":[{\"message\":\"no\"}]}", "no" },
	{ "empty texts say nothing", "{\"errors\":[{\"code\":\"\",\"message\":\"\"}]}", NULL },
	{ "an empty code beside a message", "{\"errors\":[{\"code\":\"\",\"message\":\"no\"}]}", "no" },
	{ "an empty list", "{\"errors\":[]}", NULL },
	{ "no list", "{\"errors\":{}}", NULL },
	{ "a list at the top", "[]", NULL },
	{ "HTML", "<html>", NULL },
};

START_TEST(reads_error_bodies)
{
	struct arena arena = ARENA_INIT;

	expect_str(errors[_i].name, oci_error_from_json(errors[_i].json, strlen(errors[_i].json), &arena),
		   errors[_i].want);
	arena_finish(&arena);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, reads_tags, tags);
	tcase_add_test(tests, nesting_has_a_limit);
	suite_add_rows(tests, reads_the_outside_of_manifests, manifests);
	suite_add_rows(tests, reads_tokens, tokens);
	tcase_add_test(tests, reads_pull_secrets);
	suite_add_rows(tests, reads_error_bodies, errors);
}

SUITE_MAIN("oci_json", add)
