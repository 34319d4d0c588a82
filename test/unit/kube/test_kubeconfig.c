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
	{ "files are relative to the kubeconfig", SERVER "    certificate-authority: ca.crt\n",
	  "    client-certificate: ../c.crt\n    client-key: /c.key\n",
	  { .server = "https://h:6443", .ca_file = "/etc/kube/ca.crt", .cert_file = "/etc/kube/../c.crt",
	    .key_file = "/c.key" } },
	{ "a certificate as data and its key in a file", SERVER,
	  "    client-certificate-data: Y2VydA==\n    client-certificate: /nowhere\n    client-key: k\n",
	  { .server = "https://h:6443", .cert_pem = "cert", .key_file = "/etc/kube/k" } },
	{ "a user name and a password", SERVER, "    username: joe\n    password: 'a: b'\n",
	  { .server = "https://h:6443", .username = "joe", .password = "a: b" } },
	{ "a proxy that is spoken to by TLS", SERVER "    proxy-url: https://joe:secret@proxy\n", "    {}\n",
	  { .server = "https://h:6443", .proxy_url = "https://joe:secret@proxy" } },
	{ "a SOCKS proxy", SERVER "    proxy-url: socks5://proxy:1080\n", "    {}\n",
	  { .server = "https://h:6443", .proxy_url = "socks5://proxy:1080" } },
	{ "a plugin", SERVER,
	  "    exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, interactiveMode: Never}\n",
	  { .server = "https://h:6443",
	    .exec = { .command = "aws", .api_version = "client.authentication.k8s.io/v1",
		      .interactive_mode = "Never" } } },
	{ "a plugin beside the kubeconfig", SERVER,
	  "    exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: bin/login, args: null}\n",
	  { .server = "https://h:6443",
	    .exec = { .command = "/etc/kube/bin/login",
		      .api_version = "client.authentication.k8s.io/v1beta1" } } },
	{ "a plugin that is told of the cluster",
	  SERVER "    disable-compression: true\n"
		 "    extensions: [{name: other, extension: 7},\n"
		 "      {name: client.authentication.k8s.io/exec, extension: {audience: x, n: [1, 'two', ~]}}]\n",
	  "    exec: {apiVersion: client.authentication.k8s.io/v1, command: /bin/login,\n"
	  "      installHint: \"get it\\nthere\", provideClusterInfo: true, interactiveMode: IfAvailable}\n",
	  { .server = "https://h:6443",
	    .exec = { .command = "/bin/login", .api_version = "client.authentication.k8s.io/v1",
		      .install_hint = "get it\nthere", .interactive_mode = "IfAvailable", .wants_cluster = true,
		      .extra = "{\"audience\":\"x\",\"n\":[1,\"two\",null]}" } } },
	{ "impersonation", SERVER, "    as: admin\n    as-uid: '7'\n",
	  { .server = "https://h:6443", .as_user = "admin", .as_uid = "7" } },
	{ "what tools write out empty is absent",
	  SERVER "    tls-server-name: ''\n    certificate-authority-data: null\n    proxy-url: \"\"\n"
		 "    certificate-authority: ''\n",
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
	expect_str(rows[_i].name, config.ca_file, want->ca_file);
	expect_str(rows[_i].name, config.cert_file, want->cert_file);
	expect_str(rows[_i].name, config.key_file, want->key_file);
	expect_str(rows[_i].name, config.username, want->username);
	expect_str(rows[_i].name, config.password, want->password);
	expect_str(rows[_i].name, config.exec.command, want->exec.command);
	expect_str(rows[_i].name, config.exec.api_version, want->exec.api_version);
	expect_str(rows[_i].name, config.exec.install_hint, want->exec.install_hint);
	expect_str(rows[_i].name, config.exec.interactive_mode, want->exec.interactive_mode);
	expect_int(rows[_i].name, config.exec.wants_cluster, want->exec.wants_cluster);
	expect_str(rows[_i].name, config.exec.extra, want->exec.extra);
	expect_str(rows[_i].name, config.namespace, "shop");
	kubeconfig_finish(&config);
}
END_TEST

#define PLUGIN(more) "    exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, " more "}\n"

