/* Kubeconfigs in files, several of them, and what a pod finds in its own. */

#include "kube/kubeconfig.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suite.h"

/* ---- files ---- */

struct folder {
	char path[64];
	char file[4][128];
};

static void write_file(struct folder *folder, int number, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder->path, name);
	memcpy(folder->file[number], path, sizeof(path));
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert(fputs(text, file) >= 0);
	ck_assert(fclose(file) == 0);
}

static struct folder folder_open(void)
{
	struct folder folder = { .path = "/tmp/sluice-kubeconfig-XXXXXX" };

	ck_assert_ptr_nonnull(mkdtemp(folder.path));
	return folder;
}

static void folder_close(struct folder *folder)
{
	for (int i = 0; i < 4; i++) {
		if (folder->file[i][0] != '\0')
			(void)unlink(folder->file[i]);
	}
	(void)rmdir(folder->path);
}

START_TEST(merges_files_the_first_wins)
{
	struct folder folder = folder_open();
	struct kubeconfig config;
	struct err err = ERR_INIT;
	char paths[512];
	char ca[128];

	write_file(&folder, 0, "one",
		   "current-context: here\ncontexts: [{name: here, context: {cluster: c, user: u}}]\n"
		   "clusters: [{name: c, cluster: {server: 'https://one', certificate-authority: ca.crt}}]\n");
	write_file(&folder, 1, "two",
		   "current-context: there\nclusters: [{name: c, cluster: {server: 'https://two'}}]\n"
		   "users: [{name: u, user: {token: abc}}]\n");
	(void)snprintf(ca, sizeof(ca), "%s/ca.crt", folder.path);
	(void)snprintf(paths, sizeof(paths), "%s::%s/missing:%s", folder.file[0], folder.path, folder.file[1]);
	ck_assert_msg(kubeconfig_load(paths, NULL, &config, &err) == 0, "%s", err.text);
	ck_assert_str_eq(config.server, "https://one");
	ck_assert_str_eq(config.ca_file, ca);
	ck_assert_str_eq(config.token, "abc");
	kubeconfig_finish(&config);
	folder_close(&folder);
}
END_TEST

START_TEST(a_missing_file_is_not_found)
{
	struct kubeconfig config;
	struct err err = ERR_INIT;

	ck_assert_int_eq(kubeconfig_load("/nowhere/config", NULL, &config, &err), ERR_NOTFOUND);
	ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/config"));
	err_clear(&err);
	ck_assert_int_eq(kubeconfig_load("/nowhere/a:/nowhere/b", NULL, &config, &err), ERR_NOTFOUND);
}
END_TEST

START_TEST(an_error_names_the_file)
{
	struct folder folder = folder_open();
	struct kubeconfig config;
	struct err err = ERR_INIT;

	write_file(&folder, 0, "one", "a: [");
	ck_assert_int_eq(kubeconfig_load(folder.file[0], NULL, &config, &err), ERR_INPUT);
	ck_assert_ptr_nonnull(strstr(err.text, folder.file[0]));
	folder_close(&folder);
}
END_TEST

/* ---- pods ---- */

static const struct {
	const char *name;
	const char *host;
	const char *port;
	int want;
	const char *want_server;
} pods[] = {
	{ "an IPv4 address", "10.96.0.1", "443", 0, "https://10.96.0.1:443" },
	{ "an IPv6 address gets brackets", "fd00::1", "443", 0, "https://[fd00::1]:443" },
	{ "an IPv6 address that has brackets", "[fd00::1]", "6443", 0, "https://[fd00::1]:6443" },
	{ "a name", "kubernetes.default.svc", "443", 0, "https://kubernetes.default.svc:443" },
	{ "no host", NULL, "443", ERR_NOTFOUND, NULL },
	{ "an empty host", "", "443", ERR_NOTFOUND, NULL },
	{ "no port", "10.96.0.1", NULL, ERR_NOTFOUND, NULL },
	{ "a port that is none", "10.96.0.1", "https", ERR_INPUT, NULL },
	{ "a port beyond all", "10.96.0.1", "65536", ERR_INPUT, NULL },
	{ "a port with a sign", "10.96.0.1", "+443", ERR_INPUT, NULL },
	{ "a host that is a path", "/10.96.0.1", "443", ERR_INPUT, NULL },
	{ "a host with a user name", "somebody@10.96.0.1", "443", ERR_INPUT, NULL },
};

START_TEST(reads_a_pods_own)
{
	struct folder folder = folder_open();
	struct kubeconfig config;
	struct err err = ERR_INIT;
	char token[128];
	char ca[128];

	write_file(&folder, 0, "ca.crt", "the CA");
	write_file(&folder, 1, "namespace", "sluice-system\n");
	write_file(&folder, 2, "token", "abc");
	expect_int(pods[_i].name,
		   kubeconfig_of_pod(pods[_i].host, pods[_i].port, folder.path, &config, &err), pods[_i].want);
	if (pods[_i].want == 0) {
		(void)snprintf(token, sizeof(token), "%s/token", folder.path);
		(void)snprintf(ca, sizeof(ca), "%s/ca.crt", folder.path);
		expect_str(pods[_i].name, config.server, pods[_i].want_server);
		expect_str(pods[_i].name, config.ca_file, ca);
		expect_str(pods[_i].name, config.namespace, "sluice-system");
		expect_str(pods[_i].name, config.token_file, token);
		kubeconfig_finish(&config);
	}
	folder_close(&folder);
}
END_TEST

START_TEST(a_pod_without_its_ca_is_an_error)
{
	struct folder folder = folder_open();
	struct kubeconfig config;
	struct err err = ERR_INIT;

	ck_assert_int_eq(kubeconfig_of_pod("10.96.0.1", "443", folder.path, &config, &err), ERR_NOTFOUND);
	ck_assert_ptr_nonnull(strstr(err.text, "ca.crt"));
	folder_close(&folder);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, merges_files_the_first_wins);
	tcase_add_test(tests, a_missing_file_is_not_found);
	tcase_add_test(tests, an_error_names_the_file);
	suite_add_rows(tests, reads_a_pods_own, pods);
	tcase_add_test(tests, a_pod_without_its_ca_is_an_error);
}

SUITE_MAIN("kubeconfig_files", add)
