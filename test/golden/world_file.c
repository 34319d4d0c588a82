#include "world_file.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "reconcile/world.h"
#include "reconcile/zones.h"
#include "registry/tagfilter.h"
#include "wire/record.h"
#include "wire/yaml.h"

/* What is not right is left out, and makes the whole file wrong. */
static void refuse(struct world_file *file, const char *what, const char *why)
{
	(void)err_set(&file->err, ERR_INPUT, "%s %s", what == NULL ? "something" : what, why);
}

static const char *text_at(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* A text that has to be there. */
static const char *text_of(struct world_file *file, const json_t *json, const char *what)
{
	if (!json_is_string(json))
		refuse(file, what, "is not a text");
	return json_is_string(json) ? json_string_value(json) : "";
}

static int64_t moment_at(struct world_file *file, const json_t *object, const char *key)
{
	const char *text = text_at(object, key);
	int64_t ms = 0;

	if (text != NULL && !clock_parse(text, &ms))
		refuse(file, text, "is not a moment");
	return ms;
}

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

static void read_failure(struct world_file *file, const json_t *failed, struct lookup_failure *ret)
{
	static const enum err_class classes[] = { ERR_INPUT, ERR_CONFLICT, ERR_GONE, ERR_NOTFOUND,
						  ERR_DENIED, ERR_BUSY,    ERR_NET };
	const char *name = text_at(failed, "class");

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (str_equal(name, err_class_name(classes[i])))
			ret->class = classes[i];
	}
	if (ret->class == ERR_NONE)
		refuse(file, name, "is not an error class");
	ret->message = text_at(failed, "message");
	ret->retry_ms = moment_at(file, failed, "retryAt");
}

static enum knowledge read_knowledge(struct world_file *file, const json_t *row, struct lookup_failure *ret_failure)
{
	const json_t *failed = json_object_get(row, "failed");

	if (failed != NULL) {
		read_failure(file, failed, ret_failure);
		return KNOWLEDGE_FAILED;
	}
	return json_is_true(json_object_get(row, "pending")) ? KNOWLEDGE_PENDING : KNOWLEDGE_KNOWN;
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

		if (!str_equal(text_at(row, "kind"), workload_kind_name(kind)) ||
		    !str_equal(text_at(row, "name"), name))
			continue;
		look->conflict_manager = text_at(row, "conflict");
		if (json_object_get(row, "refused") != NULL)
			read_failure(file, json_object_get(row, "refused"), &look->failure);
		if (failed == NULL)
			continue;
		read_failure(file, failed, &look->failure);
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

		if (!str_equal(text_at(row, "name"), spec->name))
			continue;
		look->state = read_knowledge(file, row, &look->failure);
		look->at_ms = moment_at(file, row, "at");
		look->values = values;
		for (look->count = 0; look->count < json_array_size(list); look->count++)
			values[look->count] = strtod(text_of(file, json_array_get(list, look->count), "values"), NULL);
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

		if (!str_equal(text_at(row, "name"), key->config_map) || !str_equal(text_at(row, "key"), key->entry))
			continue;
		ret_look->state = read_knowledge(file, row, &ret_look->failure);
		ret_look->at_ms = moment_at(file, row, "at");
		ret_look->ids = arena_new_array(arena, json_array_size(ids), const char *);
		json_array_foreach(ids, k, id)
			ret_look->ids[ret_look->id_count++] = text_of(file, id, "ids");
	}
}

static const char *apply_failure(void *user, const char *namespace, const char *name)
{
	struct world_file *file = user;

	(void)namespace;
	(void)name;
	return text_at(file->json, "applyFailure");
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
		const char *namespace = text_at(row, "namespace");

		*q = (struct quarantine){
			.kind = text_of(file, json_object_get(row, "kind"), "kind"),
			.namespace = namespace == NULL ? "" : namespace,
			.name = text_of(file, json_object_get(row, "name"), "name"),
			.uid = text_at(row, "uid"),
			.version = text_of(file, json_object_get(row, "version"), "version"),
			.is_left_out = true,
			.crashes = json_integer_value(json_object_get(row, "crashes")),
			.last_ms = moment_at(file, row, "at"),
			.program_version = "1.2.3",
		};
		fn(fn_user, q);
	}
}

/* ---- registry ---- */

/* Filters by a regular expression as the running operator does. */
static void filter_newest(const struct intake *intake, const char *last_tag, struct arena *arena,
			  struct tags_look *look)
{
	struct err err = ERR_INIT;
	const char **names = arena_new_array(arena, look->count + 1, const char *);
	struct tagfilter_match *matches;
	size_t count = 0;

	for (size_t i = 0; i < look->count; i++)
		names[i] = look->tags[i].name;
	if (tagfilter_apply(intake->pattern, names, look->count, arena, &matches, &count, &err) < 0) {
		look->pattern_error = arena_strdup(arena, err.text);
		look->count = 0;
		return;
	}
	for (size_t i = 0; i < count; i++)
		look->tags[i] = (struct tag){ matches[i].name, matches[i].key };
	look->count = count;
	names[0] = last_tag;
	if (last_tag != NULL &&
	    tagfilter_apply(intake->pattern, names, 1, arena, &matches, &count, &err) == 0 && count == 1)
		look->last_key = matches[0].key;
}

