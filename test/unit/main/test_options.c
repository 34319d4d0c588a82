#include "options.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"
#include "suite.h"

#define ARGS_MAX 6

static const struct {
	const char *name;
	const char *args[ARGS_MAX]; /* after the program's name */
	const char *env[ARGS_MAX];  /* "NAME=value" */
	const char *want;           /* the options in words; NULL: refused */
	const char *error;          /* part of the refusal */
} rows[] = {
	{ "without anything the defaults hold",
	  { NULL },
	  { NULL },
	  "- - sluice-system no :8080 info [] [] [] []",
	  NULL },
	{ "a pod says where and who it is",
	  { NULL },
	  { "POD_NAMESPACE=ops", "POD_NAME=sluice-0" },
	  "- - ops no :8080 info [] [] [] [] sluice-0",
	  NULL },
	{ "flags",
	  { "--kubeconfig=/k", "--context", "dev", "--leader-elect", "--log-level=debug" },
	  { NULL },
	  "/k dev sluice-system yes :8080 debug [] [] [] []",
	  NULL },
	{ "variables",
	  { NULL },
	  { "SLUICE_KUBECONFIG=/k", "SLUICE_LEADER_ELECT=true", "SLUICE_BIND=127.0.0.1:1",
	    "SLUICE_NAMESPACE=n" },
	  "/k - n yes 127.0.0.1:1 info [] [] [] []",
	  NULL },
	{ "a flag goes before its variable",
	  { "--bind=:1", "--leader-elect=false" },
	  { "SLUICE_BIND=:2", "SLUICE_LEADER_ELECT=1" },
	  "- - sluice-system no :1 info [] [] [] []",
	  NULL },
	{ "an empty variable is none",
	  { NULL },
	  { "SLUICE_BIND=" },
	  "- - sluice-system no :8080 info [] [] [] []",
	  NULL },
	{ "a list by repeating the flag",
	  { "--insecure-registry=a:1", "--insecure-registry", "b:2" },
	  { NULL },
	  "- - sluice-system no :8080 info [a:1 b:2] [] [] []",
	  NULL },
	{ "a list by commas",
	  { NULL },
	  { "SLUICE_INSECURE_REGISTRIES=a:1,,b:2", "SLUICE_TOKEN_SERVERS=c" },
	  "- - sluice-system no :8080 info [a:1 b:2] [c] [] []",
	  NULL },
	{ "the flag's list takes the place of the variable's",
	  { "--token-server=d", "--token-server=e" },
	  { "SLUICE_TOKEN_SERVERS=c" },
	  "- - sluice-system no :8080 info [] [d e] [] []",
	  NULL },
	{ "a file of certificate authorities",
	  { "--registry-ca=/ca" },
	  { NULL },
	  "- - sluice-system no :8080 info [] [] [] [/ca]",
	  NULL },
	{ "mirrors of registries, and certificate authorities of single hosts",
	  { "--registry-mirror=docker.io=https://m.example.com/hub", "--registry-ca=/ca",
	    "--registry-ca=m.example.com=/etc/m.pem" },
	  { "SLUICE_REGISTRY_MIRRORS=r.example.com=https://other" },
	  "- - sluice-system no :8080 info [] [] [docker.io=https://m.example.com/hub] [/ca m.example.com=/etc/m.pem]",
	  NULL },
	{ "the same by variables",
	  { NULL },
	  { "SLUICE_REGISTRY_MIRRORS=r=https://a,r=https://b", "SLUICE_REGISTRY_CA=a=/a.pem,/ca" },
	  "- - sluice-system no :8080 info [] [] [r=https://a r=https://b] [a=/a.pem /ca]",
	  NULL },
	{ "a limit of requests",
	  { "--kube-api-qps=50", "--kube-api-burst", "100" },
	  { NULL },
	  "- - sluice-system no :8080 info [] [] [] [] 50/100",
	  NULL },
	{ "a limit of requests has bursts of its own",
	  { NULL },
	  { "SLUICE_KUBE_API_QPS=50" },
	  "- - sluice-system no :8080 info [] [] [] [] 50/10",
	  NULL },
	{ "a limit that is no number", { "--kube-api-qps=5.5" }, { NULL }, NULL, "\"5.5\" is no whole number" },
	{ "a limit that is too low", { "--kube-api-qps=-1" }, { NULL }, NULL, "from 0 to 100000" },
	{ "no burst at all", { "--kube-api-burst=0" }, { NULL }, NULL, "from 1 to 100000" },
	{ "how old a list may become",
	  { "--relist-interval=10m" },
	  { NULL },
	  "- - sluice-system no :8080 info [] [] [] [] 10m",
	  NULL },
	{ "an interval that is none", { "--relist-interval=often" }, { NULL }, NULL, "\"often\" is no duration such as 1h or 90s" },
	{ "an interval of nothing", { "--relist-interval=0s" }, { NULL }, NULL, "\"0s\" is no duration" },
	{ "help", { "--help" }, { NULL }, "help", NULL },
	{ "version", { "--version" }, { NULL }, "version", NULL },
	{ "reference", { "--reference" }, { NULL }, "reference", NULL },
	{ "an unknown flag is refused by name", { "--colour" }, { NULL }, NULL, "--colour" },
	{ "unknown letters are refused by the first of them", { "--leader-elect", "-xy" }, { NULL }, NULL, "unknown option -x" },
	{ "so are letters that are no ASCII", { "--leader-elect", "-\xc3\xa9" }, { NULL }, NULL, "unknown option -\xc3" },
	{ "a flag without its value", { "--bind" }, { NULL }, NULL, "--bind needs a value" },
	{ "a value that is empty", { "--bind=" }, { NULL }, NULL, "--bind needs a value" },
	{ "an argument that belongs to nothing", { "run" }, { NULL }, NULL, "\"run\"" },
	{ "a level that is none", { "--log-level=loud" }, { NULL }, NULL, "\"loud\"" },
	{ "a variable that is wrong is named",
	  { NULL },
	  { "SLUICE_LOG_LEVEL=loud" },
	  NULL,
	  "$SLUICE_LOG_LEVEL" },
	{ "a switch that is neither on nor off",
	  { NULL },
	  { "SLUICE_LEADER_ELECT=perhaps" },
	  NULL,
	  "\"perhaps\"" },
};

