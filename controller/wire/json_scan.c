#include <string.h>

#include "wire/json_scan_internal.h"

/* What may stand around an object: the rest of a line, the head of a list. */
#define ENVELOPE_MAX 65536

/* How many brackets are open around an object. */
static uint32_t object_depth(const struct scan *scan)
{
	return (uint32_t)scan->shape;
}

/* ---- what is wrong ---- */

/* The text is of no use any more, but for the lines to come. */
static enum scan_found give_up(struct scan *scan)
{
	tree_close_for_now(&scan->tree);
	scan->is_in_object = false;
	if (scan->shape != SCAN_LINES) {
		scan->at = SCAN_AT_NOWHERE;
		return SCAN_BROKEN;
	}
	scan->at = SCAN_IN_LINE;
	scan->must_rewind = true;
	return SCAN_REFUSED;
}

static void say_where(struct scan *scan, const struct piece *piece, const char *what)
{
	(void)err_set(&scan->err, ERR_INPUT, "not JSON: %s (byte %ju)", what,
		      (uintmax_t)(scan_offset(scan, piece) - scan->document_from));
}

enum scan_found scan_malformed(struct scan *scan, const struct piece *piece, const char *what)
{
	say_where(scan, piece, what);
	return give_up(scan);
}

/* The object under way can not be taken, as err says. The items behind it can. */
enum scan_found scan_refuse(struct scan *scan)
{
	if (scan->shape != SCAN_ITEMS || !scan->is_in_object)
		return give_up(scan);
	tree_close_for_now(&scan->tree);
	scan->skips_text = scan->skips_text || scan->at == SCAN_IN_TEXT || scan->at == SCAN_IN_ESCAPE ||
			   scan->at == SCAN_IN_UNICODE;
	scan->skips_escape = scan->skips_escape || scan->at == SCAN_IN_ESCAPE;
	scan->skip_depth += scan->tree.depth - object_depth(scan);
	scan->is_refused = true;
	scan->is_in_object = false;
	scan->must_rewind = true;
	scan->at = scan->skip_depth > 0 || scan->skips_text ? SCAN_IN_SKIPPED : SCAN_AT_NEXT;
	return SCAN_REFUSED;
}

enum scan_found scan_refuse_for(struct scan *scan, const struct piece *piece, const char *what)
{
	say_where(scan, piece, what);
	return scan_refuse(scan);
}

static enum scan_found refuse_length(struct scan *scan)
{
	(void)err_set(&scan->err, ERR_INPUT, "more than %zu bytes of JSON", scan->limit);
	return scan_refuse(scan);
}

/* ---- values ---- */

static bool has_key(const struct tree *tree, uint32_t level, const char *key)
{
	const struct tree_node *node = &tree->nodes[tree->open[level]];

	return node->key != TREE_NO_KEY && strcmp(tree_key(tree, node), key) == 0;
}

/* Does an object begin here? */
static bool is_at_object(const struct scan *scan)
{
	const struct tree *tree = &scan->tree;

	if (tree->depth != object_depth(scan))
		return false;
	return scan->shape != SCAN_ITEMS ||
	       (tree->nodes[tree->open[1]].type == TREE_LIST && has_key(tree, 1, "items"));
}

/* Is what begins here metadata.managedFields of an object? */
static bool is_at_managed_fields(const struct scan *scan)
{
	const struct tree *tree = &scan->tree;

	return tree->depth == object_depth(scan) + 2 && tree->key != TREE_NO_KEY &&
	       strcmp(tree->text + tree->key, "managedFields") == 0 &&
	       has_key(tree, tree->depth - 1, "metadata");
}

/* Behind the last byte of a value. */
enum scan_found scan_end_value(struct scan *scan)
{
	bool is_object = scan->is_in_object && scan->tree.depth == object_depth(scan);

	scan->at = SCAN_AT_NEXT;
	if (is_object)
		scan->is_in_object = false;
	if (is_object && scan->shape == SCAN_ITEMS) {
		scan->must_rewind = true;
		return SCAN_ITEM;
	}
	if (scan->tree.depth > 0)
		return SCAN_NOTHING;
	scan->at = SCAN_AT_END;
	scan->must_rewind = scan->shape == SCAN_LINES;
	return SCAN_DOCUMENT;
}

static void begin_skipping(struct scan *scan)
{
	scan->skip_depth = 0;
	scan->skips_text = false;
	scan->skips_escape = false;
	scan->is_refused = false;
}

