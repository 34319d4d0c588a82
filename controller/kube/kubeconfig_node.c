#include "kube/kubeconfig_node.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/str.h"
#include "wire/json_write.h"
#include "wire/yaml_scalar.h"

#define JSON_LIMIT ((size_t)64 * 1024)
#define DEPTH_MAX 32

yaml_node_t *node_at(const struct source *source, int id)
{
	return yaml_document_get_node((yaml_document_t *)(uintptr_t)&source->document, id);
}

const char *node_text(const yaml_node_t *node)
{
	bool is_text = node != NULL && node->type == YAML_SCALAR_NODE;

	return is_text ? (const char *)node->data.scalar.value : NULL;
}

bool node_is_empty(const yaml_node_t *node)
{
	const char *text = node_text(node);

	if (node == NULL)
		return true;
	if (node->type == YAML_SEQUENCE_NODE)
		return node_count(node) == 0;
	if (node->type == YAML_MAPPING_NODE)
		return node->data.mapping.pairs.start == node->data.mapping.pairs.top;
	return str_is_empty(text) || (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
				      (str_equal(text, "null") || str_equal(text, "~")));
}

yaml_node_t *node_field(const struct source *source, const yaml_node_t *map, const char *key)
{
	if (map == NULL || map->type != YAML_MAPPING_NODE)
		return NULL;
	for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
	     pair < map->data.mapping.pairs.top; pair++) {
		if (str_equal(node_text(node_at(source, pair->key)), key))
			return node_at(source, pair->value);
	}
	return NULL;
}

size_t node_count(const yaml_node_t *list)
{
	if (list == NULL || list->type != YAML_SEQUENCE_NODE)
		return 0;
	return (size_t)(list->data.sequence.items.top - list->data.sequence.items.start);
}

yaml_node_t *node_item(const struct source *source, const yaml_node_t *list, size_t i)
{
	return node_at(source, list->data.sequence.items.start[i]);
}

/* ---- as JSON ---- */

static void write_node(struct writer *writer, const struct source *source, const char *key,
		       const yaml_node_t *node, int depth);

static void write_map(struct writer *writer, const struct source *source, const char *key,
		      const yaml_node_t *map, int depth)
{
	write_object(writer, key);
	for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
	     pair < map->data.mapping.pairs.top; pair++) {
		const char *name = node_text(node_at(source, pair->key));

		if (name == NULL)
			(void)err_set(&writer->err, ERR_INPUT, "a key that is not text");
		write_node(writer, source, name, node_at(source, pair->value), depth + 1);
	}
	write_object_end(writer);
}

/* An alias may lead back to where it stands: the depth ends that, and the limit what it repeats. */
static void write_node(struct writer *writer, const struct source *source, const char *key,
		       const yaml_node_t *node, int depth)
{
	const char *why = NULL;

	if (depth > DEPTH_MAX)
		(void)err_set(&writer->err, ERR_INPUT, "nested deeper than %d", DEPTH_MAX);
	if (err_is_set(&writer->err))
		return;
	if (node->type == YAML_MAPPING_NODE) {
		write_map(writer, source, key, node, depth);
	} else if (node->type == YAML_SEQUENCE_NODE) {
		write_list(writer, key);
		for (size_t i = 0; i < node_count(node); i++)
			write_node(writer, source, NULL, node_item(source, node, i), depth + 1);
		write_list_end(writer);
	} else if (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
		why = yaml_scalar_write(writer, key, node_text(node));
	} else {
		write_bytes(writer, key, node_text(node), node->data.scalar.length);
	}
	if (why != NULL)
		(void)err_set(&writer->err, ERR_INPUT, "%s", why);
}

int node_to_json(const struct source *source, const yaml_node_t *node, struct arena *arena,
		 const char **ret_json, struct err *err)
{
	struct buf buf = BUF_INIT(JSON_LIMIT);
	struct writer writer = WRITER_INIT(&buf);
	char *json = NULL;
	int r;

	write_node(&writer, source, NULL, node, 0);
	r = write_take(&writer, &json, err);
	if (r == 0)
		*ret_json = arena_strdup(arena, json);
	free(json);
	return r;
}
