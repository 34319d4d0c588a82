/* Mirrors of registries, a line each, behind a host without TLS (or an empty line) and a repository. What is refused is
 * named; what is taken is taken again as it was when it is written; and where a mirror is asked, it is a name below its
 * prefix. */
#include <stdio.h>

#include "base/str.h"
#include "fuzz.h"
#include "registry/mirror.h"
#include "registry/observed.h"

#define MIRRORS_MOST 8
#define NAMED_MOST 60 /* bytes of a mirror that an error has to hold */

static int read(const char *plain, const char *const *texts, struct hosts *hosts, struct err *err)
{
	const char *const insecure[] = { str_is_empty(plain) ? NULL : plain, NULL };
	const struct registry_options options = { .insecure_hosts = insecure, .mirrors = texts };

	return hosts_init(hosts, NULL, &options, err);
}

static void check_refusal(const char *plain, const char *const *texts, const struct err *err)
{
	bool is_named = str_has_prefix(err->text, "\"") && strncmp(err->text + 1, plain, strnlen(plain, NAMED_MOST)) == 0;

	for (; *texts != NULL; texts++)
		is_named |= str_has_prefix(err->text, "the mirror \"") &&
			    strncmp(err->text + strlen("the mirror \""), *texts, strnlen(*texts, NAMED_MOST)) == 0;
	CHECK(err->class == ERR_INPUT && is_named);
}

/* Does it stand for the server where references of that registry lead? */
static void check_host(const char *text, const struct mirror *mirror)
{
	size_t len = strcspn(text, "=");
	char authority[REFERENCE_HOST_SIZE];
	char *repository = NULL;
	struct reference reference;
	struct err err = ERR_INIT;

	reference_place_host(mirror->host, authority);
	CHECK(asprintf(&repository, "%.*s/x", (int)len, text) > 0);
	if (memchr(text, '.', len) != NULL && reference_parse(repository, &reference, &err) == 0)
		CHECK(str_equal(authority, reference.authority));
	free(repository);
}

static void check_again(const char *plain, const struct hosts *hosts, const struct mirror *mirror)
{
	char text[2 * REFERENCE_HOST_SIZE + REFERENCE_NAME_SIZE + 32];
	const char *const texts[] = { text, NULL };
	const struct mirror *other;
	struct hosts again;
	struct err err = ERR_INIT;

	(void)snprintf(text, sizeof(text), "%s=%s://%s/v2/%s", mirror->host,
		       hosts_allows_plain(hosts, mirror->authority) ? "http" : "https", mirror->authority, mirror->prefix);
	CHECK(read(plain, texts, &again, &err) == 0 && again.mirrors.len == 1);
	other = again.mirrors.items[0];
	CHECK(str_equal(other->host, mirror->host) && str_equal(other->authority, mirror->authority));
	CHECK(str_equal(other->prefix, mirror->prefix));
	hosts_finish(&again);
}

static void check_places(const struct hosts *hosts, const char *repository)
{
	struct reference reference;
	struct reference there;
	struct reference parsed;
	struct err err = ERR_INIT;
	char whole[REFERENCE_NAME_SIZE + 16];
	size_t count;

	if (reference_parse(repository, &reference, &err) < 0)
		return;
	count = mirrors_count(hosts, &reference);
	CHECK(count <= hosts->mirrors.len);
	for (size_t i = 0; i < count; i++) {
		if (!mirrors_place(hosts, &reference, i, &there))
			continue;
		CHECK(str_equal(there.host, there.authority) && strlen(there.name) >= strlen(reference.name));
		CHECK(str_equal(there.name + strlen(there.name) - strlen(reference.name), reference.name));
		(void)snprintf(whole, sizeof(whole), "localhost/%s", there.name);
		if (strlen(whole) < REFERENCE_NAME_SIZE)
			CHECK(reference_parse(whole, &parsed, &err) == 0 && str_equal(parsed.name, there.name));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *plain = fuzz_text(bytes, len);
	char *repository = fuzz_next_line(plain);
	char *text = fuzz_next_line(repository);
	const char *texts[MIRRORS_MOST + 1] = { NULL };
	struct hosts hosts;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < MIRRORS_MOST && *text != '\0'; i++) {
		texts[i] = text;
		text = fuzz_next_line(text);
	}
	if (read(plain, texts, &hosts, &err) < 0) {
		check_refusal(plain, texts, &err);
	} else {
		for (size_t i = 0; texts[i] != NULL; i++) {
			CHECK(i < hosts.mirrors.len);
			check_host(texts[i], hosts.mirrors.items[i]);
			check_again(plain, &hosts, hosts.mirrors.items[i]);
		}
		check_places(&hosts, repository);
		hosts_finish(&hosts);
	}
	free(plain);
	return 0;
}
