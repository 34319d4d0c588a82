#include "wire/release_json.h"

#include "base/str.h"
#include "domain/digest.h"

static bool artifact_read(const struct read_node *item, struct release_artifact *artifact)
{
	artifact->name = read_text(item, "name");
	artifact->image = read_text(item, "image");
	artifact->digest = read_text(item, "digest");
	artifact->tag = read_text(item, "tag");
	return !str_is_empty(artifact->name) && !str_is_empty(artifact->image) &&
	       digest_is_valid(artifact->digest);
}

void release_read(const struct read_node *node, const char *id_key, struct release *release)
{
	struct read_node list = read_list(node, "artifacts");
	size_t count = read_count(&list);

	*release = (struct release){ .id = read_text(node, id_key) };
	if (str_is_empty(release->id)) {
		release->id = NULL;
		return;
	}
	release->artifacts = arena_new_array(node->reader->arena, count, struct release_artifact);
	release->count = count;
	for (size_t i = 0; i < count; i++) {
		struct read_node item = read_item(&list, i);

		if (!artifact_read(&item, &release->artifacts[i])) {
			*release = (struct release){ .id = NULL };
			return;
		}
	}
}

void conditions_read(const struct read_node *node, struct conditions *conditions)
{
	static const char *const statuses[] = { "False", "True", "Unknown" };
	struct read_node list = read_list(node, "conditions");
	size_t count = read_count(&list);

	conditions->items = arena_new_array(node->reader->arena, count, struct condition);
	conditions->count = 0;
	for (size_t i = 0; i < count; i++) {
		struct read_node item = read_item(&list, i);
		struct condition *c = &conditions->items[conditions->count];

		c->type = read_text(&item, "type");
		if (str_is_empty(c->type))
			continue;
		c->status = (enum condition_status)read_choice(&item, "status", statuses, 3,
							       CONDITION_UNKNOWN);
		c->reason = read_text(&item, "reason");
		c->message = read_text(&item, "message");
		c->observed_generation = read_int(&item, "observedGeneration", 0, INT64_MAX, 0);
		c->transition_ms = read_time(&item, "lastTransitionTime", 0);
		conditions->count++;
	}
}

void release_write(struct writer *writer, const char *id_key, const struct release *release)
{
	if (release->id == NULL)
		return;
	write_text(writer, id_key, release->id);
	if (release->count == 0)
		return;
	write_list(writer, "artifacts");
	for (size_t i = 0; i < release->count; i++) {
		const struct release_artifact *artifact = &release->artifacts[i];

		write_object(writer, NULL);
		write_text(writer, "name", artifact->name);
		write_text(writer, "image", artifact->image);
		write_text(writer, "digest", artifact->digest);
		write_text(writer, "tag", artifact->tag);
		write_object_end(writer);
	}
	write_list_end(writer);
}

void conditions_write(struct writer *writer, const struct conditions *conditions)
{
	if (conditions->count == 0)
		return;
	write_list(writer, "conditions");
	for (size_t i = 0; i < conditions->count; i++) {
		const struct condition *c = &conditions->items[i];

		write_object(writer, NULL);
		write_text(writer, "type", c->type);
		write_text(writer, "status", condition_status_name(c->status));
		write_text(writer, "reason", c->reason);
		write_brief(writer, "message", c->message, STATUS_CONDITION_MAX);
		write_count(writer, "observedGeneration", c->observed_generation);
		write_time(writer, "lastTransitionTime", c->transition_ms);
		write_object_end(writer);
	}
	write_list_end(writer);
}
