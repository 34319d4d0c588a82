#include "wire/config_map_json.h"

#include "wire/json_read.h"

int config_map_from_json(const char *json, size_t len, const char *key, struct arena *arena, const char **ret_text,
			 struct err *err)
{
	auto_json *tree = NULL;
	const char *entry;
	int r = read_tree(json, len, READ_OBJECT_MAX, &tree, err);

	if (r < 0)
		return r;
	entry = tree_text(tree, tree_get(tree, tree_get(tree, tree_root(tree), "data"), key));
	if (entry == NULL)
		return err_set(err, ERR_INPUT, "the ConfigMap has no entry %s", key);
	*ret_text = arena_strdup(arena, entry);
	return 0;
}
