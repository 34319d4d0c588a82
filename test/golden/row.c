#include "row.h"

#include "base/clock.h"
#include "base/str.h"

void row_refuse(struct world_file *file, const char *what, const char *why)
{
	(void)err_set(&file->err, ERR_INPUT, "%s %s", what == NULL ? "something" : what, why);
}

const char *row_text_at(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

const char *row_text_of(struct world_file *file, const json_t *json, const char *what)
{
	if (!json_is_string(json))
		row_refuse(file, what, "is not a text");
	return json_is_string(json) ? json_string_value(json) : "";
}

int64_t row_moment_at(struct world_file *file, const json_t *object, const char *key)
{
	const char *text = row_text_at(object, key);
	int64_t ms = 0;

	if (text != NULL && !clock_parse(text, &ms))
		row_refuse(file, text, "is not a moment");
	return ms;
}

void row_failure(struct world_file *file, const json_t *failed, struct lookup_failure *ret)
{
	static const enum err_class classes[] = { ERR_INPUT, ERR_CONFLICT, ERR_GONE, ERR_NOTFOUND,
						  ERR_DENIED, ERR_BUSY,    ERR_NET };
	const char *name = row_text_at(failed, "class");

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (str_equal(name, err_class_name(classes[i])))
			ret->class = classes[i];
	}
	if (ret->class == ERR_NONE)
		row_refuse(file, name, "is not an error class");
	ret->message = row_text_at(failed, "message");
	ret->retry_ms = row_moment_at(file, failed, "retryAt");
}

enum knowledge row_knowledge(struct world_file *file, const json_t *row, struct lookup_failure *ret_failure)
{
	const json_t *failed = json_object_get(row, "failed");

	if (failed != NULL) {
		row_failure(file, failed, ret_failure);
		return KNOWLEDGE_FAILED;
	}
	return json_is_true(json_object_get(row, "pending")) ? KNOWLEDGE_PENDING : KNOWLEDGE_KNOWN;
}
