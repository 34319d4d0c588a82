#include "wire/record.h"

#include <stdalign.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "wire/channel_json.h"
#include "wire/json_read.h"
#include "wire/made_json.h"
#include "wire/meta_json.h"
#include "wire/pins_json.h"
#include "wire/pod_json.h"
#ifdef SLUICE_POISON
#include "wire/poison.h"
#endif
#include "wire/promotion_json.h"
#include "wire/record_json.h"
#include "wire/stop_json.h"
#include "wire/workload_json.h"

/* Decodes an object into the reader's arena; its struct begins with a struct meta. */
typedef void *(*read_fn)(const struct read_node *object, enum kind kind);

/* Of some kinds only the metadata counts: that they are there. */
static void *read_meta_only(const struct read_node *object, enum kind kind)
{
	struct meta *meta = arena_new(object->reader->arena, struct meta);

	(void)kind;
	meta_read(object, meta);
	return meta;
}

static read_fn reader_of(enum kind kind)
{
	static const read_fn readers[KIND_COUNT] = {
		[KIND_CHANNEL] = channel_read,
		[KIND_PROMOTION] = promotion_read,
		[KIND_STOP] = stop_read,
		[KIND_DEPLOYMENT] = workload_read,
		[KIND_STATEFULSET] = workload_read,
		[KIND_DAEMONSET] = workload_read,
		[KIND_CRONJOB] = workload_read,
		[KIND_PINS] = pins_read,
		[KIND_SCALER] = scaler_read,
		[KIND_SERVICE] = service_read,
		[KIND_GATED_POD] = gated_pod_read,
		[KIND_FREE_NAMESPACE] = read_meta_only,
		[KIND_GUARD_POLICY] = read_meta_only,
		[KIND_GUARD_BINDING] = read_meta_only,
		[KIND_WHO_MAY_POLICY] = read_meta_only,
		[KIND_WHO_MAY_BINDING] = read_meta_only,
	};

	return readers[kind];
}

const char *record_channel(const struct record *record)
{
	const char *channel = record->kind == KIND_PROMOTION ? ((const struct promotion *)record->object)->channel
							     : record->meta->channel;

	return channel == NULL ? "" : channel;
}

struct record *record_ref(struct record *record)
{
	CHECK(record->refs > 0);
	record->refs++;
	return record;
}

void record_unref(struct record *record)
{
	struct arena arena;

	if (record == NULL)
		return;
	CHECK(record->refs > 0);
	if (--record->refs > 0)
		return;
	/* The record lies in its own arena. */
	arena = record->arena;
	arena_finish(&arena);
}

/* Items of a list carry no kind; where there is one, it has to be the right one. */
static void check_kind(const struct read_node *object, enum kind kind)
{
	const struct kind_info *info = kind_info(kind);

	if (read_is_other(object, "kind", info->name))
		read_complain(object, "is of another kind");
	else if (read_is_other(object, "apiVersion", info->api_version))
		read_complain(object, "is not of %s", info->api_version);
}

/* Decodes into arena: the record, and all that it points to. */
static struct record *decode(enum kind kind, struct tree *tree, const struct tree_node *json,
			     struct arena *arena, bool is_tolerant, struct err *err)
{
	struct reader reader = { .arena = arena, .err = err, .is_tolerant = is_tolerant };
	struct record *record = arena_new(arena, struct record);
	struct read_node object = read_at(&reader, tree, json);

	check_kind(&object, kind);
	record->kind = kind;
	record->object = reader_of(kind)(&object, kind);
	record->meta = record->object;
#ifdef SLUICE_POISON
	poison_take_effect(&object, record);
#endif
	return record;
}

/* "kind namespace/name: " in front of what is wrong with the object, as far as it has them. */
static void name_object(enum kind kind, const struct meta *meta, struct err *err)
{
	const char *slash = meta->namespace[0] == '\0' ? "" : "/";

	err_prefix(err, "%s %.63s%s%.253s", kind_info(kind)->name, meta->namespace, slash,
		   meta->name[0] == '\0' ? "without a name" : meta->name);
}

void record_name_refused(enum kind kind, struct scan *scan, const char *where, struct arena *scratch,
			 struct err *err)
{
	struct reader reader = { .arena = scratch, .is_tolerant = true };
	struct read_node object = read_at(&reader, &scan->tree, scan_object(scan));
	struct meta meta;

	meta_read(&object, &meta);
	if (meta.name[0] == '\0')
		err_prefix(err, "%s %s", where, kind_info(kind)->plural);
	else
		name_object(kind, &meta, err);
}

const char *record_field(const struct tree *tree, const struct tree_node *metadata, const char *key)
{
	const struct tree_node *node = tree_get(tree, metadata, key);

	return tree_is(node, TREE_TEXT) || tree_is(node, TREE_INTEGER) ? tree_raw_text(tree, node) : "";
}

bool record_is_known(const struct record_known *known, const struct tree *tree, const struct tree_node *json)
{
	const struct tree_node *metadata = tree_get(tree, json, "metadata");

	return known->fn != NULL &&
	       known->fn(known->user, record_field(tree, metadata, "namespace"), record_field(tree, metadata, "name"),
			 record_field(tree, metadata, "uid"), record_field(tree, metadata, "resourceVersion"));
}

