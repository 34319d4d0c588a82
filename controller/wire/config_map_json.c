#include "wire/config_map_json.h"

#include <jansson.h>

#include "wire/json_read.h"

int config_map_from_json(const char *json, size_t len, const char *key, struct arena *arena, const char **ret_text,
			 struct err *err)
{
	auto_json *tree = NULL;
	const json_t *entry;
	int r = read_tree(json, len, READ_OBJECT_MAX, &tree, err);

	if (r < 0)
		return r;
	entry = json_object_get(json_object_get(tree, "data"), key);
	if (!json_is_string(entry))
		return err_set(err, ERR_INPUT, "the ConfigMap has no entry %s", key);
	*ret_text = arena_strdup(arena, json_string_value(entry));
	return 0;
}
