#include "wire/json_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

#define PATH_SIZE 200

/* An escape may be written longer than it was read: \b as \u0008. */
#define RAW_MAX (4 * READ_OBJECT_MAX)

/* ---- text → tree ---- */

int read_tree(const char *text, size_t len, size_t limit, struct tree **ret_tree, struct err *err)
{
	struct scan scan = { .tree = TREE_INIT };
	struct tree *tree;
	int r;

	if (len > limit)
		return err_set(err, ERR_INPUT, "%zu bytes of JSON, more than %zu", len, limit);
	scan_begin(&scan, SCAN_WHOLE, limit);
	r = tree_reserve(&scan.tree, len + 1, err);
	while (r == 0 && len > 0 && scan_next(&scan, &text, &len) != SCAN_BROKEN)
		continue;
	r = r < 0 ? r : scan_end(&scan, err);
	tree = r < 0 ? NULL : malloc(sizeof(*tree));
	if (tree == NULL) {
		scan_finish(&scan);
		return r < 0 ? r : err_set(err, ERR_NOMEM, "no memory for %zu bytes of JSON", len);
	}
	*tree = scan.tree;
	*ret_tree = tree;
	return 0;
}

void read_release(struct tree **tree)
{
	if (*tree == NULL)
		return;
	tree_finish(*tree);
	free(*tree);
	*tree = NULL;
}

/* ---- places and complaints ---- */

/* Writes the path of a place: "spec.artifacts[2]". Returns its length; what does not fit is cut. */
static size_t write_path(const struct read_node *node, char path[static PATH_SIZE])
{
	size_t len = 0;
	int more;

	if (node->parent == NULL) {
		path[0] = '\0';
		return 0;
	}
	len = write_path(node->parent, path);
	if (node->key != NULL)
		more = snprintf(path + len, PATH_SIZE - len, "%s%s", len > 0 ? "." : "", node->key);
	else
		more = snprintf(path + len, PATH_SIZE - len, "[%zu]", node->index);
	len += more > 0 ? (size_t)more : 0;
	return len < PATH_SIZE ? len : PATH_SIZE - 1;
}

void read_complain(const struct read_node *node, const char *fmt, ...)
{
	char path[PATH_SIZE];
	va_list ap;

	if (node->reader->is_tolerant || err_is_set(node->reader->err))
		return;
	va_start(ap, fmt);
	(void)err_vset(node->reader->err, ERR_INPUT, fmt, ap);
	va_end(ap);
	if (write_path(node, path) > 0)
		err_prefix(node->reader->err, "%s", path);
}

static const char *type_name(const struct tree_node *json)
{
	static const char *const names[] = {
		[TREE_NULL] = "null",  [TREE_FALSE] = "false", [TREE_TRUE] = "true", [TREE_INTEGER] = "a whole number",
		[TREE_REAL] = "a fraction", [TREE_TEXT] = "a string", [TREE_LIST] = "a list", [TREE_OBJECT] = "an object",
	};

	return names[json->type];
}

static struct read_node member_of(const struct read_node *object, const struct tree_node *json, const char *key)
{
	return (struct read_node){
		.reader = object->reader,
		.tree = object->tree,
		.json = tree_is(json, TREE_NULL) ? NULL : json,
		.parent = object,
		.key = key,
	};
}

/* The place under key, whatever is there. */
static struct read_node child(const struct read_node *node, const char *key)
{
	return member_of(node, tree_get(node->tree, node->json, key), key);
}

/* The place as it is if it is absent or is_right; else absent, noted. */
static struct read_node expect(struct read_node node, bool is_right, const char *expected)
{
	if (node.json == NULL || is_right)
		return node;
	read_complain(&node, "expected %s, got %s", expected, type_name(node.json));
	node.json = NULL;
	return node;
}

struct read_node read_at(struct reader *reader, struct tree *tree, const struct tree_node *json)
{
	struct read_node node = { .reader = reader, .tree = tree, .json = json };

	return expect(node, tree_is(json, TREE_OBJECT), "an object");
}

struct read_node read_root(struct reader *reader, struct tree *tree)
{
	return read_at(reader, tree, tree == NULL ? NULL : tree_root(tree));
}

struct read_node read_with(const struct read_node *node, struct reader *reader)
{
	struct read_node same = *node;

	same.reader = reader;
	return same;
}

bool read_is_present(const struct read_node *node)
{
	return node->json != NULL;
}

struct read_node read_object(const struct read_node *node, const char *key)
{
	struct read_node at = child(node, key);

	return expect(at, tree_is(at.json, TREE_OBJECT), "an object");
}

struct read_node read_list(const struct read_node *node, const char *key)
{
	struct read_node at = child(node, key);

	return expect(at, tree_is(at.json, TREE_LIST), "a list");
}

size_t read_count(const struct read_node *list)
{
	return tree_count(list->json);
}

static struct read_node item(const struct read_node *list, size_t i)
{
	return (struct read_node){
		.reader = list->reader,
		.tree = list->tree,
		.json = tree_item(list->tree, list->json, i),
		.parent = list,
		.index = i,
	};
}

struct read_node read_item(const struct read_node *list, size_t i)
{
	struct read_node at = item(list, i);

	return expect(at, tree_is(at.json, TREE_OBJECT), "an object");
}

const char *read_text_item(const struct read_node *list, size_t i)
{
	struct read_node at = item(list, i);

	at = expect(at, tree_is(at.json, TREE_TEXT), "a string");
	return at.json == NULL ? "" : arena_strdup(at.reader->arena, tree_text(at.tree, at.json));
}

/* ---- fields ---- */

