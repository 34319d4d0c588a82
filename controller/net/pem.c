#include "net/pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

/* A key that needs a pass phrase is none: there is nobody to be asked for it. */
static int on_phrase_wanted(char *room, int size, int is_writing, void *user)
{
	(void)room;
	(void)size;
	(void)is_writing;
	(void)user;
	return -1;
}

/* Did the reading end because there is no more, rather than amid something? */
static bool is_at_end(void)
{
	unsigned long error = ERR_peek_last_error();

	return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

/* Reads all certificates of the text and hands out the first one, which the caller frees. */
static int read_certificates(const char *pem, X509 **ret_first, struct err *err)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *first = NULL;
	X509 *next;
	int r = 0;

	if (bio == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a certificate");
	while ((next = PEM_read_bio_X509(bio, NULL, on_phrase_wanted, NULL)) != NULL) {
		if (first == NULL)
			first = next;
		else
			X509_free(next);
	}
	if (!is_at_end())
		r = err_set(err, ERR_INPUT, "a certificate cannot be read (PEM)");
	else if (first == NULL)
		r = err_set(err, ERR_INPUT, "there is no certificate (PEM)");
	ERR_clear_error();
	BIO_free(bio);
	if (r < 0)
		X509_free(first);
	else
		*ret_first = first;
	return r;
}

int pem_check_authorities(const char *pem, struct err *err)
{
	X509 *first = NULL;
	int r = read_certificates(pem, &first, err);

	X509_free(first);
	return r;
}

int pem_check_pair(const char *cert_pem, const char *key_pem, struct err *err)
{
	X509 *first = NULL;
	EVP_PKEY *key;
	BIO *bio;
	int r = read_certificates(cert_pem, &first, err);

	if (r < 0)
		return r;
	bio = BIO_new_mem_buf(key_pem, -1);
	key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, on_phrase_wanted, NULL);
	if (key == NULL)
		r = err_set(err, ERR_INPUT,
			    "there is no private key (PEM, without a pass phrase)");
	else if (X509_check_private_key(first, key) != 1)
		r = err_set(err, ERR_INPUT, "the private key is not that of the certificate");
	ERR_clear_error();
	EVP_PKEY_free(key);
	BIO_free(bio);
	X509_free(first);
	return r;
}
