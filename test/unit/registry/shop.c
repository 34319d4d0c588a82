#include "shop.h"

#include <stdio.h>

void shop_ask_a_hundred(struct fixture *fixture)
{
	char tag[8];
	int i;

	for (i = 0; i < 100; i++) {
		snprintf(tag, sizeof(tag), "v%d", i);
		registry_resolve(fixture->registry, REPOSITORY, tag, NULL, MINUTE_MS);
	}
}

void shop_fill_hundred(struct fake_route routes[static 100], char urls[static 100][80])
{
	int i;

	for (i = 0; i < 100; i++) {
		snprintf(urls[i], 80, HOST "/v2/shop/web/manifests/v%d", i);
		routes[i] = (struct fake_route){ "HEAD", urls[i], .status = 404 };
	}
}
