/*
 * reference: what the program itself can say for the reference page: words, metrics, options.
 *
 * `sluice --reference` prints it; docs/reference.py puts it beside the fields of the schemas, and a test holds
 * the page in the repository to the result. May include: base, domain, telemetry, options.
 */
#ifndef SLUICE_REFERENCE_H
#define SLUICE_REFERENCE_H

#include <stdio.h>

/* Writes the sections on conditions, reasons, gates, phases, events, metrics and options, in Markdown. */
void reference_print(FILE *out);

#endif