static enum scan_found open_bracket(struct scan *scan, struct piece *piece, enum tree_type type)
{
	if (is_at_managed_fields(scan)) {
		tree_rewind(&scan->tree, scan->tree.count, scan->tree.key, scan->tree.depth);
		begin_skipping(scan);
		scan->at = SCAN_IN_SKIPPED;
		return SCAN_NOTHING;
	}
	if (tree_open(&scan->tree, type, &scan->err) < 0)
		return scan_refuse(scan);
	piece->at++;
	scan->at = type == TREE_LIST ? SCAN_AT_FIRST_ITEM : SCAN_AT_FIRST_KEY;
	return SCAN_NOTHING;
}

static void begin_object(struct scan *scan, const struct piece *piece)
{
	scan->is_in_object = true;
	scan->object_from = scan_offset(scan, piece);
	scan->item_count = scan->tree.count;
	scan->item_text = scan->tree.text_len;
	begin_skipping(scan);
}

static enum scan_found begin_word(struct scan *scan, const char *word, enum tree_type type)
{
	scan->at = SCAN_IN_WORD;
	scan->word = word;
	scan->word_type = type;
	return SCAN_NOTHING;
}

static enum scan_found begin_value(struct scan *scan, struct piece *piece)
{
	unsigned char c = *piece->at;

	if (is_at_object(scan))
		begin_object(scan, piece);
	switch (c) {
	case '{':
		return open_bracket(scan, piece, TREE_OBJECT);
	case '[':
		return open_bracket(scan, piece, TREE_LIST);
	case '"':
		return scan_begin_text(scan, piece, false);
	case 't':
		return begin_word(scan, "true", TREE_TRUE);
	case 'f':
		return begin_word(scan, "false", TREE_FALSE);
	case 'n':
		return begin_word(scan, "null", TREE_NULL);
	default:
		if (c != '-' && (c < '0' || c > '9'))
			return scan_malformed(scan, piece, "a value was expected");
		scan->text_from = scan->tree.text_len;
		scan->at = SCAN_IN_NUMBER;
		return SCAN_NOTHING;
	}
}

static enum scan_found close_bracket(struct scan *scan, struct piece *piece)
{
	if (tree_close(&scan->tree, &scan->err) < 0)
		return scan_refuse(scan);
	piece->at++;
	return scan_end_value(scan);
}

/* ---- between values ---- */

