/*
 * wire/zone_tzif: the bytes of a zone file → struct zone.
 *
 * Files are as zic writes them (RFC 9636), version 2 and later: with 64-bit moments, and a rule for the time after the
 * last of them. Files with leap seconds are refused: the clocks of computers have none. May include: base, domain.
 */
#ifndef SLUICE_WIRE_ZONE_TZIF_H
#define SLUICE_WIRE_ZONE_TZIF_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "domain/zone.h"

/* Reads len bytes into ret_zone, whose lists go into the arena; the name is left to the caller. ERR_INPUT. */
int zone_from_tzif(const void *bytes, size_t len, struct arena *arena, struct zone *ret_zone, struct err *err)
	__attribute__((warn_unused_result));

/* Reads a rule as zone files end with it ("CET-1CEST,M3.5.0,M10.5.0/3"; POSIX, 8.3, with the hours of RFC 9636). false
 * when it is not one. */
bool zone_rule_parse(const char *text, struct zone_rule *ret_rule);

#endif
