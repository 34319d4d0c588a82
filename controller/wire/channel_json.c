#include "wire/channel_json.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "wire/json_read.h"
#include "wire/meta_json.h"
#include "wire/release_json.h"
#include "wire/verification_json.h"

#define MINUTE_MS ((int64_t)60 * 1000)
#define KEEP_COUNT 20 /* the defaults of the schema */
#define KEEP_COUNT_MAX 500
#define KEEP_AGE_MS (24 * 60 * MINUTE_MS)
#define REPLICAS_MAX 1000000
#define LABELS_MAX ((size_t)256 * 1024) /* what the apiserver takes of labels and annotations */

static void read_artifacts(const struct read_node *spec, struct channel *channel)
{
	struct read_node list = read_list(spec, "artifacts");

	channel->artifact_count = read_count(&list);
	channel->artifacts =
		arena_new_array(spec->reader->arena, channel->artifact_count, struct artifact);
	for (size_t i = 0; i < channel->artifact_count; i++) {
		struct read_node item = read_item(&list, i);
		struct read_node secret = read_object(&item, "pullSecretRef");
		struct artifact *artifact = &channel->artifacts[i];

		artifact->name = read_needed_text(&item, "name");
		artifact->image = read_needed_text(&item, "image");
		if (read_is_present(&secret))
			artifact->pull_secret = read_needed_text(&secret, "name");
	}
}

static void read_upstream(const struct read_node *spec, struct upstream *upstream)
{
	static const char *const matches[] = { "Any", "All" };
	struct read_node object = read_object(spec, "upstream");
	struct read_node list = read_list(&object, "channels");

	upstream->match =
		(enum upstream_match)read_choice(&object, "match", matches, 2, UPSTREAM_ANY);
	upstream->count = read_count(&list);
	upstream->channels =
		arena_new_array(spec->reader->arena, upstream->count, struct channel_ref);
	for (size_t i = 0; i < upstream->count; i++) {
		struct read_node item = read_item(&list, i);

		upstream->channels[i].namespace = read_needed_text(&item, "namespace");
		upstream->channels[i].name = read_needed_text(&item, "name");
	}
}

static void read_intake(const struct read_node *spec, struct intake *intake)
{
	struct read_node object = read_object(spec, "intake");
	struct read_node tags = read_object(&object, "tags");
	const char *pattern[] = {
		[INTAKE_NONE] = NULL,
		[INTAKE_SEMVER] = read_text(&tags, "semver"),
		[INTAKE_NEWEST] = read_text(&tags, "newest"),
		[INTAKE_TAG] = read_text(&tags, "tag"),
	};
	int given = 0;

	intake->interval_ms = read_duration(&object, "interval", MINUTE_MS);
	if (!read_is_present(&object))
		return;
	for (int i = INTAKE_SEMVER; i <= INTAKE_TAG; i++) {
		if (pattern[i] == NULL)
			continue;
		given++;
		intake->policy = (enum intake_policy)i;
		intake->pattern = pattern[i];
	}
	if (given != 1)
		read_complain(&object, "exactly one of tags.semver, tags.newest and tags.tag is needed");
	intake->artifact = read_needed_text(&tags, "artifact");
}

static void read_promotion(const struct read_node *spec, struct channel *channel)
{
	static const char *const modes[] = { "Manual", "Automatic" };
	static const char *const selects[] = { "Newest", "MatchUpstream" };
	struct read_node object = read_object(spec, "promotion");
	struct read_node keep = read_object(&object, "keep");

	channel->mode = (enum promotion_mode)read_choice(&object, "mode", modes, 2, MODE_MANUAL);
	channel->select =
		(enum promotion_select)read_choice(&object, "select", selects, 2, SELECT_NEWEST);
	channel->deadline_ms = read_duration(&object, "deadline", 0);
	channel->keep_count = (size_t)read_int(&keep, "count", 0, KEEP_COUNT_MAX, KEEP_COUNT);
	channel->keep_age_ms = read_duration(&keep, "age", KEEP_AGE_MS);
}

static void read_windows(const struct read_node *gates, struct channel *channel)
{
	static const char *const kinds[] = { "Allow", "Deny" };
	struct read_node list = read_list(gates, "windows");

	channel->window_count = read_count(&list);
	channel->windows = arena_new_array(gates->reader->arena, channel->window_count, struct window);
	for (size_t i = 0; i < channel->window_count; i++) {
		struct read_node item = read_item(&list, i);
		struct window *window = &channel->windows[i];
		int kind = read_choice(&item, "kind", kinds, 2, -1);

		if (kind < 0)
			read_complain(&item, "kind is missing");
		window->kind = kind == 0 ? WINDOW_ALLOW : WINDOW_DENY;
		window->name = read_needed_text(&item, "name");
		window->rrule = read_text(&item, "rrule");
		window->start = read_needed_text(&item, "start");
		window->duration_ms = read_duration(&item, "duration", 0);
		if (window->duration_ms == 0)
			read_complain(&item, "duration is missing");
		window->time_zone = read_needed_text(&item, "timeZone");
	}
}

