/*
 * reconcile/keys: the public keys that channels trust, as they were read from ConfigMaps.
 *
 * An entry is known by namespace, ConfigMap and key. What was read stays until it is read again: whoever needs it newer
 * asks (ACTION_READ_KEY), and how old is too old is for the domain to say. That a ConfigMap is missing, may not be read
 * or holds no usable key is an answer; that the apiserver gave none is not, and leaves what was known.
 *
 * Like the looks this is a memory of the process that may be lost at any moment; what nobody has looked at for an hour
 * is forgotten. Times are wall clock. May include: base, domain, registry.
 */
#ifndef SLUICE_RECONCILE_KEYS_H
#define SLUICE_RECONCILE_KEYS_H

#include <stdint.h>

#include "base/arena.h"
#include "domain/world.h"
#include "registry/signature.h"

#define KEYS_LIFE_MS (60 * 60 * 1000)
#define KEYS_FAILURE_MS (30 * 1000) /* what is unusable is read again after this */

struct keys;

/* An empty memory. Never NULL. */
struct keys *keys_create(void);

/* The entry was read: text is what it holds. */
void keys_take(struct keys *keys, const char *namespace, const struct signature_key *key, const char *text, int64_t now_ms);

/* It cannot be used, err says why. */
void keys_fail(struct keys *keys, const char *namespace, const struct signature_key *key, const struct err *err,
	       int64_t now_ms);

/* Fills in what is known of it; texts in arena. */
void keys_fill(struct keys *keys, const char *namespace, const struct signature_key *key, int64_t now_ms,
	       struct arena *arena, struct key_look *ret_look);

/* Makes the policy by which the registry room checks, of the keys as they are known now. false when they are not all
 * known. */
bool keys_policy(struct keys *keys, const char *namespace, const struct signatures *wanted,
		 struct signature_policy *ret_policy);

/* Forgets what nobody has looked at for long. */
void keys_sweep(struct keys *keys, int64_t now_ms);

/* Frees it. NULL is fine. */
void keys_destroy(struct keys *keys);

#endif
