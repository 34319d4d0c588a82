/*
 * wire/notice_json: puts conditions into the status of an object of ours that is not decoded.
 *
 * An object in quarantine crashes whoever reads it, so here it stays a tree: what its status holds is written as it
 * was, and conditions take the place of those of the same type. A server-side apply of less would give up the rest.
 *
 * May include: base, domain, wire. Deliberately absent: decoders of the kinds.
 */
#ifndef SLUICE_WIRE_NOTICE_JSON_H
#define SLUICE_WIRE_NOTICE_JSON_H

#include <stddef.h>

#include "base/err.h"
#include "domain/condition.h"
#include "wire/kind.h"

/* The apply of the status, upon the object as it was read (len bytes at json): malloc'd in *ret_body; NULL when there
 * is nothing to write: it says so already, or it is a promotion that has ended, whose status never changes. The
 * condition Reconciling goes. ERR_CONFLICT when the object has another uid; ERR_INPUT when it is none. */
int notice_to_json(enum kind kind, const char *uid, const struct conditions *notice, const char *json, size_t len,
		   char **ret_body, struct err *err) __attribute__((warn_unused_result));

#endif
