#include "registry/mirror.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "registry/origin.h"

/* ---- reading them ---- */

/* Reads the registry's host in front of the "=", as references call it: Docker Hub has several names. */
static bool read_host(const char *text, size_t len, struct mirror *mirror)
{
	char host[REFERENCE_HOST_SIZE];

	if (!reference_read_host(text, len, host))
		return false;
	reference_call_host(host, mirror->host);
	return true;
}

/* Takes the URL's path as a prefix; "/v2/…" is how containerd's configuration writes it. */
static int read_prefix(const char *path, struct mirror *mirror, struct err *err)
{
	char whole[REFERENCE_HOST_SIZE + ORIGIN_PATH_SIZE + 8];
	struct reference reference;
	size_t len;

	path += str_has_prefix(path, "/v2/") ? 4 : str_equal(path, "/v2") ? 3 : 1;
	len = strlen(path);
	while (len > 0 && path[len - 1] == '/')
		len--;
	if (len == 0)
		return 0;
	snprintf(whole, sizeof(whole), "localhost/%.*s", (int)len, path);
	if (reference_parse(whole, &reference, err) < 0)
		return err->class;
	memcpy(mirror->prefix, reference.name, sizeof(mirror->prefix));
	return 0;
}

static int read_url(const struct hosts *hosts, const char *url, struct mirror *mirror, struct err *err)
{
	char path[ORIGIN_PATH_SIZE];
	struct origin origin;
	bool is_plain;

	if (origin_parse(url, &origin, path, err) < 0)
		return err->class;
	is_plain = hosts_allows_plain(hosts, origin.authority);
	if (origin.is_plain && !is_plain)
		return err_set(err, ERR_INPUT, "it has no TLS; that has to be allowed: --insecure-registry=%s",
			       origin.authority);
	if (!origin.is_plain && is_plain)
		return err_set(err, ERR_INPUT, "the URL says https, --insecure-registry=%s says http",
			       origin.authority);
	memcpy(mirror->authority, origin.authority, sizeof(mirror->authority));
	return read_prefix(path, mirror, err);
}

static int read_one(const struct hosts *hosts, const char *text, struct mirror *mirror, struct err *err)
{
	size_t len = strcspn(text, "=");

	if (text[len] != '=' || !read_host(text, len, mirror))
		return err_set(err, ERR_INPUT, "it is not HOST=URL");
	return read_url(hosts, text + len + 1, mirror, err);
}

int mirrors_read(struct hosts *hosts, const char *const *texts, struct err *err)
{
	for (; texts != NULL && *texts != NULL; texts++) {
		struct mirror *mirror = calloc(1, sizeof(*mirror));

		if (mirror == NULL)
			return err_set(err, ERR_NOMEM, "no memory for a mirror");
		vec_push(&hosts->mirrors, mirror);
		if (read_one(hosts, *texts, mirror, err) < 0) {
			err_prefix(err, "the mirror \"%.200s\" cannot be used", *texts);
			return err->class;
		}
	}
	return 0;
}

/* ---- asking them ---- */

/* The index-th mirror of the reference's registry, NULL when there are fewer. */
static const struct mirror *find(const struct hosts *hosts, const struct reference *reference, size_t index)
{
	size_t i;

	for (i = 0; i < hosts->mirrors.len; i++) {
		const struct mirror *mirror = hosts->mirrors.items[i];

		if (str_equal(mirror->host, reference->host) && index-- == 0)
			return mirror;
	}
	return NULL;
}

size_t mirrors_count(const struct hosts *hosts, const struct reference *reference)
{
	size_t count = 0;

	while (find(hosts, reference, count) != NULL)
		count++;
	return count;
}

bool mirrors_place(const struct hosts *hosts, const struct reference *reference, size_t index,
		   struct reference *ret_reference)
{
	const struct mirror *mirror = find(hosts, reference, index);
	int len;

	CHECK(mirror != NULL);
	memcpy(ret_reference->host, mirror->authority, sizeof(ret_reference->host));
	memcpy(ret_reference->authority, mirror->authority, sizeof(ret_reference->authority));
	len = snprintf(ret_reference->name, sizeof(ret_reference->name), "%s%s%s", mirror->prefix,
		       mirror->prefix[0] == '\0' ? "" : "/", reference->name);
	return len > 0 && (size_t)len < sizeof(ret_reference->name);
}

/* Adds the credentials of each mirror; says whether there are any. */
static int add_credentials(const struct hosts *hosts, const char *json, size_t len,
			   const struct reference *reference, struct credentials *credentials, bool *ret_found,
			   struct err *err)
{
	size_t count = mirrors_count(hosts, reference);
	size_t i;

	for (i = 0; i < count; i++) {
		struct credentials own = CREDENTIALS_INIT;
		struct reference there;
		bool is_found = false;
		int r;

		if (!mirrors_place(hosts, reference, i, &there))
			continue;
		r = secret_find(json, len, &there, &own, &is_found, err);
		if (r == 0 && is_found)
			r = credentials_add(credentials, i, count, &own, err);
		credentials_finish(&own);
		if (r < 0)
			return r;
		*ret_found |= is_found;
	}
	return 0;
}

int mirrors_credentials(const struct hosts *hosts, const char *json, size_t len, const char *repository,
			struct credentials *ret_credentials, struct err *err)
{
	struct reference reference;
	bool is_found = false;
	int r;

	*ret_credentials = CREDENTIALS_INIT;
	r = reference_parse(repository, &reference, err);
	if (r == 0)
		r = secret_find(json, len, &reference, ret_credentials, &is_found, err);
	if (r == 0)
		r = add_credentials(hosts, json, len, &reference, ret_credentials, &is_found, err);
	if (r == 0 && !is_found)
		r = secret_missing(&reference, err);
	if (r < 0)
		credentials_finish(ret_credentials);
	return r;
}
