/*
 * kube/client_internal: what client.c (the identity) and client_call.c (one request) share, and
 * nobody else may include.
 */
#ifndef SLUICE_KUBE_CLIENT_INTERNAL_H
#define SLUICE_KUBE_CLIENT_INTERNAL_H

#include "base/arena.h"
#include "kube/client.h"
#include "kube/kubeconfig.h"
#include "kube/limiter.h"
#include "kube/token.h"
#include "net/http.h"

struct client {
	struct loop *loop;
	struct http *http;
	struct arena arena; /* of the strings below */
	const char *server;
	const char *proxy;
	const char *namespace;
	const char **headers; /* with room for two more and the NULL at the end */
	size_t header_count;
	struct http_tls tls;
	struct token token;
	bool is_plain;
	size_t calls; /* that have not ended */
	struct limiter limiter;
	struct client_observer observer; /* no functions: nobody is told */
};

#endif
