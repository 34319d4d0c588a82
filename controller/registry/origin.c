#include "registry/origin.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "registry/quote.h"

/* Characters that RFC 3986 allows in a path with a query. '#' ends both, '@' is fine behind a slash. */
static bool is_url_char(char c)
{
	return c > 0x20 && c < 0x7f && strchr("\"<>\\^`{|}#", c) == NULL;
}

static bool is_url_text(const char *text)
{
	for (; *text != '\0'; text++) {
		if (!is_url_char(*text))
			return false;
	}
	return true;
}

/* Cuts the scheme's own port off, so that two spellings of one origin are equal. */
static void drop_default_port(struct origin *origin)
{
	const char *port = origin->is_plain ? ":80" : ":443";
	size_t len = strlen(origin->authority);
	size_t port_len = strlen(port);

	if (len > port_len && strcmp(origin->authority + len - port_len, port) == 0 &&
	    origin->authority[len - port_len - 1] != ':')
		origin->authority[len - port_len] = '\0';
}

bool origin_equal(const struct origin *a, const struct origin *b)
{
	struct origin left = *a;
	struct origin right = *b;

	drop_default_port(&left);
	drop_default_port(&right);
	return left.is_plain == right.is_plain && strcasecmp(left.authority, right.authority) == 0;
}

static int refuse(const char *url, const char *why, struct err *err)
{
	char quoted[QUOTE_SIZE];

	return err_set(err, ERR_INPUT, "the URL \"%s\" %s", quote(url, quoted), why);
}

/* Copies a path and its query, with a slash in front. */
static int take_path(const char *url, const char *path, char ret_path[static ORIGIN_PATH_SIZE],
		     struct err *err)
{
	const char *slash = *path == '/' ? "" : "/";

	if (snprintf(ret_path, ORIGIN_PATH_SIZE, "%s%s", slash, path) >= ORIGIN_PATH_SIZE)
		return refuse(url, "is too long", err);
	return 0;
}

/* Reads "authority/path?query", what stands behind the "//". */
static int parse_rest(const char *url, const char *rest, struct origin *origin,
		      char ret_path[static ORIGIN_PATH_SIZE], struct err *err)
{
	size_t len = strcspn(rest, "/?");

	if (!is_url_text(url))
		return refuse(url, "holds characters that a URL may not hold", err);
	if (memchr(rest, '@', len) != NULL)
		return refuse(url, "holds a user name", err);
	if (!reference_read_host(rest, len, origin->authority))
		return refuse(url, "has no valid host", err);
	drop_default_port(origin);
	return take_path(url, rest + len, ret_path, err);
}

int origin_parse(const char *url, struct origin *ret_origin, char ret_path[static ORIGIN_PATH_SIZE],
		 struct err *err)
{
	*ret_origin = (struct origin){ .is_plain = false };
	if (strncasecmp(url, "https://", 8) == 0)
		return parse_rest(url, url + 8, ret_origin, ret_path, err);
	if (strncasecmp(url, "http://", 7) == 0) {
		ret_origin->is_plain = true;
		return parse_rest(url, url + 7, ret_origin, ret_path, err);
	}
	return refuse(url, "is not an absolute http or https URL", err);
}

/* Does text begin with a scheme ("javascript:", "ftp:")? */
static bool has_scheme(const char *text)
{
	size_t len = strcspn(text, ":/?");

	return len > 0 && text[len] == ':';
}

/* Joins a relative target with the path it is relative to: "?query" keeps the path, else its last
 * component is replaced. */
static int join(const char *path, const char *target, char ret_path[static ORIGIN_PATH_SIZE],
		struct err *err)
{
	size_t keep = strcspn(path, "?");

	if (*target != '?') {
		while (keep > 0 && path[keep - 1] != '/')
			keep--;
	}
	if (snprintf(ret_path, ORIGIN_PATH_SIZE, "%.*s%s", (int)keep, path, target) >= ORIGIN_PATH_SIZE)
		return refuse(target, "is too long", err);
	return 0;
}

int origin_follow(const struct origin *origin, const char *path, const char *target,
		  char ret_path[static ORIGIN_PATH_SIZE], struct err *err)
{
	struct origin there = { .is_plain = origin->is_plain };
	int r;

	if (*target == '\0' || !is_url_text(target))
		return refuse(target, "holds characters that a URL may not hold, or nothing", err);
	if (str_has_prefix(target, "//")) {
		r = parse_rest(target, target + 2, &there, ret_path, err);
	} else if (has_scheme(target)) {
		r = origin_parse(target, &there, ret_path, err);
	} else if (*target == '/') {
		return take_path(target, target, ret_path, err);
	} else {
		return join(path, target, ret_path, err);
	}
	if (r < 0)
		return r;
	if (!origin_equal(origin, &there))
		return refuse(target, "leads to another host; that is not followed", err);
	return 0;
}

const char *origin_url(const struct origin *origin, const char *path,
		       char ret_url[static ORIGIN_URL_SIZE])
{
	snprintf(ret_url, ORIGIN_URL_SIZE, "%s://%s%s", origin->is_plain ? "http" : "https",
		 origin->authority, path);
	return ret_url;
}
