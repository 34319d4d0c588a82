#include "fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "wire/yaml.h"

static const void *get(void *user, enum kind kind, const char *namespace, const char *name)
{
	struct fixture *fixture = user;

	for (size_t i = 0; i < fixture->count; i++) {
		const struct record *record = fixture->records[i];

		if (record->kind == kind && str_equal(record->meta->namespace, namespace) &&
		    str_equal(record->meta->name, name))
			return record->object;
	}
	return NULL;
}

static void each(void *user, enum kind kind, const char *namespace, const char *channel, world_each_fn fn, void *fn_user)
{
	struct fixture *fixture = user;

	for (size_t i = 0; i < fixture->count; i++) {
		const struct record *record = fixture->records[i];

		if (record->kind == kind && (str_is_empty(namespace) || str_equal(record->meta->namespace, namespace)) &&
		    (channel == NULL || str_equal(record_channel(record), channel)))
			fn(fn_user, record->object);
	}
}

static void each_channel(void *user, const char *namespace, world_channel_fn fn, void *fn_user)
{
	struct fixture *fixture = user;

	for (size_t i = 0; i < fixture->count; i++) {
		const struct meta *meta = fixture->records[i]->meta;

		if (fixture->records[i]->kind == KIND_CHANNEL &&
		    (str_is_empty(namespace) || str_equal(meta->namespace, namespace)))
			fn(fn_user, meta->namespace, meta->name);
	}
}

static void look(void *user, enum workload_kind kind, const char *namespace, const char *name,
		 struct arena *arena, struct workload_look *ret_look)
{
	(void)user, (void)kind, (void)namespace, (void)name, (void)arena, (void)ret_look;
}

static void metric(void *user, const char *namespace, const char *channel, const struct metric_spec *spec,
		   struct arena *arena, struct metric_look *look)
{
	(void)user;
	look->state = KNOWLEDGE_FAILED;
	look->failure.message = arena_printf(arena, "%s/%s %s", namespace, channel, spec->name);
}

static void key(void *user, const char *namespace, const struct signature_key *wanted, struct arena *arena,
		struct key_look *ret_look)
{
	(void)user, (void)namespace, (void)wanted, (void)arena, (void)ret_look;
}

static void unapplied(void *user, const char *namespace, const char *name, struct arena *arena,
		      struct unapplied_look *look)
{
	(void)user, (void)namespace, (void)name, (void)arena, (void)look;
}

static const struct zone *zone(void *user, const char *name)
{
	(void)user, (void)name;
	return NULL;
}

static void tags(void *user, const char *namespace, const struct artifact *artifact,
		 const struct intake *intake, const char *last_tag, struct arena *arena,
		 struct tags_look *ret_look)
{
	(void)user, (void)namespace, (void)artifact, (void)intake, (void)last_tag, (void)arena;
	(void)ret_look;
}

static void digests(void *user, const char *namespace, const struct artifact *artifact,
		    struct arena *arena, world_each_fn fn, void *fn_user)
{
	(void)user, (void)namespace, (void)artifact, (void)arena, (void)fn, (void)fn_user;
}

static void signature(void *user, const char *namespace, const struct artifact *artifact, const char *digest,
		      const char *policy, struct arena *arena, struct signature_look *ret_look)
{
	(void)user, (void)namespace, (void)artifact, (void)digest, (void)policy, (void)arena, (void)ret_look;
}

void fixture_init(struct fixture *fixture)
{
	*fixture = (struct fixture){ .count = 0 };
	fixture->objects = (struct world_objects){
		get, each, look, metric, key, unapplied, zone, fixture, NULL,
		NULL, NULL, NULL, each_channel
	};
	fixture->registry = (struct world_registry){ tags, digests, signature, fixture };
}

/* The kind of a line of JSON that begins with apiVersion and kind. */
static enum kind kind_of(const char *line)
{
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		const struct kind_info *info = kind_info((enum kind)kind);
		char text[160];

		(void)snprintf(text, sizeof(text), "{\"apiVersion\":\"%s\",\"kind\":\"%s\"",
			       info->api_version, info->name);
		if (str_has_prefix(line, text))
			return (enum kind)kind;
	}
	ck_abort_msg("of no known kind: %s", line);
}

void fixture_add(struct fixture *fixture, const char *yaml)
{
	auto_buf json = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;
	const char *line;

	ck_assert_msg(yaml_to_json(yaml, strlen(yaml), &json, &err) == 0, "%s", err.text);
	for (line = buf_text(&json); *line != '\0'; line = strchr(line, '\n') + 1) {
		size_t len = strcspn(line, "\n");
		char *copy = strndup(line, len);

		ck_assert(fixture->count < FIXTURE_MAX);
		ck_assert_msg(record_from_json(kind_of(copy), copy, len,
					       &fixture->records[fixture->count], &err) == 0,
			      "%s", err.text);
		fixture->count++;
		free(copy);
	}
}

const void *fixture_get(struct fixture *fixture, enum kind kind, const char *namespace,
			const char *name)
{
	const void *object = get(fixture, kind, namespace, name);

	ck_assert_msg(object != NULL, "no %s %s/%s", kind_info(kind)->name, namespace, name);
	return object;
}

void fixture_finish(struct fixture *fixture)
{
	for (size_t i = 0; i < fixture->count; i++)
		record_unref(fixture->records[i]);
	fixture->count = 0;
}
