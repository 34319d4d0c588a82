#include "kube/kubeconfig_field.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "net/base64.h"

/* The extension of a cluster that is meant for exec plugins (client-go). */
#define EXEC_EXTENSION "client.authentication.k8s.io/exec"

enum form {
	FORM_IGNORED, /* says nothing that matters here */
	FORM_REFUSED, /* asks for something that we do not do */
	FORM_TEXT,
	FORM_LINE, /* text for a header or a URL */
	FORM_BOOL,
	FORM_TEXTS,
	FORM_LINES,
	FORM_FILE,    /* made absolute */
	FORM_PROGRAM, /* made absolute, unless it is found by PATH */
	FORM_PEM,     /* base64 */
	FORM_ENV,     /* a list of name and value */
	FORM_EXTRA,   /* a map of lists */
	FORM_EXTENSIONS,
	FORM_EXEC,
};

/* One row; the last one of a table has no name. */
struct field {
	const char *name;
	enum form form;
	size_t offset; /* in the struct that is read into */
	const char *hint; /* what to do instead of a refused one */
};

#define AT(member) offsetof(struct kubeconfig, member)
#define IN_EXEC(member) offsetof(struct kubeconfig_exec, member)

static const struct field cluster[] = {
	{ "server", FORM_LINE, AT(server), NULL },
	{ "tls-server-name", FORM_LINE, AT(tls_server_name), NULL },
	{ "insecure-skip-tls-verify", FORM_BOOL, AT(is_insecure), NULL },
	{ "certificate-authority-data", FORM_PEM, AT(ca_pem), NULL },
	{ "certificate-authority", FORM_FILE, AT(ca_file), NULL },
	{ "proxy-url", FORM_LINE, AT(proxy_url), NULL },
	{ "disable-compression", FORM_BOOL, AT(disables_compression), NULL },
	{ "extensions", FORM_EXTENSIONS, AT(exec.extra), NULL },
	{ NULL, FORM_IGNORED, 0, NULL },
};

static const struct field user[] = {
	{ "client-certificate-data", FORM_PEM, AT(cert_pem), NULL },
	{ "client-certificate", FORM_FILE, AT(cert_file), NULL },
	{ "client-key-data", FORM_PEM, AT(key_pem), NULL },
	{ "client-key", FORM_FILE, AT(key_file), NULL },
	{ "token", FORM_LINE, AT(token), NULL },
	{ "tokenFile", FORM_FILE, AT(token_file), NULL },
	{ "as", FORM_LINE, AT(as_user), NULL },
	{ "as-uid", FORM_LINE, AT(as_uid), NULL },
	{ "as-groups", FORM_LINES, AT(as_groups), NULL },
	{ "as-user-extra", FORM_EXTRA, AT(as_extra), NULL },
	{ "username", FORM_LINE, AT(username), NULL },
	{ "password", FORM_LINE, AT(password), NULL },
	{ "auth-provider", FORM_REFUSED, 0,
	  "Kubernetes itself has none any more since 1.26: use \"exec\" with that provider's plugin" },
	{ "exec", FORM_EXEC, AT(exec), NULL },
	{ "extensions", FORM_IGNORED, 0, NULL },
	{ NULL, FORM_IGNORED, 0, NULL },
};

static const struct field exec[] = {
	{ "apiVersion", FORM_LINE, IN_EXEC(api_version), NULL },
	{ "command", FORM_PROGRAM, IN_EXEC(command), NULL },
	{ "args", FORM_TEXTS, IN_EXEC(args), NULL },
	{ "env", FORM_ENV, IN_EXEC(env), NULL },
	{ "installHint", FORM_TEXT, IN_EXEC(install_hint), NULL },
	{ "provideClusterInfo", FORM_BOOL, IN_EXEC(wants_cluster), NULL },
	{ "interactiveMode", FORM_LINE, IN_EXEC(interactive_mode), NULL },
	{ NULL, FORM_IGNORED, 0, NULL },
};

