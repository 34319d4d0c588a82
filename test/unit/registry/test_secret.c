#include "registry/secret.h"
#include "suite.h"

/* dXNlcjpwYXNz = user:pass, b3RoZXI6c2VjcmV0 = other:secret */
#define ENTRY(server, auth) "\"" server "\":{\"auth\":\"" auth "\"}"
#define CONFIG(entries) "{\"auths\":{" entries "}}"

static const struct {
	const char *name;
	const char *json;
	const char *repository;
	const char *basic;
} good[] = {
	{ "auth is taken as it is", CONFIG(ENTRY("r.example.com", "dXNlcjpwYXNz")), "r.example.com/shop/web",
	  "dXNlcjpwYXNz" },
	{ "user name and password are put together",
	  CONFIG("\"r.example.com\":{\"username\":\"user\",\"password\":\"pass\"}"), "r.example.com/shop/web",
	  "dXNlcjpwYXNz" },
	{ "auth counts more than user name and password",
	  CONFIG("\"r.example.com\":{\"username\":\"x\",\"password\":\"y\",\"auth\":\"dXNlcjpwYXNz\"}"),
	  "r.example.com/shop/web", "dXNlcjpwYXNz" },
	{ "among several registries the host decides",
	  CONFIG(ENTRY("a.example.com", "b3RoZXI6c2VjcmV0") "," ENTRY("r.example.com", "dXNlcjpwYXNz")),
	  "r.example.com/web", "dXNlcjpwYXNz" },
	{ "a port belongs to the host",
	  CONFIG(ENTRY("r.example.com", "b3RoZXI6c2VjcmV0") "," ENTRY("r.example.com:5000", "dXNlcjpwYXNz")),
	  "r.example.com:5000/web", "dXNlcjpwYXNz" },
	{ "capitals of a host do not count", CONFIG(ENTRY("R.Example.com", "dXNlcjpwYXNz")),
	  "r.example.com/web", "dXNlcjpwYXNz" },
	{ "a scheme and /v1/ are what docker login writes",
	  CONFIG(ENTRY("https://index.docker.io/v1/", "dXNlcjpwYXNz")), "docker.io/shop/web",
	  "dXNlcjpwYXNz" },
	{ "an image without a host is Docker Hub's", CONFIG(ENTRY("docker.io", "dXNlcjpwYXNz")), "shop/web",
	  "dXNlcjpwYXNz" },
	{ "a path serves what lies below it", CONFIG(ENTRY("r.example.com/shop", "dXNlcjpwYXNz")),
	  "r.example.com/shop/web", "dXNlcjpwYXNz" },
	{ "the longest path wins",
	  CONFIG(ENTRY("r.example.com", "b3RoZXI6c2VjcmV0") "," ENTRY("r.example.com/shop", "dXNlcjpwYXNz")),
	  "r.example.com/shop/web", "dXNlcjpwYXNz" },
	{ "base64 without padding is accepted", CONFIG(ENTRY("r.example.com", "dTpw")), "r.example.com/web",
	  "dTpw" },
	{ "base64 that wants padding may lack it", CONFIG(ENTRY("r.example.com", "dTpwYQ")),
	  "r.example.com/web", "dTpwYQ==" },
	{ "NULs behind the password go", CONFIG(ENTRY("r.example.com", "dTpwAAAA")), "r.example.com/web",
	  "dTpw" },
	{ "a password may hold colons", CONFIG(ENTRY("r.example.com", "dTphOmI=")), "r.example.com/web",
	  "dTphOmI=" },
	{ "unknown fields do not matter",
	  "{\"credsStore\":\"x\",\"auths\":{" ENTRY("r.example.com", "dXNlcjpwYXNz") "}}",
	  "r.example.com/web", "dXNlcjpwYXNz" },
};

START_TEST(finds_the_credentials_of_a_host)
{
	struct credentials credentials;
	struct credentials copy;
	struct err err = ERR_INIT;

	ck_assert_msg(secret_credentials(good[_i].json, strlen(good[_i].json), good[_i].repository,
					 &credentials, &err) == 0, "%s: %s", good[_i].name, err.text);
	expect_str(good[_i].name, credentials.basic, good[_i].basic);
	expect_int(good[_i].name, strlen(credentials.id), 64);
	expect_int(good[_i].name, credentials_copy(&copy, &credentials, &err), 0);
	expect_str(good[_i].name, copy.basic, credentials.basic);
	expect_str(good[_i].name, copy.id, credentials.id);
	credentials_finish(&copy);
	credentials_finish(&credentials);
	expect_str(good[_i].name, credentials.basic, NULL);
}
END_TEST