/* What is about to be read. Its generation changes with its spec; a kind without one changes by its resourceVersion. */
static struct crash_entry *note(enum kind kind, const struct tree *tree, const struct tree_node *json, bool is_gone,
				struct crash_page *page)
{
	const struct tree_node *metadata = tree_get(tree, json, "metadata");
	const char *generation = record_field(tree, metadata, "generation");
	struct crash_subject subject = {
		.stage = CRASH_READING,
		.kind = kind_info(kind)->name,
		.namespace = record_field(tree, metadata, "namespace"),
		.name = record_field(tree, metadata, "name"),
		.uid = record_field(tree, metadata, "uid"),
	};
	struct crash_entry *entry;
	char version[96];

	if (generation[0] != '\0')
		(void)snprintf(version, sizeof(version), "generation %s", generation);
	else
		(void)snprintf(version, sizeof(version), "resourceVersion %s",
			       record_field(tree, metadata, "resourceVersion"));
	subject.version = version;
	entry = crash_page_enter(page, &subject);
	if (entry != NULL && is_gone)
		crash_page_forget(page, subject.stage, subject.kind, subject.namespace, subject.name);
	return entry;
}

static int refuse_quarantined(enum kind kind, const struct tree *tree, const struct tree_node *json, struct err *err)
{
	const struct tree_node *metadata = tree_get(tree, json, "metadata");
	const char *namespace = record_field(tree, metadata, "namespace");

	return err_set(err, ERR_DENIED, "%s %.63s%s%.253s: the operator crashed when it read this object, which is in quarantine",
		       kind_info(kind)->name, namespace, namespace[0] == '\0' ? "" : "/",
		       record_field(tree, metadata, "name"));
}

/* The same object was read into two places: what differs by just as much as the places do is a pointer. */
static void note_pointers(const struct record *record, const struct record *twin, size_t size, unsigned char *ret_pointers)
{
	const uintptr_t *words = (const uintptr_t *)record;
	const uintptr_t *others = (const uintptr_t *)twin;
	uintptr_t distance = (uintptr_t)record - (uintptr_t)twin;

	for (size_t i = 0; i < size / sizeof(*words); i++) {
		if (words[i] - others[i] == distance)
			ret_pointers[i / 8] |= (unsigned char)(1U << (i % 8));
	}
}

/* Puts the record, and where its pointers are by its twin, into one block: of its own, or the room's. */
static struct record *settle(enum kind kind, struct tree *tree, const struct tree_node *json, bool is_tolerant, size_t size,
			     const struct record *twin, struct arena *lent, struct err *err)
{
	size_t all = size + record_pointers_len(size) + alignof(max_align_t);
	struct arena own = ARENA_INIT_SIZE(all);
	bool is_lent = all <= lent->block_size;
	struct arena *arena = is_lent ? lent : &own;
	struct record *record = decode(kind, tree, json, arena, is_tolerant, err);
	size_t taken = arena_bytes(arena);
	unsigned char *pointers = arena_alloc(arena, record_pointers_len(taken));

	if (twin != NULL) {
		CHECK(err_is_set(err) || taken == size);
		note_pointers(record, twin, taken, pointers);
		record->pointers = pointers;
	}
	record->size = taken;
	record->arena = own;
	record->refs = is_lent ? 0 : 1;
	return record;
}

void record_give_back(struct record *record, struct record_room *room)
{
	if (record != NULL && record->refs > 0)
		record_unref(record);
	arena_reset(&room->lent);
}

void record_room_finish(struct record_room *room)
{
	arena_finish(&room->scratch);
	arena_finish(&room->lent);
}

int record_from_tree(enum kind kind, struct tree *tree, const struct tree_node *json, bool is_gone,
		     struct crash_page *page, struct record_room *room, struct record **ret_record, struct err *err)
{
	struct arena *scratch = &room->scratch;
	struct err own = ERR_INIT;
	struct record *first;
	struct record *record;

	if (page != NULL && note(kind, tree, json, is_gone, page) != NULL)
		return refuse_quarantined(kind, tree, json, err);
	arena_reset(scratch);
	first = decode(kind, tree, json, scratch, is_gone, &own);
	if (first->meta->name[0] == '\0' && !err_is_set(&own))
		(void)err_set(&own, ERR_INPUT, "metadata.name: is missing");
	if (err_is_set(&own)) {
		name_object(kind, first->meta, &own);
		return err_set(err, own.class, "%s", own.text);
	}
	record = settle(kind, tree, json, is_gone, arena_bytes(scratch), arena_is_whole(scratch) ? first : NULL, &room->lent,
			&own);
	if (record->pointers == NULL) {
		struct record *twin = record;

		record = settle(kind, tree, json, is_gone, twin->size, twin, &room->lent, &own);
		record_unref(twin);
	}
	if (err_is_set(&own)) {
		name_object(kind, record->meta, &own);
		record_give_back(record, room);
		return err_set(err, own.class, "%s", own.text);
	}
	*ret_record = record;
	return 0;
}

int record_from_json(enum kind kind, const char *json, size_t len, struct record **ret_record,
		     struct err *err)
{
	return record_from_json_noted(kind, json, len, NULL, ret_record, err);
}

int record_from_json_noted(enum kind kind, const char *json, size_t len, struct crash_page *page,
			   struct record **ret_record, struct err *err)
{
	struct record_room room = RECORD_ROOM_INIT;
	auto_json *tree = NULL;
	int r = read_tree(json, len, READ_OBJECT_MAX, &tree, err);

	if (r < 0) {
		err_prefix(err, "%s", kind_info(kind)->name);
		return r;
	}
	r = record_from_tree(kind, tree, tree_root(tree), false, page, &room, ret_record, err);
	record_room_finish(&room);
	return r;
}
