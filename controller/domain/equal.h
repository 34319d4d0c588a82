/*
 * domain/equal: are two statuses the same, as the apiserver would store them?
 *
 * Moments count in whole seconds, because that is what a stored status keeps. May include: base, channel,
 * promotion.
 */
#ifndef SLUICE_DOMAIN_EQUAL_H
#define SLUICE_DOMAIN_EQUAL_H

#include "domain/channel.h"
#include "domain/promotion.h"

bool channel_status_equal(const struct channel_status *a, const struct channel_status *b);

bool promotion_status_equal(const struct promotion_status *a, const struct promotion_status *b);

#endif