static const struct field variable[] = {
	{ "name", FORM_LINE, offsetof(struct kubeconfig_pair, name), NULL },
	{ "value", FORM_TEXT, offsetof(struct kubeconfig_pair, value), NULL },
	{ NULL, FORM_IGNORED, 0, NULL },
};

static int read_fields(const struct reading *reading, const struct field *fields,
		       const yaml_node_t *map, void *into);

static int complain(const struct reading *reading, const char *field, const char *what)
{
	return err_set(reading->err, ERR_INPUT, "%s: field \"%s\" %s", reading->part, field, what);
}

static const char *copy(const struct reading *reading, const char *text)
{
	return arena_strdup(&reading->config->arena, text);
}

static int read_text(const struct reading *reading, const struct field *field,
		     const yaml_node_t *node, const char **ret_text)
{
	bool is_line = field->form == FORM_LINE || field->form == FORM_LINES ||
		       field->form == FORM_EXTRA;
	const char *text = node_text(node);

	if (text == NULL)
		return complain(reading, field->name, "holds something that is not text");
	for (const char *at = text; *at != '\0' && is_line; at++) {
		if (iscntrl((unsigned char)*at))
			return complain(reading, field->name,
					"holds a line break or another control character");
	}
	*ret_text = copy(reading, text);
	return 0;
}

static int read_bool(const struct reading *reading, const struct field *field, const char *text,
		     bool *ret)
{
	if (!str_equal(text, "true") && !str_equal(text, "false"))
		return complain(reading, field->name, "is neither true nor false");
	*ret = str_equal(text, "true");
	return 0;
}

/* A file or program of this machine. */
static int read_path(const struct reading *reading, const struct field *field, const char *path,
		     const char **ret_path)
{
	const char *folder = reading->source->folder;
	bool is_found_by_path = field->form == FORM_PROGRAM && strchr(path, '/') == NULL;

	if (folder == NULL)
		return complain(reading, field->name,
				"names something of this machine, which is not allowed in a "
				"kubeconfig from elsewhere");
	*ret_path = path[0] == '/' || is_found_by_path
			    ? copy(reading, path)
			    : arena_printf(&reading->config->arena, "%s/%s", folder, path);
	return 0;
}

static int read_pem(const struct reading *reading, const struct field *field, const char *text,
		    const char **ret_pem)
{
	size_t len = 0;

	*ret_pem = base64_decode(&reading->config->arena, text, &len);
	if (*ret_pem == NULL || strlen(*ret_pem) != len)
		return complain(reading, field->name, "is not base64 of PEM");
	return 0;
}

static int read_texts(const struct reading *reading, const struct field *field,
		      const yaml_node_t *list, const char *const **ret_texts)
{
	size_t count = node_count(list);
	const char **texts =
		arena_new_array(&reading->config->arena, count + 1, const char *);

	if (list->type != YAML_SEQUENCE_NODE)
		return complain(reading, field->name, "is not a list");
	*ret_texts = texts;
	for (size_t i = 0; i < count; i++) {
		int r = read_text(reading, field, node_item(reading->source, list, i), &texts[i]);

		if (r < 0)
			return r;
	}
	return 0;
}

static int read_env(const struct reading *reading, const struct field *field,
		    const yaml_node_t *list, const struct kubeconfig_pair **ret_env)
{
	size_t count = node_count(list);
	struct kubeconfig_pair *env =
		arena_new_array(&reading->config->arena, count + 1, struct kubeconfig_pair);

	if (list->type != YAML_SEQUENCE_NODE)
		return complain(reading, field->name, "is not a list");
	for (size_t i = 0; i < count; i++) {
		int r = read_fields(reading, variable, node_item(reading->source, list, i), &env[i]);

		if (r < 0)
			return r;
		if (env[i].name == NULL || strchr(env[i].name, '=') != NULL)
			return complain(reading, field->name,
					"holds a variable whose name is missing or has a '='");
		if (env[i].value == NULL)
			env[i].value = "";
	}
	*ret_env = env;
	return 0;
}

