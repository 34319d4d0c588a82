/*
 * wire/config_map_json: one entry of a ConfigMap's data.
 *
 * May include: base. Deliberately absent: binaryData; trees in the header.
 */
#ifndef SLUICE_WIRE_CONFIG_MAP_JSON_H
#define SLUICE_WIRE_CONFIG_MAP_JSON_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

/* Reads a ConfigMap and copies data[key] into the arena. ERR_INPUT: no ConfigMap, no such entry. ERR_NOMEM. */
int config_map_from_json(const char *json, size_t len, const char *key, struct arena *arena, const char **ret_text,
			 struct err *err) __attribute__((warn_unused_result));

#endif
