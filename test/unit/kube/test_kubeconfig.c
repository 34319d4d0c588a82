#include "kube/kubeconfig.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suite.h"

/* A kubeconfig whose cluster and user have the given fields, each line indented by four spaces. */
static const char *config_text(char room[static 4096], const char *cluster, const char *user)
{
	(void)snprintf(room, 4096,
		       "apiVersion: v1\nkind: Config\ncurrent-context: here\n"
		       "contexts:\n- name: other\n  context: {cluster: nowhere, user: nobody}\n"
		       "- name: here\n  context: {cluster: c, user: joe, namespace: shop}\n"
		       "clusters:\n- name: c\n  cluster:\n%s"
		       "users:\n- name: joe\n  user:\n%s",
		       cluster, user);
	return room;
}

#define SERVER "    server: https://h:6443\n"

/* Fields that are read. */
static const struct {
	const char *name;
	const char *cluster;
	const char *user;
	struct kubeconfig want;
} rows[] = {
	{ "a server alone", SERVER, "    {}\n", { .server = "https://h:6443" } },
	{ "slashes at the server's end go", "    server: https://h:6443//\n", "    {}\n",
	  { .server = "https://h:6443" } },
	{ "a token", SERVER, "    token: abc\n", { .server = "https://h:6443", .token = "abc" } },
	{ "a token file is relative to the kubeconfig", SERVER, "    tokenFile: t/x\n",
	  { .server = "https://h:6443", .token_file = "/etc/kube/t/x" } },
	{ "an absolute token file stays", SERVER, "    tokenFile: /t/x\n",
	  { .server = "https://h:6443", .token_file = "/t/x" } },
	{ "data is base64", SERVER "    certificate-authority-data: cGVt\n", "    {}\n",
	  { .server = "https://h:6443", .ca_pem = "pem" } },
	{ "data wins over a file", SERVER "    certificate-authority: /nowhere\n"
				   "    certificate-authority-data: cGVt\n", "    {}\n",
	  { .server = "https://h:6443", .ca_pem = "pem" } },
	{ "a client certificate and its key", SERVER,
	  "    client-certificate-data: Y2VydA==\n    client-key-data: a2V5\n",
	  { .server = "https://h:6443", .cert_pem = "cert", .key_pem = "key" } },
	{ "another server name, a proxy, no verification",
	  SERVER "    tls-server-name: kubernetes\n    proxy-url: http://proxy:3128\n"
		 "    insecure-skip-tls-verify: true\n", "    {}\n",
	  { .server = "https://h:6443", .tls_server_name = "kubernetes", .proxy_url = "http://proxy:3128",
	    .is_insecure = true } },
	{ "impersonation", SERVER, "    as: admin\n    as-uid: '7'\n",
	  { .server = "https://h:6443", .as_user = "admin", .as_uid = "7" } },
	{ "what tools write out empty is absent",
	  SERVER "    tls-server-name: ''\n    certificate-authority-data: null\n    proxy-url: \"\"\n",
	  "    token: ''\n    exec: null\n    auth-provider: {}\n    username: ''\n",
	  { .server = "https://h:6443" } },
	{ "what says nothing to us is passed over",
	  SERVER "    disable-compression: true\n    extensions: [{name: x}]\n",
	  "    extensions: [{name: x}]\n", { .server = "https://h:6443" } },
};

START_TEST(reads_fields)
{
	struct kubeconfig config;
	struct err err = ERR_INIT;
	char text[4096];
	const struct kubeconfig *want = &rows[_i].want;

	(void)config_text(text, rows[_i].cluster, rows[_i].user);
	ck_assert_msg(kubeconfig_parse(text, strlen(text), "/etc/kube", NULL, &config, &err) == 0, "%s: %s",
		      rows[_i].name, err.text);
	expect_str(rows[_i].name, config.server, want->server);
	expect_str(rows[_i].name, config.ca_pem, want->ca_pem);
	expect_str(rows[_i].name, config.tls_server_name, want->tls_server_name);
	expect_str(rows[_i].name, config.proxy_url, want->proxy_url);
	expect_int(rows[_i].name, config.is_insecure, want->is_insecure);
	expect_str(rows[_i].name, config.cert_pem, want->cert_pem);
	expect_str(rows[_i].name, config.key_pem, want->key_pem);
	expect_str(rows[_i].name, config.token, want->token);
	expect_str(rows[_i].name, config.token_file, want->token_file);
	expect_str(rows[_i].name, config.as_user, want->as_user);
	expect_str(rows[_i].name, config.as_uid, want->as_uid);
	expect_str(rows[_i].name, config.namespace, "shop");
	kubeconfig_finish(&config);
}
END_TEST