static void get_tags(void *user, const char *namespace, const struct artifact *artifact,
		     const struct intake *intake, const char *last_tag, struct arena *arena,
		     struct tags_look *ret_look)
{
	struct world_file *file = user;
	const json_t *tags = json_object_get(file->json, "tags");
	const json_t *names = json_object_get(tags, "names");
	const json_t *name;
	size_t i;

	(void)namespace;
	(void)artifact;
	if (tags == NULL)
		return;
	ret_look->state = read_knowledge(file, tags, &ret_look->failure);
	ret_look->at_ms = moment_at(file, tags, "at");
	ret_look->last_key = last_tag;
	ret_look->tags = arena_new_array(arena, json_array_size(names), struct tag);
	json_array_foreach(names, i, name) {
		const char *text = text_of(file, name, "names");

		ret_look->tags[ret_look->count++] = (struct tag){ text, text };
	}
	if (intake->policy == INTAKE_NEWEST)
		filter_newest(intake, last_tag, arena, ret_look);
}

static void each_digest(void *user, const char *namespace, const struct artifact *artifact,
			struct arena *arena, world_each_fn fn, void *fn_user)
{
	struct world_file *file = user;
	const json_t *row;
	size_t i;

	(void)namespace;
	json_array_foreach(json_object_get(file->json, "digests"), i, row) {
		struct digest_look *look = arena_new(arena, struct digest_look);

		if (!str_equal(text_at(row, "repository"), artifact->image))
			continue;
		look->repository = text_at(row, "repository");
		look->reference = text_of(file, json_object_get(row, "reference"), "reference");
		look->digest = text_at(row, "digest");
		look->at_ms = moment_at(file, row, "at");
		look->state = read_knowledge(file, row, &look->failure);
		fn(fn_user, look);
	}
}

/* Which bit is the key "configmap/entry" of the channel? */
static uint32_t bit_of(struct world_file *file, const char *text)
{
	const struct signatures *wanted = &file->world.channel->signatures;

	for (size_t i = 0; i < wanted->count; i++) {
		size_t len = strlen(wanted->keys[i].config_map);

		if (strncmp(text, wanted->keys[i].config_map, len) == 0 && text[len] == '/' &&
		    str_equal(text + len + 1, wanted->keys[i].entry))
			return UINT32_C(1) << i;
	}
	refuse(file, text, "is no key of the channel");
	return 0;
}

static void get_signature(void *user, const char *namespace, const struct artifact *artifact, const char *digest,
			  const char *policy, struct arena *arena, struct signature_look *ret_look)
{
	struct world_file *file = user;
	const json_t *row;
	const json_t *signer;
	size_t i;
	size_t k;

	(void)namespace;
	(void)policy;
	(void)arena;
	*ret_look = (struct signature_look){ .state = KNOWLEDGE_NONE };
	json_array_foreach(json_object_get(file->json, "signatures"), i, row) {
		if (!str_equal(text_at(row, "repository"), artifact->image) || !str_equal(text_at(row, "digest"), digest))
			continue;
		ret_look->state = read_knowledge(file, row, &ret_look->failure);
		ret_look->at_ms = moment_at(file, row, "at");
		ret_look->found = (size_t)json_integer_value(json_object_get(row, "found"));
		ret_look->note = text_at(row, "note");
		json_array_foreach(json_object_get(row, "signedBy"), k, signer)
			ret_look->signers |= bit_of(file, text_of(file, signer, "signedBy"));
	}
}

/* ---- the file ---- */

/* KIND_COUNT when it is none. */
static enum kind kind_of(const json_t *object)
{
	const char *name = text_at(object, "kind");
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
		refuse(file, "an object", "has no kind that is known");
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

		if (str_equal(text_at(file->json, table[i].key), "Missing"))
			continue;
		object = json_pack("{s:s, s:{s:s, s:s, s:s}}", "kind", table[i].kind, "metadata", "name",
				   table[i].name, "uid", table[i].name, "resourceVersion", "1");
		add_object(file, object);
		json_decref(object);
	}
	if (str_equal(text_at(file->json, "guard"), "Off")) {
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
			refuse(file, "the file", "is not one YAML document");
	}
	buf_finish(&json);
	return file->err.class;
}

static void gather(struct world_file *file)
{
	const struct world_objects objects = { get_object,    each_object, look_at, metric_at, get_key,
					       apply_failure, get_zone,	   file,    is_behind,
					       each_left_out, NULL,	   NULL,    NULL };
	const struct world_registry registry = { get_tags, each_digest, get_signature, file };
	const char *key = text_at(file->json, "channel");
	const char *slash = key == NULL ? NULL : strchr(key, '/');
	const json_t *object;
	size_t i;

	if (slash == NULL) {
		refuse(file, "channel", "has to be namespace/name");
		return;
	}
	file->world.namespace = arena_strndup(&file->arena, key, (size_t)(slash - key));
	json_array_foreach(json_object_get(file->json, "objects"), i, object)
		add_object(file, object);
	add_policies(file);
	world_gather(&objects, &registry, file->world.namespace, slash + 1, moment_at(file, file->json, "now"),
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
