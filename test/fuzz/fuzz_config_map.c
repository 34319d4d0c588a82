/* One entry of a ConfigMap, whose key is the first line; jansson sees the same in the rest. */
#include <jansson.h>

#include "base/str.h"
#include "fuzz.h"
#include "wire/config_map_json.h"

/* jansson takes a NUL for the end, what is skipped is not looked at, and nothing is as deep as for jansson. */
static void compare(const char *json, size_t len, const char *key, const char *entry, const struct err *err)
{
	json_t *theirs;

	if (memchr(json, '\0', len) != NULL || memmem(json, len, "managedFields", 13) != NULL ||
	    strstr(err->text, "nested deeper than") != NULL)
		return;
	theirs = json_loadb(json, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	CHECK(str_equal(json_string_value(json_object_get(json_object_get(theirs, "data"), key)), entry));
	json_decref(theirs);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *key = fuzz_text(bytes, len);
	size_t head = strcspn(key, "\n");
	size_t skipped = head < len ? head + 1 : len;
	const char *json = (const char *)bytes + skipped;
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct err err_again = ERR_INIT;
	const char *entry = NULL;
	const char *again = NULL;
	int r;

	key[head] = '\0';
	r = config_map_from_json(json, len - skipped, key, &arena, &entry, &err);
	fuzz_check_same_err(r, &err, config_map_from_json(json, len - skipped, key, &arena, &again, &err_again), &err_again);
	CHECK((r == 0) == (entry != NULL) && str_equal(entry, again));
	compare(json, len - skipped, key, entry, &err);
	arena_finish(&arena);
	free(key);
	return 0;
}
