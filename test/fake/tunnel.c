#include "fake/tunnel.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define DAY_S (24L * 60 * 60)

struct tunnel_identity {
	SSL_CTX *context;
	char *pem;
};

struct tunnel {
	SSL *ssl;
	BIO *from_wire;
	BIO *to_wire;
};

static void add_extension(X509 *certificate, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	CHECK(extension != NULL && X509_add_ext(certificate, extension, -1) == 1);
	X509_EXTENSION_free(extension);
}

static X509 *make_certificate(EVP_PKEY *key)
{
	X509 *certificate = X509_new();
	X509_NAME *name = certificate == NULL ? NULL : X509_get_subject_name(certificate);

	CHECK(name != NULL && X509_set_version(certificate, X509_VERSION_3) == 1);
	CHECK(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1);
	CHECK(X509_gmtime_adj(X509_getm_notBefore(certificate), -DAY_S) != NULL);
	CHECK(X509_gmtime_adj(X509_getm_notAfter(certificate), DAY_S) != NULL);
	CHECK(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)"fake", -1,
					 -1, 0) == 1);
	CHECK(X509_set_issuer_name(certificate, name) == 1);
	CHECK(X509_set_pubkey(certificate, key) == 1);
	add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
	add_extension(certificate, NID_subject_alt_name, "IP:127.0.0.1");
	CHECK(X509_sign(certificate, key, EVP_sha256()) > 0);
	return certificate;
}

static char *text_of(X509 *certificate)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *bytes;
	long len;
	char *text;

	CHECK(bio != NULL && PEM_write_bio_X509(bio, certificate) == 1);
	len = BIO_get_mem_data(bio, &bytes);
	text = strndup(bytes, (size_t)len);
	CHECK(text != NULL);
	BIO_free(bio);
	return text;
}

/* Takes h2 where it is offered. */
static int choose_protocol(SSL *ssl, const unsigned char **ret, unsigned char *ret_len,
			   const unsigned char *offered, unsigned len, void *user)
{
	static const unsigned char wanted[] = "\x02h2\x08http/1.1";
	unsigned char *chosen;

	(void)ssl, (void)user;
	if (SSL_select_next_proto(&chosen, ret_len, wanted, sizeof(wanted) - 1, offered, len) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*ret = chosen;
	return SSL_TLSEXT_ERR_OK;
}

struct tunnel_identity *tunnel_identity_create(void)
{
	struct tunnel_identity *identity = calloc(1, sizeof(*identity));
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = make_certificate(key);

	CHECK(identity != NULL && key != NULL);
	identity->context = SSL_CTX_new(TLS_server_method());
	CHECK(identity->context != NULL);
	CHECK(SSL_CTX_use_certificate(identity->context, certificate) == 1);
	CHECK(SSL_CTX_use_PrivateKey(identity->context, key) == 1);
	SSL_CTX_set_alpn_select_cb(identity->context, choose_protocol, NULL);
	identity->pem = text_of(certificate);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return identity;
}

void tunnel_identity_destroy(struct tunnel_identity *identity)
{
	if (identity == NULL)
		return;
	SSL_CTX_free(identity->context);
	free(identity->pem);
	free(identity);
}

const char *tunnel_identity_pem(const struct tunnel_identity *identity)
{
	return identity->pem;
}

struct tunnel *tunnel_create(struct tunnel_identity *identity)
{
	struct tunnel *tunnel = calloc(1, sizeof(*tunnel));

	CHECK(tunnel != NULL);
	tunnel->ssl = SSL_new(identity->context);
	tunnel->from_wire = BIO_new(BIO_s_mem());
	tunnel->to_wire = BIO_new(BIO_s_mem());
	CHECK(tunnel->ssl != NULL && tunnel->from_wire != NULL && tunnel->to_wire != NULL);
	SSL_set_bio(tunnel->ssl, tunnel->from_wire, tunnel->to_wire); /* they are its own now */
	SSL_set_accept_state(tunnel->ssl);
	return tunnel;
}

void tunnel_destroy(struct tunnel *tunnel)
{
	if (tunnel == NULL)
		return;
	SSL_free(tunnel->ssl);
	free(tunnel);
}

bool tunnel_is_http2(const struct tunnel *tunnel)
{
	const unsigned char *chosen;
	unsigned len;

	SSL_get0_alpn_selected(tunnel->ssl, &chosen, &len);
	return len == 2;
}

static void take_wire(struct tunnel *tunnel, struct buf *ret_wire)
{
	char bytes[4096];
	int len;

	while ((len = BIO_read(tunnel->to_wire, bytes, sizeof(bytes))) > 0)
		CHECK(buf_append(ret_wire, bytes, (size_t)len, NULL) == 0);
}

bool tunnel_read(struct tunnel *tunnel, const char *bytes, size_t len, struct buf *ret_plain,
		 struct buf *ret_wire)
{
	char plain[4096];
	int got;
	int error;

	CHECK(BIO_write(tunnel->from_wire, bytes, (int)len) == (int)len);
	while ((got = SSL_read(tunnel->ssl, plain, sizeof(plain))) > 0)
		CHECK(buf_append(ret_plain, plain, (size_t)got, NULL) == 0);
	error = SSL_get_error(tunnel->ssl, got);
	take_wire(tunnel, ret_wire);
	return error == SSL_ERROR_WANT_READ;
}

void tunnel_write(struct tunnel *tunnel, const char *bytes, size_t len, struct buf *ret_wire)
{
	CHECK(len == 0 || SSL_write(tunnel->ssl, bytes, (int)len) == (int)len);
	take_wire(tunnel, ret_wire);
}