static void read_signatures(const struct read_node *gates, struct signatures *signatures)
{
	struct read_node object = read_object(gates, "signatures");
	struct read_node list = read_list(&object, "keys");

	if (read_count(&list) > SIGNATURE_KEYS_MAX)
		read_complain(&list, "has %zu items, more than %d", read_count(&list), SIGNATURE_KEYS_MAX);
	else
		signatures->count = (uint32_t)read_count(&list);
	signatures->threshold = (uint16_t)read_int(&object, "threshold", 1, SIGNATURE_KEYS_MAX, 1);
	if (signatures->count > 0 && signatures->threshold > signatures->count)
		read_complain(&object, "threshold is %u, and there are only %u keys", signatures->threshold,
			      signatures->count);
	signatures->must_match_repository = read_flag(&object, "matchRepository");
	signatures->keys = arena_new_array(gates->reader->arena, signatures->count, struct signature_key);
	for (size_t i = 0; i < signatures->count; i++) {
		struct read_node item = read_item(&list, i);
		struct read_node ref = read_object(&item, "configMapRef");

		if (!read_is_present(&ref))
			read_complain(&item, "configMapRef is missing");
		signatures->keys[i].config_map = read_needed_text(&ref, "name");
		signatures->keys[i].entry = read_needed_text(&ref, "key");
	}
}

static void read_gates(const struct read_node *spec, struct channel *channel)
{
	struct read_node object = read_object(spec, "gates");
	struct read_node approvals = read_object(&object, "approvals");

	channel->soak_ms = read_duration(&object, "soak", 0);
	read_windows(&object, channel);
	read_signatures(&object, &channel->signatures);
	channel->approvals_required = (int)read_int(&approvals, "required", 1, APPROVALS_REQUIRED_MAX,
						    read_is_present(&approvals));
	channel->excludes_requester = read_flag(&approvals, "excludeRequester");
}

static void add_container(void *user, size_t i, const char *key, const char *value)
{
	struct workload_spec *workload = user;

	workload->containers[i] = (struct workload_container){ .container = key, .artifact = value };
}

static void read_workloads(const struct read_node *spec, struct channel *channel)
{
	static const char *const kinds[] = { "Deployment", "StatefulSet", "DaemonSet", "CronJob" };
	struct arena *arena = spec->reader->arena;
	struct read_node list = read_list(spec, "workloads");

	channel->workload_count = read_count(&list);
	channel->workloads = arena_new_array(arena, channel->workload_count, struct workload_spec);
	for (size_t i = 0; i < channel->workload_count; i++) {
		struct read_node item = read_item(&list, i);
		struct read_node map = read_object(&item, "containers");
		struct workload_spec *workload = &channel->workloads[i];
		int kind = read_choice(&item, "kind", kinds, WORKLOAD_KIND_COUNT, -1);

		if (kind < 0)
			read_complain(&item, "kind is missing");
		workload->kind = kind < 0 ? WORKLOAD_DEPLOYMENT : (enum workload_kind)kind;
		workload->name = read_needed_text(&item, "name");
		workload->count = read_size(&map);
		workload->containers =
			arena_new_array(arena, workload->count, struct workload_container);
		read_pairs(&map, add_container, workload);
	}
}

static void read_rollout(const struct read_node *spec, struct channel *channel)
{
	static const char *const strategies[] = { "Rolling" };
	static const char *const on_failures[] = { "Rollback", "Hold" };
	struct read_node object = read_object(spec, "rollout");

	/* Another strategy than this one may not be taken for it. */
	(void)read_choice(&object, "strategy", strategies, 1, 0);
	channel->progress_deadline_ms = read_duration(&object, "progressDeadline", 10 * MINUTE_MS);
	channel->on_failure =
		(enum on_failure)read_choice(&object, "onFailure", on_failures, 2, ON_FAILURE_ROLLBACK);
}

