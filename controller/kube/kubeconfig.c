#include "kube/kubeconfig.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/str.h"
#include "base/vec.h"
#include "kube/file.h"
#include "kube/kubeconfig_field.h"
#include "net/base64.h"

#define FILE_LIMIT ((size_t)1024 * 1024)

/* One file. */
struct source {
	yaml_document_t document;
	const char *folder; /* relative paths start here */
};

/* What is being read, and into what. */
struct reading {
	struct kubeconfig *config;
	struct vec sources; /* of struct source, in order of precedence */
	struct err *err;
	const char *part; /* `user "joe"`, for error texts */
	const struct source *source;
};

/* ---- YAML nodes ---- */

static yaml_node_t *node_at(const struct source *source, int id)
{
	return yaml_document_get_node((yaml_document_t *)(uintptr_t)&source->document, id);
}

static const char *node_text(const yaml_node_t *node)
{
	bool is_text = node != NULL && node->type == YAML_SCALAR_NODE;

	return is_text ? (const char *)node->data.scalar.value : NULL;
}

/* An absent value: nothing, "", null. Tools write such fields out. */
static bool node_is_empty(const yaml_node_t *node)
{
	const char *text = node_text(node);

	if (node == NULL)
		return true;
	if (node->type == YAML_SEQUENCE_NODE)
		return node->data.sequence.items.start == node->data.sequence.items.top;
	if (node->type == YAML_MAPPING_NODE)
		return node->data.mapping.pairs.start == node->data.mapping.pairs.top;
	return str_is_empty(text) || (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
				      (str_equal(text, "null") || str_equal(text, "~")));
}

static yaml_node_t *node_field(const struct source *source, const yaml_node_t *map, const char *key)
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

/* The entry called name in the first file's list `plural` that has it; its part is `single`. */
static yaml_node_t *find_entry(struct reading *reading, const char *plural, const char *single,
			       const char *name)
{
	for (size_t i = 0; i < reading->sources.len; i++) {
		const struct source *source = reading->sources.items[i];
		const yaml_node_t *list = node_field(source, node_at(source, 1), plural);

		if (list == NULL || list->type != YAML_SEQUENCE_NODE)
			continue;
		for (const yaml_node_item_t *item = list->data.sequence.items.start;
		     item < list->data.sequence.items.top; item++) {
			const yaml_node_t *entry = node_at(source, *item);

			if (!str_equal(node_text(node_field(source, entry, "name")), name))
				continue;
			reading->source = source;
			reading->part =
				arena_printf(&reading->config->arena, "%s \"%s\"", single, name);
			return node_field(source, entry, single);
		}
	}
	return NULL;
}

/* ---- fields ---- */

static int complain(const struct reading *reading, const char *field, const char *what)
{
	return err_set(reading->err, ERR_INPUT, "%s: field \"%s\" %s", reading->part, field, what);
}

static const char *absolute(const struct reading *reading, const char *path)
{
	struct arena *arena = &reading->config->arena;

	return path[0] == '/' ? arena_strdup(arena, path)
			      : arena_printf(arena, "%s/%s", reading->source->folder, path);
}

static int read_pem_file(const struct reading *reading, const char *path, const char **ret_pem)
{
	char *text = NULL;
	int r;

	if (*ret_pem != NULL)
		return 0;
	path = absolute(reading, path);
	r = file_read(&reading->config->arena, path, FILE_LIMIT, &text, reading->err);
	if (r < 0)
		err_prefix(reading->err, "%s", reading->part);
	*ret_pem = text;
	return r;
}

static int read_texts(const struct reading *reading, const struct field *field,
		      const yaml_node_t *node, const char *const **ret_texts)
{
	size_t count;
	const char **texts;

	if (node->type != YAML_SEQUENCE_NODE)
		return complain(reading, field->name, "is not a list");
	count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	texts = arena_new_array(&reading->config->arena, count + 1, const char *);
	for (size_t i = 0; i < count; i++) {
		yaml_node_item_t item = node->data.sequence.items.start[i];

		texts[i] = arena_strdup(&reading->config->arena,
					node_text(node_at(reading->source, item)));
		if (texts[i] == NULL)
			return complain(reading, field->name, "holds something that is not text");
	}
	*ret_texts = texts;
	return 0;
}

