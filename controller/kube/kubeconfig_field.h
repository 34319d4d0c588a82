/*
 * kube/kubeconfig_field: which fields a cluster and a user of a kubeconfig may have, and what
 * becomes of them. Only kubeconfig.c uses it. May include: base, kube/kubeconfig.h and
 * kubeconfig_node.h.
 */
#ifndef SLUICE_KUBE_KUBECONFIG_FIELD_H
#define SLUICE_KUBE_KUBECONFIG_FIELD_H

#include "kube/kubeconfig.h"
#include "kube/kubeconfig_node.h"

/* What is being read, and into what. */
struct reading {
	struct kubeconfig *config;
	struct err *err;
	const char *part; /* `user "joe"`, for error texts */
	const struct source *source;
};

/* Reads the fields of a map into reading->config; one that is not known is an error. */
int kubeconfig_read_cluster(const struct reading *reading, const yaml_node_t *map)
	__attribute__((warn_unused_result));
int kubeconfig_read_user(const struct reading *reading, const yaml_node_t *map)
	__attribute__((warn_unused_result));

#endif
