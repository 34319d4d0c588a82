#include "world_file.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "base/buf.h"
#include "base/str.h"
#include "reconcile/world.h"
#include "reconcile/zones.h"
#include "row.h"
#include "wire/record.h"
#include "wire/yaml.h"

/* ---- objects ---- */

static const void *get_object(void *user, enum kind kind, const char *namespace, const char *name)
{
	struct world_file *file = user;

	for (size_t i = 0; i < file->records.len; i++) {
		const struct record *r = file->records.items[i];

		if (r->kind == kind && str_equal(r->meta->name, name) &&
		    str_equal(r->meta->namespace, namespace))
			return r->object;
	}
	return NULL;
}

static void each_object(void *user, enum kind kind, const char *namespace, const char *channel, world_each_fn fn,
			void *fn_user)
{
	struct world_file *file = user;

	for (size_t i = 0; i < file->records.len; i++) {
		const struct record *r = file->records.items[i];

		if (r->kind == kind && (str_is_empty(namespace) || str_equal(r->meta->namespace, namespace)) &&
		    (channel == NULL || str_equal(record_channel(r), channel)))
			fn(fn_user, r->object);
	}
}

static void look_at(void *user, enum workload_kind kind, const char *namespace, const char *name,
		    struct arena *arena, struct workload_look *look)
{
	struct world_file *file = user;
	const json_t *row;
	size_t i;

	(void)namespace;
	(void)arena;
	json_array_foreach(json_object_get(file->json, "looks"), i, row) {
		const json_t *failed = json_object_get(row, "failed");

		if (!str_equal(row_text_at(row, "kind"), workload_kind_name(kind)) ||
		    !str_equal(row_text_at(row, "name"), name))
			continue;
		look->conflict_manager = row_text_at(row, "conflict");
		look->conflict_retry_ms = row_moment_at(file, row, "conflictRetryAt");
		if (json_object_get(row, "refused") != NULL)
			row_failure(file, json_object_get(row, "refused"), &look->failure);
		if (failed == NULL)
			continue;
		row_failure(file, failed, &look->failure);
		look->state = KNOWLEDGE_FAILED;
	}
}

static void metric_at(void *user, const char *namespace, const char *channel, const struct metric_spec *spec,
		      struct arena *arena, struct metric_look *look)
{
	struct world_file *file = user;
	const json_t *row;
	size_t i;

	(void)namespace;
	(void)channel;
	json_array_foreach(json_object_get(file->json, "metrics"), i, row) {
		const json_t *list = json_object_get(row, "values");
		double *values = arena_new_array(arena, json_array_size(list), double);

		if (!str_equal(row_text_at(row, "name"), spec->name))
			continue;
		look->state = row_knowledge(file, row, &look->failure);
		look->at_ms = row_moment_at(file, row, "at");
		look->values = values;
		for (look->count = 0; look->count < json_array_size(list); look->count++)
			values[look->count] = strtod(row_text_of(file, json_array_get(list, look->count), "values"), NULL);
	}
}

static void get_key(void *user, const char *namespace, const struct signature_key *key, struct arena *arena,
		    struct key_look *ret_look)
{
	struct world_file *file = user;
	const json_t *row;
	const json_t *id;
	size_t i;
	size_t k;

	(void)namespace;
	*ret_look = (struct key_look){ .state = KNOWLEDGE_NONE };
	json_array_foreach(json_object_get(file->json, "keys"), i, row) {
		const json_t *ids = json_object_get(row, "ids");

		if (!str_equal(row_text_at(row, "name"), key->config_map) || !str_equal(row_text_at(row, "key"), key->entry))
			continue;
		ret_look->state = row_knowledge(file, row, &ret_look->failure);
		ret_look->at_ms = row_moment_at(file, row, "at");
		ret_look->ids = arena_new_array(arena, json_array_size(ids), const char *);
		json_array_foreach(ids, k, id)
			ret_look->ids[ret_look->id_count++] = row_text_of(file, id, "ids");
	}
}

static void write_failed(struct world_file *file, const json_t *row, struct write_failure *ret)
{
	struct lookup_failure failure = { .message = NULL };

	if (row == NULL)
		return;
	row_failure(file, row, &failure);
	*ret = (struct write_failure){ row_text_at(row, "what"), failure.class, failure.message };
}

static void unapplied(void *user, const char *namespace, const char *name, struct arena *arena,
		      struct unapplied_look *look)
{
	struct world_file *file = user;
	const json_t *rows = json_object_get(file->json, "unapplied");

	(void)namespace;
	(void)name;
	(void)arena;
	write_failed(file, json_object_get(rows, "made"), &look->made);
	write_failed(file, json_object_get(rows, "deletion"), &look->deletion);
	write_failed(file, json_object_get(rows, "pins"), &look->pins);
	write_failed(file, json_object_get(rows, "promotion"), &look->promotion);
	write_failed(file, json_object_get(rows, "collection"), &look->collection);
}

/* The zones of this machine, as for the running operator. */
static const struct zone *get_zone(void *user, const char *name)
{
	struct world_file *file = user;

	return zones_get(file->zones, name);
}

static bool is_behind(void *user, enum kind kind, const char *resource_version)
{
	struct world_file *file = user;

	(void)resource_version;
	return kind == KIND_PROMOTION && json_is_true(json_object_get(file->json, "promotionsBehind"));
}

