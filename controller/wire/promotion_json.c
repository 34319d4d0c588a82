#include "wire/promotion_json.h"

#include "base/clock.h"
#include "base/str.h"
#include "wire/json_read.h"
#include "wire/meta_json.h"
#include "wire/release_json.h"

static void read_artifacts(const struct read_node *spec, struct promotion *promotion)
{
	struct read_node list = read_list(spec, "artifacts");

	promotion->artifact_count = read_count(&list);
	promotion->artifacts = arena_new_array(spec->reader->arena, promotion->artifact_count,
					       struct promotion_artifact);
	for (size_t i = 0; i < promotion->artifact_count; i++) {
		struct read_node item = read_item(&list, i);
		struct promotion_artifact *artifact = &promotion->artifacts[i];

		artifact->name = read_needed_text(&item, "name");
		artifact->digest = read_text(&item, "digest");
		artifact->tag = read_text(&item, "tag");
		if (artifact->digest == NULL && artifact->tag == NULL)
			read_complain(&item, "needs a digest or a tag");
	}
}

/* The source is the one that is there; the schema sees to it that it is exactly one. */
static void read_source(const struct read_node *spec, struct promotion *promotion)
{
	struct read_node from = read_object(spec, "from");
	struct read_node rollback = read_object(spec, "rollback");
	struct read_node artifacts = read_list(spec, "artifacts");
	int given = 0;

	promotion->release = read_text(spec, "release");
	if (read_is_present(&from)) {
		given++;
		promotion->source = SOURCE_FROM;
		promotion->from.namespace = read_needed_text(&from, "namespace");
		promotion->from.name = read_needed_text(&from, "channel");
	}
	if (promotion->release != NULL) {
		given++;
		promotion->source = SOURCE_RELEASE;
	}
	if (read_is_present(&artifacts)) {
		given++;
		promotion->source = SOURCE_ARTIFACTS;
		read_artifacts(spec, promotion);
	}
	if (read_is_present(&rollback)) {
		given++;
		promotion->source = SOURCE_ROLLBACK;
		promotion->rollback_to = read_needed_text(&rollback, "to");
	}
	if (given != 1)
		read_complain(spec, "exactly one of from, release, artifacts and rollback is needed");
}

/* Those of a spec, or those of a status. One without a user is left out: a strict reader has complained of it. */
static size_t read_approvals(const struct read_node *node, struct approval **ret)
{
	static const char *const decisions[] = { "Approve", "Reject" };
	struct read_node list = read_list(node, "approvals");
	size_t count = read_count(&list);
	size_t kept = 0;

	*ret = arena_new_array(node->reader->arena, count, struct approval);
	for (size_t i = 0; i < count; i++) {
		struct read_node item = read_item(&list, i);
		int decision = read_choice(&item, "decision", decisions, 2, -1);
		struct approval *approval = &(*ret)[kept];

		if (decision < 0)
			read_complain(&item, "decision is missing");
		approval->user = read_needed_text(&item, "user");
		approval->decision = decision < 0 ? DECISION_REJECT : (enum approval_decision)decision;
		approval->is_override = read_flag(&item, "override");
		approval->reason = read_text(&item, "reason");
		approval->at_ms = read_time(&item, "at", 0);
		kept += !str_is_empty(approval->user);
	}
	return kept;
}

static void read_waiting(const struct read_node *node, struct promotion_status *status)
{
	struct read_node list = read_list(node, "waitingFor");
	size_t count = read_count(&list);

	status->waiting = arena_new_array(node->reader->arena, count, struct waiting_for);
	for (size_t i = 0; i < count; i++) {
		struct read_node item = read_item(&list, i);
		struct waiting_for *entry = &status->waiting[status->waiting_count];

		entry->gate = read_text(&item, "gate");
		entry->until_ms = read_time(&item, "until", CLOCK_NEVER);
		entry->message = read_text(&item, "message");
		status->waiting_count += !str_is_empty(entry->gate);
	}
}

static void read_steps(const struct read_node *node, struct promotion_status *status)
{
	struct read_node list = read_list(node, "steps");
	size_t count = read_count(&list);

	status->steps = arena_new_array(node->reader->arena, count, struct step);
	for (size_t i = 0; i < count; i++) {
		struct read_node item = read_item(&list, i);
		struct step *step = &status->steps[status->step_count];

		step->name = read_text(&item, "name");
		step->started_ms = read_time(&item, "startedAt", 0);
		step->finished_ms = read_time(&item, "finishedAt", 0);
		step->message = read_text(&item, "message");
		status->step_count += !str_is_empty(step->name);
	}
}

static void read_status(const struct read_node *object, struct promotion_status *status)
{
	static const char *const phases[] = { NULL,	    "Pending",	 "Resolving", "Waiting", "RollingOut",
					      "Verifying", "Succeeded", "Failed",    "Aborted", "Superseded" };
	struct reader tolerant = { .arena = object->reader->arena,
				   .err = object->reader->err,
				   .is_tolerant = true };
	struct read_node top = read_with(object, &tolerant);
	struct read_node node = read_object(&top, "status");
	struct read_node release = read_object(&node, "release");
	struct read_node previous = read_object(&node, "previous");

	status->observed_generation = read_int(&node, "observedGeneration", 0, INT64_MAX, 0);
	status->phase = (enum promotion_phase)read_choice(
		&node, "phase", phases, sizeof(phases) / sizeof(phases[0]), PHASE_NONE);
	release_read(&release, "id", &status->release);
	release_read(&previous, "id", &status->previous);
	read_waiting(&node, status);
	read_steps(&node, status);
	status->approval_count = read_approvals(&node, &status->approvals);
	status->closed_since_ms = read_time(&node, "closedSince", 0);
	status->closed_ms = 1000 * read_int(&node, "closedSeconds", 0, INT32_MAX, 0);
	status->started_ms = read_time(&node, "startedAt", 0);
	status->finished_ms = read_time(&node, "finishedAt", 0);
	conditions_read(&node, &status->conditions);
}

