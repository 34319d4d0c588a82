/*
 * wire/record: one decoded object, immutable and shared by reference count.
 *
 * The store, the world and the decoders of the rooms above pass records around; what a record's object
 * points to lies in the record's own small arena and goes with the last reference. JSON ends here:
 * behind a record stand the domain's structs.
 *
 * May include: base, domain, wire/kind.h. Deliberately absent: jansson in the header.
 */
#ifndef SLUICE_WIRE_RECORD_H
#define SLUICE_WIRE_RECORD_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "domain/meta.h"
#include "wire/kind.h"

struct record {
	unsigned refs;
	enum kind kind;
	const struct meta *meta; /* the object's metadata (inside object) */
	const void *object;      /* struct channel, struct promotion, struct workload, … by kind */
	struct arena arena;
};

/* Another reference. Returns record. */
struct record *record_ref(struct record *record);

/* Gives a reference back; the last one frees. NULL is fine. */
void record_unref(struct record *record);

/* Decodes one object of the kind. ERR_INPUT names the object and the JSON path that is wrong;
 * ERR_NOMEM. On success *ret_record has one reference, the caller's. */
int record_from_json(enum kind kind, const char *json, size_t len, struct record **ret_record,
		     struct err *err) __attribute__((warn_unused_result));

/* ---- lines of a watch ---- */

enum event_type { EVENT_ADDED, EVENT_MODIFIED, EVENT_DELETED, EVENT_BOOKMARK, EVENT_ERROR, EVENT_UNKNOWN };

struct event {
	enum event_type type;
	struct record *record;       /* ADDED, MODIFIED, DELETED: one reference, the caller's */
	char resource_version[64];   /* BOOKMARK: where the stream stands */
	int is_initial_end;          /* BOOKMARK that ends the initial events of a WatchList */
	struct err status;           /* ERROR: the Status as a class, with code and retry_after_ms */
};

/* Decodes one line of a watch of the kind. ERR_INPUT when it is not an event or when its object
 * cannot be decoded (the text names kind, namespace and name as far as they were readable). */
int event_from_json(enum kind kind, const char *line, size_t len, struct event *ret_event,
		    struct err *err) __attribute__((warn_unused_result));

/* ---- pages of a list ---- */

struct list_page {
	char resource_version[64];
	char *continue_token;     /* malloc'd, NULL on the last page */
	struct record **records;  /* malloc'd array, one reference each */
	size_t count;
	size_t skipped;           /* items that could not be decoded */
	struct err skipped_err;   /* why, for the first of them */
};

/* Decodes a list answer of the kind. An item that cannot be decoded is skipped and counted, so that one
 * bad object does not hide the others. ERR_INPUT when it is not a list. */
int list_from_json(enum kind kind, const char *json, size_t len, struct list_page *ret_page,
		   struct err *err) __attribute__((warn_unused_result));

/* Gives back what a page holds. */
void list_page_finish(struct list_page *page);

/* ---- Status answers ---- */

/* Turns an HTTP status and the body of a failed request (a Status object, or anything else) into an
 * error: class by code and reason, a text with the server's message, retry_after_ms from details.
 * For a field manager conflict (409 with cause FieldManagerConflict) *ret_manager (if not NULL) gets
 * the first manager named, "" otherwise; it has room for 128 bytes. Returns the class. */
int status_to_err(int http_status, const char *body, size_t len, char *ret_manager, struct err *err);

#endif
