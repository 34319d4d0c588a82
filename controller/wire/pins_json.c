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
