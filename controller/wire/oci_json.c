#include "wire/oci_json.h"

#include <jansson.h>
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

/* Parses a text that must not be quoted: jansson's own words repeat what stands near the mistake. */
static int read_secret_tree(const char *json, size_t len, size_t limit, json_t **ret_tree,
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

static int refuse_shape(json_t *tree, struct err *err)
{
	return json_is_object(tree) ? 0 : err_set(err, ERR_INPUT, "not a JSON object");
}

int oci_tags_from_json(const char *json, size_t len, size_t max, struct arena *arena,
		       struct oci_tags *ret_tags, struct err *err)
{
	auto_json *tree = NULL;
	const json_t *list;
	size_t i;
	int r;

	*ret_tags = (struct oci_tags){ .names = NULL };
	if (has_more_values(json, len, max + 1))
		return err_set(err, ERR_INPUT, "more than %zu tags", max);
	r = read_tree(json, len, TAGS_LONGEST, &tree, err);
	if (r == 0)
		r = refuse_shape(tree, err);
	if (r < 0)
		return r;
	list = json_object_get(tree, "tags");
	if (list == NULL || !(json_is_array(list) || json_is_null(list)))
		return err_set(err, ERR_INPUT, "\"tags\" is not a list");
	if (json_array_size(list) > max)
		return err_set(err, ERR_INPUT, "more than %zu tags", max);
	ret_tags->names = arena_new_array(arena, json_array_size(list), const char *);
	for (i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));

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
	ret_manifest->has_manifests = json_is_array(json_object_get(tree, "manifests"));
	ret_manifest->has_layers = json_is_array(json_object_get(tree, "layers"));
	ret_manifest->has_config = json_is_object(json_object_get(tree, "config"));
	return err_is_set(&wrong) ? err_set(err, wrong.class, "%s", wrong.text) : 0;
}

int oci_token_from_json(const char *json, size_t len, struct arena *arena, struct oci_token *ret_token,
			struct err *err)
{
	auto_json *tree = NULL;
	const char *token;
	json_int_t life;
	int r = read_secret_tree(json, len, TOKEN_LONGEST, &tree, err);

	if (r == 0)
		r = refuse_shape(tree, err);
	if (r < 0)
		return r;
	token = json_string_value(json_object_get(tree, "token"));
	if (token == NULL || token[0] == '\0')
		token = json_string_value(json_object_get(tree, "access_token"));
	if (token == NULL || token[0] == '\0')
		return err_set(err, ERR_INPUT, "no \"token\" in it");
	life = json_integer_value(json_object_get(tree, "expires_in"));
	if (life < SHORTEST_LIFE_S)
		life = SHORTEST_LIFE_S;
	ret_token->token = arena_strdup(arena, token);
	ret_token->expires_in_s = life > LONGEST_LIFE_S ? LONGEST_LIFE_S : life;
	return 0;
}

static void read_auth(const struct read_node *auths, const char *server, const json_t *json,
		      struct oci_auth *ret_auth)
{
	struct read_node node = {
		.reader = auths->reader, .json = json, .parent = auths, .key = server
	};

	if (!json_is_object(json)) {
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
	const char *server;
	json_t *entry;
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
	json_object_foreach((json_t *)auths.json, server, entry)
		read_auth(&auths, server, entry, &ret_config->auths[ret_config->count++]);
	if (err_is_set(&wrong))
		return err_set(err, wrong.class, "%s", wrong.text);
	return 0;
}

const char *oci_error_from_json(const char *json, size_t len, struct arena *arena)
{
	struct err ignored = ERR_INIT;
	auto_json *tree = NULL;
	const json_t *first;
	const char *code;
	const char *message;

	if (read_tree(json, len, TOKEN_LONGEST, &tree, &ignored) < 0)
		return NULL;
	first = json_array_get(json_object_get(tree, "errors"), 0);
	code = json_string_value(json_object_get(first, "code"));
	message = json_string_value(json_object_get(first, "message"));
	if (str_is_empty(code) && str_is_empty(message))
		return NULL;
	if (str_is_empty(code) || str_is_empty(message))
		return arena_strdup(arena, str_is_empty(code) ? message : code);
	return arena_printf(arena, "%s: %s", code, message);
}
