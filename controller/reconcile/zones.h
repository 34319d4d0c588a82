/*
 * reconcile/zones: the time zones of this machine, each read once, when a window first names it.
 *
 * They come from the files of the IANA database (tzdata), which ship with the operator: a new database comes with a
 * new image, so what was read stays. May include: base, domain, wire.
 */
#ifndef SLUICE_RECONCILE_ZONES_H
#define SLUICE_RECONCILE_ZONES_H

#include "domain/zone.h"

#define ZONES_FOLDER "/usr/share/zoneinfo"

struct zones;

/* Reads below folder, which has to outlive the zones. */
struct zones *zones_create(const char *folder);

/* The zone of that name; NULL when there is none, or its file cannot be used. It lives as long as zones. */
const struct zone *zones_get(struct zones *zones, const char *name);

void zones_destroy(struct zones *zones);

#endif
