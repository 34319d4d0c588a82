#include "registry/reference.h"
#include "suite.h"

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *name;
	const char *text;
	const char *host;
	const char *authority;
	const char *path;
} good[] = {
	{ "a host, a slash and a path", "registry.example.com/shop/web", "registry.example.com",
	  "registry.example.com", "shop/web" },
	{ "a port belongs to the host", "127.0.0.1:5000/shop/web", "127.0.0.1:5000", "127.0.0.1:5000",
	  "shop/web" },
	{ "localhost is a host", "localhost/web", "localhost", "localhost", "web" },
	{ "a name with a port is a host", "registry:5000/web", "registry:5000", "registry:5000", "web" },
	{ "an IPv6 address stands in brackets", "[fd00::1]:5000/web", "[fd00::1]:5000", "[fd00::1]:5000",
	  "web" },
	{ "an IPv6 address needs no port", "[::1]/web", "[::1]", "[::1]", "web" },
	{ "capitals of a host do not count", "Registry.Example.COM/web", "registry.example.com",
	  "registry.example.com", "web" },
	{ "Docker Hub is called docker.io and answers elsewhere", "docker.io/shop/web", "docker.io",
	  "registry-1.docker.io", "shop/web" },
	{ "Docker Hub's official images lie under library", "docker.io/nginx", "docker.io",
	  "registry-1.docker.io", "library/nginx" },
	{ "index.docker.io is Docker Hub", "index.docker.io/nginx", "docker.io", "registry-1.docker.io",
	  "library/nginx" },
	{ "without a host it is Docker Hub", "nginx", "docker.io", "registry-1.docker.io", "library/nginx" },
	{ "a first component without a dot is no host", "shop/web", "docker.io", "registry-1.docker.io",
	  "shop/web" },
	{ "components may have separators inside", "r.example.com/a.b/c_d/e__f/g---h", "r.example.com",
	  "r.example.com", "a.b/c_d/e__f/g---h" },
	{ "a repository may have 255 bytes",
	  "r.example.com/" A64 "/" A64 "/" A64 "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	  "r.example.com", "r.example.com",
	  A64 "/" A64 "/" A64 "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
};

START_TEST(takes_repositories_apart)
{
	struct reference reference;
	struct err err = ERR_INIT;

	expect_int(good[_i].name, reference_parse(good[_i].text, &reference, &err), 0);
	expect_str(good[_i].name, reference.host, good[_i].host);
	expect_str(good[_i].name, reference.authority, good[_i].authority);
	expect_str(good[_i].name, reference.name, good[_i].path);
}
END_TEST

static const struct {
	const char *name;
	const char *text;
	const char *says;
} bad[] = {
	{ "a tag is named as the mistake", "registry.example.com/shop/web:v1", "has a tag" },
	{ "a tag is not mistaken for a port", "web:v1", "has a tag" },
	{ "a digest is named as the mistake", "registry.example.com/web@sha256:" A64, "has a digest" },
	{ "a scheme is named as the mistake", "https://registry.example.com/web", "has a scheme" },
	{ "an empty text is none", "", "is not a repository" },
	{ "a host alone is none", "registry.example.com/", "is not a repository" },
	{ "a path has no capitals", "registry.example.com/Shop", "is not a repository" },
	{ "a path has no empty component", "registry.example.com/shop//web", "is not a repository" },
	{ "a path does not climb", "registry.example.com/../web", "is not a repository" },
	{ "a component does not begin with a separator", "registry.example.com/-web", "is not a repository" },
	{ "a component does not end with a separator", "registry.example.com/web-", "is not a repository" },
	{ "three underscores are no separator", "registry.example.com/a___b", "is not a repository" },
	{ "a query does not get in", "registry.example.com/web?n=1", "is not a repository" },
	{ "a user name does not get in", "user@registry.example.com/web", "does not begin with a host" },
	{ "a port is a number", "registry.example.com:http/web", "does not begin with a host" },
	{ "a port is at most 65535", "registry.example.com:65536/web", "does not begin with a host" },
	{ "port 0 is none", "registry.example.com:0/web", "does not begin with a host" },
	{ "a host has one port", "registry.example.com:1:2/web", "does not begin with a host" },
	{ "a host has no empty label", "registry..example.com/web", "does not begin with a host" },
	{ "a host does not end with a dot", "example.com./web", "does not begin with a host" },
	{ "a label does not begin with a hyphen", "-x.example.com/web", "does not begin with a host" },
	{ "brackets hold an IPv6 address", "[fd00::g]/web", "does not begin with a host" },
	{ "brackets are closed", "[fd00::1/web", "does not begin with a host" },
	{ "an IPv6 zone does not get in", "[fe80::1%eth0]/web", "does not begin with a host" },
	{ "256 bytes are too many",
	  "r.example.com/" A64 "/" A64 "/" A64 "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	  "at most 255 bytes" },
};

START_TEST(refuses_what_is_no_repository)
{
	struct reference reference;
	struct err err = ERR_INIT;

	expect_int(bad[_i].name, reference_parse(bad[_i].text, &reference, &err), ERR_INPUT);
	expect_contains(bad[_i].name, err.text, bad[_i].says);
}
END_TEST

static const struct {
	const char *name;
	const char *text;
	bool is_tag;
} tags[] = {
	{ "a version is a tag", "v1.4.2-rc_1", true },
	{ "a tag may have capitals", "Release", true },
	{ "a tag may begin with an underscore", "_x", true },
	{ "128 bytes are a tag", A64 A64, true },
	{ "129 bytes are too many", A64 A64 "a", false },
	{ "nothing is no tag", "", false },
	{ "a tag does not begin with a dot", ".x", false },
	{ "a tag does not begin with a hyphen", "-x", false },
	{ "a tag has no slash", "a/b", false },
	{ "a tag has no plus", "1.0+1", false },
	{ "a digest is no tag", "sha256:" A64, false },
	{ "a newline does not get in", "v1\n", false },
};

START_TEST(knows_tags)
{
	expect_int(tags[_i].name, reference_is_tag(tags[_i].text), tags[_i].is_tag);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, takes_repositories_apart, good);
	suite_add_rows(tests, refuses_what_is_no_repository, bad);
	suite_add_rows(tests, knows_tags, tags);
}

SUITE_MAIN("reference", add)