/* Whole texts or fields that are refused, with the words that say why. */
static const struct {
	const char *name;
	const char *cluster;
	const char *user;
	const char *context;
	const char *want;
} refusals[] = {
	{ "auth-provider", SERVER, "    auth-provider: {name: gcp}\n", NULL,
	  "user \"joe\": field \"auth-provider\" is not supported: Kubernetes itself has none any more "
	  "since 1.26: use \"exec\"" },
	{ "auth-provider as text", SERVER, "    auth-provider: gcp\n", NULL,
	  "field \"auth-provider\" is not supported" },
	{ "a password without a user name", SERVER, "    password: secret\n", NULL,
	  "field \"username\" is missing" },
	{ "a user name with a colon", SERVER, "    username: 'a:b'\n", NULL, "it holds a ':'" },
	{ "a user name and a token", SERVER, "    username: a\n    token: b\n", NULL,
	  "a token and a user name exclude each other" },
	{ "a token of two lines", SERVER, "    token: |\n      abc\n", NULL,
	  "field \"token\" holds a line break" },
	{ "a group of two lines", SERVER, "    as: x\n    as-groups: [\"a\\nb\"]\n", NULL,
	  "field \"as-groups\" holds a line break" },
	{ "extra of nobody", SERVER, "    as-user-extra: {a: [b]}\n", NULL, "need \"as\"" },
	{ "extra that is a list", SERVER, "    as: x\n    as-user-extra: [b]\n", NULL,
	  "field \"as-user-extra\" is not a map" },
	{ "extra whose value is no list", SERVER, "    as: x\n    as-user-extra: {a: b}\n", NULL,
	  "field \"as-user-extra\" is not a list" },
	{ "a proxy of a kind that is not known", SERVER "    proxy-url: ftp://joe:secret@proxy\n", "    {}\n",
	  NULL, "field \"proxy-url\" begins with \"ftp\"; it has to be an http://, https:// or socks5:// URL" },
	{ "a proxy that is no URL", SERVER "    proxy-url: proxy\n", "    {}\n", NULL, "\"proxy-url\" begins" },
	{ "a plugin that is text", SERVER, "    exec: aws\n", NULL, "field \"exec\" is not a map" },
	{ "a plugin without a command", SERVER, "    exec: {apiVersion: client.authentication.k8s.io/v1}\n", NULL,
	  "exec: field \"command\" is missing" },
	{ "a plugin of no version", SERVER, "    exec: {command: aws}\n", NULL,
	  "exec: field \"apiVersion\" is \"\"; it has to be client.authentication.k8s.io/v1 or .../v1beta1" },
	{ "a plugin of an old version", SERVER,
	  "    exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: aws}\n", NULL,
	  "\"client.authentication.k8s.io/v1alpha1\"; it has to be" },
	{ "a plugin that asks people", SERVER, PLUGIN("interactiveMode: Always"), NULL,
	  "\"interactiveMode\" is \"Always\", but there is nobody whom aws could ask" },
	{ "a plugin in no known mode", SERVER, PLUGIN("interactiveMode: Maybe"), NULL,
	  "\"interactiveMode\" is \"Maybe\"; it has to be Never or IfAvailable" },
	{ "a plugin's misspelt field", SERVER, PLUGIN("arg: [x]"), NULL, "field \"arg\" is not known" },
	{ "arguments that are text", SERVER, PLUGIN("args: x"), NULL, "field \"args\" is not a list" },
	{ "an argument that is a list", SERVER, PLUGIN("args: [[x]]"), NULL, "field \"args\" holds something" },
	{ "a variable without a name", SERVER, PLUGIN("env: [{value: x}]"), NULL, "field \"env\" holds a variable" },
	{ "a variable with '=' in its name", SERVER, PLUGIN("env: [{name: a=b, value: x}]"), NULL,
	  "field \"env\" holds a variable" },
	{ "a variable that is text", SERVER, PLUGIN("env: [x]"), NULL, "is not a map" },
	{ "a plugin and a token", SERVER, PLUGIN("args: []") "    token: x\n", NULL,
	  "\"exec\" and any other credential exclude each other" },
	{ "a plugin's extension that leads into itself",
	  SERVER "    extensions: [{name: client.authentication.k8s.io/exec, extension: &x {a: *x}}]\n", "    {}\n",
	  NULL, "extension \"client.authentication.k8s.io/exec\": nested deeper" },
	{ "a misspelt field", SERVER, "    tokenfile: /x\n", NULL, "field \"tokenfile\" is not known" },
	{ "a misspelt field of the cluster", SERVER "    ca: x\n", "    {}\n", NULL,
	  "cluster \"c\": field \"ca\" is not known" },
	{ "no server", "    tls-server-name: x\n", "    {}\n", NULL, "no server" },
	{ "a server that is no URL", "    server: h:6443\n", "    {}\n", NULL, "not an http(s) URL" },
	{ "a server without a host", "    server: https://\n", "    {}\n", NULL, "names no host" },
	{ "a server that is a port", "    server: https://:6443\n", "    {}\n", NULL, "names no host" },
	{ "a server with a password", "    server: https://joe:secret@h\n", "    {}\n", NULL,
	  "field \"server\" holds a user name" },
	{ "a server with a query", "    server: https://h/?a=b\n", "    {}\n", NULL,
	  "field \"server\" holds a user name, a query" },
	{ "base64 that is none", SERVER "    certificate-authority-data: '***'\n", "    {}\n", NULL,
	  "is not base64" },
	{ "base64 cut short", SERVER "    certificate-authority-data: cGVtcA\n", "    {}\n", NULL,
	  "is not base64" },
	{ "base64 of a NUL", SERVER "    certificate-authority-data: AAAA\n", "    {}\n", NULL,
	  "is not base64 of PEM" },
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

START_TEST(reads_lists)
{
	struct kubeconfig config;
	struct err err = ERR_INIT;
	char text[4096];

	(void)config_text(text, SERVER,
			  "    as: a\n    as-groups: [one, two]\n"
			  "    as-user-extra: {scopes: [view, edit], 'x.io/y': ['1']}\n"
			  "    exec: {apiVersion: client.authentication.k8s.io/v1, command: aws,\n"
			  "      args: [--out, \"a\\nb\"], env: [{name: A, value: 'b=c'}, {name: B, value: ''}]}\n");
	ck_assert_msg(kubeconfig_parse(text, strlen(text), ".", NULL, &config, &err) == 0, "%s", err.text);
	ck_assert_str_eq(config.as_groups[0], "one");
	ck_assert_str_eq(config.as_groups[1], "two");
	ck_assert_ptr_null(config.as_groups[2]);
	ck_assert_str_eq(config.as_extra[0].name, "scopes");
	ck_assert_str_eq(config.as_extra[0].value, "view");
	ck_assert_str_eq(config.as_extra[1].name, "scopes");
	ck_assert_str_eq(config.as_extra[1].value, "edit");
	ck_assert_str_eq(config.as_extra[2].name, "x.io/y");
	ck_assert_str_eq(config.as_extra[2].value, "1");
	ck_assert_ptr_null(config.as_extra[3].name);
	ck_assert_str_eq(config.exec.args[0], "--out");
	ck_assert_str_eq(config.exec.args[1], "a\nb");
	ck_assert_ptr_null(config.exec.args[2]);
	ck_assert_str_eq(config.exec.env[0].name, "A");
	ck_assert_str_eq(config.exec.env[0].value, "b=c");
	ck_assert_str_eq(config.exec.env[1].name, "B");
	ck_assert_str_eq(config.exec.env[1].value, "");
	ck_assert_ptr_null(config.exec.env[2].name);
	kubeconfig_finish(&config);
}
END_TEST

/* A kubeconfig that somebody else wrote must not make us read files or run programs. */
static const struct {
	const char *name;
	const char *cluster;
	const char *user;
	const char *want; /* NULL: it is taken */
} foreign[] = {
	{ "data", SERVER "    certificate-authority-data: cGVt\n", "    token: abc\n", NULL },
	{ "an authority in a file", SERVER "    certificate-authority: /x\n", "    {}\n",
	  "field \"certificate-authority\" names something of this machine" },
	{ "a certificate in a file", SERVER, "    client-certificate: /x\n",
	  "field \"client-certificate\" names" },
	{ "a token in a file", SERVER, "    tokenFile: /etc/shadow\n", "field \"tokenFile\" names" },
	{ "a program", SERVER, PLUGIN("args: []"), "field \"command\" names something of this machine" },
};

START_TEST(a_kubeconfig_from_elsewhere_names_nothing_here)
{
	struct kubeconfig config;
	struct err err = ERR_INIT;
	char text[4096];
	int r;

	(void)config_text(text, foreign[_i].cluster, foreign[_i].user);
	r = kubeconfig_parse(text, strlen(text), NULL, NULL, &config, &err);
	expect_int(foreign[_i].name, r, foreign[_i].want == NULL ? 0 : ERR_INPUT);
	expect_contains(foreign[_i].name, err.text, foreign[_i].want == NULL ? "" : foreign[_i].want);
	if (r == 0)
		kubeconfig_finish(&config);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, reads_fields, rows);
	suite_add_rows(tests, refuses, refusals);
	suite_add_rows(tests, nonsense_is_an_error_and_no_crash, nonsense);
	tcase_add_test(tests, reads_lists);
	suite_add_rows(tests, a_kubeconfig_from_elsewhere_names_nothing_here, foreign);
}

SUITE_MAIN("kubeconfig", add)
