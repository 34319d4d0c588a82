#include "wire/secret_json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/json_read.h"
#include "wire/sextets.h"

static int decode_entry(const struct tree *tree, const char *key, bool is_optional, char **ret_text,
			size_t *ret_len, struct err *err)
{
	const struct tree_node *entry = tree_get(tree, tree_get(tree, tree_root(tree), "data"), key);
	size_t len = tree_is(entry, TREE_TEXT) ? entry->count : 0;
	char *text;

	*ret_text = NULL;
	*ret_len = 0;
	if (entry == NULL && is_optional)
		return 0;
	if (!tree_is(entry, TREE_TEXT))
		return err_set(err, ERR_INPUT, "the Secret has no entry %s", key);
	text = malloc(SEXTETS_DECODED_SIZE(len));
	if (text == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a Secret of %zu bytes", len);
	if (!sextets_decode(tree_text(tree, entry), len, text, ret_len)) {
		secret_wipe(text, SEXTETS_DECODED_SIZE(len) - 1);
		return err_set(err, ERR_INPUT, "the Secret's entry %s is not base64", key);
	}
	*ret_text = text;
	return 0;
}

static int read_entry(const char *json, size_t len, const char *key, bool is_optional, char **ret_text,
		      size_t *ret_len, struct err *err)
{
	struct err why = ERR_INIT;
	auto_json *tree = NULL;
	int r;

	/* What is said of bad text may quote it. */
	r = read_tree(json, len, READ_OBJECT_MAX, &tree, &why);
	if (r < 0)
		return err_set(err, why.class, "the answer is not a Secret in JSON");
	r = decode_entry(tree, key, is_optional, ret_text, ret_len, err);
	tree_wipe(tree);
	return r;
}

int secret_from_json(const char *json, size_t len, const char *key, char **ret_text, size_t *ret_len,
		     struct err *err)
{
	return read_entry(json, len, key, false, ret_text, ret_len, err);
}

int secret_optional_from_json(const char *json, size_t len, const char *key, char **ret_text, size_t *ret_len,
			      struct err *err)
{
	return read_entry(json, len, key, true, ret_text, ret_len, err);
}

void secret_wipe(char *text, size_t len)
{
	if (text == NULL)
		return;
	explicit_bzero(text, len);
	free(text);
}
