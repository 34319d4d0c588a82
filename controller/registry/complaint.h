/*
 * registry/complaint: the sentence and the class for each way in which a registry can fail us.
 *
 * These sentences stand in conditions: each names the host and what was asked for, says what happened, and
 * where a person can help, how. May include: base, registry.
 */
#ifndef SLUICE_REGISTRY_COMPLAINT_H
#define SLUICE_REGISTRY_COMPLAINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "registry/reply.h"

/* Who was asked, for what, and as whom. */
struct complaint_subject {
	const char *host;   /* as people call it */
	const char *what;   /* "shop/web", "shop/web:v1", "shop/web@sha256:…" */
	const char *server; /* the token server's host; NULL: the registry itself was asked */
	bool has_credentials;
};

/* An answer that is not a usable 200: its status, or its verdict. Returns the class. */
int complaint_of_reply(const struct complaint_subject *subject, const struct reply *reply,
		       struct err *err);

/* No answer: why is what the net room said. Returns the class. */
int complaint_of_failure(const struct complaint_subject *subject, const struct err *why,
			 struct err *err);

/* The host has asked to be left alone for wait_ms. Returns ERR_BUSY. */
int complaint_of_block(const struct complaint_subject *subject, int64_t wait_ms, struct err *err);

/* The answer does not hold together: why is the rest of the sentence. Returns the class of why. */
int complaint_of_content(const struct complaint_subject *subject, const struct err *why,
			 struct err *err);

#endif
