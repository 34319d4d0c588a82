/*
 * kube/kubeconfig_node: the YAML nodes of a kubeconfig's file. Only the reading of kubeconfigs uses it.
 * May include: base, libyaml.
 */
#ifndef SLUICE_KUBE_KUBECONFIG_NODE_H
#define SLUICE_KUBE_KUBECONFIG_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

#include "base/arena.h"
#include "base/err.h"

/* One file. */
struct source {
	yaml_document_t document;
	const char *folder; /* relative paths start here; NULL: nothing of this machine may be named */
};

/* The node of that number; NULL when there is none. 1 is the root. */
yaml_node_t *node_at(const struct source *source, int id);

/* A scalar's text; NULL for everything else, NULL included. */
const char *node_text(const yaml_node_t *node);

/* An absent value: nothing, "", null, [], {}. Tools write such fields out. */
bool node_is_empty(const yaml_node_t *node);

/* The value of a map's key; NULL when there is none, or no map. */
yaml_node_t *node_field(const struct source *source, const yaml_node_t *map, const char *key);

/* The items of a list; 0 of everything else. */
size_t node_count(const yaml_node_t *list);
yaml_node_t *node_item(const struct source *source, const yaml_node_t *list, size_t i);

/* The node as compact JSON. ERR_INPUT: it is too large or nested too deep, or JSON cannot say it. */
int node_to_json(const struct source *source, const yaml_node_t *node, struct arena *arena,
		 const char **ret_json, struct err *err) __attribute__((warn_unused_result));

#endif
