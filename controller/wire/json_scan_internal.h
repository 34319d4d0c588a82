/*
 * wire/json_scan_internal: what the files of a scan share, and nobody else may include.
 *
 *	json_scan.c        documents, objects, lists; what is refused and skipped
 *	json_scan_value.c  texts, numbers, words; what is not kept
 */
#ifndef SLUICE_WIRE_JSON_SCAN_INTERNAL_H
#define SLUICE_WIRE_JSON_SCAN_INTERNAL_H

#include "wire/json_scan.h"

struct piece { /* the bytes at hand */
	const unsigned char *start;
	const unsigned char *at;
	const unsigned char *end;
};

/* How many bytes came before the one at hand. */
static inline uint64_t scan_offset(const struct scan *scan, const struct piece *piece)
{
	return scan->seen + (uint64_t)(piece->at - piece->start);
}

/* This is no JSON, and why. Nothing is taken: the byte at hand is the first that is skipped. So do
 * scan_refuse(), with what the scan's err says, and scan_refuse_for(): the object can not be taken. */
enum scan_found scan_malformed(struct scan *scan, const struct piece *piece, const char *what);
enum scan_found scan_refuse(struct scan *scan);
enum scan_found scan_refuse_for(struct scan *scan, const struct piece *piece, const char *what);

/* The last byte of a value is taken, and the value is in the tree. */
enum scan_found scan_end_value(struct scan *scan);

/* At the quote with which a text begins; then within it. */
enum scan_found scan_begin_text(struct scan *scan, struct piece *piece, bool is_key);
enum scan_found scan_in_text(struct scan *scan, struct piece *piece);
enum scan_found scan_in_escape(struct scan *scan, struct piece *piece);
enum scan_found scan_in_unicode(struct scan *scan, struct piece *piece);

enum scan_found scan_in_number(struct scan *scan, struct piece *piece);
enum scan_found scan_in_word(struct scan *scan, struct piece *piece);

/* Within a value, or a line, that is not kept. */
enum scan_found scan_in_skipped(struct scan *scan, struct piece *piece);
enum scan_found scan_in_line(struct scan *scan, struct piece *piece);

#endif
