#include "wire/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/str.h"
#include "wire/json_write.h"
#include "wire/yaml_scalar.h"

#define DEPTH_MAX 64

struct translation {
	struct writer writer;
	struct err *err;
	size_t depth;
	bool is_map[DEPTH_MAX]; /* by depth: what is open */
	char *key;              /* in a map: the key that was read and whose value comes next */
};

static int refuse(struct translation *t, const yaml_mark_t *mark, const char *why)
{
	return err_set(t->err, ERR_INPUT, "line %zu, column %zu: %s", mark->line + 1, mark->column + 1,
		       why);
}

static bool awaits_key(const struct translation *t)
{
	return t->depth > 0 && t->is_map[t->depth - 1] && t->key == NULL;
}

static void drop_key(struct translation *t)
{
	free(t->key);
	t->key = NULL;
}

static int open_collection(struct translation *t, const yaml_event_t *event, bool is_map)
{
	const yaml_char_t *anchor = is_map ? event->data.mapping_start.anchor
					   : event->data.sequence_start.anchor;
	const yaml_char_t *tag = is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag;

	if (anchor != NULL)
		return refuse(t, &event->start_mark, "anchors are not taken here");
	if (tag != NULL)
		return refuse(t, &event->start_mark, "tags are not taken here");
	if (awaits_key(t))
		return refuse(t, &event->start_mark, "a key has to be a scalar");
	if (t->depth == DEPTH_MAX)
		return refuse(t, &event->start_mark, "nested too deep");
	if (is_map)
		write_object(&t->writer, t->key);
	else
		write_list(&t->writer, t->key);
	drop_key(t);
	t->is_map[t->depth++] = is_map;
	return 0;
}

static int take_key(struct translation *t, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;

	if (str_equal(text, "<<") && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		return refuse(t, &event->start_mark, "merge keys are not taken here");
	if (strlen(text) != event->data.scalar.length)
		return refuse(t, &event->start_mark, "a NUL in a key");
	t->key = strdup(text);
	if (t->key == NULL)
		return err_set(t->err, ERR_NOMEM, "no memory for a key");
	return 0;
}

static int take_scalar(struct translation *t, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	const char *tag = (const char *)event->data.scalar.tag;
	const char *why = NULL;

	if (event->data.scalar.anchor != NULL)
		return refuse(t, &event->start_mark, "anchors are not taken here");
	if (tag != NULL && !str_equal(tag, YAML_STR_TAG) && !str_equal(tag, "!"))
		return refuse(t, &event->start_mark, "of the tags only !!str is taken here");
	if (awaits_key(t))
		return take_key(t, event);
	if (tag == NULL && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		why = yaml_scalar_write(&t->writer, t->key, text);
	else
		write_bytes(&t->writer, t->key, text, event->data.scalar.length);
	drop_key(t);
	return why == NULL ? 0 : refuse(t, &event->start_mark, why);
}

static int step(struct translation *t, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_MAPPING_START_EVENT:
		return open_collection(t, event, true);
	case YAML_SEQUENCE_START_EVENT:
		return open_collection(t, event, false);
	case YAML_MAPPING_END_EVENT:
		t->depth--;
		write_object_end(&t->writer);
		return 0;
	case YAML_SEQUENCE_END_EVENT:
		t->depth--;
		write_list_end(&t->writer);
		return 0;
	case YAML_SCALAR_EVENT:
		return take_scalar(t, event);
	case YAML_ALIAS_EVENT:
		return refuse(t, &event->start_mark, "aliases are not taken here");
	case YAML_DOCUMENT_END_EVENT:
		t->writer.needs_comma = false;
		return buf_puts(t->writer.buf, "\n", t->err);
	default:
		return 0;
	}
}

static int parse_failed(const yaml_parser_t *parser, struct err *err)
{
	const yaml_mark_t *at = &parser->problem_mark;

	if (parser->error == YAML_MEMORY_ERROR)
		return err_set(err, ERR_NOMEM, "no memory to read YAML");
	if (parser->error == YAML_READER_ERROR)
		return err_set(err, ERR_INPUT, "byte %zu: %s", parser->problem_offset, parser->problem);
	return err_set(err, ERR_INPUT, "line %zu, column %zu: %s", at->line + 1, at->column + 1,
		       parser->problem);
}

static int translate(struct translation *t, yaml_parser_t *parser)
{
	bool is_done = false;

	while (!is_done) {
		yaml_event_t event;
		int r;

		if (yaml_parser_parse(parser, &event) == 0)
			return parse_failed(parser, t->err);
		is_done = event.type == YAML_STREAM_END_EVENT;
		r = step(t, &event);
		yaml_event_delete(&event);
		if (r < 0)
			return r;
		if (err_is_set(&t->writer.err))
			return err_set(t->err, t->writer.err.class, "%s", t->writer.err.text);
	}
	return 0;
}

int yaml_to_json(const char *text, size_t len, struct buf *out, struct err *err)
{
	struct err own = ERR_INIT;
	struct translation t = { .writer = WRITER_INIT(out), .err = &own };
	yaml_parser_t parser;
	int r;

	if (yaml_parser_initialize(&parser) == 0)
		return err_set(err, ERR_NOMEM, "no memory to read YAML");
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	r = translate(&t, &parser);
	drop_key(&t);
	yaml_parser_delete(&parser);
	return r < 0 ? err_set(err, own.class, "%s", own.text) : 0;
}
