/* A pod's environment and account: the host and the port, a line each, and the file that holds the namespace. What is taken
 * is a server with that host and port, and fits together as what a kubeconfig says. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/str.h"
#include "fuzz.h"
#include "kube/kubeconfig.h"

static void put(int folder, const char *name, const void *bytes, size_t len)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	CHECK(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
	(void)close(fd);
}

static void check(struct kubeconfig *config, const char *host, const char *port)
{
	bool is_bare6 = strchr(host, ':') != NULL && host[0] != '[';
	struct err err = ERR_INIT;
	char *server = NULL;

	CHECK(asprintf(&server, is_bare6 ? "https://[%s]:%s" : "https://%s:%s", host, port) > 0);
	CHECK(str_equal(config->server, server) && strspn(port, "0123456789") == strlen(port));
	free(server);
	CHECK(config->ca_file != NULL && config->token_file != NULL && !config->is_insecure);
	CHECK(config->namespace == NULL || strpbrk(config->namespace, " \r\n") == NULL);
	CHECK(kubeconfig_check(config, &err) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *host = fuzz_text(bytes, len);
	char *port = fuzz_next_line(host);
	char *namespace = fuzz_next_line(port);
	size_t skipped = (size_t)(namespace - host);
	char path[] = "/tmp/sluice-fuzz-XXXXXX";
	struct kubeconfig config;
	struct err err = ERR_INIT;
	int folder;
	int r;

	CHECK(mkdtemp(path) != NULL);
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(folder >= 0);
	put(folder, "ca.crt", "x", 1);
	put(folder, "namespace", bytes + skipped, len - skipped);
	r = kubeconfig_of_pod(host, port, path, &config, &err);
	CHECK((r < 0) == err_is_set(&err) && (r == 0 || r == ERR_INPUT || r == ERR_NOTFOUND));
	CHECK((r == ERR_NOTFOUND) == (host[0] == '\0' || port[0] == '\0'));
	(void)unlinkat(folder, "ca.crt", 0);
	(void)unlinkat(folder, "namespace", 0);
	(void)close(folder);
	(void)rmdir(path);
	if (r == 0) {
		check(&config, host, port);
		kubeconfig_finish(&config);
	}
	free(host);
	return 0;
}
