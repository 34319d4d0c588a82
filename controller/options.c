#include "options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/vec.h"

#define QPS_MAX 100000
#define RELIST_MS 3600000

enum option_id {
	OPTION_KUBECONFIG,
	OPTION_CONTEXT,
	OPTION_NAMESPACE,
	OPTION_IDENTITY,
	OPTION_LEADER_ELECT,
	OPTION_BIND,
	OPTION_LOG_LEVEL,
	OPTION_KUBE_API_QPS,
	OPTION_KUBE_API_BURST,
	OPTION_RELIST_INTERVAL,
	OPTION_INSECURE_REGISTRY,
	OPTION_TOKEN_SERVER,
	OPTION_REGISTRY_MIRROR,
	OPTION_REGISTRY_CA,
	OPTION_PROMETHEUS_URL,
	OPTION_CRASH_FILE,
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_REFERENCE,
	OPTION_COUNT
};

static const struct option_info table[OPTION_COUNT] = {
	[OPTION_KUBECONFIG] = {
		"kubeconfig", "SLUICE_KUBECONFIG", "FILE",
		"$KUBECONFIG, else the pod's own account, else ~/.kube/config",
		"how to reach the apiserver",
	},
	[OPTION_CONTEXT] = {
		"context", "SLUICE_CONTEXT", "NAME",
		"the kubeconfig's current context",
		"which context of the kubeconfig to use",
	},
	[OPTION_NAMESPACE] = {
		"namespace", "SLUICE_NAMESPACE", "NAME",
		"$POD_NAMESPACE, else sluice-system",
		"the namespace of the Lease that says which replica works",
	},
	[OPTION_IDENTITY] = {
		"identity", "SLUICE_IDENTITY", "NAME",
		"$POD_NAME, else the host's name",
		"what this replica is called in the Lease and in Events",
	},
	[OPTION_LEADER_ELECT] = {
		"leader-elect", "SLUICE_LEADER_ELECT", NULL,
		NULL,
		"work only while holding the Lease; needed when there is more than one replica",
	},
	[OPTION_BIND] = {
		"bind", "SLUICE_BIND", "[HOST]:PORT",
		":8080",
		"where /healthz, /readyz and /metrics are served",
	},
	[OPTION_LOG_LEVEL] = {
		"log-level", "SLUICE_LOG_LEVEL", "LEVEL",
		"info",
		"error, warn, info or debug; debug shows every plan",
	},
	[OPTION_KUBE_API_QPS] = {
		"kube-api-qps", "SLUICE_KUBE_API_QPS", "NUMBER",
		"0, no limit: the apiserver's priority and fairness says who waits",
		"at most so many requests a second to the apiserver; the Lease does not keep to it",
	},
	[OPTION_KUBE_API_BURST] = {
		"kube-api-burst", "SLUICE_KUBE_API_BURST", "NUMBER",
		"10",
		"so many requests may leave at once after a rest, where --kube-api-qps limits them",
	},
	[OPTION_RELIST_INTERVAL] = {
		"relist-interval", "SLUICE_RELIST_INTERVAL", "DURATION",
		"1h",
		"a watch that ends (after half an hour at most, and at most ten minutes after this) when its kind was listed so long "
		"ago is not resumed: all of the kind is listed again, which heals what a watch has lost",
	},
	[OPTION_INSECURE_REGISTRY] = {
		"insecure-registry", "SLUICE_INSECURE_REGISTRIES", "HOST:PORT",
		NULL,
		"a registry that speaks plain HTTP; may be repeated, the variable holds a list with commas",
	},
	[OPTION_TOKEN_SERVER] = {
		"token-server", "SLUICE_TOKEN_SERVERS", "HOST[:PORT]",
		NULL,
		"a registry's token server, or the store of its blobs, that may have a private address; repeated as above",
	},
	[OPTION_REGISTRY_MIRROR] = {
		"registry-mirror", "SLUICE_REGISTRY_MIRRORS", "HOST=URL",
		NULL,
		"a mirror that is asked before the registry HOST, and instead of it where it can answer; a path in "
		"URL goes in front of the repository's; pins keep the name HOST; repeated as above",
	},
	[OPTION_REGISTRY_CA] = {
		"registry-ca", "SLUICE_REGISTRY_CA", "[HOST=]FILE",
		"the system's",
		"the certificate authorities (PEM) that registries are verified with; with HOST that registry, mirror "
		"or token server alone; repeated as above",
	},
	[OPTION_PROMETHEUS_URL] = {
		"prometheus-url", "SLUICE_PROMETHEUS_URL", "URL",
		"each metric of a channel has to name its own",
		"the Prometheus server that metrics without a url ask; the only one that may be http",
	},
	[OPTION_CRASH_FILE] = {
		"crash-file", "SLUICE_CRASH_FILE", "FILE",
		"nothing is put into quarantine",
		"where it is noted which object is being dealt with, so that one that crashes the operator three times "
		"is left alone; a file of 32 KiB for this process alone, which has to outlive it and not the pod",
	},
	[OPTION_HELP] = {
		"help", NULL, NULL,
		NULL,
		"show this page",
	},
	[OPTION_VERSION] = {
		"version", NULL, NULL,
		NULL,
		"show the version",
	},
	[OPTION_REFERENCE] = {
		"reference", NULL, NULL,
		NULL,
		"show every word of a status, every metric and every option, in Markdown",
	},
};

