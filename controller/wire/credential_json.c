#include "wire/credential_json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "wire/json_read.h"
#include "wire/json_write.h"

/* More than any program writes; less than a kernel's limit for one variable (128 KiB). */
#define REQUEST_MAX ((size_t)120 * 1024)
#define ANSWER_MAX ((size_t)1024 * 1024)

static void write_cluster(struct writer *writer, const struct credential_cluster *cluster)
{
	write_object(writer, "cluster");
	write_text(writer, "server", cluster->server);
	write_text(writer, "tls-server-name", cluster->tls_server_name);
	if (cluster->is_insecure)
		write_flag(writer, "insecure-skip-tls-verify", true);
	write_text(writer, "certificate-authority-data", cluster->ca_data);
	write_text(writer, "proxy-url", cluster->proxy_url);
	if (cluster->disables_compression)
		write_flag(writer, "disable-compression", true);
	write_raw(writer, "config", cluster->config);
	write_object_end(writer);
}

int credential_request(const char *api_version, const struct credential_cluster *cluster, char **ret_json,
		       struct err *err)
{
	struct buf buf = BUF_INIT(REQUEST_MAX);
	struct writer writer = WRITER_INIT(&buf);

	write_object(&writer, NULL);
	write_text(&writer, "kind", "ExecCredential");
	write_text(&writer, "apiVersion", api_version);
	write_object(&writer, "spec");
	write_flag(&writer, "interactive", false);
	if (cluster != NULL)
		write_cluster(&writer, cluster);
	write_object_end(&writer);
	write_object_end(&writer);
	return write_take(&writer, ret_json, err);
}

/* ---- the answer ---- */

/* A copy of a text of the status; NULL when it is absent or "". */
static char *take_text(const struct tree *tree, const struct tree_node *status, const char *key)
{
	const char *text = tree_text(tree, tree_get(tree, status, key));

	return str_is_empty(text) ? NULL : memory_strdup(text);
}

/* Bytes that a header may hold (RFC 6750: no spaces). */
static bool is_token(const char *text)
{
	for (; *text != '\0'; text++) {
		if (!isgraph((unsigned char)*text))
			return false;
	}
	return true;
}

static int check(const struct credential *credential, struct err *err)
{
	if ((credential->cert_pem == NULL) != (credential->key_pem == NULL))
		return err_set(err, ERR_INPUT,
			       "status.clientCertificateData and status.clientKeyData go together");
	if (credential->token == NULL && credential->cert_pem == NULL)
		return err_set(err, ERR_INPUT,
			       "it has neither status.token nor status.clientCertificateData");
	if (credential->token != NULL && !is_token(credential->token))
		return err_set(err, ERR_INPUT, "status.token holds a space or a control character");
	return 0;
}

static int read_expiry(const struct tree *tree, const struct tree_node *status, int64_t *ret_ms, struct err *err)
{
	const struct tree_node *entry = tree_get(tree, status, "expirationTimestamp");
	const char *text = tree_text(tree, entry);

	*ret_ms = CLOCK_NEVER;
	if (entry == NULL || tree_is(entry, TREE_NULL) || clock_parse(text == NULL ? "" : text, ret_ms))
		return 0;
	return err_set(err, ERR_INPUT, "status.expirationTimestamp is not an RFC 3339 time");
}

static int read_answer(const struct tree *tree, const char *api_version, struct credential *credential,
		       struct err *err)
{
	const struct tree_node *root = tree_root(tree);
	const char *kind = tree_text(tree, tree_get(tree, root, "kind"));
	const char *version = tree_text(tree, tree_get(tree, root, "apiVersion"));
	const struct tree_node *status = tree_get(tree, root, "status");
	int r;

	if (!str_equal(kind, "ExecCredential") || version == NULL)
		return err_set(err, ERR_INPUT, "it is not an ExecCredential");
	if (!str_equal(version, api_version))
		return err_set(err, ERR_INPUT, "it is of apiVersion %.64s, but %s was asked for", version,
			       api_version);
	r = read_expiry(tree, status, &credential->expires_ms, err);
	if (r < 0)
		return r;
	credential->token = take_text(tree, status, "token");
	credential->cert_pem = take_text(tree, status, "clientCertificateData");
	credential->key_pem = take_text(tree, status, "clientKeyData");
	return check(credential, err);
}

int credential_from_json(const char *json, size_t len, const char *api_version,
			 struct credential *ret_credential, struct err *err)
{
	struct credential credential = { .token = NULL };
	struct err why = ERR_INIT;
	auto_json *tree = NULL;
	int r = read_tree(json, len, ANSWER_MAX, &tree, &why);

	/* What is said of bad text may quote it. */
	if (r < 0)
		return err_set(err, why.class, "it is not JSON");
	r = read_answer(tree, api_version, &credential, err);
	tree_wipe(tree);
	if (r < 0)
		credential_finish(&credential);
	else
		*ret_credential = credential;
	return r;
}

void credential_finish(struct credential *credential)
{
	str_wipe_free(credential->token);
	str_wipe_free(credential->cert_pem);
	str_wipe_free(credential->key_pem);
	*credential = (struct credential){ .token = NULL };
}
