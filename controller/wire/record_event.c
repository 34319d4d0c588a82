#include <stdio.h>

#include "base/str.h"
#include "wire/json_read.h"
#include "wire/record.h"
#include "wire/record_json.h"

/* A line holds one object and a few words around it. */
#define LINE_MAX_BYTES (READ_OBJECT_MAX + 1024)

void resource_version_read(const struct read_node *object, char ret[static 64])
{
	struct read_node metadata = read_object(object, "metadata");
	const char *version = read_text(&metadata, "resourceVersion");
	int len = snprintf(ret, 64, "%s", version == NULL ? "" : version);

	if (len < 0 || len >= 64)
		ret[0] = '\0';
}

static void read_bookmark(const json_t *json, struct event *event)
{
	struct arena arena = ARENA_INIT;
	struct reader reader = { .arena = &arena, .is_tolerant = true };
	struct read_node object = read_root(&reader, json);
	struct read_node metadata = read_object(&object, "metadata");
	struct read_node annotations = read_object(&metadata, "annotations");

	resource_version_read(&object, event->resource_version);
	event->is_initial_end = read_is(&annotations, "k8s.io/initial-events-end", "true");
	arena_finish(&arena);
}

static enum event_type type_of(const json_t *line)
{
	static const char *const names[] = { "ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR" };
	const char *type = json_string_value(json_object_get(line, "type"));

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (type != NULL && str_equal(type, names[i]))
			return (enum event_type)i;
	}
	return EVENT_UNKNOWN;
}

int event_from_json(enum kind kind, const char *line, size_t len, struct event *ret_event,
		    struct err *err)
{
	struct event event = { .record = NULL };
	auto_json *tree = NULL;
	const json_t *object;
	int r = read_tree(line, len, LINE_MAX_BYTES, &tree, err);

	if (r < 0) {
		err_prefix(err, "watch of %s", kind_info(kind)->plural);
		return r;
	}
	object = json_object_get(tree, "object");
	if (!json_is_string(json_object_get(tree, "type")) || !json_is_object(object))
		return err_set(err, ERR_INPUT, "watch of %s: a line without type and object",
			       kind_info(kind)->plural);
	event.type = type_of(tree);
	if (event.type <= EVENT_DELETED)
		r = record_from_tree(kind, object, event.type == EVENT_DELETED, &event.record, err);
	else if (event.type == EVENT_BOOKMARK)
		read_bookmark(object, &event);
	else if (event.type == EVENT_ERROR)
		(void)status_from_tree(0, object, NULL, &event.status);
	if (r < 0)
		return r;
	*ret_event = event;
	return 0;
}
