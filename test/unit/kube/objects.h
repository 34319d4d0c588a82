/*
 * Objects for the tests of kube: pin maps, because they are the smallest kind that Sluice reads; and refusals.
 * May include: Check, wire/record.h.
 */
#ifndef SLUICE_TEST_OBJECTS_H
#define SLUICE_TEST_OBJECTS_H

#include <stdio.h>

#include "kube/store.h"
#include "suite.h"
#include "wire/record.h"

/* Statuses, as refused requests are answered with. */
#define REFUSAL(code, reason, message, details) \
	"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"code\":" code \
	",\"reason\":\"" reason "\",\"message\":\"" message "\"" details "}"

#define CONFLICT                                                                                       \
	REFUSAL("409", "Conflict", "Apply failed with 1 conflict",                                     \
	       ",\"details\":{\"causes\":[{\"reason\":\"FieldManagerConflict\","                      \
	       "\"message\":\"conflict with \\\"kubectl-set\\\" using apps/v1\",\"field\":\".x\"}]}")

/* A ConfigMap as JSON in room. */
static inline const char *object_json(char room[static 512], const char *namespace, const char *name,
				      const char *uid, const char *version)
{
	(void)snprintf(room, 512,
		       "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"namespace\":\"%s\","
		       "\"name\":\"%s\",\"uid\":\"%s\",\"resourceVersion\":\"%s\"},\"data\":{}}",
		       namespace, name, uid, version);
	return room;
}

/* The same, decoded. The caller's. */
static inline struct record *object_record(const char *namespace, const char *name, const char *uid,
					   const char *version)
{
	struct record *record;
	struct err err = ERR_INIT;
	char json[512];

	(void)object_json(json, namespace, name, uid, version);
	ck_assert_msg(record_from_json(KIND_PINS, json, strlen(json), &record, &err) == 0, "%s", err.text);
	return record;
}

/* Writes each change as "+name@version", "~name@version", "-name@version", with spaces between. */
struct changes {
	char text[2048];
};

static inline void changes_note(void *user, enum kind kind, const struct record *old,
				const struct record *new)
{
	struct changes *changes = user;
	const struct meta *meta = new != NULL ? new->meta : old->meta;
	size_t at = strlen(changes->text);

	ck_assert_int_eq(kind, KIND_PINS);
	ck_assert(old == NULL || new == NULL || strcmp(old->meta->uid, new->meta->uid) == 0);
	(void)snprintf(changes->text + at, sizeof(changes->text) - at, "%s%c%s@%s", at == 0 ? "" : " ",
		       old == NULL ? '+' : new == NULL ? '-' : '~', meta->name, meta->resource_version);
}

/* The store's objects of a namespace (NULL: all) as "name@version", sorted by name, in room. */
static inline const char *objects_text(char room[static 2048], const struct store *store,
				       const char *namespace)
{
	struct store_cursor cursor = STORE_CURSOR_INIT;
	struct arena arena = ARENA_INIT;
	char items[32][64];
	size_t count = 0;

	while (store_next(store, KIND_PINS, namespace, &cursor)) {
		ck_assert_uint_lt(count, 32);
		(void)snprintf(items[count++], 64, "%s@%s", cursor.name,
			       store_at(store, KIND_PINS, &cursor, &arena)->meta->resource_version);
	}
	arena_finish(&arena);
	room[0] = '\0';
	for (size_t done = 0; done < count; done++) {
		size_t least = done;
		char swap[64];

		for (size_t i = done + 1; i < count; i++) {
			if (strcmp(items[i], items[least]) < 0)
				least = i;
		}
		memcpy(swap, items[done], sizeof(swap));
		memcpy(items[done], items[least], sizeof(swap));
		memcpy(items[least], swap, sizeof(swap));
		(void)snprintf(room + strlen(room), 2048 - strlen(room), "%s%s", done == 0 ? "" : " ",
			       items[done]);
	}
	return room;
}

#endif