/* Whole texts or fields that are refused, with the words that say why. */
static const struct {
	const char *name;
	const char *cluster;
	const char *user;
	const char *context;
	const char *want;
} refusals[] = {
	{ "exec", SERVER, "    exec: {command: aws}\n", NULL,
	  "user \"joe\": field \"exec\" is not supported" },
	{ "auth-provider", SERVER, "    auth-provider: {name: gcp}\n", NULL,
	  "field \"auth-provider\" is not supported" },
	{ "a user name", SERVER, "    username: joe\n", NULL, "field \"username\" is not supported" },
	{ "a password", SERVER, "    password: secret\n", NULL, "field \"password\" is not supported" },
	{ "as-user-extra", SERVER, "    as: x\n    as-user-extra: {a: [b]}\n", NULL,
	  "field \"as-user-extra\" is not supported" },
	{ "a misspelt field", SERVER, "    tokenfile: /x\n", NULL, "field \"tokenfile\" is not known" },
	{ "a misspelt field of the cluster", SERVER "    ca: x\n", "    {}\n", NULL,
	  "cluster \"c\": field \"ca\" is not known" },
	{ "no server", "    tls-server-name: x\n", "    {}\n", NULL, "no server" },
	{ "a server that is no URL", "    server: h:6443\n", "    {}\n", NULL, "not an http(s) URL" },
	{ "base64 that is none", SERVER "    certificate-authority-data: '***'\n", "    {}\n", NULL,
	  "is not base64" },
	{ "base64 cut short", SERVER "    certificate-authority-data: cGVtcA\n", "    {}\n", NULL,
	  "is not base64" },
	{ "base64 of a NUL", SERVER "    certificate-authority-data: AAAA\n", "    {}\n", NULL,
	  "is not base64 of PEM" },
	{ "a CA file that is missing", SERVER "    certificate-authority: nowhere.crt\n", "    {}\n", NULL,
	  "/etc/kube/nowhere.crt" },
	{ "CA and insecure", SERVER "    certificate-authority-data: cGVt\n"
				    "    insecure-skip-tls-verify: true\n", "    {}\n", NULL,
	  "exclude each other" },
	{ "a key without a certificate", SERVER, "    client-key-data: a2V5\n", NULL, "go together" },
	{ "groups of nobody", SERVER, "    as-groups: [a]\n", NULL, "need \"as\"" },
	{ "insecure: maybe", SERVER "    insecure-skip-tls-verify: maybe\n", "    {}\n", NULL,
	  "neither true nor false" },
	{ "a map where a text belongs", SERVER, "    token: {a: b}\n", NULL, "is not text" },
	{ "a text where a list belongs", SERVER, "    as: a\n    as-groups: b\n", NULL, "is not a list" },
	{ "an unknown context", SERVER, "    {}\n", "gone", "no context \"gone\"" },
	{ "a context without its cluster", SERVER, "    {}\n", "other", "no cluster \"nowhere\"" },
	{ "not YAML", "    server: [\n", "    {}\n", NULL, "line" },
};

START_TEST(refuses)
{
	struct kubeconfig config;
	struct err err = ERR_INIT;
	char text[4096];

	(void)config_text(text, refusals[_i].cluster, refusals[_i].user);
	expect_int(refusals[_i].name,
		   kubeconfig_parse(text, strlen(text), "/etc/kube", refusals[_i].context, &config, &err) < 0,
		   true);
	expect_contains(refusals[_i].name, err.text, refusals[_i].want);
	expect(refusals[_i].name, strstr(err.text, "secret") == NULL);
}
END_TEST

