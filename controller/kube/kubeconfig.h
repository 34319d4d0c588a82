/*
 * kube/kubeconfig: where the apiserver is and who we are there.
 *
 * Read from a kubeconfig (clientcmd v1: KUBECONFIG may name several files, the first that defines a
 * name wins; paths in a file are relative to it; data goes before a file, a token file before a
 * token) or, inside a pod, from its environment and service account. A field that is unknown, or
 * asks for something that Sluice does not do (auth-provider), is an error that names it, never
 * silently left out, because a client that drops credentials acts as somebody else. For the same
 * reason two ways to say who we are exclude each other. docs/kubeconfig.md has all fields.
 *
 * May include: base (the .c files: libyaml, net/base64, wire/json_write). Deliberately absent:
 * connections; the content of the files that it names (they may change: identity.h).
 */
#ifndef SLUICE_KUBE_KUBECONFIG_H
#define SLUICE_KUBE_KUBECONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

struct kubeconfig_pair {
	const char *name; /* NULL: the end of the list */
	const char *value;
};

/* A program that is asked who we are (client.authentication.k8s.io). */
struct kubeconfig_exec {
	const char *command;     /* NULL: there is none. Without a slash it is found by PATH */
	const char *const *args; /* NULL at the end; NULL: none */
	const struct kubeconfig_pair *env; /* NULL: none */
	const char *api_version;
	const char *install_hint;
	const char *interactive_mode;
	bool wants_cluster;  /* provideClusterInfo */
	const char *extra;   /* the cluster's extension for such programs, JSON; NULL: none */
};

struct kubeconfig {
	struct arena arena; /* of all strings below; each is NULL where there is none */
	const char *server; /* "https://10.96.0.1:443", without a slash at the end */
	const char *ca_pem; /* what is there as data has no file */
	const char *ca_file;
	const char *tls_server_name;
	const char *proxy_url; /* http, https or socks5 */
	bool is_insecure;      /* do not verify the server */
	bool disables_compression; /* nothing is ever asked for compressed; plugins are told */
	const char *cert_pem;
	const char *cert_file;
	const char *key_pem;
	const char *key_file;
	const char *token;
	const char *token_file;
	const char *username; /* HTTP Basic */
	const char *password;
	struct kubeconfig_exec exec;
	const char *as_user; /* impersonation */
	const char *as_uid;
	const char *const *as_groups;           /* NULL at the end; NULL: none */
	const struct kubeconfig_pair *as_extra; /* one for each value; NULL: none */
	const char *namespace;
};

/* Reads the file, or files separated by ':'. context NULL: the current one. ERR_INPUT: a file is no
 * kubeconfig, a field is unknown or not supported, what is referred to is missing. ERR_NOTFOUND: no
 * such file. On success the caller ends it with kubeconfig_finish(). */
int kubeconfig_load(const char *paths, const char *context, struct kubeconfig *ret_config,
		    struct err *err) __attribute__((warn_unused_result));

/* Reads a kubeconfig that is there as text. folder: what its relative paths start from; NULL: it
 * comes from elsewhere, and a field that names a file or a program of this machine is an error. */
int kubeconfig_parse(const char *text, size_t len, const char *folder, const char *context,
		     struct kubeconfig *ret_config, struct err *err)
	__attribute__((warn_unused_result));

/* As a pod: host and port from the environment (as given), the rest from files in folder, usually
 * KUBECONFIG_POD_FOLDER. ERR_NOTFOUND: host or port is NULL or "" (this is no pod), or files are
 * missing. */
#define KUBECONFIG_POD_FOLDER "/var/run/secrets/kubernetes.io/serviceaccount"
int kubeconfig_of_pod(const char *host, const char *port, const char *folder,
		      struct kubeconfig *ret_config, struct err *err)
	__attribute__((warn_unused_result));

/* Do the fields fit together? Takes slashes off the server's end. ERR_INPUT; the readers above call
 * it. */
int kubeconfig_check(struct kubeconfig *config, struct err *err)
	__attribute__((warn_unused_result));

/* Wipes secrets and frees everything. A zeroed one is fine. */
void kubeconfig_finish(struct kubeconfig *config);

#endif