static const char *text_of(const struct read_node *node)
{
	struct read_node at = expect(*node, tree_is(node->json, TREE_TEXT), "a string");

	if (at.json == NULL)
		return NULL;
	return arena_strndup(at.reader->arena, tree_text(at.tree, at.json), at.json->count);
}

const char *read_text(const struct read_node *node, const char *key)
{
	struct read_node at = child(node, key);

	return text_of(&at);
}

const char *read_needed_text(const struct read_node *node, const char *key)
{
	const char *text = read_text(node, key);

	if (!str_is_empty(text))
		return text;
	if (node->json != NULL) {
		struct read_node at = child(node, key);

		read_complain(&at, text == NULL ? "is missing" : "is empty");
	}
	return "";
}

bool read_is(const struct read_node *node, const char *key, const char *text)
{
	struct read_node at = child(node, key);

	at = expect(at, tree_is(at.json, TREE_TEXT), "a string");
	return at.json != NULL && str_equal(tree_text(at.tree, at.json), text);
}

bool read_is_other(const struct read_node *node, const char *key, const char *text)
{
	const char *is = tree_text(node->tree, tree_get(node->tree, node->json, key));

	return is != NULL && !str_equal(is, text);
}

int64_t read_int(const struct read_node *node, const char *key, int64_t min, int64_t max,
		 int64_t fallback)
{
	struct read_node at = child(node, key);
	int64_t value;

	at = expect(at, tree_is(at.json, TREE_INTEGER), "a whole number");
	if (at.json == NULL)
		return fallback;
	if (str_to_int(tree_raw_text(at.tree, at.json), min, max, &value))
		return value;
	read_complain(&at, "%s is not between %jd and %jd", tree_raw_text(at.tree, at.json), (intmax_t)min,
		      (intmax_t)max);
	return fallback;
}

const char *read_int_or_text(const struct read_node *node, const char *key)
{
	struct read_node at = child(node, key);

	if (tree_is(at.json, TREE_INTEGER))
		return arena_strdup(at.reader->arena, tree_raw_text(at.tree, at.json));
	at = expect(at, tree_is(at.json, TREE_TEXT), "a whole number or a string");
	return at.json == NULL ? NULL : arena_strdup(at.reader->arena, tree_text(at.tree, at.json));
}

bool read_flag(const struct read_node *node, const char *key)
{
	struct read_node at = child(node, key);

	at = expect(at, tree_is(at.json, TREE_TRUE) || tree_is(at.json, TREE_FALSE), "true or false");
	return tree_is(at.json, TREE_TRUE);
}

int64_t read_time(const struct read_node *node, const char *key, int64_t fallback)
{
	struct read_node at = child(node, key);
	int64_t ms = fallback;

	at = expect(at, tree_is(at.json, TREE_TEXT), "a time");
	if (at.json != NULL && !clock_parse(tree_text(at.tree, at.json), &ms))
		read_complain(&at, "\"%.64s\" is not a time", tree_text(at.tree, at.json));
	return ms;
}

int64_t read_duration(const struct read_node *node, const char *key, int64_t fallback)
{
	struct read_node at = child(node, key);
	int64_t ms = fallback;

	at = expect(at, tree_is(at.json, TREE_TEXT), "a duration");
	if (at.json != NULL && !clock_parse_duration(tree_text(at.tree, at.json), &ms))
		read_complain(&at, "\"%.64s\" is not a duration", tree_text(at.tree, at.json));
	return ms;
}

int read_choice(const struct read_node *node, const char *key, const char *const *names, size_t count,
		int fallback)
{
	struct read_node at = child(node, key);

	at = expect(at, tree_is(at.json, TREE_TEXT), "a string");
	if (at.json == NULL)
		return fallback;
	for (size_t i = 0; i < count; i++) {
		if (names[i] != NULL && str_equal(names[i], tree_text(at.tree, at.json)))
			return (int)i;
	}
	read_complain(&at, "\"%.64s\" is not one of the words known here",
		      tree_text(at.tree, at.json));
	return fallback;
}

const char *read_raw(const struct read_node *node, const char *key)
{
	struct read_node at = child(node, key);
	auto_buf text = BUF_INIT(RAW_MAX);
	struct writer writer = WRITER_INIT(&text);

	if (at.json == NULL)
		return NULL;
	tree_write(at.tree, at.json, NULL, &writer);
	if (err_is_set(&writer.err)) {
		(void)err_set(at.reader->err, writer.err.class, "cannot keep %s: %s", key, writer.err.text);
		return NULL;
	}
	return arena_strndup(at.reader->arena, buf_text(&text), text.len);
}

size_t read_size(const struct read_node *map)
{
	return tree_count(map->json);
}

static int compare_keys(const void *a, const void *b, void *tree)
{
	return strcmp(tree_key(tree, *(const struct tree_node *const *)a),
		      tree_key(tree, *(const struct tree_node *const *)b));
}

void read_pairs(const struct read_node *map, read_pair_fn fn, void *user)
{
	size_t count = read_size(map);
	const struct tree_node **members = arena_new_array(map->reader->arena, count, const struct tree_node *);
	const struct tree_node *at = NULL;
	size_t n = 0;

	while ((at = tree_next(map->tree, map->json, at)) != NULL)
		members[n++] = at;
	if (n > 1)
		qsort_r(members, n, sizeof(*members), compare_keys, map->tree);
	for (size_t i = 0; i < n; i++) {
		const char *key = arena_strdup(map->reader->arena, tree_key(map->tree, members[i]));
		struct read_node member = member_of(map, members[i], key);
		const char *text = text_of(&member);

		fn(user, i, key, text == NULL ? "" : text);
	}
}
