#include "wire/secret_json.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/json_read.h"
#include "wire/sextets.h"

static int decode_entry(const json_t *data, const char *key, bool is_optional, char **ret_text,
			size_t *ret_len, struct err *err)
{
	const json_t *entry = json_object_get(data, key);
	size_t len = json_string_length(entry);
	char *text;

	*ret_text = NULL;
	*ret_len = 0;
	if (entry == NULL && is_optional)
		return 0;
	if (!json_is_string(entry))
		return err_set(err, ERR_INPUT, "the Secret has no entry %s", key);
	text = malloc(SEXTETS_DECODED_SIZE(len));
	if (text == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a Secret of %zu bytes", len);
	if (!sextets_decode(json_string_value(entry), len, text, ret_len)) {
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
	json_t *data;
	int r;

	/* jansson's own words may quote the text. */
	r = read_tree(json, len, READ_OBJECT_MAX, &tree, &why);
	if (r < 0)
		return err_set(err, why.class, "the answer is not a Secret in JSON");
	data = json_object_get(tree, "data");
	r = decode_entry(data, key, is_optional, ret_text, ret_len, err);
	read_wipe(data);
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
