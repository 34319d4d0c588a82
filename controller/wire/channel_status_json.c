#include "base/clock.h"
#include "base/str.h"
#include "wire/channel_json.h"
#include "wire/json_read.h"
#include "wire/release_json.h"

static const char *const results[] = { "Succeeded", "Failed" };

static void read_stay(const struct read_node *node, struct release_stay *stay)
{
	release_read(node, "release", &stay->release);
	stay->promotion = read_text(node, "promotion");
	stay->since_ms = read_time(node, "since", 0);
	stay->until_ms = read_time(node, "until", 0);
	stay->has_failed = read_choice(node, "result", results, 2, 0) == 1;
}

static void read_verified(const struct read_node *node, struct channel_status *status)
{
	struct read_node list = read_list(node, "verified");
	size_t count = read_count(&list);

	status->verified = arena_new_array(node->reader->arena, count, struct verified);
	for (size_t i = 0; i < count; i++) {
		struct read_node item = read_item(&list, i);
		struct verified *entry = &status->verified[status->verified_count];

		release_read(&item, "release", &entry->release);
		entry->since_ms = read_time(&item, "since", 0);
		entry->is_revoked = read_flag(&item, "revoked");
		entry->reason = read_text(&item, "reason");
		status->verified_count += entry->release.id != NULL;
	}
}

static void read_from(const struct read_node *node, struct available *entry)
{
	struct read_node list = read_list(node, "from");
	size_t count = read_count(&list);

	entry->from = arena_new_array(node->reader->arena, count, struct channel_ref);
	entry->count = 0;
	for (size_t i = 0; i < count; i++) {
		struct read_node item = read_item(&list, i);
		struct channel_ref *ref = &entry->from[entry->count];

		ref->namespace = read_text(&item, "namespace");
		ref->name = read_text(&item, "name");
		entry->count += !str_is_empty(ref->namespace) && !str_is_empty(ref->name);
	}
}

static void read_available(const struct read_node *node, struct channel_status *status)
{
	struct read_node list = read_list(node, "available");
	size_t count = read_count(&list);

	status->available = arena_new_array(node->reader->arena, count, struct available);
	for (size_t i = 0; i < count; i++) {
		struct read_node item = read_item(&list, i);
		struct available *entry = &status->available[status->available_count];

		entry->release = read_text(&item, "release");
		read_from(&item, entry);
		status->available_count += !str_is_empty(entry->release);
	}
}

static void read_history(const struct read_node *node, struct channel_status *status)
{
	struct read_node list = read_list(node, "history");
	size_t count = read_count(&list);

	status->history = arena_new_array(node->reader->arena, count, struct release_stay);
	for (size_t i = 0; i < count; i++) {
		struct read_node item = read_item(&list, i);
		struct release_stay *entry = &status->history[status->history_count];

		read_stay(&item, entry);
		status->history_count += entry->release.id != NULL;
	}
}

static void read_workloads(const struct read_node *node, struct channel_status *status)
{
	static const char *const kinds[] = { "Deployment", "StatefulSet", "DaemonSet", "CronJob" };
	struct read_node list = read_list(node, "workloads");
	size_t count = read_count(&list);

	status->workloads = arena_new_array(node->reader->arena, count, struct workload_status);
	for (size_t i = 0; i < count; i++) {
		struct read_node item = read_item(&list, i);
		struct workload_status *entry = &status->workloads[status->workload_count];
		int kind = read_choice(&item, "kind", kinds, WORKLOAD_KIND_COUNT, -1);

		entry->name = read_text(&item, "name");
		if (kind < 0 || str_is_empty(entry->name))
			continue;
		entry->kind = (enum workload_kind)kind;
		entry->ready = read_int(&item, "ready", 0, INT32_MAX, 0);
		entry->desired = read_int(&item, "desired", 0, INT32_MAX, 0);
		entry->image = read_text(&item, "image");
		status->workload_count++;
	}
}

static void read_small(const struct read_node *node, struct channel_status *status)
{
	struct read_node hold = read_object(node, "hold");
	struct read_node takeovers = read_object(node, "takeovers");
	struct read_node intake = read_object(node, "intake");

	status->hold.by = read_text(&hold, "by");
	status->hold.at_ms = read_time(&hold, "at", 0);
	status->hold.reason = read_text(&hold, "reason");
	status->takeovers.count = read_int(&takeovers, "count", 0, INT32_MAX, 0);
	status->takeovers.since_ms = read_time(&takeovers, "since", 0);
	status->takeovers.manager = read_text(&takeovers, "manager");
	status->intake.tag = read_text(&intake, "tag");
	status->intake.release = read_text(&intake, "release");
	status->intake.moved = read_text(&intake, "moved");
}

void channel_status_read(const struct read_node *object, struct channel_status *status)
{
	static const char *const guards[] = { NULL, "Enforced", "FieldOwnership" };
	struct reader tolerant = { .arena = object->reader->arena,
				   .err = object->reader->err,
				   .is_tolerant = true };
	struct read_node top = read_with(object, &tolerant);
	struct read_node node = read_object(&top, "status");
	struct read_node current = read_object(&node, "current");
	struct read_node desired = read_object(&node, "desired");

	status->observed_generation = read_int(&node, "observedGeneration", 0, INT64_MAX, 0);
	read_stay(&current, &status->current);
	read_stay(&desired, &status->desired);
	status->guard = (enum guard)read_choice(&node, "guard", guards, 3, GUARD_UNKNOWN);
	read_verified(&node, status);
	read_available(&node, status);
	read_history(&node, status);
	read_small(&node, status);
	read_workloads(&node, status);
	status->promotion = read_text(&node, "promotion");
	status->image = read_text(&current, "image");
	status->upstream = read_text(&node, "upstream");
	conditions_read(&node, &status->conditions);
}
