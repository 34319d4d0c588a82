#include "base/clock.h"
#include "base/str.h"
#include "wire/channel_json.h"
#include "wire/json_read.h"
#include "wire/meta_json.h"
#include "wire/release_json.h"
#include "wire/verification_json.h"

static const char *const results[] = { "Succeeded", "Failed", "Aborted" };

static void read_stay(const struct read_node *node, struct release_stay *stay)
{
	release_read(node, "release", &stay->release);
	stay->promotion = read_text(node, "promotion");
	stay->promotion_uid = read_text(node, "promotionUID");
	stay->since_ms = read_time(node, "since", 0);
	stay->until_ms = read_time(node, "until", 0);
	stay->has_failed = read_choice(node, "result", results, 3, 0) != 0;
	stay->is_aborted = read_is(node, "result", results[2]);
	stay->signature_policy = read_text(node, "signaturePolicy");
}

static void read_stays(const struct read_node *node, struct verified *entry)
{
	struct read_node list = read_list(node, "stays");
	size_t count = read_count(&list);

	entry->stays = arena_new_array(node->reader->arena, count, struct stay);
	entry->stay_count = 0;
	for (size_t i = 0; i < count; i++) {
		struct read_node item = read_item(&list, i);
		struct stay *stay = &entry->stays[entry->stay_count];

		stay->since_ms = read_time(&item, "since", 0);
		stay->until_ms = read_time(&item, "until", 0);
		entry->stay_count += stay->since_ms != 0;
	}
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
		read_stays(&item, entry);
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
	struct read_node lifted = read_object(node, "lifted");
	struct read_node takeovers = read_object(node, "takeovers");
	struct read_node intake = read_object(node, "intake");

	status->hold.by = read_text(&hold, "by");
	status->hold.at_ms = read_time(&hold, "at", 0);
	status->hold.reason = read_text(&hold, "reason");
	status->lifted.request = read_text(&lifted, "request");
	status->lifted.by = read_text(&lifted, "by");
	status->lifted.at_ms = read_time(&lifted, "at", 0);
	status->lifted.reason = read_text(&lifted, "reason");
	status->takeovers.count = read_int(&takeovers, "count", 0, INT32_MAX, 0);
	status->takeovers.since_ms = read_time(&takeovers, "since", 0);
	status->takeovers.manager = read_text(&takeovers, "manager");
	status->intake.tag = read_text(&intake, "tag");
	status->intake.release = read_text(&intake, "release");
	status->intake.moved = read_text(&intake, "moved");
	status->intake.superseded = read_text(&intake, "superseded");
}

static void read_window(const struct read_node *node, struct window_status *window)
{
	struct read_node object = read_object(node, "window");

	window->is_set = read_is_present(&object);
	window->is_open = read_flag(&object, "open");
	window->name = read_text(&object, "name");
	window->next_ms = read_time(&object, "nextChange", window->is_set ? CLOCK_NEVER : 0);
	window->message = read_text(&object, "message");
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
	read_window(&node, &status->window);
	read_workloads(&node, status);
	verification_status_read(&node, &status->verification);
	status->promotion = read_text(&node, "promotion");
	status->image = read_text(&current, "image");
	status->upstream = read_text(&node, "upstream");
	conditions_read(&node, &status->conditions);
}

/* ---- struct → JSON ---- */

static void write_stay(struct writer *writer, const char *key, const struct release_stay *stay)
{
	struct arena arena = ARENA_INIT_SIZE(512);

	if (stay->release.id == NULL)
		return;
	write_object(writer, key);
	/* What a person recognises; the printer column Image shows it. */
	write_text(writer, "image", release_label(&stay->release, &arena));
	release_write(writer, "release", &stay->release);
	write_text(writer, "promotion", stay->promotion);
	write_text(writer, "promotionUID", stay->promotion_uid);
	write_time(writer, "since", stay->since_ms);
	write_text(writer, "signaturePolicy", stay->signature_policy);
	write_object_end(writer);
	arena_finish(&arena);
}

static void write_stays(struct writer *writer, const struct verified *entry)
{
	if (entry->stay_count == 0)
		return;
	write_list(writer, "stays");
	for (size_t i = 0; i < entry->stay_count; i++) {
		write_object(writer, NULL);
		write_time(writer, "since", entry->stays[i].since_ms);
		write_time(writer, "until", entry->stays[i].until_ms);
		write_object_end(writer);
	}
	write_list_end(writer);
}

static void write_verified(struct writer *writer, const struct channel_status *status)
{
	if (status->verified_count == 0)
		return;
	write_list(writer, "verified");
	for (size_t i = 0; i < status->verified_count; i++) {
		const struct verified *entry = &status->verified[i];

		write_object(writer, NULL);
		release_write(writer, "release", &entry->release);
		write_time(writer, "since", entry->since_ms);
		if (entry->is_revoked)
			write_flag(writer, "revoked", true);
		write_brief(writer, "reason", entry->reason, STATUS_MESSAGE_MAX);
		write_stays(writer, entry);
		write_object_end(writer);
	}
	write_list_end(writer);
}