static int read_field(const struct reading *reading, const struct field *field,
		      const yaml_node_t *node)
{
	struct arena *arena = &reading->config->arena;
	void *at = (char *)reading->config + field->offset;
	const char *text = node_text(node);
	size_t len;

	if (field->form == FORM_IGNORED || node_is_empty(node))
		return 0;
	if (field->form == FORM_UNSUPPORTED)
		return complain(reading, field->name, "is not supported by Sluice");
	if (field->form == FORM_TEXTS)
		return read_texts(reading, field, node, at);
	if (text == NULL)
		return complain(reading, field->name, "is not text");
	switch (field->form) {
	case FORM_BOOL:
		if (!str_equal(text, "true") && !str_equal(text, "false"))
			return complain(reading, field->name, "is neither true nor false");
		*(bool *)at = str_equal(text, "true");
		return 0;
	case FORM_PATH:
		*(const char **)at = absolute(reading, text);
		return 0;
	case FORM_PEM_FILE:
		return read_pem_file(reading, text, at);
	case FORM_PEM_DATA:
		*(const char **)at = base64_decode(arena, text, &len);
		if (*(const char **)at == NULL || strlen(*(const char **)at) != len)
			return complain(reading, field->name, "is not base64 of PEM");
		return 0;
	default:
		*(const char **)at = arena_strdup(arena, text);
		return 0;
	}
}

/* Reads the fields of a map that the table knows; one that it does not know is an error. */
static int read_fields(const struct reading *reading, const struct field *fields,
		       const yaml_node_t *map)
{
	int r = 0;

	if (node_is_empty(map))
		return 0;
	if (map->type != YAML_MAPPING_NODE)
		return err_set(reading->err, ERR_INPUT, "%s is not a map", reading->part);
	for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
	     pair < map->data.mapping.pairs.top; pair++) {
		const char *key = node_text(node_at(reading->source, pair->key));
		const struct field *field = fields;

		while (field->name != NULL && !str_equal(field->name, key))
			field++;
		if (field->name == NULL)
			return complain(reading, key == NULL ? "?" : key, "is not known");
	}
	for (const struct field *field = fields; field->name != NULL && r == 0; field++)
		r = read_field(reading, field, node_field(reading->source, map, field->name));
	return r;
}

/* ---- the whole ---- */

static const char *current_context(const struct reading *reading)
{
	for (size_t i = 0; i < reading->sources.len; i++) {
		const struct source *source = reading->sources.items[i];
		const yaml_node_t *node = node_field(source, node_at(source, 1), "current-context");

		if (!node_is_empty(node))
			return node_text(node);
	}
	return NULL;
}

static int read_context(struct reading *reading, const char *context)
{
	const yaml_node_t *entry;
	const char *namespace;
	const char *cluster;
	const char *user;
	int r;

	if (context == NULL)
		context = current_context(reading);
	if (context == NULL)
		return err_set(reading->err, ERR_INPUT, "no current-context is set");
	entry = find_entry(reading, "contexts", "context", context);
	if (entry == NULL)
		return err_set(reading->err, ERR_INPUT, "there is no context \"%s\"", context);
	cluster = node_text(node_field(reading->source, entry, "cluster"));
	user = node_text(node_field(reading->source, entry, "user"));
	namespace = node_text(node_field(reading->source, entry, "namespace"));
	if (!str_is_empty(namespace))
		reading->config->namespace = arena_strdup(&reading->config->arena, namespace);
	entry = cluster == NULL ? NULL : find_entry(reading, "clusters", "cluster", cluster);
	if (entry == NULL)
		return err_set(reading->err, ERR_INPUT,
			       "context \"%s\": there is no cluster \"%s\"", context,
			       cluster == NULL ? "" : cluster);
	r = read_fields(reading, kubeconfig_cluster_fields(), entry);
	if (r == 0 && !str_is_empty(user)) {
		entry = find_entry(reading, "users", "user", user);
		if (entry == NULL)
			return err_set(reading->err, ERR_INPUT,
				       "context \"%s\": there is no user \"%s\"", context, user);
		r = read_fields(reading, kubeconfig_user_fields(), entry);
	}
	return r < 0 ? r : kubeconfig_check(reading->config, reading->err);
}

