#include "signing.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "suite.h"

static struct vec kept; /* so that nothing is lost without being known */

static void *keep(void *memory)
{
	ck_assert_ptr_nonnull(memory);
	vec_push(&kept, memory);
	return memory;
}

char *signing_text(const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	ck_assert_int_ge(vasprintf(&text, fmt, ap), 0);
	va_end(ap);
	return keep(text);
}

char *signing_room(size_t size)
{
	return keep(calloc(1, size));
}

static EVP_PKEY *inside(const struct signing_key *key)
{
	return (EVP_PKEY *)(uintptr_t)key;
}

struct signing_key *signing_key_make(const char *curve)
{
	return keep(EVP_EC_gen(curve));
}

char *signing_key_pem(const struct signing_key *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *bytes;
	char *text;
	long len;

	ck_assert_int_eq(PEM_write_bio_PUBKEY(bio, inside(key)), 1);
	len = BIO_get_mem_data(bio, &bytes);
	text = signing_text("%.*s", (int)len, bytes);
	BIO_free(bio);
	return text;
}

char *signing_base64(const char *bytes, size_t len)
{
	char *text = signing_room(4 * ((len + 2) / 3) + 1);

	EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)bytes, (int)len);
	return text;
}

char *signing_sign(const struct signing_key *key, const char *bytes, size_t len)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char signature[256];
	size_t signature_len = sizeof(signature);

	ck_assert_int_eq(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, inside(key)), 1);
	ck_assert_int_eq(EVP_DigestSign(context, signature, &signature_len, (const unsigned char *)bytes, len), 1);
	EVP_MD_CTX_free(context);
	return signing_base64((const char *)signature, signature_len);
}

char *signing_file(const char *name)
{
	char path[4096];
	char *text = signing_room(64 * 1024);
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", getenv("REGISTRY_DATA"), name);
	in = fopen(path, "re");
	ck_assert_msg(in != NULL, "%s cannot be opened", path);
	ck_assert_uint_lt(fread(text, 1, 64 * 1024 - 1, in), 64 * 1024 - 1);
	fclose(in);
	return text;
}

size_t signing_take_keys(const char *pem, struct public_key keys[static PUBLIC_KEYS_MAX])
{
	struct err err = ERR_INIT;
	size_t count = 0;

	ck_assert_msg(public_keys_parse(pem, strlen(pem), keys, &count, &err) == 0, "%s", err.text);
	return count;
}
