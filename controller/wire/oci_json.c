#include "wire/oci_json.h"

#include <string.h>

#include "base/str.h"
#include "wire/json_read.h"

#define MANIFEST_LONGEST ((size_t)4 * 1024 * 1024)
#define MANIFEST_MOST_VALUES 65536
#define TAGS_LONGEST ((size_t)2 * 1024 * 1024)
#define TOKEN_LONGEST ((size_t)64 * 1024)
#define CONFIG_LONGEST ((size_t)1024 * 1024) /* what a Secret can hold */
#define CONFIG_MOST_VALUES 16384
#define LONGEST_LIFE_S 86400
#define SHORTEST_LIFE_S 60

/* Each value but the first of its list or object has a comma in front, so their number bounds the size of
 * the tree. Commas within strings count, too: an honest document has few. */
static bool has_more_values(const char *json, size_t len, size_t max)
{
	const char *end = json + len;
	size_t commas = 0;

	while (json < end && (json = memchr(json, ',', (size_t)(end - json))) != NULL) {
		if (++commas > max)
			return true;
		json++;
	}
	return false;
}

/* Reads a text that must not be quoted: what is said of a key that is there twice repeats it. */
static int read_secret_tree(const char *json, size_t len, size_t limit, struct tree **ret_tree,
			    struct err *err)
{
	struct err quoting = ERR_INIT;
	int r = read_tree(json, len, limit, ret_tree, &quoting);

	if (r == ERR_NOMEM)
		return err_set(err, ERR_NOMEM, "no memory for %zu bytes of JSON", len);
	if (r < 0)
		return err_set(err, ERR_INPUT, "not usable as JSON (%zu bytes)", len);
	return 0;
}

static int refuse_shape(const struct tree *tree, struct err *err)
{
	return tree_is(tree_root(tree), TREE_OBJECT) ? 0 : err_set(err, ERR_INPUT, "not a JSON object");
}

int oci_tags_from_json(const char *json, size_t len, size_t max, struct arena *arena,
		       struct oci_tags *ret_tags, struct err *err)
{
	auto_json *tree = NULL;
	const struct tree_node *list;
	const struct tree_node *at = NULL;
	int r;

	*ret_tags = (struct oci_tags){ .names = NULL };
	if (has_more_values(json, len, max + 1))
		return err_set(err, ERR_INPUT, "more than %zu tags", max);
	r = read_tree(json, len, TAGS_LONGEST, &tree, err);
	if (r == 0)
		r = refuse_shape(tree, err);
	if (r < 0)
		return r;
	list = tree_get(tree, tree_root(tree), "tags");
	if (!tree_is(list, TREE_LIST) && !tree_is(list, TREE_NULL))
		return err_set(err, ERR_INPUT, "\"tags\" is not a list");
	if (tree_count(list) > max)
		return err_set(err, ERR_INPUT, "more than %zu tags", max);
	ret_tags->names = arena_new_array(arena, tree_count(list), const char *);
	while ((at = tree_next(tree, list, at)) != NULL) {
		const char *name = tree_text(tree, at);

		if (name == NULL)
			return err_set(err, ERR_INPUT, "\"tags\" holds what is not text");
		ret_tags->names[ret_tags->count++] = arena_strdup(arena, name);
	}
	return 0;
}

int oci_manifest_from_json(const char *json, size_t len, struct arena *arena,
			   struct oci_manifest *ret_manifest, struct err *err)
{
	struct err wrong = ERR_INIT;
	struct reader reader = { .arena = arena, .err = &wrong };
	auto_json *tree = NULL;
	struct read_node root;
	int r;

	*ret_manifest = (struct oci_manifest){ .media_type = NULL };
	if (has_more_values(json, len, MANIFEST_MOST_VALUES))
		return err_set(err, ERR_INPUT, "more than %d values", MANIFEST_MOST_VALUES);
	r = read_tree(json, len, MANIFEST_LONGEST, &tree, err);
	if (r == 0)
		r = refuse_shape(tree, err);
	if (r < 0)
		return r;
	root = read_root(&reader, tree);
	ret_manifest->media_type = read_text(&root, "mediaType");
	ret_manifest->schema_version = read_int(&root, "schemaVersion", 1, 2, 0);
	ret_manifest->has_manifests = tree_is(tree_get(tree, tree_root(tree), "manifests"), TREE_LIST);
	ret_manifest->has_layers = tree_is(tree_get(tree, tree_root(tree), "layers"), TREE_LIST);
	ret_manifest->has_config = tree_is(tree_get(tree, tree_root(tree), "config"), TREE_OBJECT);
	return err_is_set(&wrong) ? err_set(err, wrong.class, "%s", wrong.text) : 0;
}

