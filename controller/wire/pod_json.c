#include "wire/pod_json.h"

#include "wire/json_read.h"
#include "wire/meta_json.h"

bool pod_spec_is_gated(const struct read_node *pod_spec)
{
	struct read_node gates = read_list(pod_spec, "schedulingGates");

	for (size_t i = 0; i < read_count(&gates); i++) {
		struct read_node gate = read_item(&gates, i);

		if (read_is(&gate, "name", "sluice.dev/no-release"))
			return true;
	}
	return false;
}

void *gated_pod_read(const struct read_node *object, enum kind kind)
{
	struct gated_pod *pod = arena_new(object->reader->arena, struct gated_pod);
	struct read_node spec = read_object(object, "spec");

	(void)kind;
	meta_read(object, &pod->meta);
	pod->is_gated = pod_spec_is_gated(&spec);
	return pod;
}