const struct option_info *options_describe(size_t index)
{
	return index < OPTION_COUNT ? &table[index] : NULL;
}

void options_print_help(FILE *out)
{
	(void)fputs("usage: sluice [options]\n\nThe Sluice operator: moves releases through "
		    "channels, pinned by digest.\n"
		    "\noptions (a flag goes before its environment variable):\n",
		    out);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option_info *row = &table[i];

		(void)fprintf(out, "  --%s%s%s", row->flag, row->argument == NULL ? "" : " ",
			      row->argument == NULL ? "" : row->argument);
		if (row->env != NULL)
			(void)fprintf(out, "  ($%s)", row->env);
		(void)fprintf(out, "\n        %s\n", row->help);
		if (row->fallback != NULL)
			(void)fprintf(out, "        without it: %s\n", row->fallback);
	}
}

/* What is being read: the lists grow until the end. */
struct reading {
	struct options *options;
	struct arena *arena;
	struct vec lists[OPTION_COUNT]; /* of the options that may be repeated */
};

static int set_switch(bool *ret, const char *flag, const char *text, struct err *err)
{
	if (text == NULL || str_equal(text, "true") || str_equal(text, "1"))
		*ret = true;
	else if (str_equal(text, "false") || str_equal(text, "0") || text[0] == '\0')
		*ret = false;
	else
		return err_set(err, ERR_INPUT, "--%s: \"%s\" is neither true nor false", flag,
			       text);
	return 0;
}

static int set_text(const char **ret, const char *flag, const char *text, struct err *err)
{
	if (str_is_empty(text))
		return err_set(err, ERR_INPUT, "--%s needs a value", flag);
	*ret = text;
	return 0;
}

static int set_number(int64_t *ret, const char *flag, const char *text, int64_t min, int64_t max,
		      struct err *err)
{
	if (!str_to_int(text, min, max, ret))
		return err_set(err, ERR_INPUT, "--%s: \"%s\" is no whole number from %lld to %lld",
			       flag, text, (long long)min, (long long)max);
	return 0;
}

static int set_duration(int64_t *ret_ms, const char *flag, const char *text, struct err *err)
{
	if (!clock_parse_duration(text, ret_ms) || *ret_ms <= 0)
		return err_set(err, ERR_INPUT, "--%s: \"%s\" is no duration such as 1h or 90s", flag, text);
	return 0;
}

static int set_url(const char **ret, const char *flag, const char *text, struct err *err)
{
	bool is_url = strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0;

	if (!is_url)
		return err_set(err, ERR_INPUT, "--%s: \"%s\" is no URL such as http://prometheus.monitoring:9090",
			       flag, text);
	return set_text(ret, flag, text, err);
}

/* Adds the parts of text between commas. */
static void add_list(struct reading *reading, struct vec *list, const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, ",");

		if (len > 0)
			vec_push(list, arena_strndup(reading->arena, text, len));
		text += len + (text[len] == ',' ? 1 : 0);
	}
}

static int set_option(struct reading *reading, size_t id, const char *text, struct err *err)
{
	struct options *options = reading->options;
	const char *flag = table[id].flag;

	switch ((enum option_id)id) {
	case OPTION_KUBECONFIG:
		return set_text(&options->kubeconfig, flag, text, err);
	case OPTION_CONTEXT:
		return set_text(&options->context, flag, text, err);
	case OPTION_NAMESPACE:
		return set_text(&options->namespace, flag, text, err);
	case OPTION_IDENTITY:
		return set_text(&options->identity, flag, text, err);
	case OPTION_LEADER_ELECT:
		return set_switch(&options->leader_elect, flag, text, err);
	case OPTION_BIND:
		return set_text(&options->bind, flag, text, err);
	case OPTION_LOG_LEVEL:
		if (!log_parse_level(text, &options->log_level))
			return err_set(err, ERR_INPUT,
				       "--log-level: \"%s\" is none of error, warn, info, debug",
				       text);
		return 0;
	case OPTION_KUBE_API_QPS:
		return set_number(&options->kube_api_qps, flag, text, 0, QPS_MAX, err);
	case OPTION_KUBE_API_BURST:
		return set_number(&options->kube_api_burst, flag, text, 1, QPS_MAX, err);
	case OPTION_RELIST_INTERVAL:
		return set_duration(&options->relist_ms, flag, text, err);
	case OPTION_INSECURE_REGISTRY:
	case OPTION_TOKEN_SERVER:
	case OPTION_REGISTRY_MIRROR:
	case OPTION_REGISTRY_CA:
		add_list(reading, &reading->lists[id], text);
		return 0;
	case OPTION_PROMETHEUS_URL:
		return set_url(&options->prometheus_url, flag, text, err);
	case OPTION_CRASH_FILE:
		return set_text(&options->crash_file, flag, text, err);
	case OPTION_HELP:
		return set_switch(&options->wants_help, flag, text, err);
	case OPTION_VERSION:
		return set_switch(&options->wants_version, flag, text, err);
	case OPTION_REFERENCE:
		return set_switch(&options->wants_reference, flag, text, err);
	case OPTION_COUNT:
		break;
	}
	return err_set(err, ERR_BUG, "unknown option %zu", id);
}

