#include "registry/public_key.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "base/str.h"
#include "registry/quote.h"

static bool is_p256(const EVP_PKEY *key)
{
	char curve[32];
	size_t len;

	return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, curve, sizeof(curve), &len) == 1 &&
	       strcmp(curve, "prime256v1") == 0;
}

/* Writes the key in the one form that it is kept in. */
static bool encode(EVP_PKEY *key, struct public_key *ret_key)
{
	unsigned char *at = ret_key->der;

	if (EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed") != 1 ||
	    i2d_PUBKEY(key, NULL) != PUBLIC_KEY_DER_SIZE || i2d_PUBKEY(key, &at) != PUBLIC_KEY_DER_SIZE)
		return false;
	sha256_hex(ret_key->der, PUBLIC_KEY_DER_SIZE, ret_key->id);
	return true;
}

static EVP_PKEY *decode(const unsigned char *der, size_t len)
{
	const unsigned char *at = der;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)len);

	if (key != NULL && at == der + len)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

/* One block of the text as a key. */
static int read_block(const char *name, const unsigned char *bytes, long len, struct public_key *ret_key,
		      struct err *err)
{
	char quoted[QUOTE_SIZE];
	EVP_PKEY *key;
	int r = 0;

	if (strstr(name, "PRIVATE KEY") != NULL)
		return err_set(err, ERR_INPUT, "it holds a private key, which belongs nowhere but to the signer");
	if (!str_equal(name, "PUBLIC KEY"))
		return err_set(err, ERR_INPUT, "it holds a block \"%s\", which is no PUBLIC KEY", quote(name, quoted));
	key = decode(bytes, (size_t)len);
	if (key == NULL)
		r = err_set(err, ERR_INPUT, "a key in it cannot be read");
	else if (!is_p256(key))
		r = err_set(err, ERR_INPUT, "a key in it is not an ECDSA key on the curve P-256");
	else if (!encode(key, ret_key))
		r = err_set(err, ERR_NOMEM, "no memory for a key");
	EVP_PKEY_free(key);
	return r;
}

/* Adds a block's key to those that were read. */
static int add_block(const char *name, const unsigned char *bytes, long len, struct public_key *keys, size_t *count,
		     struct err *err)
{
	if (*count == PUBLIC_KEYS_MAX)
		return err_set(err, ERR_INPUT, "it holds more than %d keys", PUBLIC_KEYS_MAX);
	if (read_block(name, bytes, len, &keys[*count], err) < 0)
		return err->class;
	for (size_t i = 0; i < *count; i++) {
		if (str_equal(keys[i].id, keys[*count].id))
			return err_set(err, ERR_INPUT, "it holds one key twice");
	}
	(*count)++;
	return 0;
}

/* Did the reading end because there is no more, rather than amid something? */
static bool is_at_end(void)
{
	unsigned long error = ERR_peek_last_error();

	return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

static int read_blocks(BIO *bio, struct public_key *keys, size_t *count, struct err *err)
{
	int r = 0;

	while (r == 0) {
		char *name = NULL;
		char *header = NULL;
		unsigned char *bytes = NULL;
		long len = 0;

		if (PEM_read_bio(bio, &name, &header, &bytes, &len) != 1)
			break;
		r = add_block(name, bytes, len, keys, count, err);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_clear_free(bytes, (size_t)len);
	}
	if (r == 0 && !is_at_end())
		r = err_set(err, ERR_INPUT, "a PEM block in it is broken");
	return r;
}

int public_keys_parse(const char *pem, size_t len, struct public_key ret_keys[static PUBLIC_KEYS_MAX],
		      size_t *ret_count, struct err *err)
{
	BIO *bio;
	int r;

	*ret_count = 0;
	if (len > PUBLIC_KEYS_TEXT_MAX)
		return err_set(err, ERR_INPUT, "it has more than %zu bytes", PUBLIC_KEYS_TEXT_MAX);
	bio = BIO_new_mem_buf(pem, (int)len);
	if (bio == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a key");
	ERR_clear_error();
	r = read_blocks(bio, ret_keys, ret_count, err);
	ERR_clear_error();
	BIO_free(bio);
	if (r == 0 && *ret_count == 0)
		r = err_set(err, ERR_INPUT, "it holds no public key (PEM: -----BEGIN PUBLIC KEY-----)");
	return r;
}

bool public_key_verify(const struct public_key *key, const char *bytes, size_t len, const char *signature,
		       size_t signature_len)
{
	EVP_PKEY *parsed = decode(key->der, sizeof(key->der));
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool is_good = false;

	CHECK(parsed != NULL && context != NULL);
	if (EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, parsed) == 1)
		is_good = EVP_DigestVerify(context, (const unsigned char *)signature, signature_len,
					   (const unsigned char *)bytes, len) == 1;
	ERR_clear_error();
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(parsed);
	return is_good;
}
