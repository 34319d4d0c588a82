/*
 * telemetry/text: which bytes of a text from outside may be shown.
 *
 * Log lines and metric labels carry names and messages that strangers chose. Both formats want valid
 * UTF-8, and a terminal wants no control characters; one function tells the characters apart.
 * May include: libc.
 */
#ifndef SLUICE_TELEMETRY_TEXT_H
#define SLUICE_TELEMETRY_TEXT_H

#include <stddef.h>

/* What to write for a byte that belongs to no character: U+FFFD. */
#define TEXT_REPLACEMENT "\xEF\xBF\xBD"

/* The length in bytes of the UTF-8 character at text (terminated, not empty): 1 to 4, or 0 when the
 * first byte begins none. Overlong forms, surrogates and what lies beyond U+10FFFF are none
 * (RFC 3629). */
size_t text_char_len(const char *text);

#endif
