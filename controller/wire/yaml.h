/*
 * wire/yaml: YAML text → JSON text, for world files and for what people hand to the command line.
 *
 * Taken is the part of YAML 1.2 that says what JSON says: maps, lists and scalars. A plain scalar is typed
 * by the core schema (YAML 1.2.2, 10.3.2): null, true and false, whole numbers (decimal, 0o, 0x), decimal
 * fractions; everything else, and everything quoted or tagged !!str, is text. So `on`, `yes` and
 * `2026-11-24` are text. Keys are always text. Refused, with line and column: anchors, aliases, merge keys,
 * other tags, infinity and NaN, nesting deeper than 64.
 *
 * May include: base. libyaml is seen in the .c file only.
 */
#ifndef SLUICE_WIRE_YAML_H
#define SLUICE_WIRE_YAML_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* Appends each document of the text to out, as one line of compact JSON that ends in a newline. Text
 * without a document appends nothing. ERR_INPUT ("line 3, column 5: …"), ERR_NOMEM; out is then as it
 * was filled so far. */
int yaml_to_json(const char *text, size_t len, struct buf *out, struct err *err)
	__attribute__((warn_unused_result));

#endif
