/*
 * wire/json_tree: a JSON document in two runs of memory that are used again and again.
 *
 * Nodes lie in the order of the text, a list or an object before what is in it, and each knows where the
 * nodes behind it begin; texts lie terminated one behind the other. So a document takes two blocks of
 * memory whatever its size, and the next one takes none. wire/json_scan builds it, wire/json_read reads it.
 *
 * A key that an object has twice is refused here: by a filter of 64 bits, and where that is in doubt by
 * comparing (few keys) or by sorting (many), so that no choice of keys makes it slow.
 *
 * May include: base, wire/json_write.h. Deliberately absent: parsing, paths, types of fields.
 */
#ifndef SLUICE_WIRE_JSON_TREE_H
#define SLUICE_WIRE_JSON_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/json_write.h"

#define TREE_DEPTH 64
#define TREE_NO_KEY UINT32_MAX

enum tree_type {
	TREE_NULL,
	TREE_FALSE,
	TREE_TRUE,
	TREE_INTEGER, /* an int64_t holds it */
	TREE_REAL,
	TREE_TEXT,
	TREE_LIST,
	TREE_OBJECT,
};

struct tree_node {
	enum tree_type type;
	uint32_t key;   /* where its key begins among the texts; TREE_NO_KEY: it has none */
	uint32_t count; /* entries of a list or object; bytes of a text or number */
	uint32_t end;   /* index of the first node behind it and what is in it */
	union {
		struct { /* of a list: the item that was asked for last */
			uint32_t item;
			uint32_t at;
		} last;
		uint32_t text; /* of a text or number: where it begins among the texts */
	};
};

struct tree {
	struct tree_node *nodes; /* the first is the root */
	uint32_t count;
	uint32_t size;
	char *text;
	uint32_t text_len;
	uint32_t text_size;
	/* What is not closed yet, outermost first. */
	uint32_t open[TREE_DEPTH];
	uint64_t keys[TREE_DEPTH]; /* filters of the keys there were */
	uint32_t depth;
	uint32_t key; /* of the value to come */
};

#define TREE_INIT ((struct tree){ .key = TREE_NO_KEY })

/* ---- reading; a node NULL has nothing ---- */

/* The whole document; NULL when there is none. */
const struct tree_node *tree_root(const struct tree *tree);

/* The value under key of an object; NULL when it is none, or has no such key. */
const struct tree_node *tree_get(const struct tree *tree, const struct tree_node *object, const char *key);

/* The i-th item of a list; NULL when there is none. Going through a list takes one step for each. */
const struct tree_node *tree_item(struct tree *tree, const struct tree_node *list, size_t i);

/* What is in a list or an object, one after the other: at is NULL, then what was returned last. NULL at the
 * end. */
const struct tree_node *tree_next(const struct tree *tree, const struct tree_node *within,
				  const struct tree_node *at);

/* Is it of the type? */
bool tree_is(const struct tree_node *node, enum tree_type type);

/* The text of a text; NULL when it is none. Valid until the tree changes. */
const char *tree_text(const struct tree *tree, const struct tree_node *node);

/* A text or number as it was written, terminated; the key of a member. */
const char *tree_raw_text(const struct tree *tree, const struct tree_node *node);
const char *tree_key(const struct tree *tree, const struct tree_node *node);

/* Entries of a list or an object; 0 of anything else. */
size_t tree_count(const struct tree_node *node);

/* Writes a value, under key unless that is NULL. */
void tree_write(const struct tree *tree, const struct tree_node *node, const char *key,
		struct writer *writer);

/* ---- building: ERR_INPUT, ERR_NOMEM ---- */

/* Makes room for len more bytes of text. */
int tree_reserve(struct tree *tree, size_t len, struct err *err) __attribute__((warn_unused_result));

/* Appends to the texts. */
int tree_append(struct tree *tree, const char *bytes, size_t len, struct err *err)
	__attribute__((warn_unused_result));

/* The text from there to the end of the texts, which is terminated, is the key of the next value. */
int tree_add_key(struct tree *tree, uint32_t from, struct err *err) __attribute__((warn_unused_result));

/* A value other than a list or an object; text begins at from, where it has one, and is terminated. */
int tree_add(struct tree *tree, enum tree_type type, uint32_t from, struct err *err)
	__attribute__((warn_unused_result));

/* A list or an object begins; ERR_INPUT when that is too deep. */
int tree_open(struct tree *tree, enum tree_type type, struct err *err) __attribute__((warn_unused_result));

/* The innermost list or object that is open ends. */
int tree_close(struct tree *tree, struct err *err) __attribute__((warn_unused_result));

/* Lets what is open end here for those who read; what is built goes on. */
void tree_close_for_now(struct tree *tree);

/* Drops the nodes and texts from there on, and what is open deeper than depth. */
void tree_rewind(struct tree *tree, uint32_t count, uint32_t text_len, uint32_t depth);

/* Empties it, and gives memory back if the document was an unusually large one. */
void tree_reset(struct tree *tree);

/* Overwrites all texts: they were secret. */
void tree_wipe(struct tree *tree);

/* Frees what it holds. */
void tree_finish(struct tree *tree);

#endif