static const struct {
	const char *name;
	const char *json;
	const char *says;
} bad[] = {
	{ "not JSON", "hunter2", ".dockerconfigjson: not usable as JSON" },
	{ "nothing at all", "", ".dockerconfigjson: not usable as JSON" },
	{ "JSON that ends early", "{\"auths\":{\"r.example.com\":{\"auth\":\"hunter2", "not usable as JSON" },
	{ "a list", "[]", "not a JSON object" },
	{ "no auths", "{}", "no \"auths\" in it" },
	{ "auths that are a list", "{\"auths\":[]}", "auths: expected an object" },
	{ "an entry that is text", "{\"auths\":{\"r.example.com\":\"hunter2\"}}", "expected an object" },
	{ "auth that is a number", "{\"auths\":{\"r.example.com\":{\"auth\":7}}}", "auth: expected a string" },
	{ "one host twice", "{\"auths\":{\"a\":{},\"a\":{}}}", "not usable as JSON" },
	{ "a legacy .dockercfg", "{\"r.example.com\":{\"auth\":\"dXNlcjpwYXNz\"}}", "no \"auths\" in it" },
	{ "no entry for the host", CONFIG(ENTRY("r.example.org", "dXNlcjpwYXNz")),
	  "no entry for r.example.com (hosts must be the same)" },
	{ "a longer host is another one", CONFIG(ENTRY("r.example.com.evil.com", "dXNlcjpwYXNz")),
	  "no entry for r.example.com" },
	{ "a shorter host is another one", CONFIG(ENTRY("example.com", "dXNlcjpwYXNz")),
	  "no entry for r.example.com" },
	{ "a wildcard matches nothing", CONFIG(ENTRY("*.example.com", "dXNlcjpwYXNz")),
	  "no entry for r.example.com" },
	{ "another port is another host", CONFIG(ENTRY("r.example.com:5000", "dXNlcjpwYXNz")),
	  "no entry for r.example.com" },
	{ "another path does not serve", CONFIG(ENTRY("r.example.com/sho", "dXNlcjpwYXNz")),
	  "no entry for r.example.com" },
	{ "auth that is no base64", CONFIG(ENTRY("r.example.com", "hunter2!")),
	  "entry r.example.com: \"auth\" is not base64" },
	{ "base64 with a space", CONFIG(ENTRY("r.example.com", "dXNl cjpwYXNz")), "is not base64" },
	{ "base64 with too much padding", CONFIG(ENTRY("r.example.com", "dTpw====")), "is not base64" },
	{ "base64 of an impossible length", CONFIG(ENTRY("r.example.com", "dTpwd")), "is not base64" },
	{ "auth without a colon", CONFIG(ENTRY("r.example.com", "aHVudGVyMg==")),
	  "does not hold user:password" },
	{ "auth without a user", CONFIG(ENTRY("r.example.com", "OnBhc3M=")), "does not hold user:password" },
	{ "an identity token alone", CONFIG("\"r.example.com\":{\"identitytoken\":\"hunter2\"}"),
	  "identity token" },
	{ "an empty entry", CONFIG("\"r.example.com\":{}"), "neither \"auth\" nor \"username\"" },
	{ "a user name with a colon", CONFIG("\"r.example.com\":{\"username\":\"a:b\",\"password\":\"x\"}"),
	  "holds a colon" },
};

START_TEST(says_what_is_wrong_and_no_secret)
{
	struct credentials credentials;
	struct err err = ERR_INIT;

	expect_int(bad[_i].name,
		   secret_credentials(bad[_i].json, strlen(bad[_i].json), "r.example.com/shop/web",
				      &credentials, &err),
		   ERR_INPUT);
	expect_contains(bad[_i].name, err.text, bad[_i].says);
	expect(bad[_i].name, strstr(err.text, "hunter2") == NULL);
	expect_str(bad[_i].name, credentials.basic, NULL);
}
END_TEST

START_TEST(others_have_another_identity)
{
	struct credentials a;
	struct credentials b;
	struct credentials c;
	struct err err = ERR_INIT;

	expect_int("a", credentials_init(&a, "user", "pass", &err), 0);
	expect_int("b", credentials_init(&b, "user", "pass2", &err), 0);
	expect_int("c", credentials_init(&c, "user", "pass", &err), 0);
	expect("another password is somebody else", strcmp(a.id, b.id) != 0);
	expect_str("the same pair is the same", a.id, c.id);
	credentials_finish(&a);
	credentials_finish(&b);
	credentials_finish(&c);
}
END_TEST

START_TEST(a_password_has_a_limit)
{
	char *password = malloc(CREDENTIALS_LONGEST + 1);
	struct credentials credentials;
	struct err err = ERR_INIT;

	memset(password, 'p', CREDENTIALS_LONGEST);
	password[CREDENTIALS_LONGEST] = '\0';
	expect_int("too long", credentials_init(&credentials, "user", password, &err), ERR_INPUT);
	password[CREDENTIALS_LONGEST - 5] = '\0';
	err_clear(&err);
	expect_int("just fits", credentials_init(&credentials, "user", password, &err), 0);
	credentials_finish(&credentials);
	free(password);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, finds_the_credentials_of_a_host, good);
	suite_add_rows(tests, says_what_is_wrong_and_no_secret, bad);
	tcase_add_test(tests, others_have_another_identity);
	tcase_add_test(tests, a_password_has_a_limit);
}

SUITE_MAIN("secret", add)
