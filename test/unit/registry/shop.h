/*
 * unit/registry/shop: the repository r.example.com/shop/web: where a registry is asked for it, and what that answers.
 * May include: fixture.h.
 */
#ifndef SLUICE_UNIT_REGISTRY_SHOP_H
#define SLUICE_UNIT_REGISTRY_SHOP_H

#include "fixture.h"

#define HOST "https://r.example.com"
#define REPOSITORY "r.example.com/shop/web"
#define BY_TAG HOST "/v2/shop/web/manifests/v1"
#define BY_DIGEST HOST "/v2/shop/web/manifests/" WEB_DIGEST
#define TAGS HOST "/v2/shop/web/tags/list?n=1000"
#define JSON "application/json"
#define LIST "{\"name\":\"shop/web\",\"tags\":[\"v1\",\"v2\"]}"

#define TAGS_ROUTE { "GET", TAGS, .status = 200, .content_type = JSON, .body = LIST }
#define HEAD_ROUTE { "HEAD", BY_TAG, .status = 200, .content_type = MANIFEST, .digest = WEB_DIGEST }
#define GET_ROUTE { "GET", BY_DIGEST, .status = 200, .content_type = MANIFEST, .body = WEB_BODY }

/* Asks what v0…v99 lead to. */
void shop_ask_a_hundred(struct fixture *fixture);

/* Their routes, and room for the URLs of these: none of the tags is there. */
void shop_fill_hundred(struct fake_route routes[static 100], char urls[static 100][80]);

#endif
