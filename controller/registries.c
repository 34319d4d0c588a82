#include "registries.h"

#include <string.h>

#include "kube/file.h"
#include "net/pem.h"

#define CA_LIMIT ((size_t)4 * 1024 * 1024)

/* Reads "FILE" or "HOST=FILE". */
static int read_ca(const char *text, struct arena *arena, struct registry_ca *ret_ca, struct err *err)
{
	size_t len = strcspn(text, "=/");
	bool has_host = text[len] == '=';
	char *pem = NULL;

	const char *path = text + (has_host ? len + 1 : 0);

	if (file_read(arena, path, CA_LIMIT, &pem, err) < 0)
		return err->class;
	if (pem_check_authorities(pem, err) < 0) {
		err_prefix(err, "%s", path);
		return err->class;
	}
	*ret_ca = (struct registry_ca){ has_host ? arena_strndup(arena, text, len) : NULL, pem };
	return 0;
}

int registries_configure(const struct options *options, struct arena *arena,
			 struct registry_options *ret_options, struct err *err)
{
	struct registry_ca *cas;
	size_t count = 0;

	while (options->registry_cas[count] != NULL)
		count++;
	cas = arena_new_array(arena, count + 1, struct registry_ca);
	ret_options->insecure_hosts = options->insecure_registries;
	ret_options->realm_hosts = options->token_servers;
	ret_options->mirrors = options->registry_mirrors;
	ret_options->cas = cas;
	for (const char *const *text = options->registry_cas; *text != NULL; text++) {
		if (read_ca(*text, arena, cas, err) < 0) {
			err_prefix(err, "--registry-ca");
			return err->class;
		}
		if (cas->host == NULL)
			ret_options->ca_pem = cas->pem;
		else
			cas++;
	}
	*cas = (struct registry_ca){ .host = NULL };
	return 0;
}
