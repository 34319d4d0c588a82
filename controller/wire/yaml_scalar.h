/*
 * wire/yaml_scalar: what a plain scalar of YAML's core schema means in JSON.
 * May include: wire/json_write.
 */
#ifndef SLUICE_WIRE_YAML_SCALAR_H
#define SLUICE_WIRE_YAML_SCALAR_H

#include "wire/json_write.h"

/* Writes the plain scalar text as null, true, false, a number or a string. Returns NULL, or why JSON can
 * not say it (infinity, not a number, a hexadecimal or octal number beyond 64 bits). */
const char *yaml_scalar_write(struct writer *writer, const char *key, const char *text);

#endif
