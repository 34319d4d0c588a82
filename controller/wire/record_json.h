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

/* What reading an object takes beside its tree; it is reset for each. */
#define RECORD_SCRATCH_INIT ARENA_INIT_SIZE((size_t)16 * 1024)

/* As record_from_json_noted(), of a value within a tree (NULL: of nothing). is_gone: whatever is wrong but the name is
 * read as absent (an object that goes has to be recognised, no more), and its quarantine ends. */
int record_from_tree(enum kind kind, struct tree *tree, const struct tree_node *json, bool is_gone,
		     struct crash_page *page, struct arena *scratch, struct record **ret_record, struct err *err)
	__attribute__((warn_unused_result));

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
