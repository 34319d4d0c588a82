#include "registry/secret.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "registry/quote.h"
#include "registry/reference.h"
#include "wire/oci_json.h"

/* ---- credentials ---- */

/* base64 of the bytes, malloc'd; NULL without memory. */
static char *encode(const char *bytes, size_t len)
{
	char *text = malloc(4 * ((len + 2) / 3) + 1);

	if (text != NULL)
		EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)bytes, (int)len);
	return text;
}

/* Makes credentials of "user:password", len bytes. */
static int init_from_pair(struct credentials *credentials, const char *pair, size_t len, struct err *err)
{
	if (len > CREDENTIALS_LONGEST)
		return err_set(err, ERR_INPUT, "user name and password have more than %d bytes",
			       CREDENTIALS_LONGEST);
	credentials->basic = encode(pair, len);
	if (credentials->basic == NULL)
		return err_set(err, ERR_NOMEM, "no memory for credentials");
	sha256_hex(pair, len, credentials->id);
	return 0;
}

int credentials_init(struct credentials *credentials, const char *username, const char *password,
		     struct err *err)
{
	char *pair = NULL;
	int len;
	int r;

	*credentials = CREDENTIALS_INIT;
	if (str_is_empty(username) || strchr(username, ':') != NULL)
		return err_set(err, ERR_INPUT, "the user name is empty or holds a colon");
	len = asprintf(&pair, "%s:%s", username, password);
	if (len < 0)
		return err_set(err, ERR_NOMEM, "no memory for credentials");
	r = init_from_pair(credentials, pair, (size_t)len, err);
	OPENSSL_cleanse(pair, (size_t)len);
	free(pair);
	return r;
}

/* Copies what is for the registry itself. */
static int copy_own(struct credentials *credentials, const struct credentials *source, struct err *err)
{
	*credentials = CREDENTIALS_INIT;
	if (source->basic != NULL) {
		credentials->basic = strdup(source->basic);
		if (credentials->basic == NULL)
			return err_set(err, ERR_NOMEM, "no memory for credentials");
	}
	memcpy(credentials->id, source->id, sizeof(credentials->id));
	return 0;
}

/* Makes room for those of count mirrors, all anonymous. */
static int make_room(struct credentials *credentials, size_t count, struct err *err)
{
	credentials->mirrors = calloc(count, sizeof(*credentials->mirrors));
	if (credentials->mirrors == NULL)
		return err_set(err, ERR_NOMEM, "no memory for credentials");
	credentials->mirror_count = count;
	return 0;
}

int credentials_copy(struct credentials *credentials, const struct credentials *source, struct err *err)
{
	size_t i;
	int r;

	*credentials = CREDENTIALS_INIT;
	if (source == NULL)
		return 0;
	r = copy_own(credentials, source, err);
	if (r == 0 && source->mirror_count > 0)
		r = make_room(credentials, source->mirror_count, err);
	for (i = 0; r == 0 && i < source->mirror_count; i++)
		r = copy_own(&credentials->mirrors[i], &source->mirrors[i], err);
	if (r < 0)
		credentials_finish(credentials);
	return r;
}

int credentials_add(struct credentials *credentials, size_t index, size_t count,
		    const struct credentials *own, struct err *err)
{
	char both[2 * SHA256_HEX_SIZE + 32];
	int len;
	int r = credentials->mirrors == NULL ? make_room(credentials, count, err) : 0;

	if (r == 0)
		r = copy_own(&credentials->mirrors[index], own, err);
	if (r < 0)
		return r;
	len = snprintf(both, sizeof(both), "%s %zu %s", credentials->id, index, own->id);
	sha256_hex(both, (size_t)len, credentials->id);
	return 0;
}

void credentials_finish(struct credentials *credentials)
{
	size_t i;

	for (i = 0; i < credentials->mirror_count; i++)
		credentials_finish(&credentials->mirrors[i]);
	free(credentials->mirrors);
	if (credentials->basic != NULL)
		OPENSSL_cleanse(credentials->basic, strlen(credentials->basic));
	free(credentials->basic);
	*credentials = CREDENTIALS_INIT;
}

/* ---- base64, strictly ---- */

static bool is_base64_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
	       c == '/';
}

/* Decodes base64, padded or not, into a malloc'd text of *ret_len bytes; NULL when it is none or there is
 * no memory. OpenSSL's decoder is generous: what it would let pass is refused here first. */
static char *decode(const char *text, size_t *ret_len)
{
	size_t len = strlen(text);
	size_t chars = 0;
	size_t padded;
	char *copy;
	char *bytes;
	int decoded;

	while (is_base64_char(text[chars]))
		chars++;
	padded = (chars + 3) / 4 * 4;
	if (chars == 0 || chars % 4 == 1 || strspn(text + chars, "=") != len - chars ||
	    (len != chars && len != padded) || len > 2 * (size_t)CREDENTIALS_LONGEST)
		return NULL;
	copy = malloc(padded + 1);
	bytes = malloc(padded / 4 * 3 + 1);
	if (copy != NULL && bytes != NULL) {
		memcpy(copy, text, chars);
		memset(copy + chars, '=', padded - chars);
		decoded = EVP_DecodeBlock((unsigned char *)bytes, (const unsigned char *)copy, (int)padded);
		CHECK(decoded == (int)(padded / 4 * 3));
		*ret_len = (size_t)decoded - (padded - chars);
		bytes[*ret_len] = '\0';
		OPENSSL_cleanse(copy, padded);
		free(copy);
		return bytes;
	}
	free(copy);
	free(bytes);
	return NULL;
}

