#include "wire/json_tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* What a tree keeps from one document to the next. */
#define KEPT_NODES 4096
#define KEPT_TEXT ((uint32_t)64 * 1024)

/* Up to so many keys of an object are compared one by one. */
#define FEW_KEYS 64

/* ---- reading ---- */

static uint32_t index_of(const struct tree *tree, const struct tree_node *node)
{
	return (uint32_t)(node - tree->nodes);
}

const struct tree_node *tree_root(const struct tree *tree)
{
	return tree->count == 0 ? NULL : tree->nodes;
}

bool tree_is(const struct tree_node *node, enum tree_type type)
{
	return node != NULL && node->type == type;
}

size_t tree_count(const struct tree_node *node)
{
	return tree_is(node, TREE_LIST) || tree_is(node, TREE_OBJECT) ? node->count : 0;
}

const char *tree_key(const struct tree *tree, const struct tree_node *node)
{
	return tree->text + node->key;
}

const char *tree_raw_text(const struct tree *tree, const struct tree_node *node)
{
	return tree->text + node->text;
}

const char *tree_text(const struct tree *tree, const struct tree_node *node)
{
	return tree_is(node, TREE_TEXT) ? tree->text + node->text : NULL;
}

const struct tree_node *tree_next(const struct tree *tree, const struct tree_node *within,
				  const struct tree_node *at)
{
	uint32_t next;

	if (tree_count(within) == 0)
		return NULL;
	next = at == NULL ? index_of(tree, within) + 1 : at->end;
	return next < within->end ? &tree->nodes[next] : NULL;
}

const struct tree_node *tree_get(const struct tree *tree, const struct tree_node *object, const char *key)
{
	const struct tree_node *at = NULL;

	if (!tree_is(object, TREE_OBJECT))
		return NULL;
	while ((at = tree_next(tree, object, at)) != NULL) {
		if (strcmp(tree_key(tree, at), key) == 0)
			return at;
	}
	return NULL;
}

const struct tree_node *tree_item(struct tree *tree, const struct tree_node *list, size_t i)
{
	struct tree_node *from = list == NULL ? NULL : &tree->nodes[index_of(tree, list)];

	if (!tree_is(list, TREE_LIST) || i >= list->count)
		return NULL;
	if (from->last.at == 0 || from->last.item > i) {
		from->last.item = 0;
		from->last.at = index_of(tree, list) + 1;
	}
	for (; from->last.item < i; from->last.item++)
		from->last.at = tree->nodes[from->last.at].end;
	return &tree->nodes[from->last.at];
}

void tree_write(const struct tree *tree, const struct tree_node *node, const char *key,
		struct writer *writer)
{
	static const char *const words[] = { "null", "false", "true" };
	const struct tree_node *at = NULL;

	switch (node->type) {
	case TREE_NULL:
	case TREE_FALSE:
	case TREE_TRUE:
		write_raw(writer, key, words[node->type]);
		return;
	case TREE_INTEGER:
	case TREE_REAL:
		write_raw(writer, key, tree_raw_text(tree, node));
		return;
	case TREE_TEXT:
		write_text(writer, key, tree_raw_text(tree, node));
		return;
	case TREE_LIST:
		write_list(writer, key);
		while ((at = tree_next(tree, node, at)) != NULL)
			tree_write(tree, at, NULL, writer);
		write_list_end(writer);
		return;
	case TREE_OBJECT:
		write_object(writer, key);
		while ((at = tree_next(tree, node, at)) != NULL)
			tree_write(tree, at, tree_key(tree, at), writer);
		write_object_end(writer);
		return;
	}
}

/* ---- building ---- */

/* Makes an array of size elements hold want of them. */
static int grow(void **array, uint32_t *size, size_t want, size_t element, struct err *err)
{
	size_t larger = (size_t)*size * 2 > want ? (size_t)*size * 2 : want;
	void *grown;

	if (want > INT32_MAX)
		return err_set(err, ERR_INPUT, "more JSON than fits");
	if (larger < 1024 / element)
		larger = 1024 / element;
	grown = realloc(*array, larger * element);
	if (grown == NULL)
		return err_set(err, ERR_NOMEM, "no memory for %zu bytes of JSON", larger * element);
	*array = grown;
	*size = (uint32_t)larger;
	return 0;
}

int tree_reserve(struct tree *tree, size_t len, struct err *err)
{
	if (len <= tree->text_size - tree->text_len)
		return 0;
	return grow((void **)&tree->text, &tree->text_size, tree->text_len + len, 1, err);
}

int tree_append(struct tree *tree, const char *bytes, size_t len, struct err *err)
{
	int r = tree_reserve(tree, len, err);

	if (r < 0)
		return r;
	memcpy(tree->text + tree->text_len, bytes, len);
	tree->text_len += (uint32_t)len;
	return 0;
}

static int refuse_double(const char *key, struct err *err)
{
	return err_set(err, ERR_INPUT, "not JSON: duplicate object key \"%.64s\"", key);
}