static void read_autoscaling(const struct read_node *spec, struct channel *channel)
{
	struct read_node list = read_list(spec, "autoscaling");

	channel->autoscaling_count = read_count(&list);
	channel->autoscaling =
		arena_new_array(spec->reader->arena, channel->autoscaling_count, struct autoscaling);
	for (size_t i = 0; i < channel->autoscaling_count; i++) {
		struct read_node item = read_item(&list, i);
		struct autoscaling *scaling = &channel->autoscaling[i];

		scaling->workload = read_needed_text(&item, "workload");
		scaling->min_replicas = read_int(&item, "minReplicas", 1, REPLICAS_MAX, 0);
		scaling->max_replicas = read_int(&item, "maxReplicas", 1, REPLICAS_MAX, 0);
		if (scaling->max_replicas == 0)
			read_complain(&item, "maxReplicas is missing");
		(void)read_list(&item, "metrics");
		scaling->metrics = read_raw(&item, "metrics");
		(void)read_object(&item, "behavior");
		scaling->behavior = read_raw(&item, "behavior");
	}
}

static void read_service(const struct read_node *spec, struct service_spec *service)
{
	struct read_node routing = read_object(spec, "routing");
	struct read_node object = read_object(&routing, "service");
	struct read_node list = read_list(&object, "ports");

	if (!read_is_present(&object))
		return;
	service->name = read_needed_text(&object, "name");
	service->workload = read_needed_text(&object, "workload");
	service->count = read_count(&list);
	service->ports = arena_new_array(spec->reader->arena, service->count, struct service_port);
	for (size_t i = 0; i < service->count; i++) {
		struct read_node item = read_item(&list, i);
		struct service_port *port = &service->ports[i];

		port->name = read_text(&item, "name");
		port->port = read_int(&item, "port", 1, UINT16_MAX, 0);
		if (port->port == 0)
			read_complain(&item, "port is missing");
		port->target_port = read_int_or_text(&item, "targetPort");
		port->protocol = read_text(&item, "protocol");
	}
}

struct labels {
	struct buf text;
	struct err *err;
	int result;
};

static void add_label(void *user, size_t i, const char *key, const char *value)
{
	struct labels *labels = user;

	if (labels->result == 0)
		labels->result =
			buf_printf(&labels->text, labels->err, "%s%s=%s", i == 0 ? "" : ",", key, value);
}

/* A ChannelStop names channels by them. */
static const char *read_labels(const struct read_node *object)
{
	struct labels labels = { .text = BUF_INIT(LABELS_MAX), .err = object->reader->err };
	struct arena scratch = ARENA_INIT_SIZE(512);
	struct reader reader = { .arena = &scratch, .err = object->reader->err };
	struct read_node top = read_with(object, &reader);
	struct read_node metadata = read_object(&top, "metadata");
	struct read_node map = read_object(&metadata, "labels");
	const char *text = NULL;

	read_pairs(&map, add_label, &labels);
	if (labels.text.len > 0)
		text = arena_strdup(object->reader->arena, buf_text(&labels.text));
	buf_finish(&labels.text);
	arena_finish(&scratch);
	return text;
}

/* An annotation may be of any length, and goes into a status, where it is compared with later. */
static const char *read_brief(const struct read_node *annotations, const char *name)
{
	const char *text = read_text(annotations, name);

	if (text == NULL || strlen(text) <= STATUS_MESSAGE_MAX)
		return text;
	return arena_strndup(annotations->reader->arena, text, str_cut_utf8(text, STATUS_MESSAGE_MAX));
}

void *channel_read(const struct read_node *object, enum kind kind)
{
	struct channel *channel = arena_new(object->reader->arena, struct channel);
	struct read_node spec = read_object(object, "spec");
	struct read_node metadata = read_object(object, "metadata");
	struct read_node annotations = read_object(&metadata, "annotations");

	(void)kind;
	meta_read(object, &channel->meta);
	channel->labels = read_labels(object);
	if (!read_is_present(&spec))
		read_complain(object, "spec is missing");
	read_artifacts(&spec, channel);
	read_upstream(&spec, &channel->upstream);
	read_intake(&spec, &channel->intake);
	read_promotion(&spec, channel);
	read_gates(&spec, channel);
	read_workloads(&spec, channel);
	read_rollout(&spec, channel);
	read_autoscaling(&spec, channel);
	read_service(&spec, &channel->service);
	verification_spec_read(&spec, channel);
	channel->verify_request = read_brief(&annotations, ANNOTATION_VERIFY);
	channel->lift_request = read_brief(&annotations, ANNOTATION_LIFT_HOLD);
	channel->lifted_by = read_brief(&annotations, ANNOTATION_LIFTED_BY);
	channel->is_suspended = read_flag(&spec, "suspended");
	channel_status_read(object, &channel->status);
	return channel;
}
