/*
 * wire/record: one decoded object, immutable and shared by reference count.
 *
 * The store, the world and the decoders of the rooms above pass records around; what a record's object
 * points to lies in the record's own small arena and goes with the last reference. JSON ends here:
 * behind a record stand the domain's structs.
 *
 * What a server sends without end, or as long as it likes, is read as it comes: lines of a watch by an
 * event_stream, the items of a list by a list_stream. Neither holds more than one object at a time, and
 * once they have seen the largest, an object takes no memory of its own: its record goes when it has been told.
 *
 * Before an object is made a record, its identity is noted in a crash page (base/crash_page), and an object in
 * quarantine is refused with ERR_DENIED: it may not be read. The note stays until whoever wanted the record has it: for streams until the
 * callback is back.
 *
 * May include: base, domain, wire/kind.h.
 */
#ifndef SLUICE_WIRE_RECORD_H
#define SLUICE_WIRE_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/crash_page.h"
#include "base/err.h"
#include "domain/meta.h"
#include "wire/kind.h"

struct record {
	unsigned refs; /* 0: it is not for keeping */
	enum kind kind;
	const struct meta *meta; /* the object's metadata (inside object) */
	const void *object;      /* struct channel, struct promotion, struct workload, … by kind */
	struct arena arena;      /* one block, which begins with the record; empty: it lies in somebody else's */
	size_t size;             /* of the record and all that it points to, in bytes */
	const unsigned char *pointers; /* bit i of byte i / 8: the i-th word of it is a pointer into it */
};

/* Bytes that the pointers of a record of size bytes take. */
static inline size_t record_pointers_len(size_t size)
{
	return (size / sizeof(void *) + 7) / 8;
}

/* The channel that the object is of, by its label or, of a promotion, by its spec; "" when it is of none. */
const char *record_channel(const struct record *record) __attribute__((returns_nonnull));

/* Another reference. Returns record. */
struct record *record_ref(struct record *record);

/* Gives a reference back; the last one frees. NULL is fine. */
void record_unref(struct record *record);

/* Decodes one object of the kind. ERR_INPUT names the object and the JSON path that is wrong;
 * ERR_NOMEM. On success *ret_record has one reference, the caller's. */
int record_from_json(enum kind kind, const char *json, size_t len, struct record **ret_record,
		     struct err *err) __attribute__((warn_unused_result));

/* The same, noted in page (NULL: nowhere): crash_page_leave() it when the record has been taken, or refused. */
int record_from_json_noted(enum kind kind, const char *json, size_t len, struct crash_page *page,
			   struct record **ret_record, struct err *err) __attribute__((warn_unused_result));

/* ---- a watch ---- */

enum event_type { EVENT_ADDED, EVENT_MODIFIED, EVENT_DELETED, EVENT_BOOKMARK, EVENT_ERROR, EVENT_UNKNOWN };

struct event {
	enum event_type type;
	const struct record *record; /* ADDED, MODIFIED, DELETED; NULL: skipped, see event_stream_skip() */
	char resource_version[64];   /* BOOKMARK: where the stream stands; or the version skipped */
	struct err status;           /* ERROR: the Status as a class, with code and retry_after_ms */
};

struct event_stream;

/* An event, or event NULL and why a line was left out: ERR_INPUT when it is none, or its object is too
 * long or can not be decoded (the text names kind, namespace and name as far as they were readable);
 * ERR_NOMEM. The record is the stream's, and goes after the call. false: no more events, please. */
typedef bool (*event_fn)(void *user, const struct event *event, const struct err *err);

/* Reads the watch of a kind. Ends the process without memory. */
struct event_stream *event_stream_create(enum kind kind) __attribute__((returns_nonnull));

/* Notes what is read in page, which outlives the stream. NULL: nowhere. */
void event_stream_note(struct event_stream *stream, struct crash_page *page);

/* Is this the version of the object that user has? */
typedef bool (*record_known_fn)(void *user, const char *namespace, const char *name, const char *uid,
				const char *version);

/* ADDED and MODIFIED of what is known are told without a record: what one has written oneself comes back so. */
void event_stream_skip(struct event_stream *stream, record_known_fn known, void *user);

/* Takes the next bytes, cut anywhere, and calls fn for each line as soon as its last bracket has come. false
 * when fn returned false; the remainder is then lost. */
bool event_stream_feed(struct event_stream *stream, const char *bytes, size_t len, event_fn fn, void *user);

/* Forgets half a line: another stream begins. */
void event_stream_reset(struct event_stream *stream);

/* Frees it. NULL is fine. */
void event_stream_destroy(struct event_stream *stream);

/* ---- a list ---- */

struct list_stream;

/* An item (the stream's, as of an event_fn), or record NULL and why an item was left out, as for an event_fn. An item that cannot be decoded
 * does not hide the others. */
typedef void (*list_fn)(void *user, const struct record *record, const struct err *err);

/* Reads one page of a list of a kind. Ends the process without memory. */
struct list_stream *list_stream_create(enum kind kind) __attribute__((returns_nonnull));

/* As event_stream_note(). */
void list_stream_note(struct list_stream *stream, struct crash_page *page);

/* Items that are known are not told of: most of what a second list repeats. */
void list_stream_skip(struct list_stream *stream, record_known_fn known, void *user);

/* Takes the next bytes, cut anywhere, and calls fn for each item as soon as its last bracket has come.
 * ERR_INPUT when it is no list (the items that came before that were good), ERR_NOMEM. */
int list_stream_feed(struct list_stream *stream, const char *bytes, size_t len, list_fn fn, void *user,
		     struct err *err) __attribute__((warn_unused_result));

struct list_head {
	const char *resource_version; /* "" when it names none */
	const char *continue_token;   /* NULL on the last page */
};

/* All bytes have come. ERR_INPUT when they were no list or half of one. What *ret_head points to lives as
 * long as the stream. */
int list_stream_end(struct list_stream *stream, struct list_head *ret_head, struct err *err)
	__attribute__((warn_unused_result));

/* Frees it. NULL is fine. */
void list_stream_destroy(struct list_stream *stream);

/* ---- Status answers ---- */

/* Turns an HTTP status and the body of a failed request (a Status object, or anything else) into an
 * error: class by code and reason, a text with the server's message, retry_after_ms from details.
 * For a field manager conflict (409 with cause FieldManagerConflict) *ret_manager (if not NULL) gets
 * the first manager named, "" otherwise; it has room for 128 bytes. Returns the class. */
int status_to_err(int http_status, const char *body, size_t len, char *ret_manager, struct err *err);

#endif
