#include "kube/kubeconfig.h"

#include <string.h>

#include "base/str.h"
#include "base/vec.h"
#include "kube/file.h"
#include "kube/kubeconfig_field.h"

#define FILE_LIMIT ((size_t)1024 * 1024)

/* The files, in order of precedence, and what is read from them. */
struct files {
	struct reading reading;
	struct vec sources; /* of struct source */
};

/* The entry called name in the first file's list `plural` that has it; its part is `single`. */
static yaml_node_t *find_entry(struct files *files, const char *plural, const char *single,
			       const char *name)
{
	struct reading *reading = &files->reading;

	for (size_t i = 0; i < files->sources.len; i++) {
		const struct source *source = files->sources.items[i];
		const yaml_node_t *list = node_field(source, node_at(source, 1), plural);

		for (size_t k = 0; k < node_count(list); k++) {
			const yaml_node_t *entry = node_item(source, list, k);

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

static const char *current_context(const struct files *files)
{
	for (size_t i = 0; i < files->sources.len; i++) {
		const struct source *source = files->sources.items[i];
		const yaml_node_t *node = node_field(source, node_at(source, 1), "current-context");

		if (!node_is_empty(node))
			return node_text(node);
	}
	return NULL;
}

static int read_context(struct files *files, const char *context)
{
	struct reading *reading = &files->reading;
	const yaml_node_t *entry;
	const char *namespace;
	const char *cluster;
	const char *user;
	int r;

	if (context == NULL)
		context = current_context(files);
	if (context == NULL)
		return err_set(reading->err, ERR_INPUT, "no current-context is set");
	entry = find_entry(files, "contexts", "context", context);
	if (entry == NULL)
		return err_set(reading->err, ERR_INPUT, "there is no context \"%s\"", context);
	cluster = node_text(node_field(reading->source, entry, "cluster"));
	user = node_text(node_field(reading->source, entry, "user"));
	namespace = node_text(node_field(reading->source, entry, "namespace"));
	if (!str_is_empty(namespace))
		reading->config->namespace = arena_strdup(&reading->config->arena, namespace);
	entry = cluster == NULL ? NULL : find_entry(files, "clusters", "cluster", cluster);
	if (entry == NULL)
		return err_set(reading->err, ERR_INPUT,
			       "context \"%s\": there is no cluster \"%s\"", context,
			       cluster == NULL ? "" : cluster);
	r = kubeconfig_read_cluster(reading, entry);
	if (r == 0 && !str_is_empty(user)) {
		entry = find_entry(files, "users", "user", user);
		if (entry == NULL)
			return err_set(reading->err, ERR_INPUT,
				       "context \"%s\": there is no user \"%s\"", context, user);
		r = kubeconfig_read_user(reading, entry);
	}
	return r < 0 ? r : kubeconfig_check(reading->config, reading->err);
}

/* Adds a file's text to the files. */
static int add_source(struct files *files, const char *text, size_t len, const char *folder)
{
	struct reading *reading = &files->reading;
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
		vec_push(&files->sources, source);
	yaml_parser_delete(&parser);
	if (r == 0 && node_at(source, 1) != NULL && node_at(source, 1)->type != YAML_MAPPING_NODE)
		r = err_set(reading->err, ERR_INPUT, "not a kubeconfig");
	return r;
}

/* Reads the context out of the files; whatever happens, the YAML is freed. */
static int finish_reading(struct files *files, int r, const char *context,
			  struct kubeconfig *ret_config)
{
	if (r == 0)
		r = read_context(files, context);
	for (size_t i = 0; i < files->sources.len; i++)
		yaml_document_delete(&((struct source *)files->sources.items[i])->document);
	vec_finish(&files->sources);
	if (r < 0)
		kubeconfig_finish(files->reading.config);
	else
		*ret_config = *files->reading.config;
	return r;
}

int kubeconfig_parse(const char *text, size_t len, const char *folder, const char *context,
		     struct kubeconfig *ret_config, struct err *err)
{
	struct kubeconfig config = { .arena = ARENA_INIT };
	struct files files = { .reading = { .config = &config, .err = err } };

	return finish_reading(&files, add_source(&files, text, len, folder), context, ret_config);
}

/* Reads one file of the list. */
static int add_file(struct files *files, const char *path)
{
	struct arena *arena = &files->reading.config->arena;
	const char *slash = strrchr(path, '/');
	const char *folder = ".";
	char *text = NULL;
	int r = file_read(arena, path, FILE_LIMIT, &text, files->reading.err);

	if (r < 0)
		return r;
	if (slash != NULL)
		folder = arena_strndup(arena, path, (size_t)(slash - path));
	r = add_source(files, text, strlen(text), folder);
	if (r < 0)
		err_prefix(files->reading.err, "%s", path);
	return r;
}

int kubeconfig_load(const char *paths, const char *context, struct kubeconfig *ret_config,
		    struct err *err)
{
	struct kubeconfig config = { .arena = ARENA_INIT };
	struct files files = { .reading = { .config = &config, .err = err } };
	char *list = arena_strdup(&config.arena, paths);
	char *rest = list;
	int r = 0;

	for (char *path; (path = strsep(&rest, ":")) != NULL && r == 0;) {
		struct err missing = ERR_INIT;

		if (path[0] == '\0')
			continue;
		files.reading.err = &missing;
		r = add_file(&files, path);
		files.reading.err = err;
		/* As kubectl does: of several files, some may be missing. */
		if (r == ERR_NOTFOUND && !str_equal(path, paths))
			r = 0;
		if (r < 0)
			(void)err_set(err, missing.class, "%s", missing.text);
	}
	if (r == 0 && files.sources.len == 0)
		r = err_set(err, ERR_NOTFOUND, "none of the files in \"%s\" is there", paths);
	r = finish_reading(&files, r, context, ret_config);
	if (r < 0 && r != ERR_NOTFOUND)
		err_prefix(err, "kubeconfig %s", paths);
	return r;
}
