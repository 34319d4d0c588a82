/*
 * options: the operator's command line and environment.
 *
 * Every option has a flag and an environment variable (SLUICE_…); the flag wins. All of them stand
 * in one table, from which the parser, --help and the reference page are made. May include: base,
 * telemetry.
 */
#ifndef SLUICE_OPTIONS_H
#define SLUICE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/err.h"
#include "telemetry/log.h"

struct options {
	const char *kubeconfig;          /* NULL: $KUBECONFIG, the pod's account, ~/.kube/config */
	const char *context;             /* NULL: the file's current one */
	const char *namespace;           /* where the lease is */
	const char *identity;            /* who this replica is */
	bool leader_elect;
	const char *bind;                /* "[HOST]:PORT" of health and metrics */
	enum log_level log_level;
	int64_t kube_api_qps;            /* requests a second; 0: no limit */
	int64_t kube_api_burst;
	int64_t relist_ms;               /* how old a list of a kind may become */
	const char **insecure_registries; /* "HOST:PORT", NULL at the end */
	const char **token_servers;       /* "HOST[:PORT]", NULL at the end */
	const char **registry_mirrors;    /* "HOST=URL", NULL at the end */
	const char **registry_cas;        /* "FILE" or "HOST=FILE", NULL at the end */
	const char *prometheus_url;       /* NULL: none */
	const char *crash_file;           /* NULL: none */
	bool wants_help;
	bool wants_version;
	bool wants_reference;
};

/* One row for --help and the reference page. */
struct option_info {
	const char *flag;     /* without the dashes */
	const char *env;      /* NULL: none */
	const char *argument; /* NULL: takes none */
	const char *fallback; /* what holds without it, in words; NULL: nothing to say */
	const char *help;
};

/* The index-th row, NULL behind the last. */
const struct option_info *options_describe(size_t index);

/* Reads flags and environment; texts lie in arena or in argv. ERR_INPUT says what is wrong. */
int options_parse(int argc, char *const *argv, struct arena *arena, struct options *ret_options,
		  struct err *err) __attribute__((warn_unused_result));

/* Writes the help page. */
void options_print_help(FILE *out);

#endif
