/*
 * unit/registry/mirrors: r.example.com and the mirrors in front of it: m.example.com, which has a CA of its own, then
 * second.example.com:5000. What is asked of each, and what it answers.
 * May include: fixture.h.
 */
#ifndef SLUICE_UNIT_REGISTRY_MIRRORS_H
#define SLUICE_UNIT_REGISTRY_MIRRORS_H

#include "fixture.h"

#define ORIGIN "https://r.example.com"
#define MIRROR "https://m.example.com"
#define SECOND "https://second.example.com:5000"
#define MANIFESTS "/v2/shop/web/manifests/"
#define TAGS "/v2/shop/web/tags/list"
#define JSON "application/json"
#define WEB .status = 200, .content_type = MANIFEST, .digest = WEB_DIGEST
#define BYTES .status = 200, .content_type = MANIFEST, .body = WEB_BODY
#define LIST(names) .status = 200, .content_type = JSON, .body = "{\"tags\":[" names "]}"

/* A room with these mirrors, whose requests are answered by count routes. mirror: the first as HOST=URL, maybe with a path. */
void mirrors_init(struct fixture *fixture, struct fake_route *routes, size_t count, const char *mirror);

#endif