static const char *or_dash(const char *text)
{
	return text == NULL ? "-" : text;
}

static size_t add_list(char *text, size_t size, const char **items)
{
	size_t len = (size_t)snprintf(text, size, " [");

	for (size_t i = 0; items[i] != NULL; i++)
		len += (size_t)snprintf(text + len, size - len, "%s%s", i == 0 ? "" : " ",
					items[i]);
	return len + (size_t)snprintf(text + len, size - len, "]");
}

/* The options in words; the identity only where a pod gave it. */
static void describe(const struct options *o, char *text, size_t size)
{
	static const char *const levels[] = { "error", "warn", "info", "debug" };
	char interval[CLOCK_TEXT_SIZE];
	size_t len;

	if (o->wants_help || o->wants_version || o->wants_reference) {
		(void)snprintf(text, size, "%s",
			       o->wants_help ? "help" : o->wants_version ? "version" : "reference");
		return;
	}
	len = (size_t)snprintf(text, size, "%s %s %s %s %s %s", or_dash(o->kubeconfig),
			       or_dash(o->context), o->namespace, o->leader_elect ? "yes" : "no",
			       o->bind, levels[o->log_level]);
	len += add_list(text + len, size - len, o->insecure_registries);
	len += add_list(text + len, size - len, o->token_servers);
	len += add_list(text + len, size - len, o->registry_mirrors);
	len += add_list(text + len, size - len, o->registry_cas);
	if (o->kube_api_qps > 0)
		len += (size_t)snprintf(text + len, size - len, " %d/%d", (int)o->kube_api_qps,
					(int)o->kube_api_burst);
	if (o->relist_ms != 3600000)
		len += (size_t)snprintf(text + len, size - len, " %s", clock_format_duration(o->relist_ms, interval));
	if (getenv("POD_NAME") != NULL)
		(void)snprintf(text + len, size - len, " %s", o->identity);
}

START_TEST(reads_flags_and_variables)
{
	struct arena arena = ARENA_INIT;
	struct options options;
	struct err err = ERR_INIT;
	char *argv[ARGS_MAX + 2] = { (char *)"sluice" };
	char text[512];
	int argc = 1;
	int r;

	clearenv();
	for (size_t i = 0; i < ARGS_MAX && rows[_i].env[i] != NULL; i++)
		ck_assert_int_eq(putenv((char *)rows[_i].env[i]), 0);
	for (size_t i = 0; i < ARGS_MAX && rows[_i].args[i] != NULL; i++)
		argv[argc++] = (char *)rows[_i].args[i];
	r = options_parse(argc, argv, &arena, &options, &err);
	if (rows[_i].want == NULL) {
		expect_int(rows[_i].name, r, ERR_INPUT);
		expect_contains(rows[_i].name, err.text, rows[_i].error);
	} else {
		expect_str(rows[_i].name, err.text, "");
		expect_int(rows[_i].name, r, 0);
		describe(&options, text, sizeof(text));
		expect_str(rows[_i].name, text, rows[_i].want);
		expect(rows[_i].name, !str_is_empty(options.identity));
	}
	clearenv();
	arena_finish(&arena);
}
END_TEST

START_TEST(help_shows_every_flag_and_variable)
{
	char *page = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&page, &size);
	const struct option_info *info;

	options_print_help(out);
	ck_assert_int_eq(fclose(out), 0);
	for (size_t i = 0; (info = options_describe(i)) != NULL; i++) {
		char flag[64];

		(void)snprintf(flag, sizeof(flag), "--%s", info->flag);
		expect_contains(info->flag, page, flag);
		expect_contains(info->flag, page, info->help);
		if (info->env != NULL)
			expect_contains(info->flag, page, info->env);
	}
	free(page);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, reads_flags_and_variables, rows);
	tcase_add_test(tests, help_shows_every_flag_and_variable);
}

SUITE_MAIN("options", add)
