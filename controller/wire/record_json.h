/*
 * wire/record_json: the inside of wire/record: what its files share.
 * May include: base, wire.
 */
#ifndef SLUICE_WIRE_RECORD_JSON_H
#define SLUICE_WIRE_RECORD_JSON_H

#include <stdbool.h>

#include "base/err.h"
#include "wire/json_read.h"
#include "wire/record.h"

/* What reading an object takes beside its tree. */
struct record_room {
	struct arena scratch; /* reset for each object */
	struct arena lent;    /* where a record goes that is not kept, when it fits; block_size 0: each has memory of its own */
};

#define RECORD_BLOCK ((size_t)16 * 1024)
#define RECORD_ROOM_INIT ((struct record_room){ .scratch = ARENA_INIT_SIZE(RECORD_BLOCK) })
#define RECORD_ROOM_LENDING ((struct record_room){ .scratch = ARENA_INIT_SIZE(RECORD_BLOCK), .lent = ARENA_INIT_SIZE(RECORD_BLOCK) })

void record_room_finish(struct record_room *room);

/* As record_from_json_noted(), of a value within a tree (NULL: of nothing). is_gone: whatever is wrong but the name is
 * read as absent (an object that goes has to be recognised, no more), and its quarantine ends. A record whose memory is lent has no
 * reference. */
int record_from_tree(enum kind kind, struct tree *tree, const struct tree_node *json, bool is_gone,
		     struct crash_page *page, struct record_room *room, struct record **ret_record, struct err *err)
	__attribute__((warn_unused_result));

/* Whom to ask whether an object is known, and so need not be decoded. fn NULL: nothing is. */
struct record_known {
	record_known_fn fn;
	void *user;
};

/* Is the object known in this version? */
bool record_is_known(const struct record_known *known, const struct tree *tree, const struct tree_node *json);

/* The record (NULL: none) has been told, and nobody has it. */
void record_give_back(struct record *record, struct record_room *room);

/* Puts "kind namespace/name: " in front of why an object was refused of which only the beginning was read;
 * "where plural: " when its name had not come yet. */
void record_name_refused(enum kind kind, struct scan *scan, const char *where, struct arena *scratch,
			 struct err *err);

/* A field of the metadata as it was written, without decoding anything; "" when it has none. */
const char *record_field(const struct tree *tree, const struct tree_node *metadata, const char *key);

/* Turns a Status object into an error, as status_to_err(). http_status 0: the Status' own code. */
int status_read(int http_status, const struct read_node *top, char *ret_manager, struct err *err);

/* metadata.resourceVersion of a bookmark or a list; "" when absent. */
const char *resource_version_read(const struct read_node *object);

#endif
