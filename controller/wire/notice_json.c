#include "wire/notice_json.h"

#include "base/str.h"
#include "domain/promotion.h"
#include "wire/json_read.h"
#include "wire/json_write.h"
#include "wire/meta_json.h"
#include "wire/release_json.h"

/* Twice an object, for the same as text. */
#define BODY_MAX (2 * READ_OBJECT_MAX)

struct notice {
	const struct tree *tree;
	const struct tree_node *conditions; /* that the object has */
	const struct conditions *wanted;
};

static const char *text_of(const struct tree *tree, const struct tree_node *object, const char *key)
{
	const char *text = tree_text(tree, tree_get(tree, object, key));

	return text == NULL ? "" : text;
}

/* The object's condition of that type, or NULL. */
static const struct tree_node *find(const struct notice *n, const char *type)
{
	const struct tree_node *item = NULL;

	while ((item = tree_next(n->tree, n->conditions, item)) != NULL) {
		if (str_equal(text_of(n->tree, item, "type"), type))
			return item;
	}
	return NULL;
}

static bool says(const struct notice *n, const struct condition *wanted)
{
	const struct tree_node *item = find(n, wanted->type);

	return item != NULL && str_equal(text_of(n->tree, item, "status"), condition_status_name(wanted->status)) &&
	       str_equal(text_of(n->tree, item, "reason"), wanted->reason) &&
	       str_equal(text_of(n->tree, item, "message"), wanted->message);
}

static bool says_all(const struct notice *n)
{
	for (size_t i = 0; i < n->wanted->count; i++) {
		if (!says(n, &n->wanted->items[i]))
			return false;
	}
	return true;
}

static bool has_ended(const struct tree *tree, const struct tree_node *status)
{
	const char *phase = text_of(tree, status, "phase");

	for (enum promotion_phase i = PHASE_SUCCEEDED; i <= PHASE_SUPERSEDED; i++) {
		if (str_equal(phase, promotion_phase_name(i)))
			return true;
	}
	return false;
}

static bool is_replaced(const struct notice *n, const char *type)
{
	return str_equal(type, "Reconciling") || condition_find(n->wanted, type) != NULL;
}

/* A lastTransitionTime moves only when the status does. */
static void write_condition(const struct notice *n, const struct condition *wanted, struct writer *writer)
{
	const struct tree_node *before = find(n, wanted->type);
	bool is_same = before != NULL &&
		       str_equal(text_of(n->tree, before, "status"), condition_status_name(wanted->status));
	const char *since = is_same ? text_of(n->tree, before, "lastTransitionTime") : "";

	write_object(writer, NULL);
	write_text(writer, "type", wanted->type);
	write_text(writer, "status", condition_status_name(wanted->status));
	write_text(writer, "reason", wanted->reason);
	write_text(writer, "message", wanted->message);
	if (since[0] != '\0')
		write_text(writer, "lastTransitionTime", since);
	else
		write_time(writer, "lastTransitionTime", wanted->transition_ms);
	write_object_end(writer);
}

static void write_status(const struct notice *n, const struct tree_node *status, struct writer *writer)
{
	const struct tree_node *at = NULL;

	write_object(writer, "status");
	while (tree_is(status, TREE_OBJECT) && (at = tree_next(n->tree, status, at)) != NULL) {
		if (at != n->conditions)
			tree_write(n->tree, at, tree_key(n->tree, at), writer);
	}
	write_list(writer, "conditions");
	at = NULL;
	while ((at = tree_next(n->tree, n->conditions, at)) != NULL) {
		if (!is_replaced(n, text_of(n->tree, at, "type")))
			tree_write(n->tree, at, NULL, writer);
	}
	for (size_t i = 0; i < n->wanted->count; i++)
		write_condition(n, &n->wanted->items[i], writer);
	write_list_end(writer);
	write_object_end(writer);
}

static int write_body(enum kind kind, const struct notice *n, const struct tree_node *root, char **ret_body,
		      struct err *err)
{
	const struct tree_node *metadata = tree_get(n->tree, root, "metadata");
	auto_buf text = BUF_INIT(BODY_MAX);
	struct writer writer = WRITER_INIT(&text);

	meta_write(&writer, kind, text_of(n->tree, metadata, "namespace"), text_of(n->tree, metadata, "name"),
		   text_of(n->tree, metadata, "uid"), text_of(n->tree, metadata, "resourceVersion"));
	write_object_end(&writer);
	write_status(n, tree_get(n->tree, root, "status"), &writer);
	write_object_end(&writer);
	return write_take(&writer, ret_body, err);
}

int notice_to_json(enum kind kind, const char *uid, const struct conditions *notice, const char *json, size_t len,
		   char **ret_body, struct err *err)
{
	auto_json *tree = NULL;
	const struct tree_node *root;
	const struct tree_node *status;
	struct notice n;
	int r = read_tree(json, len, READ_OBJECT_MAX, &tree, err);

	*ret_body = NULL;
	if (r < 0)
		return r;
	root = tree_root(tree);
	if (!str_equal(text_of(tree, tree_get(tree, root, "metadata"), "uid"), uid))
		return err_set(err, ERR_CONFLICT, "%s in quarantine has been made anew", kind_info(kind)->name);
	status = tree_get(tree, root, "status");
	n = (struct notice){ tree, tree_get(tree, status, "conditions"), notice };
	if (says_all(&n) || (kind == KIND_PROMOTION && has_ended(tree, status)))
		return 0;
	return write_body(kind, &n, root, ret_body, err);
}
