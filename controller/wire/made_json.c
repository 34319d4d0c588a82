#include "wire/made_json.h"

#include "base/str.h"
#include "domain/made.h"
#include "wire/json_read.h"
#include "wire/meta_json.h"

static struct made *read_made(const struct read_node *object)
{
	struct made *made = arena_new(object->reader->arena, struct made);
	struct read_node metadata = read_object(object, "metadata");
	struct read_node annotations = read_object(&metadata, "annotations");

	meta_read(object, &made->meta);
	made->applied = read_text(&annotations, ANNOTATION_APPLIED);
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

/* ---- struct → JSON ---- */

static void write_owner(struct writer *writer, const struct meta *channel)
{
	write_list(writer, "ownerReferences");
	write_object(writer, NULL);
	write_text(writer, "apiVersion", kind_info(KIND_CHANNEL)->api_version);
	write_text(writer, "kind", kind_info(KIND_CHANNEL)->name);
	write_text(writer, "name", channel->name);
	write_text(writer, "uid", channel->uid);
	write_flag(writer, "controller", true);
	write_flag(writer, "blockOwnerDeletion", true);
	write_object_end(writer);
	write_list_end(writer);
}

/* Begins the object and writes its metadata, whole. */
static void write_made(struct writer *writer, enum kind kind, const struct meta *channel,
		       const char *name, const char *applied)
{
	meta_write(writer, kind, channel->namespace, name, NULL, NULL);
	write_object(writer, "labels");
	write_text(writer, LABEL_MANAGED_BY, "sluice");
	write_text(writer, LABEL_CHANNEL, channel->name);
	write_object_end(writer);
	write_object(writer, "annotations");
	write_text(writer, ANNOTATION_APPLIED, applied);
	write_object_end(writer);
	write_owner(writer, channel);
	write_object_end(writer);
}

int scaler_to_json(const struct meta *channel, const struct action_scaler *action, char **ret_json,
		   struct err *err)
{
	auto_buf text = BUF_INIT(WRITE_MAX);
	struct writer writer = WRITER_INIT(&text);
	const struct autoscaling *spec = action->spec;

	write_made(&writer, KIND_SCALER, channel, spec->workload, action->applied);
	write_object(&writer, "spec");
	write_object(&writer, "scaleTargetRef");
	write_text(&writer, "apiVersion", "apps/v1");
	write_text(&writer, "kind", workload_kind_name(action->kind));
	write_text(&writer, "name", spec->workload);
	write_object_end(&writer);
	write_count(&writer, "minReplicas", spec->min_replicas);
	write_int(&writer, "maxReplicas", spec->max_replicas);
	write_raw(&writer, "metrics", spec->metrics);
	write_raw(&writer, "behavior", spec->behavior);
	write_object_end(&writer);
	write_object_end(&writer);
	return write_take(&writer, ret_json, err);
}

/* Target and protocol are always said: they are part of what the apiserver merges ports by. */
static void write_port(struct writer *writer, const struct service_port *port)
{
	int64_t number = port->port;

	write_object(writer, NULL);
	write_text(writer, "name", port->name);
	write_int(writer, "port", port->port);
	if (str_is_empty(port->target_port) || str_to_int(port->target_port, 1, UINT16_MAX, &number))
		write_int(writer, "targetPort", number);
	else
		write_text(writer, "targetPort", port->target_port);
	write_text(writer, "protocol", str_is_empty(port->protocol) ? "TCP" : port->protocol);
	write_object_end(writer);
}

int service_to_json(const struct meta *channel, const struct action_service *action, char **ret_json,
		    struct err *err)
{
	auto_buf text = BUF_INIT(WRITE_MAX);
	struct writer writer = WRITER_INIT(&text);

	write_made(&writer, KIND_SERVICE, channel, action->spec->name, action->applied);
	write_object(&writer, "spec");
	write_object(&writer, "selector");
	for (size_t i = 0; i < action->selector_count; i++)
		write_text(&writer, action->selector[i].key, action->selector[i].value);
	write_object_end(&writer);
	write_list(&writer, "ports");
	for (size_t i = 0; i < action->spec->count; i++)
		write_port(&writer, &action->spec->ports[i]);
	write_list_end(&writer);
	write_object_end(&writer);
	write_object_end(&writer);
	return write_take(&writer, ret_json, err);
}
