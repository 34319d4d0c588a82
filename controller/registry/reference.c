#include "registry/reference.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define LONGEST_HOST 255
#define LONGEST_TAG 128

static bool is_lower_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_letter_or_digit(char c)
{
	return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

static char to_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool reference_is_tag(const char *text)
{
	size_t len = strnlen(text, LONGEST_TAG + 1);
	size_t i;

	if (len == 0 || len > LONGEST_TAG || !(is_letter_or_digit(text[0]) || text[0] == '_'))
		return false;
	for (i = 1; i < len; i++) {
		if (!is_letter_or_digit(text[i]) && strchr("._-", text[i]) == NULL)
			return false;
	}
	return true;
}

/* Labels of letters, digits and inner hyphens, with a dot between two. IPv4 addresses are such, too. */
static bool is_dns_name(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		bool is_edge = i == 0 || i + 1 == len || text[i - 1] == '.' || text[i + 1] == '.';

		if (is_letter_or_digit(text[i]) || (text[i] == '-' && !is_edge))
			continue;
		if (text[i] != '.' || is_edge)
			return false;
	}
	return len > 0 && len <= LONGEST_HOST;
}

static bool is_bracketed_ipv6(const char *text, size_t len)
{
	char address[INET6_ADDRSTRLEN];
	struct in6_addr ignored;

	if (len < 4 || len - 2 >= sizeof(address) || text[0] != '[' || text[len - 1] != ']')
		return false;
	memcpy(address, text + 1, len - 2);
	address[len - 2] = '\0';
	return strlen(address) == len - 2 && inet_pton(AF_INET6, address, &ignored) == 1;
}

static bool is_port(const char *text, size_t len)
{
	char digits[6];
	int64_t port;

	if (len == 0 || len >= sizeof(digits) || text[0] == '+' || text[0] == '-')
		return false;
	memcpy(digits, text, len);
	digits[len] = '\0';
	return strlen(digits) == len && str_to_int(digits, 1, 65535, &port);
}

bool reference_read_host(const char *text, size_t len, char ret_host[static REFERENCE_HOST_SIZE])
{
	size_t name_len = len;
	size_t i;

	for (i = len; i > 0 && text[i - 1] != ']'; i--) {
		if (text[i - 1] == ':')
			name_len = i - 1; /* the leftmost colon behind the brackets */
	}
	if (len >= REFERENCE_HOST_SIZE ||
	    !(is_dns_name(text, name_len) || is_bracketed_ipv6(text, name_len)))
		return false;
	if (name_len < len && !is_port(text + name_len + 1, len - name_len - 1))
		return false;
	for (i = 0; i < len; i++)
		ret_host[i] = to_lower(text[i]);
	ret_host[len] = '\0';
	return true;
}

/* The length of the host in front of the first slash; 0 when the first component is not a host. */
static size_t host_len(const char *text)
{
	size_t len = strcspn(text, "/");

	if (text[len] == '\0' || len == 0)
		return 0;
	if (memchr(text, '.', len) != NULL || memchr(text, ':', len) != NULL || text[0] == '[')
		return len;
	return len == strlen("localhost") && memcmp(text, "localhost", len) == 0 ? len : 0;
}

/* One component of a path: runs of [a-z0-9] with ".", "_", "__" or any number of "-" between two. Returns
 * the length of the component, 0 when there is none. */
static size_t component_len(const char *text)
{
	size_t i = 0;

	for (;;) {
		size_t start = i;

		while (is_lower_or_digit(text[i]))
			i++;
		if (i == start)
			return 0;
		if (text[i] == '\0' || text[i] == '/')
			return i;
		if (text[i] == '.')
			i++;
		else if (text[i] == '_')
			i += text[i + 1] == '_' ? 2 : 1;
		else if (text[i] == '-')
			i += strspn(text + i, "-");
		else
			return 0;
	}
}

static bool is_path(const char *text)
{
	for (;;) {
		size_t len = component_len(text);

		if (len == 0)
			return false;
		if (text[len] == '\0')
			return true;
		text += len + 1;
	}
}

/* Says what is wrong with a path that is none; the likeliest mistakes by their names. */
static int refuse_path(const char *repository, const char *path, struct err *err)
{
	const char *last = strrchr(path, '/') == NULL ? path : strrchr(path, '/');

	if (strchr(path, '@') != NULL)
		return err_set(err, ERR_INPUT, "\"%.255s\" has a digest; a repository has none", repository);
	if (strchr(last, ':') != NULL)
		return err_set(err, ERR_INPUT, "\"%.255s\" has a tag; a repository has none", repository);
	return err_set(err, ERR_INPUT,
		       "\"%.255s\" is not a repository: lower-case letters, digits and single separators "
		       "between slashes",
		       repository);
}

/* Docker Hub answers elsewhere than it is called. */
static bool is_hub(const char *host)
{
	return str_equal(host, "docker.io") || str_equal(host, "index.docker.io");
}

void reference_call_host(const char *host, char ret_host[static REFERENCE_HOST_SIZE])
{
	bool is_any = is_hub(host) || str_equal(host, "registry-1.docker.io");

	snprintf(ret_host, REFERENCE_HOST_SIZE, "%s", is_any ? "docker.io" : host);
}

void reference_place_host(const char *host, char ret_authority[static REFERENCE_HOST_SIZE])
{
	snprintf(ret_authority, REFERENCE_HOST_SIZE, "%s", is_hub(host) ? "registry-1.docker.io" : host);
}

/* Puts the path under the host. */
static int place(struct reference *reference, const char *host, const char *path, struct err *err)
{
	bool is_official = is_hub(host) && strchr(path, '/') == NULL;

	snprintf(reference->host, REFERENCE_HOST_SIZE, "%s", is_hub(host) ? "docker.io" : host);
	reference_place_host(host, reference->authority);
	if (snprintf(reference->name, REFERENCE_NAME_SIZE, "%s%s", is_official ? "library/" : "", path) >=
	    REFERENCE_NAME_SIZE)
		return err_set(err, ERR_INPUT, "the repository library/%.60s… is too long", path);
	return 0;
}

int reference_parse(const char *repository, struct reference *ret_reference, struct err *err)
{
	size_t len = host_len(repository);
	const char *path = len == 0 ? repository : repository + len + 1;
	char host[REFERENCE_HOST_SIZE] = "docker.io";

	if (strnlen(repository, REFERENCE_NAME_SIZE) >= REFERENCE_NAME_SIZE)
		return err_set(err, ERR_INPUT, "a repository has at most %d bytes, not \"%.60s…\"",
			       REFERENCE_NAME_SIZE - 1, repository);
	if (strstr(repository, "://") != NULL)
		return err_set(err, ERR_INPUT, "\"%.255s\" has a scheme; a repository has none", repository);
	if (len > 0 && !reference_read_host(repository, len, host))
		return err_set(err, ERR_INPUT, "\"%.255s\" does not begin with a host", repository);
	if (!is_path(path))
		return refuse_path(repository, path, err);
	return place(ret_reference, host, path, err);
}
