/*
 * base/str: the few questions about C strings that libc has no name for.
 * May include: libc.
 */
#ifndef SLUICE_BASE_STR_H
#define SLUICE_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Are both the same text? NULL equals only NULL. */
static inline bool str_equal(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Is it NULL or ""? */
static inline bool str_is_empty(const char *text)
{
	return text == NULL || text[0] == '\0';
}

/* Does text begin with prefix? */
bool str_has_prefix(const char *text, const char *prefix);

/* Compares as people sort build numbers: runs of digits by their value (any length), all else by
 * byte. Returns <0, 0, >0. "build-9" comes before "build-10". */
int str_compare_natural(const char *a, const char *b);

/* Reads all of text as a decimal number in [min, max]. false (and *ret untouched) otherwise. */
bool str_to_int(const char *text, int64_t min, int64_t max, int64_t *ret);

/* How many of the first max bytes of text to keep so that no UTF-8 character is cut in two: at most
 * max, less by up to three bytes. The whole length when text is shorter.
 * Bytes that are no UTF-8 are kept as they are. */
size_t str_cut_utf8(const char *text, size_t max);

/* The length in bytes of the UTF-8 character at text (terminated, not empty): 1 to 4, or 0 when the
 * first byte begins none. Overlong forms, surrogates and what lies beyond U+10FFFF are none
 * (RFC 3629). */
size_t str_char_len(const char *text);

/* Overwrites a secret (the memory is the caller's, const or not), so that it is not found where it was. NULL is
 * fine. */
void str_wipe(const char *text);

/* As str_wipe(), and frees it. */
void str_wipe_free(char *text);

/* What to write for a byte that belongs to no character: U+FFFD. */
#define STR_REPLACEMENT "\xEF\xBF\xBD"

/* strcmp() for qsort() and bsearch() over arrays of char *. */
int str_compare_items(const void *a, const void *b);

#endif
