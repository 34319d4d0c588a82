#include "registry/origin.h"
#include "suite.h"

static const struct {
	const char *name;
	const char *path;
	const char *target;
	const char *want; /* NULL: refused */
} follows[] = {
	{ "a path replaces the path", "/v2/a/tags/list?n=9", "/v2/a/tags/list?last=x&n=9",
	  "/v2/a/tags/list?last=x&n=9" },
	{ "the same host in full is the same", "/v2/a", "https://r.example.com/v2/b", "/v2/b" },
	{ "the scheme's own port may be written", "/v2/a", "https://r.example.com:443/v2/b", "/v2/b" },
	{ "capitals of a host do not count", "/v2/a", "HTTPS://R.Example.COM/v2/b", "/v2/b" },
	{ "a host without a scheme takes ours", "/v2/a", "//r.example.com/v2/b", "/v2/b" },
	{ "a query alone keeps the path", "/v2/a/tags/list?n=9", "?last=x", "/v2/a/tags/list?last=x" },
	{ "a relative path replaces the last component", "/v2/a/tags/list?n=9", "list?last=x",
	  "/v2/a/tags/list?last=x" },
	{ "an origin without a path is its root", "/v2/a", "https://r.example.com", "/" },
	{ "a query right behind the host gets its slash", "/v2/a", "https://r.example.com?x=1", "/?x=1" },
	{ "an at sign in a path is no user", "/v2/a", "/v2/a@b", "/v2/a@b" },
	{ "another host is refused", "/v2/a", "https://evil.example.com/v2/b", NULL },
	{ "a longer host is another one", "/v2/a", "https://r.example.com.evil.com/v2/b", NULL },
	{ "another port is another origin", "/v2/a", "https://r.example.com:8443/v2/b", NULL },
	{ "http is another origin", "/v2/a", "http://r.example.com/v2/b", NULL },
	{ "http on port 443 is another origin", "/v2/a", "http://r.example.com:443/v2/b", NULL },
	{ "another host without a scheme is refused", "/v2/a", "//evil.example.com/v2/b", NULL },
	{ "a user name hides no host", "/v2/a", "https://r.example.com@evil.example.com/", NULL },
	{ "a user name is refused at the right host, too", "/v2/a", "https://u:p@r.example.com/", NULL },
	{ "a backslash is no slash", "/v2/a", "https:\\\\evil.example.com/", NULL },
	{ "a backslash behind a slash is refused", "/v2/a", "/\\evil.example.com/", NULL },
	{ "another scheme is refused", "/v2/a", "file:///etc/passwd", NULL },
	{ "a scheme without slashes is refused", "/v2/a", "javascript:alert(1)", NULL },
	{ "a fragment is refused", "/v2/a", "/v2/b#c", NULL },
	{ "a space is refused", "/v2/a", "/v2/b c", NULL },
	{ "a line break is refused", "/v2/a", "/v2/b\r\nHost: evil", NULL },
	{ "letters beyond ASCII are refused", "/v2/a", "https://r\xe3\x80\x82" "example.com/", NULL },
	{ "nothing is no target", "/v2/a", "", NULL },
	{ "an origin without a host is refused", "/v2/a", "https:///v2/b", NULL },
	{ "a port that is none is refused", "/v2/a", "https://r.example.com:/v2/b", NULL },
};

START_TEST(follows_within_the_origin_only)
{
	const struct origin origin = { .authority = "r.example.com" };
	char path[ORIGIN_PATH_SIZE];
	struct err err = ERR_INIT;
	int r = origin_follow(&origin, follows[_i].path, follows[_i].target, path, &err);

	expect_int(follows[_i].name, r, follows[_i].want == NULL ? ERR_INPUT : 0);
	if (follows[_i].want != NULL)
		expect_str(follows[_i].name, path, follows[_i].want);
}
END_TEST

START_TEST(refuses_a_target_that_is_too_long)
{
	const struct origin origin = { .authority = "r.example.com" };
	char path[ORIGIN_PATH_SIZE];
	char target[ORIGIN_PATH_SIZE + 1];
	struct err err = ERR_INIT;

	memset(target, 'a', sizeof(target));
	target[0] = '/';
	target[ORIGIN_PATH_SIZE] = '\0';
	expect_int("2048 bytes", origin_follow(&origin, "/", target, path, &err), ERR_INPUT);
	target[0] = '?';
	target[ORIGIN_PATH_SIZE - 2] = '\0';
	err_clear(&err);
	expect_int("joined", origin_follow(&origin, "/v2/a", target, path, &err), ERR_INPUT);
}
END_TEST

static const struct {
	const char *name;
	const char *url;
	bool is_plain;
	const char *authority;
	const char *path;
} urls[] = {
	{ "a realm", "https://auth.example.com/token", false, "auth.example.com", "/token" },
	{ "a realm with a port and a query", "https://auth.example.com:8443/token?a=b", false,
	  "auth.example.com:8443", "/token?a=b" },
	{ "plain HTTP is told", "http://127.0.0.1:5001/token", true, "127.0.0.1:5001", "/token" },
	{ "plain HTTP's own port goes", "http://127.0.0.1:80/token", true, "127.0.0.1", "/token" },
	{ "an IPv6 address keeps its colons", "https://[fd00::443]/token", false, "[fd00::443]", "/token" },
};

START_TEST(reads_absolute_urls)
{
	struct origin origin;
	char path[ORIGIN_PATH_SIZE];
	char url[ORIGIN_URL_SIZE];
	struct err err = ERR_INIT;

	expect_int(urls[_i].name, origin_parse(urls[_i].url, &origin, path, &err), 0);
	expect_int(urls[_i].name, origin.is_plain, urls[_i].is_plain);
	expect_str(urls[_i].name, origin.authority, urls[_i].authority);
	expect_str(urls[_i].name, path, urls[_i].path);
	expect_contains(urls[_i].name, origin_url(&origin, path, url), urls[_i].authority);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, follows_within_the_origin_only, follows);
	tcase_add_test(tests, refuses_a_target_that_is_too_long);
	suite_add_rows(tests, reads_absolute_urls, urls);
}

SUITE_MAIN("origin", add)
