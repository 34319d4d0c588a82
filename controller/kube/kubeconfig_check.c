#include <string.h>

#include "base/str.h"
#include "kube/kubeconfig.h"

int kubeconfig_check(struct kubeconfig *config, struct err *err)
{
	size_t len;

	if (config->server == NULL)
		return err_set(err, ERR_INPUT, "the cluster has no server");
	if (!str_has_prefix(config->server, "https://") &&
	    !str_has_prefix(config->server, "http://"))
		return err_set(err, ERR_INPUT, "server \"%s\" is not an http(s) URL",
			       config->server);
	len = strlen(config->server);
	while (config->server[len - 1] == '/')
		len--;
	config->server = arena_strndup(&config->arena, config->server, len);
	if (config->is_insecure && config->ca_pem != NULL)
		return err_set(err, ERR_INPUT,
			       "insecure-skip-tls-verify and a certificate authority "
			       "exclude each other");
	if ((config->cert_pem == NULL) != (config->key_pem == NULL))
		return err_set(err, ERR_INPUT, "a client certificate and its key go together");
	if (config->as_user == NULL && (config->as_uid != NULL || config->as_groups != NULL))
		return err_set(err, ERR_INPUT, "as-uid and as-groups need \"as\"");
	return 0;
}