static const struct {
	const char *name;
	const char *text;
} nonsense[] = {
	{ "nothing", "" },
	{ "a list", "- a\n" },
	{ "a word", "hello" },
	{ "no current context", "contexts: []\n" },
	{ "contexts that are a map", "current-context: a\ncontexts: {a: b}\n" },
	{ "entries without names", "current-context: a\ncontexts: [{}, [], x, null]\n" },
	{ "a context that is a list", "current-context: a\ncontexts: [{name: a, context: [x]}]\n" },
	{ "a cluster that is a text",
	  "current-context: a\ncontexts: [{name: a, context: {cluster: b}}]\nclusters: [{name: b, cluster: x}]\n" },
	{ "an alias of itself", "current-context: a\ncontexts: &x [{name: a, context: *x}]\n" },
};

START_TEST(nonsense_is_an_error_and_no_crash)
{
	struct kubeconfig config;
	struct err err = ERR_INIT;

	expect_int(nonsense[_i].name,
		   kubeconfig_parse(nonsense[_i].text, strlen(nonsense[_i].text), ".", NULL, &config, &err),
		   ERR_INPUT);
}
END_TEST

START_TEST(impersonates_groups)
{
	struct kubeconfig config;
	struct err err = ERR_INIT;
	char text[4096];

	(void)config_text(text, SERVER, "    as: a\n    as-groups: [one, two]\n");
	ck_assert(kubeconfig_parse(text, strlen(text), ".", NULL, &config, &err) == 0);
	ck_assert_str_eq(config.as_groups[0], "one");
	ck_assert_str_eq(config.as_groups[1], "two");
	ck_assert_ptr_null(config.as_groups[2]);
	kubeconfig_finish(&config);
}
END_TEST

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

	write_file(&folder, 0, "one",
		   "current-context: here\ncontexts: [{name: here, context: {cluster: c, user: u}}]\n"
		   "clusters: [{name: c, cluster: {server: 'https://one', certificate-authority: ca.crt}}]\n");
	write_file(&folder, 1, "two",
		   "current-context: there\nclusters: [{name: c, cluster: {server: 'https://two'}}]\n"
		   "users: [{name: u, user: {token: abc}}]\n");
	write_file(&folder, 2, "ca.crt", "the CA");
	(void)snprintf(paths, sizeof(paths), "%s::%s/missing:%s", folder.file[0], folder.path, folder.file[1]);
	ck_assert_msg(kubeconfig_load(paths, NULL, &config, &err) == 0, "%s", err.text);
	ck_assert_str_eq(config.server, "https://one");
	ck_assert_str_eq(config.ca_pem, "the CA");
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
};

START_TEST(reads_a_pods_own)
{
	struct folder folder = folder_open();
	struct kubeconfig config;
	struct err err = ERR_INIT;
	char token[128];

	write_file(&folder, 0, "ca.crt", "the CA");
	write_file(&folder, 1, "namespace", "sluice-system\n");
	write_file(&folder, 2, "token", "abc");
	expect_int(pods[_i].name,
		   kubeconfig_of_pod(pods[_i].host, pods[_i].port, folder.path, &config, &err), pods[_i].want);
	if (pods[_i].want == 0) {
		(void)snprintf(token, sizeof(token), "%s/token", folder.path);
		expect_str(pods[_i].name, config.server, pods[_i].want_server);
		expect_str(pods[_i].name, config.ca_pem, "the CA");
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
	suite_add_rows(tests, reads_fields, rows);
	suite_add_rows(tests, refuses, refusals);
	suite_add_rows(tests, nonsense_is_an_error_and_no_crash, nonsense);
	tcase_add_test(tests, impersonates_groups);
	tcase_add_test(tests, merges_files_the_first_wins);
	tcase_add_test(tests, a_missing_file_is_not_found);
	tcase_add_test(tests, an_error_names_the_file);
	suite_add_rows(tests, reads_a_pods_own, pods);
	tcase_add_test(tests, a_pod_without_its_ca_is_an_error);
}

SUITE_MAIN("kubeconfig", add)
