/* Image references: what is read as one is read the same again from its parts. */
#include <stdio.h>

#include "base/str.h"
#include "domain/digest.h"
#include "domain/image_ref.h"
#include "fuzz.h"
#include "registry/reference.h"

static void check_repository(const char *text)
{
	char whole[REFERENCE_HOST_SIZE + REFERENCE_NAME_SIZE];
	char host[REFERENCE_HOST_SIZE];
	struct reference first;
	struct reference second;
	struct err err = ERR_INIT;

	if (reference_parse(text, &first, &err) < 0) {
		CHECK(err.class == ERR_INPUT);
		return;
	}
	CHECK(reference_read_host(first.host, strlen(first.host), host) && str_equal(host, first.host));
	CHECK(reference_read_host(first.authority, strlen(first.authority), host));
	(void)snprintf(whole, sizeof(whole), "%s/%s", first.host, first.name);
	if (strlen(whole) >= REFERENCE_NAME_SIZE) /* Docker Hub's host was not there, or library/ */
		return;
	CHECK(reference_parse(whole, &second, &err) == 0);
	CHECK(str_equal(first.host, second.host) && str_equal(first.authority, second.authority));
	CHECK(str_equal(first.name, second.name));
}

static void check_image(const char *text)
{
	const char *digest = image_ref_digest(text);

	CHECK(digest == NULL || (digest > text && digest[-1] == '@' && digest_is_valid(digest)));
	CHECK(!reference_is_tag(text) || strlen(text) <= 128);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = fuzz_text(bytes, len);

	check_repository(text);
	check_image(text);
	free(text);
	return 0;
}