void *promotion_read(const struct read_node *object, enum kind kind)
{
	struct promotion *promotion = arena_new(object->reader->arena, struct promotion);
	struct read_node spec = read_object(object, "spec");
	struct read_node metadata = read_object(object, "metadata");
	struct read_node labels = read_object(&metadata, "labels");
	const char *requested_by = read_text(&spec, "requestedBy");
	const char *aborted_by = read_text(&spec, "abortedBy");

	(void)kind;
	meta_read(object, &promotion->meta);
	promotion->channel = read_needed_text(&spec, "channel");
	if (!read_is_present(&spec))
		read_complain(object, "spec is missing");
	read_source(&spec, promotion);
	promotion->ttl_ms = read_duration(&spec, "ttlAfterFinished", 0);
	promotion->requested_by = requested_by == NULL ? "" : requested_by;
	promotion->approval_count = read_approvals(&spec, &promotion->approvals);
	promotion->is_aborted = read_flag(&spec, "abort");
	promotion->aborted_by = aborted_by == NULL ? "" : aborted_by;
	promotion->is_automatic = read_is(&labels, LABEL_AUTOMATIC, "true");
	read_status(object, &promotion->status);
	return promotion;
}

static void write_release(struct writer *writer, const char *key, const struct release *release)
{
	if (release->id == NULL)
		return;
	write_object(writer, key);
	release_write(writer, "id", release);
	write_object_end(writer);
}

static void write_waiting(struct writer *writer, const struct promotion_status *status)
{
	if (status->waiting_count == 0)
		return;
	write_list(writer, "waitingFor");
	for (size_t i = 0; i < status->waiting_count; i++) {
		write_object(writer, NULL);
		write_text(writer, "gate", status->waiting[i].gate);
		write_time(writer, "until", status->waiting[i].until_ms);
		write_brief(writer, "message", status->waiting[i].message, STATUS_MESSAGE_MAX);
		write_object_end(writer);
	}
	write_list_end(writer);
}

static void write_steps(struct writer *writer, const struct promotion_status *status)
{
	if (status->step_count == 0)
		return;
	write_list(writer, "steps");
	for (size_t i = 0; i < status->step_count; i++) {
		write_object(writer, NULL);
		write_text(writer, "name", status->steps[i].name);
		write_time(writer, "startedAt", status->steps[i].started_ms);
		write_time(writer, "finishedAt", status->steps[i].finished_ms);
		write_brief(writer, "message", status->steps[i].message, STATUS_MESSAGE_MAX);
		write_object_end(writer);
	}
	write_list_end(writer);
}

static void write_approvals(struct writer *writer, const struct promotion_status *status)
{
	if (status->approval_count == 0)
		return;
	write_list(writer, "approvals");
	for (size_t i = 0; i < status->approval_count; i++) {
		const struct approval *approval = &status->approvals[i];

		write_object(writer, NULL);
		write_text(writer, "user", approval->user);
		write_text(writer, "decision", approval_decision_name(approval->decision));
		if (approval->is_override)
			write_flag(writer, "override", true);
		write_time(writer, "at", approval->at_ms);
		write_object_end(writer);
	}
	write_list_end(writer);
}

int promotion_status_to_json(const struct meta *meta, const struct promotion_status *status,
			     char **ret_json, struct err *err)
{
	auto_buf text = BUF_INIT(WRITE_MAX);
	struct writer writer = WRITER_INIT(&text);

	meta_write(&writer, KIND_PROMOTION, meta->namespace, meta->name, meta->uid, meta->resource_version);
	write_object_end(&writer);
	write_object(&writer, "status");
	write_count(&writer, "observedGeneration", status->observed_generation);
	if (status->phase != PHASE_NONE)
		write_text(&writer, "phase", promotion_phase_name(status->phase));
	write_release(&writer, "release", &status->release);
	write_release(&writer, "previous", &status->previous);
	write_waiting(&writer, status);
	write_steps(&writer, status);
	write_approvals(&writer, status);
	write_time(&writer, "closedSince", status->closed_since_ms);
	write_count(&writer, "closedSeconds", status->closed_ms / 1000);
	write_time(&writer, "startedAt", status->started_ms);
	write_time(&writer, "finishedAt", status->finished_ms);
	conditions_write(&writer, &status->conditions);
	write_object_end(&writer);
	write_object_end(&writer);
	return write_take(&writer, ret_json, err);
}

int promotion_to_json(const char *namespace, const char *channel, const struct action_create *create,
		      char **ret_json, struct err *err)
{
	auto_buf text = BUF_INIT(WRITE_MAX);
	struct writer writer = WRITER_INIT(&text);

	meta_write(&writer, KIND_PROMOTION, namespace, create->name, NULL, NULL);
	write_object(&writer, "labels");
	write_text(&writer, LABEL_AUTOMATIC, "true");
	write_text(&writer, LABEL_CHANNEL, channel);
	write_object_end(&writer);
	write_object_end(&writer);
	write_object(&writer, "spec");
	write_text(&writer, "channel", channel);
	write_list(&writer, "artifacts");
	for (size_t i = 0; i < create->release.count; i++) {
		write_object(&writer, NULL);
		write_text(&writer, "name", create->release.artifacts[i].name);
		write_text(&writer, "digest", create->release.artifacts[i].digest);
		write_text(&writer, "tag", create->release.artifacts[i].tag);
		write_object_end(&writer);
	}
	write_list_end(&writer);
	write_object_end(&writer);
	write_object_end(&writer);
	return write_take(&writer, ret_json, err);
}
