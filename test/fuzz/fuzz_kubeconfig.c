/* A kubeconfig, read twice. There are no files here: file_read() below takes the place of kube/file.c, so that
 * no path that the bytes name is ever opened. */
#include "base/str.h"
#include "fuzz.h"
#include "kube/file.h"
#include "kube/kubeconfig.h"

int file_read(struct arena *arena, const char *path, size_t limit, char **ret_text, struct err *err)
{
	if (limit < 4 || strstr(path, "gone") != NULL)
		return err_set(err, ERR_NOTFOUND, "%s: not found", path);
	*ret_text = arena_strdup(arena, "text");
	return 0;
}

static void check(const struct kubeconfig *config)
{
	CHECK(str_has_prefix(config->server, "https://") || str_has_prefix(config->server, "http://"));
	CHECK(config->server[strlen(config->server) - 1] != '/');
	CHECK((config->cert_pem == NULL) == (config->key_pem == NULL));
	CHECK(config->as_groups == NULL || config->as_user != NULL);
	CHECK(!(config->is_insecure && config->ca_pem != NULL));
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
