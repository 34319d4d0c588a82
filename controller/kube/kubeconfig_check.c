#include <string.h>

#include "base/str.h"
#include "kube/kubeconfig.h"

static int check_server(struct kubeconfig *config, struct err *err)
{
	size_t len;

	if (config->server == NULL)
		return err_set(err, ERR_INPUT, "the cluster has no server");
	if (!str_has_prefix(config->server, "https://") &&
	    !str_has_prefix(config->server, "http://"))
		return err_set(err, ERR_INPUT, "server \"%s\" is not an http(s) URL",
			       config->server);
	if (strchr(":/", strstr(config->server, "://")[3]) != NULL)
		return err_set(err, ERR_INPUT, "server \"%s\" names no host", config->server);
	if (strpbrk(config->server, "@?#") != NULL)
		return err_set(err, ERR_INPUT,
			       "field \"server\" holds a user name, a query or a fragment");
	len = strlen(config->server);
	while (config->server[len - 1] == '/')
		len--;
	config->server = arena_strndup(&config->arena, config->server, len);
	return 0;
}

/* The text shows the scheme only: the rest may hold a password. */
static int check_proxy(const struct kubeconfig *config, struct err *err)
{
	const char *url = config->proxy_url;

	if (url == NULL || str_has_prefix(url, "http://") || str_has_prefix(url, "https://") ||
	    str_has_prefix(url, "socks5://"))
		return 0;
	return err_set(err, ERR_INPUT,
		       "field \"proxy-url\" begins with \"%.*s\"; it has to be an http://, https:// "
		       "or socks5:// URL",
		       (int)strcspn(url, ":/@"), url);
}

/* One way to say who we are, and whole. */
static int check_credentials(const struct kubeconfig *config, struct err *err)
{
	bool has_token = config->token != NULL || config->token_file != NULL;
	bool has_cert = config->cert_pem != NULL || config->cert_file != NULL;
	bool has_key = config->key_pem != NULL || config->key_file != NULL;
	bool has_basic = config->username != NULL || config->password != NULL;

	if (has_cert != has_key)
		return err_set(err, ERR_INPUT, "a client certificate and its key go together");
	if (has_basic && (config->username == NULL || strchr(config->username, ':') != NULL))
		return err_set(err, ERR_INPUT, "field \"username\" is %s",
			       config->username == NULL ? "missing, but there is a password"
							: "no user name: it holds a ':'");
	if (has_basic && has_token)
		return err_set(err, ERR_INPUT, "a token and a user name exclude each other");
	if (config->exec.command != NULL && (has_token || has_cert || has_basic))
		return err_set(err, ERR_INPUT,
			       "\"exec\" and any other credential exclude each other");
	return 0;
}

static int check_exec(const struct kubeconfig_exec *exec, struct err *err)
{
	if (exec->command == NULL && (exec->api_version != NULL || exec->args != NULL ||
				      exec->env != NULL || exec->interactive_mode != NULL))
		return err_set(err, ERR_INPUT, "exec: field \"command\" is missing");
	if (exec->command == NULL)
		return 0;
	if (!str_equal(exec->api_version, "client.authentication.k8s.io/v1") &&
	    !str_equal(exec->api_version, "client.authentication.k8s.io/v1beta1"))
		return err_set(err, ERR_INPUT,
			       "exec: field \"apiVersion\" is \"%s\"; it has to be "
			       "client.authentication.k8s.io/v1 or .../v1beta1",
			       exec->api_version == NULL ? "" : exec->api_version);
	if (str_equal(exec->interactive_mode, "Always"))
		return err_set(err, ERR_INPUT,
			       "exec: field \"interactiveMode\" is \"Always\", but there is nobody "
			       "whom %s could ask",
			       exec->command);
	if (exec->interactive_mode != NULL && !str_equal(exec->interactive_mode, "Never") &&
	    !str_equal(exec->interactive_mode, "IfAvailable"))
		return err_set(err, ERR_INPUT,
			       "exec: field \"interactiveMode\" is \"%s\"; it has to be Never or "
			       "IfAvailable",
			       exec->interactive_mode);
	return 0;
}

int kubeconfig_check(struct kubeconfig *config, struct err *err)
{
	int r = check_server(config, err);

	r = r < 0 ? r : check_proxy(config, err);
	r = r < 0 ? r : check_credentials(config, err);
	r = r < 0 ? r : check_exec(&config->exec, err);
	if (r < 0)
		return r;
	/* Data goes before a file. */
	if (config->ca_pem != NULL)
		config->ca_file = NULL;
	if (config->cert_pem != NULL)
		config->cert_file = NULL;
	if (config->key_pem != NULL)
		config->key_file = NULL;
	if (config->is_insecure && (config->ca_pem != NULL || config->ca_file != NULL))
		return err_set(err, ERR_INPUT,
			       "insecure-skip-tls-verify and a certificate authority "
			       "exclude each other");
	if (config->as_user == NULL && (config->as_uid != NULL || config->as_groups != NULL ||
					config->as_extra != NULL))
		return err_set(err, ERR_INPUT,
			       "as-uid, as-groups and as-user-extra need \"as\"");
	return 0;
}
