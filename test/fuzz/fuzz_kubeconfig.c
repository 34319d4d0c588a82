/* A kubeconfig, read twice. No path that the bytes name is opened: that is for those who use it. */
#include "base/str.h"
#include "fuzz.h"
#include "kube/kubeconfig.h"

static void check(const struct kubeconfig *config)
{
	CHECK(str_has_prefix(config->server, "https://") || str_has_prefix(config->server, "http://"));
	CHECK(config->server[strlen(config->server) - 1] != '/');
	CHECK(config->cert_pem == NULL || config->cert_file == NULL);
	CHECK((config->cert_pem == NULL && config->cert_file == NULL) ==
	      (config->key_pem == NULL && config->key_file == NULL));
	CHECK(config->token == NULL || strpbrk(config->token, "\r\n") == NULL);
	CHECK((config->as_groups == NULL && config->as_extra == NULL) || config->as_user != NULL);
	CHECK(!(config->is_insecure && config->ca_pem != NULL));
	CHECK(config->exec.command == NULL || (config->token == NULL && config->username == NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const char *text = (const char *)bytes;
	struct kubeconfig first;
	struct kubeconfig second;
	struct err err = ERR_INIT;
	struct err err_again = ERR_INIT;
	int r = kubeconfig_parse(text, len, "/etc/kube", NULL, &first, &err);

	fuzz_check_same_err(r, &err, kubeconfig_parse(text, len, "/etc/kube", NULL, &second, &err_again),
			    &err_again);
	if (r == 0) {
		check(&first);
		CHECK(str_equal(first.server, second.server) && str_equal(first.token, second.token));
		CHECK(str_equal(first.ca_pem, second.ca_pem) && str_equal(first.namespace, second.namespace));
		kubeconfig_finish(&first);
		kubeconfig_finish(&second);
	}
	return 0;
}
