#include "wire/secret_json.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/json_read.h"

/* The six bits of a character, or -1. */
static int sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* Decodes padded base64 as the apiserver writes it. false when it is none. */
static bool decode(const char *text, size_t len, char *ret, size_t *ret_len)
{
	size_t padding = 0;
	size_t n = 0;
	uint32_t bits = 0;

	if (len % 4 != 0)
		return false;
	while (padding < 2 && padding < len && text[len - 1 - padding] == '=')
		padding++;
	for (size_t i = 0; i < len - padding; i++) {
		int value = sextet(text[i]);

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		if (i % 4 > 0)
			ret[n++] = (char)(bits >> (6 - 2 * (i % 4)) & 0xff);
	}
	ret[n] = '\0';
	*ret_len = n;
	return true;
}

/* Wipes all texts of an object; jansson hands them out as const, but they are this tree's alone. */
static void wipe_texts(json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value) {
		if (json_is_string(value))
			explicit_bzero((void *)(uintptr_t)json_string_value(value),
				       json_string_length(value));
	}
}

static int decode_entry(const json_t *data, const char *key, char **ret_text, size_t *ret_len,
			struct err *err)
{
	const json_t *entry = json_object_get(data, key);
	size_t len = json_string_length(entry);
	char *text;

	if (!json_is_string(entry))
		return err_set(err, ERR_INPUT, "the Secret has no entry %s", key);
	text = malloc(len / 4 * 3 + 4);
	if (text == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a Secret of %zu bytes", len);
	if (!decode(json_string_value(entry), len, text, ret_len)) {
		secret_wipe(text, len / 4 * 3);
		return err_set(err, ERR_INPUT, "the Secret's entry %s is not base64", key);
	}
	*ret_text = text;
	return 0;
}

int secret_from_json(const char *json, size_t len, const char *key, char **ret_text, size_t *ret_len,
		     struct err *err)
{
	struct err why = ERR_INIT;
	auto_json *tree = NULL;
	json_t *data;
	int r;

	/* jansson's own words may quote the text. */
	r = read_tree(json, len, READ_OBJECT_MAX, &tree, &why);
	if (r < 0)
		return err_set(err, why.class, "the answer is not a Secret in JSON");
	data = json_object_get(tree, "data");
	r = decode_entry(data, key, ret_text, ret_len, err);
	wipe_texts(data);
	return r;
}

void secret_wipe(char *text, size_t len)
{
	if (text == NULL)
		return;
	explicit_bzero(text, len);
	free(text);
}