int oci_token_from_json(const char *json, size_t len, struct arena *arena, struct oci_token *ret_token,
			struct err *err)
{
	auto_json *tree = NULL;
	struct reader tolerant = { .is_tolerant = true };
	struct read_node root;
	const char *token;
	int64_t life;
	int r = read_secret_tree(json, len, TOKEN_LONGEST, &tree, err);

	if (r == 0)
		r = refuse_shape(tree, err);
	if (r < 0)
		return r;
	root = read_root(&tolerant, tree);
	token = tree_text(tree, tree_get(tree, root.json, "token"));
	if (str_is_empty(token))
		token = tree_text(tree, tree_get(tree, root.json, "access_token"));
	if (str_is_empty(token))
		return err_set(err, ERR_INPUT, "no \"token\" in it");
	life = read_int(&root, "expires_in", SHORTEST_LIFE_S, INT64_MAX, SHORTEST_LIFE_S);
	ret_token->token = arena_strdup(arena, token);
	ret_token->expires_in_s = life > LONGEST_LIFE_S ? LONGEST_LIFE_S : life;
	return 0;
}

static void read_auth(const struct read_node *auths, const char *server, const struct tree_node *json,
		      struct oci_auth *ret_auth)
{
	struct read_node node = {
		.reader = auths->reader, .tree = auths->tree, .json = json, .parent = auths, .key = server
	};

	if (!tree_is(json, TREE_OBJECT)) {
		read_complain(&node, "expected an object");
		return;
	}
	*ret_auth = (struct oci_auth){
		.server = arena_strdup(auths->reader->arena, server),
		.username = read_text(&node, "username"),
		.password = read_text(&node, "password"),
		.auth = read_text(&node, "auth"),
		.identity_token = read_text(&node, "identitytoken"),
	};
}

int oci_docker_config_from_json(const char *json, size_t len, struct arena *arena,
				struct oci_docker_config *ret_config, struct err *err)
{
	struct err wrong = ERR_INIT;
	struct reader reader = { .arena = arena, .err = &wrong };
	auto_json *tree = NULL;
	struct read_node root;
	struct read_node auths;
	const struct tree_node *entry = NULL;
	int r;

	*ret_config = (struct oci_docker_config){ .count = 0 };
	if (has_more_values(json, len, CONFIG_MOST_VALUES))
		return err_set(err, ERR_INPUT, "more than %d values", CONFIG_MOST_VALUES);
	r = read_secret_tree(json, len, CONFIG_LONGEST, &tree, err);
	if (r == 0)
		r = refuse_shape(tree, err);
	if (r < 0)
		return r;
	root = read_root(&reader, tree);
	auths = read_object(&root, "auths");
	if (!err_is_set(&wrong) && !read_is_present(&auths))
		return err_set(err, ERR_INPUT, "no \"auths\" in it");
	ret_config->auths = arena_new_array(arena, read_size(&auths), struct oci_auth);
	while ((entry = tree_next(tree, auths.json, entry)) != NULL)
		read_auth(&auths, tree_key(tree, entry), entry, &ret_config->auths[ret_config->count++]);
	if (err_is_set(&wrong))
		return err_set(err, wrong.class, "%s", wrong.text);
	return 0;
}

const char *oci_error_from_json(const char *json, size_t len, struct arena *arena)
{
	struct err ignored = ERR_INIT;
	auto_json *tree = NULL;
	const struct tree_node *first;
	const char *code;
	const char *message;

	if (read_tree(json, len, TOKEN_LONGEST, &tree, &ignored) < 0)
		return NULL;
	first = tree_item(tree, tree_get(tree, tree_root(tree), "errors"), 0);
	code = tree_text(tree, tree_get(tree, first, "code"));
	message = tree_text(tree, tree_get(tree, first, "message"));
	if (str_is_empty(code) && str_is_empty(message))
		return NULL;
	if (str_is_empty(code) || str_is_empty(message))
		return arena_strdup(arena, str_is_empty(code) ? message : code);
	return arena_printf(arena, "%s: %s", code, message);
}
