/*
 * registry/quote: text of strangers, made fit for a sentence.
 *
 * What a registry sends may end in a condition, a log line or a terminal: it is cut short, and whatever is
 * not printable ASCII becomes a question mark. May include: libc.
 */
#ifndef SLUICE_REGISTRY_QUOTE_H
#define SLUICE_REGISTRY_QUOTE_H

#define QUOTE_SIZE 128

/* Writes text, made harmless and at most QUOTE_SIZE - 1 bytes with an ellipsis at the end when it was cut.
 * Returns ret. */
const char *quote(const char *text, char ret[static QUOTE_SIZE]);

#endif