/* { key: [one, two] } becomes two pairs. */
static int read_extra(const struct reading *reading, const struct field *field,
		      const yaml_node_t *map, const struct kubeconfig_pair **ret_extra)
{
	struct arena *arena = &reading->config->arena;
	struct kubeconfig_pair *extra;
	size_t count = 0;

	if (map->type != YAML_MAPPING_NODE)
		return complain(reading, field->name, "is not a map");
	for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
	     pair < map->data.mapping.pairs.top; pair++)
		count += node_count(node_at(reading->source, pair->value));
	extra = arena_new_array(arena, count + 1, struct kubeconfig_pair);
	*ret_extra = extra;
	for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
	     pair < map->data.mapping.pairs.top; pair++) {
		const yaml_node_t *list = node_at(reading->source, pair->value);
		const char *const *values = NULL;
		int r = read_texts(reading, field, list, &values);

		for (size_t i = 0; r == 0 && i < node_count(list); i++) {
			extra->name = copy(reading, node_text(node_at(reading->source, pair->key)));
			extra->value = values[i];
			if (str_is_empty(extra->name))
				r = complain(reading, field->name, "holds a key that is not text");
			extra++;
		}
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_extensions(const struct reading *reading, const yaml_node_t *list,
			   const char **ret_json)
{
	int r = 0;

	for (size_t i = 0; i < node_count(list) && r == 0; i++) {
		const struct source *source = reading->source;
		const yaml_node_t *one = node_item(source, list, i);
		const yaml_node_t *value = node_field(source, one, "extension");

		if (value != NULL && str_equal(node_text(node_field(source, one, "name")), EXEC_EXTENSION))
			r = node_to_json(source, value, &reading->config->arena, ret_json, reading->err);
	}
	if (r < 0)
		err_prefix(reading->err, "%s: extension \"%s\"", reading->part, EXEC_EXTENSION);
	return r;
}

static int read_node(const struct reading *reading, const struct field *field,
		     const yaml_node_t *node, void *at)
{
	switch (field->form) {
	case FORM_REFUSED:
		return err_set(reading->err, ERR_INPUT, "%s: field \"%s\" is not supported: %s",
			       reading->part, field->name, field->hint);
	case FORM_TEXTS:
	case FORM_LINES:
		return read_texts(reading, field, node, at);
	case FORM_ENV:
		return read_env(reading, field, node, at);
	case FORM_EXTRA:
		return read_extra(reading, field, node, at);
	case FORM_EXTENSIONS:
		return read_extensions(reading, node, at);
	case FORM_EXEC:
		return node->type == YAML_MAPPING_NODE
			       ? read_fields(reading, exec, node, at)
			       : complain(reading, field->name, "is not a map");
	default:
		return complain(reading, field->name, "is not text");
	}
}

static int read_field(const struct reading *reading, const struct field *field,
		      const yaml_node_t *node, void *at)
{
	const char *text = node_text(node);

	if (field->form == FORM_IGNORED || node_is_empty(node))
		return 0;
	switch (text == NULL ? FORM_IGNORED : field->form) {
	case FORM_TEXT:
	case FORM_LINE:
		return read_text(reading, field, node, at);
	case FORM_BOOL:
		return read_bool(reading, field, text, at);
	case FORM_FILE:
	case FORM_PROGRAM:
		return read_path(reading, field, text, at);
	case FORM_PEM:
		return read_pem(reading, field, text, at);
	default:
		return read_node(reading, field, node, at);
	}
}

static int read_fields(const struct reading *reading, const struct field *fields,
		       const yaml_node_t *map, void *into)
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
		r = read_field(reading, field, node_field(reading->source, map, field->name),
			       (char *)into + field->offset);
	return r;
}

int kubeconfig_read_cluster(const struct reading *reading, const yaml_node_t *map)
{
	return read_fields(reading, cluster, map, reading->config);
}

int kubeconfig_read_user(const struct reading *reading, const yaml_node_t *map)
{
	return read_fields(reading, user, map, reading->config);
}