/* Among few keys a doubtful one is looked for at once. */
static int compare_keys(const struct tree *tree, const struct tree_node *object, const char *key, struct err *err)
{
	uint32_t at = index_of(tree, object) + 1;

	while (at < tree->count) {
		if (strcmp(tree_key(tree, &tree->nodes[at]), key) == 0)
			return refuse_double(key, err);
		at = tree->nodes[at].end;
	}
	return 0;
}

/* A filter's bit: keys of the same length that begin and end alike share it. */
static uint64_t bit_of(const char *key, size_t len)
{
	size_t hash = len * 7 + (unsigned char)key[0] * 3 + (len == 0 ? 0 : (unsigned char)key[len - 1] * 5) +
		      (unsigned char)key[len / 2];

	return (uint64_t)1 << (hash & 63);
}

int tree_add_key(struct tree *tree, uint32_t from, struct err *err)
{
	const struct tree_node *object = &tree->nodes[tree->open[tree->depth - 1]];
	const char *key = tree->text + from;
	uint64_t bit = bit_of(key, tree->text_len - from - 1);
	uint64_t *filter = &tree->keys[tree->depth - 1];

	tree->key = from;
	if ((*filter & bit) != 0 && object->count <= FEW_KEYS)
		return compare_keys(tree, object, key, err);
	*filter |= bit;
	return 0;
}

/* The next node, with the key that came before it. */
static int add_node(struct tree *tree, enum tree_type type, struct tree_node **ret_node, struct err *err)
{
	struct tree_node *node;
	int r = 0;

	if (tree->count == tree->size)
		r = grow((void **)&tree->nodes, &tree->size, (size_t)tree->count + 1, sizeof(*tree->nodes), err);
	if (r < 0)
		return r;
	if (tree->depth > 0)
		tree->nodes[tree->open[tree->depth - 1]].count++;
	node = &tree->nodes[tree->count++];
	*node = (struct tree_node){ .type = type, .key = tree->key, .end = tree->count };
	tree->key = TREE_NO_KEY;
	*ret_node = node;
	return 0;
}

int tree_add(struct tree *tree, enum tree_type type, uint32_t from, struct err *err)
{
	struct tree_node *node;
	int r = add_node(tree, type, &node, err);

	if (r < 0)
		return r;
	if (type == TREE_INTEGER || type == TREE_REAL || type == TREE_TEXT) {
		node->text = from;
		node->count = tree->text_len - from - 1;
	}
	return 0;
}

int tree_open(struct tree *tree, enum tree_type type, struct err *err)
{
	struct tree_node *node;
	int r;

	if (tree->depth == TREE_DEPTH)
		return err_set(err, ERR_INPUT, "JSON nested deeper than %d", TREE_DEPTH);
	r = add_node(tree, type, &node, err);
	if (r < 0)
		return r;
	tree->open[tree->depth] = index_of(tree, node);
	tree->keys[tree->depth] = 0;
	tree->depth++;
	return 0;
}

static int compare_in_tree(const void *a, const void *b, void *tree)
{
	const struct tree *of = tree;

	return strcmp(of->text + *(const uint32_t *)a, of->text + *(const uint32_t *)b);
}

/* Many keys are sorted when all are there. */
static int sort_keys(struct tree *tree, const struct tree_node *object, struct err *err)
{
	uint32_t *keys = malloc(object->count * sizeof(*keys));
	const struct tree_node *at = NULL;
	uint32_t count = 0;
	int r = 0;

	if (keys == NULL)
		return err_set(err, ERR_NOMEM, "no memory for %u keys", object->count);
	while ((at = tree_next(tree, object, at)) != NULL)
		keys[count++] = at->key;
	qsort_r(keys, count, sizeof(*keys), compare_in_tree, tree);
	for (uint32_t i = 1; i < count && r == 0; i++) {
		if (compare_in_tree(&keys[i - 1], &keys[i], tree) == 0)
			r = refuse_double(tree->text + keys[i], err);
	}
	free(keys);
	return r;
}

int tree_close(struct tree *tree, struct err *err)
{
	struct tree_node *node = &tree->nodes[tree->open[tree->depth - 1]];

	node->end = tree->count;
	if (node->type == TREE_OBJECT && node->count > FEW_KEYS && sort_keys(tree, node, err) < 0)
		return err->class;
	tree->depth--;
	return 0;
}

void tree_close_for_now(struct tree *tree)
{
	for (uint32_t i = 0; i < tree->depth; i++)
		tree->nodes[tree->open[i]].end = tree->count;
}

void tree_rewind(struct tree *tree, uint32_t count, uint32_t text_len, uint32_t depth)
{
	tree->count = count;
	tree->text_len = text_len;
	tree->depth = depth;
	tree->key = TREE_NO_KEY;
}

void tree_reset(struct tree *tree)
{
	if (tree->size > KEPT_NODES || tree->text_size > KEPT_TEXT)
		tree_finish(tree);
	tree_rewind(tree, 0, 0, 0);
}

void tree_wipe(struct tree *tree)
{
	if (tree->text != NULL)
		explicit_bzero(tree->text, tree->text_size);
}

void tree_finish(struct tree *tree)
{
	free(tree->nodes);
	free(tree->text);
	*tree = TREE_INIT;
}
