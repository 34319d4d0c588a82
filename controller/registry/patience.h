/*
 * registry/patience: how long to leave alone what failed.
 *
 * The delay doubles with each failure in a row, up to a limit, and is drawn at random around that, so that
 * many who failed together do not return together. May include: base (the .c file: openssl, for chance).
 */
#ifndef SLUICE_REGISTRY_PATIENCE_H
#define SLUICE_REGISTRY_PATIENCE_H

#include <stdint.h>

#include "base/err.h"

/* Milliseconds until a question that failed with why is asked again; failures: how often it had failed in a
 * row before. Never less than why->retry_after_ms. Without an answer (NET, BUSY) from 2 s to 60 s; with
 * one that somebody has to do something about from 5 s to 120 s; each ± 25 %. */
int64_t patience_ms(const struct err *why, int failures);

/* delay_ms by a random factor from 0.75 to 1.25. */
int64_t patience_jitter(int64_t delay_ms);

#endif
