#include <stdlib.h>

#include "base/memory.h"
#include "base/str.h"
#include "wire/json_read.h"
#include "wire/record.h"
#include "wire/record_json.h"

struct list_stream {
	enum kind kind;
	struct crash_page *page;
	struct record_known known;
	struct scan scan;
	struct record_room room;
};

/* Tells of an item, good or not. ERR_NOMEM is not the item's fault. */
static int tell(struct list_stream *stream, enum scan_found found, list_fn fn, void *user, struct err *err)
{
	struct record *record = NULL;
	struct err why = ERR_INIT;

	if (found == SCAN_ITEM && record_is_known(&stream->known, &stream->scan.tree, scan_object(&stream->scan)))
		return 0;
	if (found == SCAN_ITEM) {
		if (record_from_tree(stream->kind, &stream->scan.tree, scan_object(&stream->scan), false,
				     stream->page, &stream->room, &record, &why) < 0)
			record = NULL;
	} else {
		why = stream->scan.err;
		arena_reset(&stream->room.scratch);
		record_name_refused(stream->kind, &stream->scan, "list of", &stream->room.scratch, &why);
	}
	if (why.class != ERR_NOMEM)
		fn(user, record, &why);
	record_give_back(record, &stream->room);
	crash_page_leave(stream->page);
	if (why.class == ERR_NOMEM)
		return err_set(err, ERR_NOMEM, "%s", why.text);
	return 0;
}

static int refuse_list(const struct list_stream *stream, const struct err *why, struct err *err)
{
	return err_set(err, why->class, "list of %s: %s", kind_info(stream->kind)->plural, why->text);
}

int list_stream_feed(struct list_stream *stream, const char *bytes, size_t len, list_fn fn, void *user,
		     struct err *err)
{
	int r = 0;

	while (len > 0 && r == 0) {
		enum scan_found found = scan_next(&stream->scan, &bytes, &len);

		if (found == SCAN_BROKEN)
			r = refuse_list(stream, &stream->scan.err, err);
		else if (found == SCAN_ITEM || found == SCAN_REFUSED)
			r = tell(stream, found, fn, user, err);
	}
	return r;
}

int list_stream_end(struct list_stream *stream, struct list_head *ret_head, struct err *err)
{
	struct reader reader = { .arena = &stream->room.scratch, .is_tolerant = true };
	struct err why = ERR_INIT;
	struct read_node top;
	struct read_node metadata;
	const struct tree_node *items;
	const char *token;

	if (scan_end(&stream->scan, &why) < 0)
		return refuse_list(stream, &why, err);
	arena_reset(&stream->room.scratch);
	top = read_root(&reader, &stream->scan.tree);
	metadata = read_object(&top, "metadata");
	items = tree_get(top.tree, top.json, "items");
	/* Go writes a list without items as null. */
	if (!read_is_present(&metadata) || !(tree_is(items, TREE_LIST) || tree_is(items, TREE_NULL)))
		return err_set(err, ERR_INPUT, "list of %s: not a list", kind_info(stream->kind)->plural);
	token = read_text(&metadata, "continue");
	*ret_head = (struct list_head){
		.resource_version = resource_version_read(&top),
		.continue_token = str_is_empty(token) ? NULL : token,
	};
	return 0;
}

struct list_stream *list_stream_create(enum kind kind)
{
	struct list_stream *stream = memory_alloc(sizeof(*stream));

	stream->kind = kind;
	stream->room = RECORD_ROOM_LENDING;
	scan_begin(&stream->scan, SCAN_ITEMS, READ_OBJECT_MAX);
	return stream;
}

void list_stream_note(struct list_stream *stream, struct crash_page *page)
{
	stream->page = page;
}

void list_stream_skip(struct list_stream *stream, record_known_fn known, void *user)
{
	stream->known = (struct record_known){ .fn = known, .user = user };
}

void list_stream_destroy(struct list_stream *stream)
{
	if (stream == NULL)
		return;
	scan_finish(&stream->scan);
	record_room_finish(&stream->room);
	free(stream);
}
