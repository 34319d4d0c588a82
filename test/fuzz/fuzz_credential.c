/* What a credential plugin answers: usable, or an error; never both, never half. */
#include "base/clock.h"
#include "base/str.h"
#include "fuzz.h"
#include "wire/credential_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct credential credential = { .token = NULL };
	struct err err = ERR_INIT;
	int r = credential_from_json((const char *)bytes, len, "client.authentication.k8s.io/v1",
				     &credential, &err);

	CHECK((r < 0) == err_is_set(&err));
	CHECK((r == 0) == (credential.token != NULL || credential.cert_pem != NULL));
	CHECK((credential.cert_pem == NULL) == (credential.key_pem == NULL));
	CHECK(credential.token == NULL || strpbrk(credential.token, " \r\n") == NULL);
	credential_finish(&credential);
	return 0;
}
