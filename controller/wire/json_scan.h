/*
 * wire/json_scan: bytes of JSON as they come, cut anywhere, into a tree.
 *
 * The text holds *objects*: it is one (SCAN_WHOLE), each line has one under "object" (SCAN_LINES: a watch),
 * or they are what "items" lists (SCAN_ITEMS: a list; each item is dropped before the next one comes, so a
 * list of any length takes the memory of its largest item). metadata.managedFields of an object is skipped:
 * it takes no memory and no time but that of looking for its end.
 *
 * Hostile text is stopped where it is met: an object of more bytes than the limit, anything nested deeper
 * than TREE_DEPTH, a key twice in one object, a NUL in a string, bytes that are not UTF-8 (RFC 3629), half
 * a surrogate, numbers that no int64_t or double holds. In a line or an item that is the end of this object
 * alone. What is no JSON at all (RFC 8259) ends a line, or the whole text when it has no lines.
 * Within managedFields only brackets and strings are looked at.
 *
 * May include: base, wire/json_tree.h. Deliberately absent: what the objects mean.
 */
#ifndef SLUICE_WIRE_JSON_SCAN_H
#define SLUICE_WIRE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/json_tree.h"

enum scan_shape { SCAN_WHOLE, SCAN_LINES, SCAN_ITEMS };

enum scan_found {
	SCAN_NOTHING, /* all bytes are taken: more, please */
	SCAN_DOCUMENT, /* a document is complete: the tree's root */
	SCAN_ITEM,     /* SCAN_ITEMS: an item is complete: scan_object() */
	SCAN_REFUSED,  /* an object, or a line, is left out: err says why, the tree holds its beginning */
	SCAN_BROKEN,   /* the text is of no use from here on: err says why */
};

/* Where within the text the next byte stands. */
enum scan_at {
	SCAN_AT_START, /* before a document */
	SCAN_AT_FIRST_KEY,
	SCAN_AT_KEY,
	SCAN_AT_COLON,
	SCAN_AT_FIRST_ITEM,
	SCAN_AT_VALUE,
	SCAN_AT_NEXT, /* behind a value, before a comma or bracket */
	SCAN_AT_END,  /* behind a document */
	SCAN_IN_TEXT,
	SCAN_IN_ESCAPE, /* behind a backslash */
	SCAN_IN_UNICODE, /* behind "\u" */
	SCAN_IN_NUMBER,
	SCAN_IN_WORD, /* true, false, null */
	SCAN_IN_SKIPPED, /* a value that is not kept */
	SCAN_IN_LINE,    /* the rest of a line that is not kept */
	SCAN_AT_NOWHERE, /* broken */
};

struct scan {
	struct tree tree;
	struct err err; /* of SCAN_REFUSED and SCAN_BROKEN */
	enum scan_shape shape;
	size_t limit; /* bytes of an object */

	enum scan_at at;
	const char *word; /* what is still to come of it */
	enum tree_type word_type;
	bool is_key;          /* the text is one */
	bool is_high;         /* it has bytes beyond ASCII */
	unsigned digits;      /* that came of \uXXXX */
	unsigned code;
	unsigned surrogate;   /* the first half of a pair; 0: none */
	uint32_t text_from;   /* where the text or number begins in the tree */

	/* What is skipped: managedFields, or the rest of an item that was refused. */
	size_t skip_depth; /* brackets open within it */
	bool skips_text;
	bool skips_escape;
	bool is_refused;

	uint64_t seen;          /* bytes before this piece */
	uint64_t document_from; /* byte with which the document begins */
	uint64_t held_from;     /* byte since which the tree holds what came */
	uint64_t object_from;   /* byte with which the object begins */
	bool is_in_object;
	bool must_rewind;    /* the caller has seen what was found: it may go */
	uint32_t item_count; /* of the tree, before the item */
	uint32_t item_text;
};

/* Begins, with memory that earlier documents may have left in the tree. */
void scan_begin(struct scan *scan, enum scan_shape shape, size_t limit);

/* Takes bytes until something is found, and moves *bytes and *len behind what it took. What it found is
 * valid until the next call. */
enum scan_found scan_next(struct scan *scan, const char **bytes, size_t *len);

/* No more bytes come. ERR_INPUT when a document is not complete. */
int scan_end(struct scan *scan, struct err *err) __attribute__((warn_unused_result));

/* The object that was found, or the beginning of the one that was refused; NULL when there is none. */
const struct tree_node *scan_object(const struct scan *scan);

/* Frees what it holds. A zeroed scan is fine. */
void scan_finish(struct scan *scan);

#endif
