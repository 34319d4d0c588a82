#include "wire/json_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

#define PATH_SIZE 200

/* ---- text → tree ---- */

/* Is any place of the text nested deeper than READ_DEPTH? Brackets within strings do not count. jansson
 * recurses and has a limit of its own that is far higher. */
static bool is_too_deep(const char *text, size_t len)
{
	size_t depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > READ_DEPTH)
				return true;
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return false;
}

static bool is_out_of_memory(const json_error_t *why)
{
	return why->text[0] == '\0' || json_error_code(why) == json_error_out_of_memory;
}

int read_tree(const char *text, size_t len, size_t limit, json_t **ret_tree, struct err *err)
{
	json_error_t why = { .text = "" };
	json_t *tree;

	if (len > limit)
		return err_set(err, ERR_INPUT, "%zu bytes of JSON, more than %zu", len, limit);
	if (is_too_deep(text, len))
		return err_set(err, ERR_INPUT, "JSON nested deeper than %d", READ_DEPTH);
	tree = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	/* When the lexer finds no memory, jansson calls it bad text. Bad text is still bad the second time. */
	if (tree == NULL && !is_out_of_memory(&why))
		tree = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	if (tree == NULL && is_out_of_memory(&why))
		return err_set(err, ERR_NOMEM, "no memory for %zu bytes of JSON", len);
	if (tree == NULL)
		return err_set(err, ERR_INPUT, "not JSON: %s (byte %d)", why.text, why.position);
	*ret_tree = tree;
	return 0;
}

void read_release(json_t **tree)
{
	json_decref(*tree);
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

static const char *type_name(const json_t *json)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "an object",     [JSON_ARRAY] = "a list", [JSON_STRING] = "a string",
		[JSON_INTEGER] = "a whole number", [JSON_REAL] = "a fraction", [JSON_TRUE] = "true",
		[JSON_FALSE] = "false",          [JSON_NULL] = "null",
	};

	return names[json_typeof(json)];
}

/* The place under key, whatever is there. */
static struct read_node child(const struct read_node *node, const char *key)
{
	json_t *json = json_object_get(node->json, key);

	return (struct read_node){
		.reader = node->reader,
		.json = json_is_null(json) ? NULL : json,
		.parent = node,
		.key = key,
	};
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

void read_wipe(json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value) {
		if (json_is_string(value))
			explicit_bzero((void *)(uintptr_t)json_string_value(value),
				       json_string_length(value));
	}
}

struct read_node read_root(struct reader *reader, const json_t *json)
{
	struct read_node node = { .reader = reader, .json = json };

	return expect(node, json_is_object(json), "an object");
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

	return expect(at, json_is_object(at.json), "an object");
}

struct read_node read_list(const struct read_node *node, const char *key)
{
	struct read_node at = child(node, key);

	return expect(at, json_is_array(at.json), "a list");
}

size_t read_count(const struct read_node *list)
{
	return json_array_size(list->json);
}

static struct read_node item(const struct read_node *list, size_t i)
{
	return (struct read_node){
		.reader = list->reader,
		.json = json_array_get(list->json, i),
		.parent = list,
		.index = i,
	};
}

struct read_node read_item(const struct read_node *list, size_t i)
{
	struct read_node at = item(list, i);

	return expect(at, json_is_object(at.json), "an object");
}

const char *read_text_item(const struct read_node *list, size_t i)
{
	struct read_node at = item(list, i);

	at = expect(at, json_is_string(at.json), "a string");
	return at.json == NULL ? "" : arena_strdup(at.reader->arena, json_string_value(at.json));
}

/* ---- fields ---- */

const char *read_text(const struct read_node *node, const char *key)
{
	struct read_node at = child(node, key);

	at = expect(at, json_is_string(at.json), "a string");
	if (at.json == NULL)
		return NULL;
	return arena_strndup(at.reader->arena, json_string_value(at.json), json_string_length(at.json));
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

	at = expect(at, json_is_string(at.json), "a string");
	return at.json != NULL && str_equal(json_string_value(at.json), text);
}

