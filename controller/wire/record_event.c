#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/str.h"
#include "wire/json_read.h"
#include "wire/record.h"
#include "wire/record_json.h"

struct event_stream {
	enum kind kind;
	struct crash_page *page;
	struct record_known known;
	struct scan scan;
	struct record_room room;
};

const char *resource_version_read(const struct read_node *object)
{
	struct read_node metadata = read_object(object, "metadata");
	const char *version = read_text(&metadata, "resourceVersion");

	return version == NULL ? "" : version;
}

static void read_bookmark(const struct read_node *object, struct event *event)
{
	const char *version = resource_version_read(object);

	/* A version that is cut would be another one. */
	if (strlen(version) < sizeof(event->resource_version))
		(void)snprintf(event->resource_version, sizeof(event->resource_version), "%s", version);
}

static enum event_type type_of(const char *type)
{
	static const char *const names[] = { "ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (str_equal(type, names[i]))
			return (enum event_type)i;
	}
	return EVENT_UNKNOWN;
}

/* Is that what the user has already? Then it is not decoded. */
static bool is_known(const struct event_stream *stream, const struct tree_node *json, struct event *event)
{
	const struct tree *tree = &stream->scan.tree;
	const char *version = record_field(tree, tree_get(tree, json, "metadata"), "resourceVersion");

	if (event->type == EVENT_DELETED || strlen(version) >= sizeof(event->resource_version) ||
	    !record_is_known(&stream->known, tree, json))
		return false;
	(void)snprintf(event->resource_version, sizeof(event->resource_version), "%s", version);
	return true;
}

/* Reads the line that is complete. */
static int read_line(struct event_stream *stream, struct event *event, struct record **ret_record, struct err *err)
{
	struct reader reader = { .arena = &stream->room.scratch, .is_tolerant = true };
	struct tree *tree = &stream->scan.tree;
	const struct tree_node *json = scan_object(&stream->scan);
	const char *type = tree_text(tree, tree_get(tree, tree_root(tree), "type"));
	struct read_node object;

	arena_reset(&stream->room.scratch);
	object = read_at(&reader, tree, json);
	if (type == NULL || !read_is_present(&object))
		return err_set(err, ERR_INPUT, "watch of %s: a line without type and object",
			       kind_info(stream->kind)->plural);
	event->type = type_of(type);
	if (event->type <= EVENT_DELETED && is_known(stream, json, event))
		return 0;
	if (event->type <= EVENT_DELETED)
		return record_from_tree(stream->kind, tree, json, event->type == EVENT_DELETED, stream->page,
					&stream->room, ret_record, err);
	if (event->type == EVENT_BOOKMARK)
		read_bookmark(&object, event);
	else if (event->type == EVENT_ERROR)
		(void)status_read(0, &object, NULL, &event->status);
	return 0;
}

/* Tells of what was found. */
static bool tell(struct event_stream *stream, enum scan_found found, event_fn fn, void *user)
{
	struct event event = { .record = NULL };
	struct record *record = NULL;
	struct err err = ERR_INIT;
	bool goes_on;

	if (found == SCAN_DOCUMENT) {
		if (read_line(stream, &event, &record, &err) < 0)
			record = NULL;
		event.record = record;
	} else {
		err = stream->scan.err;
		arena_reset(&stream->room.scratch);
		record_name_refused(stream->kind, &stream->scan, "watch of", &stream->room.scratch, &err);
	}
	goes_on = fn(user, err_is_set(&err) ? NULL : &event, &err);
	record_give_back(record, &stream->room);
	crash_page_leave(stream->page);
	return goes_on;
}

bool event_stream_feed(struct event_stream *stream, const char *bytes, size_t len, event_fn fn, void *user)
{
	while (len > 0) {
		enum scan_found found = scan_next(&stream->scan, &bytes, &len);

		if (found != SCAN_NOTHING && !tell(stream, found, fn, user))
			return false;
	}
	return true;
}

struct event_stream *event_stream_create(enum kind kind)
{
	struct event_stream *stream = memory_alloc(sizeof(*stream));

	stream->kind = kind;
	stream->room = RECORD_ROOM_LENDING;
	event_stream_reset(stream);
	return stream;
}

void event_stream_note(struct event_stream *stream, struct crash_page *page)
{
	stream->page = page;
}

void event_stream_skip(struct event_stream *stream, record_known_fn known, void *user)
{
	stream->known = (struct record_known){ .fn = known, .user = user };
}

void event_stream_reset(struct event_stream *stream)
{
	scan_begin(&stream->scan, SCAN_LINES, READ_OBJECT_MAX);
}

void event_stream_destroy(struct event_stream *stream)
{
	if (stream == NULL)
		return;
	scan_finish(&stream->scan);
	record_room_finish(&stream->room);
	free(stream);
}
