#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "kube/file.h"
#include "kube/kubeconfig.h"

#define FILE_LIMIT ((size_t)1024 * 1024)

static int pod_text(struct kubeconfig *config, const char *folder, const char *name,
		    const char **ret_text, struct err *err)
{
	char *text = NULL;
	int r = file_read(&config->arena, arena_printf(&config->arena, "%s/%s", folder, name),
			  FILE_LIMIT, &text, err);

	*ret_text = text;
	return r;
}

int kubeconfig_of_pod(const char *host, const char *port, const char *folder,
		      struct kubeconfig *ret_config, struct err *err)
{
	/* Both IPv6 forms of the variable are in the wild. */
	bool wants_brackets = host != NULL && strchr(host, ':') != NULL && host[0] != '[';
	struct kubeconfig config = { .arena = ARENA_INIT };
	const char *unused; /* it only has to be there */
	int64_t number;
	int r;

	if (str_is_empty(host) || str_is_empty(port))
		return err_set(err, ERR_NOTFOUND,
			       "not inside a pod: KUBERNETES_SERVICE_HOST and "
			       "KUBERNETES_SERVICE_PORT are not set");
	if (!str_to_int(port, 1, 65535, &number))
		return err_set(err, ERR_INPUT, "KUBERNETES_SERVICE_PORT \"%s\" is not a port",
			       port);
	config.server = arena_printf(
		&config.arena, wants_brackets ? "https://[%s]:%s" : "https://%s:%s", host, port);
	config.token_file = arena_printf(&config.arena, "%s/token", folder);
	config.ca_file = arena_printf(&config.arena, "%s/ca.crt", folder);
	r = pod_text(&config, folder, "ca.crt", &unused, err);
	if (r == 0 && pod_text(&config, folder, "namespace", &config.namespace, NULL) == 0)
		config.namespace = arena_strndup(&config.arena, config.namespace,
						 strcspn(config.namespace, " \r\n"));
	r = r < 0 ? r : kubeconfig_check(&config, err);
	if (r < 0) {
		kubeconfig_finish(&config);
		return r;
	}
	*ret_config = config;
	return 0;
}

void kubeconfig_finish(struct kubeconfig *config)
{
	str_wipe(config->token);
	str_wipe(config->key_pem);
	str_wipe(config->password);
	arena_finish(&config->arena);
	*config = (struct kubeconfig){ .server = NULL };
}