bool read_is_other(const struct read_node *node, const char *key, const char *text)
{
	json_t *json = json_object_get(node->json, key);

	return json_is_string(json) && !str_equal(json_string_value(json), text);
}

int64_t read_int(const struct read_node *node, const char *key, int64_t min, int64_t max,
		 int64_t fallback)
{
	struct read_node at = child(node, key);
	int64_t value;

	at = expect(at, json_is_integer(at.json), "a whole number");
	if (at.json == NULL)
		return fallback;
	value = json_integer_value(at.json);
	if (value >= min && value <= max)
		return value;
	read_complain(&at, "%jd is not between %jd and %jd", (intmax_t)value, (intmax_t)min,
		      (intmax_t)max);
	return fallback;
}

const char *read_int_or_text(const struct read_node *node, const char *key)
{
	struct read_node at = child(node, key);

	if (json_is_integer(at.json))
		return arena_printf(at.reader->arena, "%jd", (intmax_t)json_integer_value(at.json));
	at = expect(at, json_is_string(at.json), "a whole number or a string");
	return at.json == NULL ? NULL : arena_strdup(at.reader->arena, json_string_value(at.json));
}

bool read_flag(const struct read_node *node, const char *key)
{
	struct read_node at = child(node, key);

	at = expect(at, json_is_boolean(at.json), "true or false");
	return json_is_true(at.json);
}

int64_t read_time(const struct read_node *node, const char *key, int64_t fallback)
{
	struct read_node at = child(node, key);
	int64_t ms = fallback;

	at = expect(at, json_is_string(at.json), "a time");
	if (at.json != NULL && !clock_parse(json_string_value(at.json), &ms))
		read_complain(&at, "\"%.64s\" is not a time", json_string_value(at.json));
	return ms;
}

int64_t read_duration(const struct read_node *node, const char *key, int64_t fallback)
{
	struct read_node at = child(node, key);
	int64_t ms = fallback;

	at = expect(at, json_is_string(at.json), "a duration");
	if (at.json != NULL && !clock_parse_duration(json_string_value(at.json), &ms))
		read_complain(&at, "\"%.64s\" is not a duration", json_string_value(at.json));
	return ms;
}

int read_choice(const struct read_node *node, const char *key, const char *const *names, size_t count,
		int fallback)
{
	struct read_node at = child(node, key);

	at = expect(at, json_is_string(at.json), "a string");
	if (at.json == NULL)
		return fallback;
	for (size_t i = 0; i < count; i++) {
		if (names[i] != NULL && str_equal(names[i], json_string_value(at.json)))
			return (int)i;
	}
	read_complain(&at, "\"%.64s\" is not one of the words known here",
		      json_string_value(at.json));
	return fallback;
}

const char *read_raw(const struct read_node *node, const char *key)
{
	struct read_node at = child(node, key);
	char *text;
	const char *copy;

	if (at.json == NULL)
		return NULL;
	text = json_dumps(at.json, JSON_COMPACT | JSON_ENCODE_ANY);
	if (text == NULL) {
		(void)err_set(at.reader->err, ERR_NOMEM, "no memory to keep %s", key);
		return NULL;
	}
	copy = arena_strdup(at.reader->arena, text);
	free(text);
	return copy;
}

size_t read_size(const struct read_node *map)
{
	return json_object_size(map->json);
}

void read_pairs(const struct read_node *map, read_pair_fn fn, void *user)
{
	size_t count = read_size(map);
	const char **keys = arena_new_array(map->reader->arena, count, const char *);
	const char *key;
	json_t *value;
	size_t n = 0;

	json_object_foreach((json_t *)map->json, key, value)
		keys[n++] = arena_strdup(map->reader->arena, key);
	if (n > 1)
		qsort(keys, n, sizeof(*keys), str_compare_items);
	for (size_t i = 0; i < n; i++) {
		const char *text = read_text(map, keys[i]);

		fn(user, i, keys[i], text == NULL ? "" : text);
	}
}