static bool is_space(unsigned char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* White space at a place where it means nothing; but the end of a line ends what is on it. */
static enum scan_found pass_space(struct scan *scan, struct piece *piece)
{
	if (*piece->at == '\n' && scan->shape == SCAN_LINES) {
		if (scan->at != SCAN_AT_START && scan->at != SCAN_AT_END)
			return scan_malformed(scan, piece, "the line ends too soon");
		scan->at = SCAN_AT_START;
	}
	piece->at++;
	return SCAN_NOTHING;
}

static enum scan_found begin_document(struct scan *scan, struct piece *piece)
{
	scan->document_from = scan_offset(scan, piece);
	scan->held_from = scan->document_from;
	return begin_value(scan, piece);
}

/* Behind a value within a list or an object. */
static enum scan_found at_next(struct scan *scan, struct piece *piece)
{
	const struct tree *tree = &scan->tree;
	bool is_list = tree->nodes[tree->open[tree->depth - 1]].type == TREE_LIST;

	if (*piece->at == (is_list ? ']' : '}'))
		return close_bracket(scan, piece);
	if (*piece->at != ',')
		return scan_malformed(scan, piece, is_list ? "\",\" or \"]\" was expected" : "\",\" or \"}\" was expected");
	piece->at++;
	scan->at = is_list ? SCAN_AT_VALUE : SCAN_AT_KEY;
	return SCAN_NOTHING;
}

static enum scan_found at_key(struct scan *scan, struct piece *piece)
{
	if (*piece->at == '"')
		return scan_begin_text(scan, piece, true);
	if (*piece->at == '}' && scan->at == SCAN_AT_FIRST_KEY)
		return close_bracket(scan, piece);
	return scan_malformed(scan, piece, "a key was expected");
}

static enum scan_found at_colon(struct scan *scan, struct piece *piece)
{
	if (*piece->at != ':')
		return scan_malformed(scan, piece, "\":\" was expected");
	piece->at++;
	scan->at = SCAN_AT_VALUE;
	return SCAN_NOTHING;
}

static enum scan_found between(struct scan *scan, struct piece *piece)
{
	if (is_space(*piece->at))
		return pass_space(scan, piece);
	switch (scan->at) {
	case SCAN_AT_START:
		return begin_document(scan, piece);
	case SCAN_AT_FIRST_KEY:
	case SCAN_AT_KEY:
		return at_key(scan, piece);
	case SCAN_AT_COLON:
		return at_colon(scan, piece);
	case SCAN_AT_FIRST_ITEM:
		if (*piece->at == ']')
			return close_bracket(scan, piece);
		return begin_value(scan, piece);
	case SCAN_AT_VALUE:
		return begin_value(scan, piece);
	case SCAN_AT_NEXT:
		return at_next(scan, piece);
	default:
		return scan_malformed(scan, piece, "something follows the document");
	}
}

/* ---- for others ---- */

static enum scan_found step(struct scan *scan, struct piece *piece)
{
	switch (scan->at) {
	case SCAN_IN_TEXT:
		return scan_in_text(scan, piece);
	case SCAN_IN_ESCAPE:
		return scan_in_escape(scan, piece);
	case SCAN_IN_UNICODE:
		return scan_in_unicode(scan, piece);
	case SCAN_IN_NUMBER:
		return scan_in_number(scan, piece);
	case SCAN_IN_WORD:
		return scan_in_word(scan, piece);
	case SCAN_IN_SKIPPED:
		return scan_in_skipped(scan, piece);
	case SCAN_IN_LINE:
		return scan_in_line(scan, piece);
	case SCAN_AT_NOWHERE:
		return SCAN_BROKEN;
	default:
		return between(scan, piece);
	}
}

/* The caller has seen it: what was found goes. */
static void rewind_tree(struct scan *scan)
{
	if (!scan->must_rewind)
		return;
	scan->must_rewind = false;
	if (scan->shape == SCAN_ITEMS)
		tree_rewind(&scan->tree, scan->item_count, scan->item_text, object_depth(scan));
	else
		tree_reset(&scan->tree);
	err_clear(&scan->err);
	scan->held_from = scan->seen;
}

/* How many bytes of the text there may be as things stand: what is held is limited, what is skipped is not. */
static uint64_t most_bytes(const struct scan *scan)
{
	if (scan->is_in_object)
		return scan->object_from + scan->limit;
	switch (scan->at) {
	case SCAN_AT_START:
	case SCAN_AT_END:
	case SCAN_IN_LINE:
	case SCAN_AT_NOWHERE:
		return UINT64_MAX;
	case SCAN_IN_SKIPPED:
		return scan->is_refused ? UINT64_MAX : scan->held_from + scan->limit + ENVELOPE_MAX;
	default:
		return scan->held_from + scan->limit + ENVELOPE_MAX;
	}
}

void scan_begin(struct scan *scan, enum scan_shape shape, size_t limit)
{
	struct tree tree = scan->tree;

	tree_reset(&tree);
	*scan = (struct scan){ .tree = tree, .shape = shape, .limit = limit };
}

enum scan_found scan_next(struct scan *scan, const char **bytes, size_t *len)
{
	const unsigned char *start = (const unsigned char *)*bytes;
	struct piece piece = { .start = start, .at = start };
	enum scan_found found = SCAN_NOTHING;

	rewind_tree(scan);
	while (piece.at < start + *len && found == SCAN_NOTHING) {
		uint64_t most = most_bytes(scan) - scan->seen;

		piece.end = start + (most < *len ? most : *len);
		found = piece.at < piece.end ? step(scan, &piece) : refuse_length(scan);
	}
	*len -= (size_t)(piece.at - start);
	*bytes = (const char *)piece.at;
	scan->seen += (uint64_t)(piece.at - start);
	return found;
}

int scan_end(struct scan *scan, struct err *err)
{
	const unsigned char *space = (const unsigned char *)" ";
	struct piece piece = { .start = space, .at = space, .end = space + 1 };

	/* A number ends with what comes behind it. */
	if (scan->at == SCAN_IN_NUMBER && scan->tree.depth == 0)
		(void)scan_in_number(scan, &piece);
	if (err_is_set(&scan->err))
		return err_set(err, scan->err.class, "%s", scan->err.text);
	if (scan->at == SCAN_AT_END)
		return 0;
	return err_set(err, ERR_INPUT, "not JSON: it ends too soon (byte %ju)",
		       (uintmax_t)(scan->seen - scan->document_from));
}

const struct tree_node *scan_object(const struct scan *scan)
{
	const struct tree *tree = &scan->tree;

	if (scan->shape == SCAN_ITEMS)
		return scan->item_count < tree->count ? &tree->nodes[scan->item_count] : NULL;
	return scan->shape == SCAN_LINES ? tree_get(tree, tree_root(tree), "object") : tree_root(tree);
}

void scan_finish(struct scan *scan)
{
	tree_finish(&scan->tree);
}