static int read_environment(struct reading *reading, struct err *err)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const char *text = table[i].env == NULL ? NULL : getenv(table[i].env);

		if (str_is_empty(text))
			continue;
		if (set_option(reading, i, text, err) < 0) {
			err_prefix(err, "$%s", table[i].env);
			return err->class;
		}
	}
	return 0;
}

#define LETTERS 256 /* what getopt knows an option by is no letter from here on */

/* Reads the flags. The first one of a list makes the environment's list void. */
static int read_flags(struct reading *reading, int argc, char *const *argv, struct err *err)
{
	struct option flags[OPTION_COUNT + 1] = { 0 };
	bool is_seen[OPTION_COUNT] = { false };
	int found;

	for (int i = 0; i < OPTION_COUNT; i++)
		flags[i] = (struct option){ .name = table[i].flag,
					    .val = LETTERS + i,
					    .has_arg = table[i].argument == NULL
							       ? optional_argument
							       : required_argument };
	optind = 0;
	opterr = 0;
	while ((found = getopt_long(argc, argv, ":", flags, NULL)) != -1) {
		if (found == ':')
			return err_set(err, ERR_INPUT, "%s needs a value", argv[optind - 1]);
		/* Of letters getopt has not yet left the argument behind; below 0 they are no ASCII. */
		if (found == '?' && optopt != 0 && optopt < LETTERS)
			return err_set(err, ERR_INPUT, "unknown option -%c; see --help", optopt);
		if (found == '?')
			return err_set(err, ERR_INPUT, "unknown option %s; see --help",
				       argv[optind - 1]);
		found -= LETTERS;
		if (!is_seen[found])
			reading->lists[found].len = 0;
		is_seen[found] = true;
		if (set_option(reading, (size_t)found, optarg, err) < 0)
			return err->class;
	}
	if (optind < argc)
		return err_set(err, ERR_INPUT, "unexpected argument \"%s\"; see --help",
			       argv[optind]);
	return 0;
}

/* The first of the two that says something. */
static const char *either(const char *text, const char *fallback)
{
	return str_is_empty(text) ? fallback : text;
}

static void set_defaults(struct options *options, struct arena *arena)
{
	char host[256] = "";

	if (gethostname(host, sizeof(host) - 1) < 0 || host[0] == '\0')
		(void)snprintf(host, sizeof(host), "pid-%d", (int)getpid());
	*options = (struct options){
		.namespace = either(getenv("POD_NAMESPACE"), "sluice-system"),
		.identity = either(getenv("POD_NAME"), arena_strdup(arena, host)),
		.bind = ":8080",
		.log_level = LOG_LEVEL_INFO,
		.kube_api_burst = 10,
		.relist_ms = RELIST_MS,
	};
}

static const char **take_list(struct arena *arena, struct vec *list)
{
	const char **items = arena_new_array(arena, list->len + 1, const char *);

	for (size_t i = 0; i < list->len; i++)
		items[i] = list->items[i];
	vec_finish(list);
	return items;
}

int options_parse(int argc, char *const *argv, struct arena *arena, struct options *ret_options,
		  struct err *err)
{
	struct reading reading = { .options = ret_options, .arena = arena };
	int r;

	set_defaults(ret_options, arena);
	r = read_environment(&reading, err);
	if (r == 0)
		r = read_flags(&reading, argc, argv, err);
	ret_options->insecure_registries = take_list(arena, &reading.lists[OPTION_INSECURE_REGISTRY]);
	ret_options->token_servers = take_list(arena, &reading.lists[OPTION_TOKEN_SERVER]);
	ret_options->registry_mirrors = take_list(arena, &reading.lists[OPTION_REGISTRY_MIRROR]);
	ret_options->registry_cas = take_list(arena, &reading.lists[OPTION_REGISTRY_CA]);
	return r;
}