/* Adds a file's text to the reading. */
static int add_source(struct reading *reading, const char *text, size_t len, const char *folder)
{
	struct source *source = arena_new(&reading->config->arena, struct source);
	yaml_parser_t parser;
	int r = 0;

	source->folder = arena_strdup(&reading->config->arena, folder);
	if (!yaml_parser_initialize(&parser))
		return err_set(reading->err, ERR_NOMEM, "no memory for YAML");
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	if (!yaml_parser_load(&parser, &source->document))
		r = err_set(reading->err, ERR_INPUT, "line %zu: %s", parser.problem_mark.line + 1,
			    parser.problem == NULL ? "not YAML" : parser.problem);
	else
		vec_push(&reading->sources, source);
	yaml_parser_delete(&parser);
	if (r == 0 && node_at(source, 1) != NULL && node_at(source, 1)->type != YAML_MAPPING_NODE)
		r = err_set(reading->err, ERR_INPUT, "not a kubeconfig");
	return r;
}

/* Reads the context out of the sources; whatever happens, the YAML is freed. */
static int finish_reading(struct reading *reading, int r, const char *context,
			  struct kubeconfig *ret_config)
{
	if (r == 0)
		r = read_context(reading, context);
	for (size_t i = 0; i < reading->sources.len; i++)
		yaml_document_delete(&((struct source *)reading->sources.items[i])->document);
	vec_finish(&reading->sources);
	if (r < 0)
		kubeconfig_finish(reading->config);
	else
		*ret_config = *reading->config;
	return r;
}

int kubeconfig_parse(const char *text, size_t len, const char *folder, const char *context,
		     struct kubeconfig *ret_config, struct err *err)
{
	struct kubeconfig config = { .arena = ARENA_INIT };
	struct reading reading = { .config = &config, .err = err };

	return finish_reading(&reading, add_source(&reading, text, len, folder), context,
			      ret_config);
}

/* Reads one file of the list. */
static int add_file(struct reading *reading, const char *path)
{
	struct arena *arena = &reading->config->arena;
	const char *slash = strrchr(path, '/');
	const char *folder = ".";
	char *text = NULL;
	int r = file_read(arena, path, FILE_LIMIT, &text, reading->err);

	if (r < 0)
		return r;
	if (slash != NULL)
		folder = arena_strndup(arena, path, (size_t)(slash - path));
	r = add_source(reading, text, strlen(text), folder);
	if (r < 0)
		err_prefix(reading->err, "%s", path);
	return r;
}

int kubeconfig_load(const char *paths, const char *context, struct kubeconfig *ret_config,
		    struct err *err)
{
	struct kubeconfig config = { .arena = ARENA_INIT };
	struct reading reading = { .config = &config, .err = err };
	char *list = arena_strdup(&config.arena, paths);
	char *rest = list;
	int r = 0;

	for (char *path; (path = strsep(&rest, ":")) != NULL && r == 0;) {
		struct err missing = ERR_INIT;

		if (path[0] == '\0')
			continue;
		reading.err = &missing;
		r = add_file(&reading, path);
		reading.err = err;
		/* As kubectl does: of several files, some may be missing. */
		if (r == ERR_NOTFOUND && !str_equal(path, paths))
			r = 0;
		if (r < 0)
			(void)err_set(err, missing.class, "%s", missing.text);
	}
	if (r == 0 && reading.sources.len == 0)
		r = err_set(err, ERR_NOTFOUND, "none of the files in \"%s\" is there", paths);
	r = finish_reading(&reading, r, context, ret_config);
	if (r < 0 && r != ERR_NOTFOUND)
		err_prefix(err, "kubeconfig %s", paths);
	return r;
}
