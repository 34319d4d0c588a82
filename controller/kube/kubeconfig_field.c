#include "kube/kubeconfig_field.h"

#include "kube/kubeconfig.h"

#define AT(member) offsetof(struct kubeconfig, member)

/* Data stands before its file, so that it is there when the file is met, and wins. */
static const struct field cluster[] = {
	{ "server", FORM_TEXT, AT(server) },
	{ "tls-server-name", FORM_TEXT, AT(tls_server_name) },
	{ "insecure-skip-tls-verify", FORM_BOOL, AT(is_insecure) },
	{ "certificate-authority-data", FORM_PEM_DATA, AT(ca_pem) },
	{ "certificate-authority", FORM_PEM_FILE, AT(ca_pem) },
	{ "proxy-url", FORM_TEXT, AT(proxy_url) },
	{ "disable-compression", FORM_IGNORED, 0 }, /* we never ask for any */
	{ "extensions", FORM_IGNORED, 0 },
	{ NULL, FORM_IGNORED, 0 },
};

static const struct field user[] = {
	{ "client-certificate-data", FORM_PEM_DATA, AT(cert_pem) },
	{ "client-certificate", FORM_PEM_FILE, AT(cert_pem) },
	{ "client-key-data", FORM_PEM_DATA, AT(key_pem) },
	{ "client-key", FORM_PEM_FILE, AT(key_pem) },
	{ "token", FORM_TEXT, AT(token) },
	{ "tokenFile", FORM_PATH, AT(token_file) },
	{ "as", FORM_TEXT, AT(as_user) },
	{ "as-uid", FORM_TEXT, AT(as_uid) },
	{ "as-groups", FORM_TEXTS, AT(as_groups) },
	{ "as-user-extra", FORM_UNSUPPORTED, 0 },
	{ "username", FORM_UNSUPPORTED, 0 },
	{ "password", FORM_UNSUPPORTED, 0 },
	{ "auth-provider", FORM_UNSUPPORTED, 0 },
	{ "exec", FORM_UNSUPPORTED, 0 },
	{ "extensions", FORM_IGNORED, 0 },
	{ NULL, FORM_IGNORED, 0 },
};

const struct field *kubeconfig_cluster_fields(void)
{
	return cluster;
}

const struct field *kubeconfig_user_fields(void)
{
	return user;
}
