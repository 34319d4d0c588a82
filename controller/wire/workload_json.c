#include "wire/workload_json.h"

#include "wire/json_read.h"
#include "wire/meta_json.h"
#include "wire/pod_json.h"

struct count_names { /* where a kind's status has what struct workload has; NULL: nowhere */
	const char *updated;
	const char *total;
	const char *ready;
	const char *available;
};

static const struct count_names count_names[WORKLOAD_KIND_COUNT] = {
	[WORKLOAD_DEPLOYMENT] = { "updatedReplicas", "replicas", "readyReplicas", "availableReplicas" },
	[WORKLOAD_STATEFULSET] = { "updatedReplicas", "replicas", "readyReplicas", "availableReplicas" },
	[WORKLOAD_DAEMONSET] = { "updatedNumberScheduled", "currentNumberScheduled", "numberReady",
				 "numberAvailable" },
};

static enum workload_kind workload_kind_of(enum kind kind)
{
	CHECK(kind >= KIND_DEPLOYMENT && kind <= KIND_CRONJOB);
	return (enum workload_kind)(kind - KIND_DEPLOYMENT);
}

static void add_containers(const struct read_node *pod, const char *key, bool is_init,
			   struct workload *workload)
{
	struct read_node list = read_list(pod, key);

	for (size_t i = 0; i < read_count(&list); i++) {
		struct read_node item = read_item(&list, i);
		struct container *container = &workload->containers[workload->count++];
		const char *image = read_text(&item, "image");

		container->name = read_needed_text(&item, "name");
		container->image = image == NULL ? "" : image;
		container->is_init = is_init;
	}
}

static void read_template(const struct read_node *template, struct workload *workload)
{
	struct read_node pod = read_object(template, "spec");
	struct read_node containers = read_list(&pod, "containers");
	struct read_node init_containers = read_list(&pod, "initContainers");

	workload->containers =
		arena_new_array(template->reader->arena,
				read_count(&containers) + read_count(&init_containers),
				struct container);
	add_containers(&pod, "containers", false, workload);
	add_containers(&pod, "initContainers", true, workload);
	workload->is_gated = pod_spec_is_gated(&pod);
}

static void add_label(void *user, size_t i, const char *key, const char *value)
{
	struct workload *workload = user;

	workload->selector[i] = (struct label){ .key = key, .value = value };
}

static void read_selector(const struct read_node *spec, struct workload *workload)
{
	struct read_node selector = read_object(spec, "selector");
	struct read_node labels = read_object(&selector, "matchLabels");
	struct read_node expressions = read_list(&selector, "matchExpressions");

	workload->selector_count = read_size(&labels);
	workload->selector =
		arena_new_array(spec->reader->arena, workload->selector_count, struct label);
	read_pairs(&labels, add_label, workload);
	workload->has_expressions = read_count(&expressions) > 0;
}

static int64_t read_number(const struct read_node *node, const char *key)
{
	return key == NULL ? 0 : read_int(node, key, 0, INT32_MAX, 0);
}

static void read_counts(const struct read_node *spec, const struct read_node *status,
			struct workload *workload)
{
	const struct count_names *names = &count_names[workload->kind];

	workload->updated = read_number(status, names->updated);
	workload->total = read_number(status, names->total);
	workload->ready = read_number(status, names->ready);
	workload->available = read_number(status, names->available);
	workload->observed_generation =
		read_int(status, "observedGeneration", 0, INT64_MAX, 0);
	if (workload->kind == WORKLOAD_DAEMONSET)
		workload->desired = read_number(status, "desiredNumberScheduled");
	else if (workload->kind == WORKLOAD_CRONJOB)
		workload->observed_generation = workload->meta.generation;
	else
		workload->desired = read_int(spec, "replicas", 0, INT32_MAX, 1);
}

/* Why the pods of a Deployment do not come: that they can not be made says more than that they are late. */
static const char *read_progress(const struct read_node *status)
{
	struct read_node list = read_list(status, "conditions");
	const char *progress = NULL;

	for (size_t i = 0; i < read_count(&list); i++) {
		struct read_node item = read_item(&list, i);

		if (read_is(&item, "type", "ReplicaFailure") && read_is(&item, "status", "True"))
			return read_text(&item, "message");
		if (read_is(&item, "type", "Progressing") && read_is(&item, "status", "False"))
			progress = read_text(&item, "message");
	}
	return progress;
}

void *workload_read(const struct read_node *object, enum kind kind)
{
	struct workload *workload = arena_new(object->reader->arena, struct workload);
	struct read_node spec = read_object(object, "spec");
	struct read_node status = read_object(object, "status");
	struct read_node job = read_object(&spec, "jobTemplate");
	struct read_node job_spec = read_object(&job, "spec");
	bool is_job = kind == KIND_CRONJOB;
	struct read_node template = read_object(is_job ? &job_spec : &spec, "template");
	struct read_node strategy = read_object(&spec, "updateStrategy");
	struct read_node rolling = read_object(&strategy, "rollingUpdate");
	const char *current = read_text(&status, "currentRevision");
	const char *update = read_text(&status, "updateRevision");

	meta_read(object, &workload->meta);
	workload->kind = workload_kind_of(kind);
	read_template(&template, workload);
	read_selector(&spec, workload);
	read_counts(&spec, &status, workload);
	workload->is_paused = read_flag(&spec, is_job ? "suspend" : "paused");
	workload->is_on_delete = read_is(&strategy, "type", "OnDelete");
	workload->partition = read_int(&rolling, "partition", 0, INT32_MAX, 0);
	workload->current_revision = current == NULL ? "" : current;
	workload->update_revision = update == NULL ? "" : update;
	workload->progress_message = read_progress(&status);
	return workload;
}

static void write_containers(struct writer *writer, const char *key, bool is_init,
			     const struct action_workload *action)
{
	size_t written = 0;

	for (size_t i = 0; i < action->count; i++) {
		if (action->containers[i].is_init != is_init)
			continue;
		if (written++ == 0)
			write_list(writer, key);
		write_object(writer, NULL);
		write_text(writer, "name", action->containers[i].name);
		write_text(writer, "image", action->containers[i].image);
		write_object_end(writer);
	}
	if (written > 0)
		write_list_end(writer);
}

static void write_template(struct writer *writer, const struct action_workload *action)
{
	write_object(writer, "template");
	write_object(writer, "spec");
	write_containers(writer, "containers", false, action);
	write_containers(writer, "initContainers", true, action);
	write_object_end(writer);
	write_object_end(writer);
}

int workload_to_json(const char *namespace, const char *channel, const struct action_workload *action,
		     char **ret_json, struct err *err)
{
	auto_buf text = BUF_INIT(WRITE_MAX);
	struct writer writer = WRITER_INIT(&text);
	bool is_job = action->kind == WORKLOAD_CRONJOB;

	meta_write(&writer, (enum kind)(KIND_DEPLOYMENT + action->kind), namespace, action->name,
		   action->uid, NULL);
	write_object(&writer, "labels");
	write_text(&writer, LABEL_CHANNEL, channel);
	write_object_end(&writer);
	write_object_end(&writer);
	write_object(&writer, "spec");
	if (is_job) {
		write_object(&writer, "jobTemplate");
		write_object(&writer, "spec");
	}
	write_template(&writer, action);
	if (is_job) {
		write_object_end(&writer);
		write_object_end(&writer);
	}
	write_object_end(&writer);
	write_object_end(&writer);
	return write_take(&writer, ret_json, err);
}
