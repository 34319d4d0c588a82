#include "wire/stop_json.h"

#include "wire/json_read.h"
#include "wire/meta_json.h"

struct terms {
	struct arena *arena;
	struct stop *stop;
};

/* A label that has to have one value. */
static void add_label(void *user, size_t i, const char *key, const char *value)
{
	struct terms *terms = user;
	const char **values = arena_new(terms->arena, const char *);

	(void)i;
	*values = value;
	terms->stop->terms[terms->stop->count++] = (struct stop_term){ key, STOP_IN, values, 1 };
}

static void read_expression(const struct read_node *item, struct stop_term *ret)
{
	static const char *const operators[] = { "In", "NotIn", "Exists", "DoesNotExist" };
	struct read_node values = read_list(item, "values");
	int operator = read_choice(item, "operator", operators, 4, -1);

	if (operator < 0)
		read_complain(item, "operator is missing");
	ret->operator = operator < 0 ? STOP_IN : (enum stop_operator)operator;
	ret->key = read_needed_text(item, "key");
	ret->count = read_count(&values);
	ret->values = arena_new_array(item->reader->arena, ret->count, const char *);
	for (size_t i = 0; i < ret->count; i++)
		ret->values[i] = read_text_item(&values, i);
}

void *stop_read(const struct read_node *object, enum kind kind)
{
	struct arena *arena = object->reader->arena;
	struct stop *stop = arena_new(arena, struct stop);
	struct read_node spec = read_object(object, "spec");
	struct read_node selector = read_object(&spec, "selector");
	struct read_node labels = read_object(&selector, "matchLabels");
	struct read_node expressions = read_list(&selector, "matchExpressions");
	struct terms terms = { arena, stop };

	(void)kind;
	meta_read(object, &stop->meta);
	stop->reason = read_needed_text(&spec, "reason");
	stop->terms = arena_new_array(arena, read_size(&labels) + read_count(&expressions), struct stop_term);
	read_pairs(&labels, add_label, &terms);
	for (size_t i = 0; i < read_count(&expressions); i++) {
		struct read_node item = read_item(&expressions, i);

		read_expression(&item, &stop->terms[stop->count++]);
	}
	return stop;
}