/* ---- which entry ---- */

/* Takes a server of a pull secret apart, as docker login and Kubernetes write it: "host", "host/path",
 * "https://host/v1/". ret_path is "" for a whole host. false when it can match nothing. */
static bool read_server(const char *server, char ret_host[static REFERENCE_HOST_SIZE],
			const char **ret_path, size_t *ret_path_len)
{
	const char *text = strncasecmp(server, "https://", 8) == 0  ? server + 8
			   : strncasecmp(server, "http://", 7) == 0 ? server + 7
								   : server;
	size_t host_len = strcspn(text, "/");
	const char *path = text + host_len;
	char host[REFERENCE_HOST_SIZE];
	size_t path_len;

	if (!reference_read_host(text, host_len, host))
		return false;
	path += strspn(path, "/");
	path_len = strlen(path);
	while (path_len > 0 && path[path_len - 1] == '/')
		path_len--;
	if (path_len == 2 && (strncmp(path, "v1", 2) == 0 || strncmp(path, "v2", 2) == 0))
		path_len = 0;
	reference_call_host(host, ret_host);
	*ret_path = path;
	*ret_path_len = path_len;
	return true;
}

/* How well an entry fits the repository: -1 not at all, else the length of its path. */
static int fit_of(const struct oci_auth *auth, const struct reference *reference)
{
	char host[REFERENCE_HOST_SIZE];
	const char *path;
	size_t len;

	if (!read_server(auth->server, host, &path, &len) || !str_equal(host, reference->host))
		return -1;
	if (len == 0)
		return 0;
	if (len >= REFERENCE_NAME_SIZE || strncmp(reference->name, path, len) != 0)
		return -1;
	return reference->name[len] == '/' || reference->name[len] == '\0' ? (int)len : -1;
}

static const struct oci_auth *find_entry(const struct oci_docker_config *config,
					 const struct reference *reference)
{
	const struct oci_auth *best = NULL;
	int best_fit = -1;
	size_t i;

	for (i = 0; i < config->count; i++) {
		int fit = fit_of(&config->auths[i], reference);

		if (fit > best_fit) {
			best_fit = fit;
			best = &config->auths[i];
		}
	}
	return best;
}

/* Reads the field "auth": base64 of "user:password". */
static int init_from_auth(struct credentials *credentials, const char *auth, struct err *err)
{
	size_t len = 0;
	char *pair = decode(auth, &len);
	const char *colon;
	int r;

	if (pair == NULL)
		return err_set(err, ERR_INPUT, "\"auth\" is not base64");
	while (len > 0 && pair[len - 1] == '\0') /* docker login once padded with NULs */
		len--;
	colon = memchr(pair, ':', len);
	if (colon == NULL || colon == pair)
		r = err_set(err, ERR_INPUT, "\"auth\" does not hold user:password");
	else
		r = init_from_pair(credentials, pair, len, err);
	OPENSSL_cleanse(pair, len);
	free(pair);
	return r;
}

static int init_from_entry(struct credentials *credentials, const struct oci_auth *auth, struct err *err)
{
	if (!str_is_empty(auth->auth))
		return init_from_auth(credentials, auth->auth, err);
	if (!str_is_empty(auth->username))
		return credentials_init(credentials, auth->username,
					auth->password == NULL ? "" : auth->password, err);
	if (!str_is_empty(auth->identity_token))
		return err_set(err, ERR_INPUT, "it has an identity token only; that is not supported");
	return err_set(err, ERR_INPUT, "it has neither \"auth\" nor \"username\"");
}

int secret_find(const char *json, size_t len, const struct reference *reference,
		struct credentials *ret_credentials, bool *ret_found, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct oci_docker_config config;
	const struct oci_auth *entry = NULL;
	char quoted[QUOTE_SIZE];
	int r = oci_docker_config_from_json(json, len, &arena, &config, err);

	*ret_credentials = CREDENTIALS_INIT;
	err_prefix(err, ".dockerconfigjson");
	if (r == 0)
		entry = find_entry(&config, reference);
	if (entry != NULL) {
		r = init_from_entry(ret_credentials, entry, err);
		err_prefix(err, ".dockerconfigjson, entry %s", quote(entry->server, quoted));
	}
	*ret_found = entry != NULL;
	arena_finish(&arena);
	return r;
}

int secret_missing(const struct reference *reference, struct err *err)
{
	return err_set(err, ERR_INPUT, ".dockerconfigjson has no entry for %s (hosts must be the same)",
		       reference->host);
}

int secret_credentials(const char *json, size_t len, const char *repository,
		       struct credentials *ret_credentials, struct err *err)
{
	struct reference reference;
	bool is_found = false;
	int r;

	*ret_credentials = CREDENTIALS_INIT;
	r = reference_parse(repository, &reference, err);
	if (r == 0)
		r = secret_find(json, len, &reference, ret_credentials, &is_found, err);
	if (r == 0 && !is_found)
		r = secret_missing(&reference, err);
	return r;
}
