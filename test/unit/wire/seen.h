/*
 * test/unit/wire/seen: what a stream of events has told, and two lines that are good.
 * May include: suite.h, wire/record.h.
 */
#ifndef SLUICE_TEST_WIRE_SEEN_H
#define SLUICE_TEST_WIRE_SEEN_H

#include "suite.h"
#include "wire/record.h"

#define OBJECT_A "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\"},\"spec\":{}}}\n"
#define OBJECT_B "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"b\"},\"spec\":{}}}\n"

struct seen {
	struct event event; /* the last one; of its record object is left */
	char object[64];    /* its namespace/name; "-" without one */
	struct err err;     /* the last one */
	size_t events;
	size_t errs;
	char names[64];
};

/* An event_fn whose user is a struct seen: keeps what it is told, and goes on. */
bool seen_take(void *user, const struct event *event, const struct err *err);

#endif
