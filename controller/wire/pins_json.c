#include "wire/pins_json.h"

#include "wire/json_read.h"
#include "wire/meta_json.h"

static void add_pin(void *user, size_t i, const char *key, const char *value)
{
	struct pins *pins = user;

	pins->items[i] = (struct pin){ .key = key, .image = value };
}

void *pins_read(const struct read_node *object, enum kind kind)
{
	struct pins *pins = arena_new(object->reader->arena, struct pins);
	struct read_node data = read_object(object, "data");

	(void)kind;
	meta_read(object, &pins->meta);
	pins->count = read_size(&data);
	pins->items = arena_new_array(object->reader->arena, pins->count, struct pin);
	read_pairs(&data, add_pin, pins);
	return pins;
}

int pins_to_json(const char *namespace, const struct action_pins *action, char **ret_json,
		 struct err *err)
{
	auto_buf text = BUF_INIT(WRITE_MAX);
	struct writer writer = WRITER_INIT(&text);

	meta_write(&writer, KIND_PINS, namespace, "sluice-pins", action->uid, action->resource_version);
	write_object(&writer, "labels");
	write_text(&writer, LABEL_MANAGED_BY, "sluice");
	write_text(&writer, LABEL_PINS, "true");
	write_object_end(&writer);
	if (action->is_renewal) { /* an apply of the same content alone would make no new version */
		write_object(&writer, "annotations");
		write_text(&writer, ANNOTATION_RENEWED, action->resource_version);
		write_object_end(&writer);
	}
	write_object_end(&writer);
	write_object(&writer, "data");
	for (size_t i = 0; i < action->count; i++)
		write_text(&writer, action->items[i].key, action->items[i].image);
	write_object_end(&writer);
	write_object_end(&writer);
	return write_take(&writer, ret_json, err);
}
