/*
 * wire/record_json: the inside of wire/record: what its files share, on trees of jansson.
 * May include: base, wire, jansson.
 */
#ifndef SLUICE_WIRE_RECORD_JSON_H
#define SLUICE_WIRE_RECORD_JSON_H

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"
#include "wire/json_read.h"
#include "wire/record.h"

/* As record_from_json(). is_tolerant: whatever is wrong but the name is read as absent (an object that
 * goes has to be recognised, no more). */
int record_from_tree(enum kind kind, const json_t *json, bool is_tolerant, struct record **ret_record,
		     struct err *err) __attribute__((warn_unused_result));

/* Turns a Status object into an error, as status_to_err(). http_status 0: the Status' own code. */
int status_from_tree(int http_status, const json_t *json, char *ret_manager, struct err *err);

/* Copies metadata.resourceVersion of a bookmark or a list into room for 64 bytes; "" when absent. */
void resource_version_read(const struct read_node *object, char ret[static 64]);

#endif
