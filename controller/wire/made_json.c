#include "wire/made_json.h"

#include "domain/made.h"
#include "wire/json_read.h"
#include "wire/meta_json.h"

static struct made *read_made(const struct read_node *object)
{
	struct made *made = arena_new(object->reader->arena, struct made);
	struct read_node metadata = read_object(object, "metadata");
	struct read_node annotations = read_object(&metadata, "annotations");

	meta_read(object, &made->meta);
	made->applied = read_text(&annotations, "sluice.dev/applied");
	return made;
}

static const char *or_empty(const char *text)
{
	return text == NULL ? "" : text;
}

void *scaler_read(const struct read_node *object, enum kind kind)
{
	struct made *made = read_made(object);
	struct read_node spec = read_object(object, "spec");
	struct read_node target = read_object(&spec, "scaleTargetRef");

	(void)kind;
	made->summary = made_scaler_summary(object->reader->arena, or_empty(read_text(&target, "kind")),
					    or_empty(read_text(&target, "name")),
					    read_int(&spec, "minReplicas", 0, INT32_MAX, 0),
					    read_int(&spec, "maxReplicas", 0, INT32_MAX, 0));
	return made;
}

static void add_label(void *user, size_t i, const char *key, const char *value)
{
	struct label *labels = user;

	labels[i] = (struct label){ .key = key, .value = value };
}

void *service_read(const struct read_node *object, enum kind kind)
{
	/* What the summary is made of is not kept. */
	struct arena scratch = ARENA_INIT;
	struct reader aside = { .arena = &scratch, .err = object->reader->err,
				.is_tolerant = object->reader->is_tolerant };
	struct made *made = read_made(object);
	struct read_node top = read_with(object, &aside);
	struct read_node spec = read_object(&top, "spec");
	struct read_node selector = read_object(&spec, "selector");
	struct read_node list = read_list(&spec, "ports");
	size_t label_count = read_size(&selector);
	size_t port_count = read_count(&list);
	struct label *labels = arena_new_array(&scratch, label_count, struct label);
	struct service_port *ports = arena_new_array(&scratch, port_count, struct service_port);

	(void)kind;
	read_pairs(&selector, add_label, labels);
	for (size_t i = 0; i < port_count; i++) {
		struct read_node item = read_item(&list, i);

		ports[i].name = read_text(&item, "name");
		ports[i].port = read_int(&item, "port", 0, UINT16_MAX, 0);
		ports[i].target_port = read_int_or_text(&item, "targetPort");
		ports[i].protocol = read_text(&item, "protocol");
	}
	made->summary = arena_strdup(object->reader->arena,
				     made_service_summary(&scratch, labels, label_count, ports,
							  port_count));
	arena_finish(&scratch);
	return made;
}
