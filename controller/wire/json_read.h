/*
 * wire/json_read: the helpers with which the decoders of this room read a JSON document.
 *
 * A decoder walks nodes: read_object() and read_list() step down, the others take one field. A field of
 * the wrong type is noted in the reader's err with its path ("spec.artifacts[2].image: expected a
 * string, got a whole number") and read as if it were absent, so that decoders need no branch for each
 * field: whoever made the reader looks at err once, at the end. A tolerant reader notes nothing; it
 * serves our own status, where a wrong field must never block. JSON's null is absence. Unknown fields
 * are ignored.
 *
 * May include: base, wire/json_tree.h, wire/json_scan.h. Strings go into the reader's arena: no decoded
 * struct points into a tree.
 */
#ifndef SLUICE_WIRE_JSON_READ_H
#define SLUICE_WIRE_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "wire/json_scan.h"
#include "wire/json_tree.h"

#define READ_OBJECT_MAX ((size_t)3 * 1024 * 1024) /* twice what etcd takes */

struct reader {
	struct arena *arena; /* where strings and structs go */
	struct err *err;     /* the first wrong field */
	bool is_tolerant;    /* a wrong field is an absent field */
};

struct read_node { /* a place in a document; the parent has to outlive it */
	struct reader *reader;
	struct tree *tree;
	const struct tree_node *json; /* NULL: absent */
	const struct read_node *parent;
	const char *key; /* NULL: an item of a list, or the root */
	size_t index;
};

/* Reads len bytes of text, at most limit. ERR_INPUT says why not; ERR_NOMEM. The tree's texts lie in one
 * block that never moved. The caller gives the tree back (auto_json). */
int read_tree(const char *text, size_t len, size_t limit, struct tree **ret_tree, struct err *err)
	__attribute__((warn_unused_result));

/* Gives a tree back at the end of a scope. */
void read_release(struct tree **tree);
#define auto_json __attribute__((cleanup(read_release))) struct tree

/* The top of a document; tree NULL: of none. */
struct read_node read_root(struct reader *reader, struct tree *tree);

/* A value within a tree, as the top of a document. */
struct read_node read_at(struct reader *reader, struct tree *tree, const struct tree_node *json);

/* The same place, read by another reader (the tolerant one of a status). */
struct read_node read_with(const struct read_node *node, struct reader *reader);

/* Is there something at this place? */
bool read_is_present(const struct read_node *node);

/* The object, or the list, under key. */
struct read_node read_object(const struct read_node *node, const char *key);
struct read_node read_list(const struct read_node *node, const char *key);

/* Items of a list; of an absent one 0. */
size_t read_count(const struct read_node *list);

/* The i-th item, which has to be an object. */
struct read_node read_item(const struct read_node *list, size_t i);

/* The i-th item, which has to be a text; "" when it is not, noted. */
const char *read_text_item(const struct read_node *list, size_t i);

/* Text under key; NULL when absent. */
const char *read_text(const struct read_node *node, const char *key);

/* Text under key that has to be there and not be empty; "" when it is not, noted. */
const char *read_needed_text(const struct read_node *node, const char *key);

/* Is the text under key this one? Takes nothing into the arena. */
bool read_is(const struct read_node *node, const char *key, const char *text);

/* Is there a text under key, and is it another one? Takes nothing into the arena. */
bool read_is_other(const struct read_node *node, const char *key, const char *text);

/* A whole number in [min, max]; fallback when absent. */
int64_t read_int(const struct read_node *node, const char *key, int64_t min, int64_t max,
		 int64_t fallback);

/* A whole number or text, as text; NULL when absent (IntOrString). */
const char *read_int_or_text(const struct read_node *node, const char *key);

/* true or false; false when absent. */
bool read_flag(const struct read_node *node, const char *key);

/* An RFC 3339 time; fallback when absent. */
int64_t read_time(const struct read_node *node, const char *key, int64_t fallback);

/* A duration ("1h30m"); fallback when absent. */
int64_t read_duration(const struct read_node *node, const char *key, int64_t fallback);

/* The index of the text under key among count names; fallback when absent. Names that are NULL match
 * nothing. */
int read_choice(const struct read_node *node, const char *key, const char *const *names, size_t count,
		int fallback);

/* Whatever is under key, as compact JSON text; NULL when absent. */
const char *read_raw(const struct read_node *node, const char *key);

/* A map of texts, sorted by key: calls fn(user, i, key, value) for each, both in the arena. */
typedef void (*read_pair_fn)(void *user, size_t i, const char *key, const char *value);
void read_pairs(const struct read_node *map, read_pair_fn fn, void *user);

/* Entries of an object; of an absent one 0. */
size_t read_size(const struct read_node *map);

/* Notes "path: message" as wrong. */
void read_complain(const struct read_node *node, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
