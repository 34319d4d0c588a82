/* WWW-Authenticate: read twice; and a Bearer offer that is written down again is read as the same. */
#include <stdio.h>

#include "base/str.h"
#include "fuzz.h"
#include "registry/auth.h"

/* Appends a quoted string. */
static char *quote_to(char *at, const char *text)
{
	*at++ = '"';
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			*at++ = '\\';
		*at++ = *text;
	}
	*at++ = '"';
	*at = '\0';
	return at;
}

static void check_written(const struct auth_offer *offer)
{
	char text[2 * (AUTH_REALM_SIZE + AUTH_SERVICE_SIZE) + 64] = "Basic realm=x, Bearer realm=";
	struct auth_offer again;
	struct err err = ERR_INIT;
	char *at = quote_to(text + strlen(text), offer->realm);

	at = quote_to(at + sprintf(at, ",scope=\"a,b\", service = "), offer->service);
	CHECK(auth_parse(text, (size_t)(at - text), &again, &err) == 0);
	CHECK(again.has_basic && again.has_bearer);
	CHECK(str_equal(again.realm, offer->realm) && str_equal(again.service, offer->service));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const char *text = (const char *)bytes;
	struct auth_offer first;
	struct auth_offer second;
	struct err err = ERR_INIT;
	struct err err_again = ERR_INIT;
	int r = auth_parse(text, len, &first, &err);

	fuzz_check_same_err(r, &err, auth_parse(text, len, &second, &err_again), &err_again);
	if (r == 0) {
		CHECK(first.has_basic == second.has_basic && first.has_bearer == second.has_bearer);
		CHECK(str_equal(first.realm, second.realm) && str_equal(first.service, second.service));
		CHECK(first.has_bearer || (first.realm[0] == '\0' && first.service[0] == '\0'));
	}
	if (r == 0 && first.has_bearer)
		check_written(&first);
	return 0;
}