/* What crashed the operator when it read it. */
static void each_left_out(void *user, struct arena *arena, world_each_fn fn, void *fn_user)
{
	struct world_file *file = user;
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(file->json, "leftOut"), i, row) {
		struct quarantine *q = arena_new(arena, struct quarantine);
		const char *namespace = row_text_at(row, "namespace");

		*q = (struct quarantine){
			.kind = row_text_of(file, json_object_get(row, "kind"), "kind"),
			.namespace = namespace == NULL ? "" : namespace,
			.name = row_text_of(file, json_object_get(row, "name"), "name"),
			.uid = row_text_at(row, "uid"),
			.version = row_text_of(file, json_object_get(row, "version"), "version"),
			.is_left_out = true,
			.crashes = json_integer_value(json_object_get(row, "crashes")),
			.last_ms = row_moment_at(file, row, "at"),
			.program_version = "1.2.3",
		};
		fn(fn_user, q);
	}
}

/* ---- the file ---- */

/* KIND_COUNT when it is none. */
static enum kind kind_of(const json_t *object)
{
	const char *name = row_text_at(object, "kind");
	int kind;

	for (kind = 0; kind < KIND_COUNT; kind++) {
		if (str_equal(kind_info((enum kind)kind)->name, name))
			break;
	}
	return (enum kind)kind;
}

static void add_object(struct world_file *file, const json_t *object)
{
	enum kind kind = kind_of(object);
	struct record *record;
	char *text;

	if (kind == KIND_COUNT) {
		row_refuse(file, "an object", "has no kind that is known");
		return;
	}
	text = json_dumps(object, JSON_COMPACT);
	if (record_from_json(kind, text, strlen(text), &record, &file->err) == 0)
		vec_push(&file->records, record);
	free(text);
}

/* The policies are there unless the file says otherwise; only that they are there counts. */
static void add_policies(struct world_file *file)
{
	static const struct {
		const char *key;
		const char *kind;
		const char *name;
	} table[] = {
		{ "guard", "MutatingAdmissionPolicy", WORLD_GUARD_NAME },
		{ "guard", "MutatingAdmissionPolicyBinding", WORLD_GUARD_NAME },
		{ "whoMay", "ValidatingAdmissionPolicy", WORLD_WHO_MAY_NAME },
		{ "whoMay", "ValidatingAdmissionPolicyBinding", WORLD_WHO_MAY_NAME },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		json_t *object;

		if (str_equal(row_text_at(file->json, table[i].key), "Missing"))
			continue;
		object = json_pack("{s:s, s:{s:s, s:s, s:s}}", "kind", table[i].kind, "metadata", "name",
				   table[i].name, "uid", table[i].name, "resourceVersion", "1");
		add_object(file, object);
		json_decref(object);
	}
	if (str_equal(row_text_at(file->json, "guard"), "Off")) {
		json_t *object = json_pack("{s:s, s:{s:s, s:s, s:s}}", "kind", "Namespace", "metadata", "name",
					   file->world.namespace, "uid", "n", "resourceVersion", "1");

		add_object(file, object);
		json_decref(object);
	}
}

static int parse(struct world_file *file, const char *yaml, size_t len)
{
	struct buf json = BUF_INIT((size_t)4 << 20);

	if (yaml_to_json(yaml, len, &json, &file->err) == 0) {
		file->json = json_loads(buf_text(&json), 0, NULL);
		if (!json_is_object((json_t *)file->json))
			row_refuse(file, "the file", "is not one YAML document");
	}
	buf_finish(&json);
	return file->err.class;
}

static void gather(struct world_file *file)
{
	const struct world_objects objects = { get_object,    each_object, look_at, metric_at, get_key,
					       unapplied, get_zone,	   file,    is_behind,
					       each_left_out, NULL,	   NULL,    NULL };
	const struct world_registry registry = answers_registry(file);
	const char *key = row_text_at(file->json, "channel");
	const char *slash = key == NULL ? NULL : strchr(key, '/');
	const json_t *object;
	size_t i;

	if (slash == NULL) {
		row_refuse(file, "channel", "has to be namespace/name");
		return;
	}
	file->world.namespace = arena_strndup(&file->arena, key, (size_t)(slash - key));
	json_array_foreach(json_object_get(file->json, "objects"), i, object)
		add_object(file, object);
	add_policies(file);
	world_gather(&objects, &registry, file->world.namespace, slash + 1, row_moment_at(file, file->json, "now"),
		     &file->arena, &file->world);
}

int world_file_read(struct world_file *file, const char *yaml, size_t len, struct err *err)
{
	*file = (struct world_file){ .zones = zones_create(ZONES_FOLDER) };
	if (parse(file, yaml, len) == 0)
		gather(file);
	if (!err_is_set(&file->err))
		return 0;
	*err = file->err;
	world_file_finish(file);
	return err->class;
}

static void read_bytes(const char *path, struct buf *text, struct err *err)
{
	FILE *in = fopen(path, "re");
	char piece[4096];
	size_t len;

	if (in == NULL) {
		(void)err_set(err, ERR_INPUT, "cannot be opened");
		return;
	}
	while ((len = fread(piece, 1, sizeof(piece), in)) > 0)
		(void)!buf_append(text, piece, len, err);
	(void)fclose(in);
}

void world_file_load(struct world_file *file, const char *path)
{
	struct buf yaml = BUF_INIT((size_t)1 << 20);
	struct err err = ERR_INIT;

	read_bytes(path, &yaml, &err);
	if (err_is_set(&err) || world_file_read(file, buf_text(&yaml), yaml.len, &err) < 0) {
		(void)fprintf(stderr, "%s: %s\n", path, err.text);
		exit(2);
	}
	buf_finish(&yaml);
}

void world_file_finish(struct world_file *file)
{
	for (size_t i = 0; i < file->records.len; i++)
		record_unref(file->records.items[i]);
	vec_finish(&file->records);
	zones_destroy(file->zones);
	json_decref(file->json);
	arena_finish(&file->arena);
}
