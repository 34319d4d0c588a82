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
