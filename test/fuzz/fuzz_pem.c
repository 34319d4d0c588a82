/* Certificates and a key, with a NUL between them; without one the text is both. A chain that is there twice is as good as
 * once; another certificate behind one (that has an end: it could bring it) changes nothing for its key, and in front of it
 * takes its place; and no error stays behind for whoever uses OpenSSL next. */
#include <openssl/err.h>
#include <stdio.h>

#include "fuzz.h"
#include "net/pem.h"

/* Nobody has its key. */
static const char other[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBLDCB36ADAgECAhQLbz7NPyxoxPg9IcagqnuXvmv50TAFBgMrZXAwDDEKMAgG\n"
	"A1UEAwwBbzAeFw0yNjExMjcwMjQ2MDRaFw0zNjExMjQwMjQ2MDRaMAwxCjAIBgNV\n"
	"BAMMAW8wKjAFBgMrZXADIQCtGG/ARfBYvmXoklOk3I9+xAcdpvVb+YaQb9YXYfuy\n"
	"46NTMFEwHQYDVR0OBBYEFET4XY90WzYNXQkaJxJPhMTXMq/WMB8GA1UdIwQYMBaA\n"
	"FET4XY90WzYNXQkaJxJPhMTXMq/WMA8GA1UdEwEB/wQFMAMBAf8wBQYDK2VwA0EA\n"
	"WZR5Kdpt5/VPB9b3SI6ZU0DgLlTXnClHatPYicTa7J6BwKFOeS8/0LTxI2/wA5c0\n"
	"GncWsKdKJfm61c34av62BA==\n"
	"-----END CERTIFICATE-----\n";

/* "a\nb"; the caller frees it. */
static char *join(const char *a, const char *b)
{
	char *text = NULL;

	CHECK(asprintf(&text, "%s\n%s", a, b) >= 0);
	return text;
}

static int check_authorities(const char *pem)
{
	struct err err = ERR_INIT;
	struct err err_again = ERR_INIT;
	int r = pem_check_authorities(pem, &err);

	fuzz_check_same_err(r, &err, pem_check_authorities(pem, &err_again), &err_again);
	CHECK(r == 0 || r == ERR_INPUT);
	CHECK(r < 0 || strstr(pem, "-----BEGIN ") != NULL);
	CHECK(ERR_peek_error() == 0);
	return r;
}

static int check_pair(const char *cert, const char *key)
{
	struct err err = ERR_INIT;
	struct err err_again = ERR_INIT;
	int r = pem_check_pair(cert, key, &err);

	fuzz_check_same_err(r, &err, pem_check_pair(cert, key, &err_again), &err_again);
	CHECK(r == 0 || r == ERR_INPUT);
	CHECK(ERR_peek_error() == 0);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *cert = fuzz_text(bytes, len);
	size_t cert_len = strlen(cert);
	const char *key = cert_len < len ? cert + cert_len + 1 : cert;
	char *twice = join(cert, cert);
	char *followed = join(cert, other);
	char *led = join(other, cert);
	bool is_chain = check_authorities(cert) == 0;
	bool is_pair = check_pair(cert, key) == 0;

	CHECK(is_chain || !is_pair);
	CHECK((check_authorities(twice) == 0) == is_chain);
	CHECK(!is_chain || (check_pair(followed, key) == 0) == is_pair);
	CHECK(check_pair(led, key) < 0);
	free(led);
	free(followed);
	free(twice);
	free(cert);
	return 0;
}
