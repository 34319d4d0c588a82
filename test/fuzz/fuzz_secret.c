/* A pull secret: nothing of it for a host that it does not name. */
#include "base/str.h"
#include "fuzz.h"
#include "registry/secret.h"

static int read(const uint8_t *json, size_t len, const char *repository, struct credentials *ret)
{
	struct err err = ERR_INIT;
	int r = secret_credentials((const char *)json, len, repository, ret, &err);

	CHECK((r < 0) == err_is_set(&err));
	CHECK((ret->basic != NULL) == (r == 0) && (strlen(ret->id) == 64) == (r == 0));
	return r;
}

/* Does text appear in bytes, in any case? A path before it may hide none of it: JSON may escape, so this asks
 * only where there is no backslash. */
static int mentions(const uint8_t *bytes, size_t len, const char *text)
{
	char *copy = fuzz_text(bytes, len);
	int found = memchr(bytes, '\\', len) != NULL || strcasestr(copy, text) != NULL ||
		    strlen(copy) != len;

	free(copy);
	return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct credentials first;
	struct credentials second;
	int r = read(bytes, len, "r.example.com/shop/web", &first);

	CHECK(r < 0 || mentions(bytes, len, "r.example.com"));
	CHECK(read(bytes, len, "r.example.com/shop/web", &second) == r);
	CHECK(r < 0 || (str_equal(first.basic, second.basic) && str_equal(first.id, second.id)));
	credentials_finish(&first);
	credentials_finish(&second);
	CHECK(read(bytes, len, "docker.io/library/web", &first) < 0 || mentions(bytes, len, "docker.io"));
	credentials_finish(&first);
	return 0;
}