static void write_available(struct writer *writer, const struct channel_status *status)
{
	if (status->available_count == 0)
		return;
	write_list(writer, "available");
	for (size_t i = 0; i < status->available_count; i++) {
		const struct available *entry = &status->available[i];

		write_object(writer, NULL);
		write_text(writer, "release", entry->release);
		if (entry->count > 0)
			write_list(writer, "from");
		for (size_t k = 0; k < entry->count; k++) {
			write_object(writer, NULL);
			write_text(writer, "namespace", entry->from[k].namespace);
			write_text(writer, "name", entry->from[k].name);
			write_object_end(writer);
		}
		if (entry->count > 0)
			write_list_end(writer);
		write_object_end(writer);
	}
	write_list_end(writer);
}

static void write_history(struct writer *writer, const struct channel_status *status)
{
	if (status->history_count == 0)
		return;
	write_list(writer, "history");
	for (size_t i = 0; i < status->history_count; i++) {
		const struct release_stay *entry = &status->history[i];

		write_object(writer, NULL);
		release_write(writer, "release", &entry->release);
		write_text(writer, "promotion", entry->promotion);
		write_time(writer, "since", entry->since_ms);
		write_time(writer, "until", entry->until_ms);
		write_text(writer, "result", results[entry->is_aborted ? 2 : entry->has_failed]);
		write_text(writer, "signaturePolicy", entry->signature_policy);
		write_object_end(writer);
	}
	write_list_end(writer);
}

static void write_small(struct writer *writer, const struct channel_status *status)
{
	const struct hold *hold = &status->hold;
	const struct lifting *lifted = &status->lifted;
	const struct intake_status *intake = &status->intake;
	const struct takeovers *takeovers = &status->takeovers;

	if (hold->by != NULL) {
		write_object(writer, "hold");
		write_brief(writer, "by", hold->by, STATUS_MESSAGE_MAX);
		write_time(writer, "at", hold->at_ms);
		write_brief(writer, "reason", hold->reason, STATUS_MESSAGE_MAX);
		write_object_end(writer);
	}
	if (lifted->request != NULL) {
		write_object(writer, "lifted");
		write_text(writer, "request", lifted->request);
		write_text(writer, "by", lifted->by);
		write_time(writer, "at", lifted->at_ms);
		write_brief(writer, "reason", lifted->reason, STATUS_MESSAGE_MAX);
		write_object_end(writer);
	}
	if (intake->tag != NULL || intake->release != NULL || intake->moved != NULL) {
		write_object(writer, "intake");
		write_text(writer, "tag", intake->tag);
		write_text(writer, "release", intake->release);
		write_brief(writer, "moved", intake->moved, STATUS_MESSAGE_MAX);
		write_brief(writer, "superseded", intake->superseded, STATUS_MESSAGE_MAX);
		write_object_end(writer);
	}
	if (takeovers->count > 0) {
		write_object(writer, "takeovers");
		write_int(writer, "count", takeovers->count);
		write_time(writer, "since", takeovers->since_ms);
		write_text(writer, "manager", takeovers->manager);
		write_object_end(writer);
	}
}

static void write_window(struct writer *writer, const struct window_status *window)
{
	if (!window->is_set)
		return;
	write_object(writer, "window");
	write_flag(writer, "open", window->is_open);
	write_text(writer, "name", window->name);
	write_time(writer, "nextChange", window->next_ms);
	write_text(writer, "message", window->message);
	write_object_end(writer);
}

static void write_workloads(struct writer *writer, const struct channel_status *status)
{
	if (status->workload_count == 0)
		return;
	write_list(writer, "workloads");
	for (size_t i = 0; i < status->workload_count; i++) {
		const struct workload_status *entry = &status->workloads[i];

		write_object(writer, NULL);
		write_text(writer, "kind", workload_kind_name(entry->kind));
		write_text(writer, "name", entry->name);
		write_int(writer, "desired", entry->desired);
		write_int(writer, "ready", entry->ready);
		write_brief(writer, "image", entry->image, STATUS_IMAGES_MAX);
		write_object_end(writer);
	}
	write_list_end(writer);
}

int channel_status_to_json(const struct meta *meta, const struct channel_status *status,
			   char **ret_json, struct err *err)
{
	auto_buf text = BUF_INIT(WRITE_MAX);
	struct writer writer = WRITER_INIT(&text);

	meta_write(&writer, KIND_CHANNEL, meta->namespace, meta->name, meta->uid, meta->resource_version);
	write_object_end(&writer);
	write_object(&writer, "status");
	write_count(&writer, "observedGeneration", status->observed_generation);
	write_brief(&writer, "upstream", status->upstream, STATUS_UPSTREAM_MAX);
	write_stay(&writer, "current", &status->current);
	write_stay(&writer, "desired", &status->desired);
	write_text(&writer, "promotion", status->promotion);
	write_text(&writer, "guard", guard_name(status->guard));
	write_verified(&writer, status);
	write_available(&writer, status);
	write_history(&writer, status);
	write_small(&writer, status);
	write_window(&writer, &status->window);
	write_workloads(&writer, status);
	verification_status_write(&writer, &status->verification);
	conditions_write(&writer, &status->conditions);
	write_object_end(&writer);
	write_object_end(&writer);
	return write_take(&writer, ret_json, err);
}
