/*
 * wire/event_json: events.k8s.io/v1 Event, written.
 *
 * The apiserver refuses an Event that is longer than its limits; so texts are cut here, at a UTF-8
 * border, rather than lost. May include: base. Deliberately absent: reading Events.
 */
#ifndef SLUICE_WIRE_EVENT_JSON_H
#define SLUICE_WIRE_EVENT_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define EVENT_API "/apis/events.k8s.io/v1"
#define EVENT_PLURAL "events"
#define EVENT_NAME_SIZE 254

struct event_object { /* ObjectReference */
	const char *api_version;
	const char *kind; /* NULL: there is no object */
	const char *namespace;
	const char *name;
	const char *uid;
};

struct event_report { /* what there is to tell */
	struct event_object regarding; /* whose kubectl describe shows it */
	struct event_object related;   /* another one that had to do with it */
	bool is_warning;
	const char *reason; /* why, one CamelCase word: "RolledBack" */
	const char *action; /* what the operator did, one CamelCase word: "Rollback" */
	const char *note;   /* a sentence for a person */
};

/* When and how often. */
struct event_series {
	int64_t first_ms;
	int64_t last_ms;
	int64_t count; /* 1: once, so there is no series */
};

/* The namespace that an Event about regarding lives in: its own; "default" for a cluster-scoped object
 * (the apiserver's rule). */
const char *event_namespace(const struct event_report *report);

/* Writes a name that no other Event of this object has, if number is used once: "shop.18f3c0a1…". */
const char *event_name(const struct event_report *report, uint64_t number, char name[static EVENT_NAME_SIZE]);

/* Writes a whole Event, for POST; controller is "sluice.dev/operator", instance who reports. The caller
 * frees *ret_json. ERR_NOMEM. */
int event_write(const struct event_report *report, const struct event_series *series, const char *name,
		const char *controller, const char *instance, char **ret_json, struct err *err)
	__attribute__((warn_unused_result));

/* Writes what a repetition changes in an Event, for a merge patch. The count must be 2 at least. The
 * caller frees *ret_json. ERR_NOMEM. */
int event_write_series(const struct event_series *series, char **ret_json, struct err *err)
	__attribute__((warn_unused_result));

#endif
