/*
 * test/unit/reconcile/web: the Deployment web of the channel n/shop, the order that pins it, and what the server says of it.
 * May include: bench.h.
 */
#ifndef SLUICE_TEST_RECONCILE_WEB_H
#define SLUICE_TEST_RECONCILE_WEB_H

#include "bench.h"

#define WEB(image)                                                                                 \
	"{\"apiVersion\":\"apps/"                                                                  \
	"v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\",\"namespace\":\"n\","         \
	"\"resourceVersion\":\"7\",\"labels\":{\"sluice.dev/"                                      \
	"channel\":\"shop\"}},\"spec\":{\"template\":"                                             \
	"{\"spec\":{\"containers\":[{\"name\":\"web\",\"image\":\"" image "\"}]}}}}"
#define PATCH_WEB .method = "PATCH", .target = "/apis/apps/v1/namespaces/n/deployments/web?*"

/* The order that pins its container to r.example/web@new. */
struct order web_pin_order(void);

#endif
