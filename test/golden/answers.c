#include "answers.h"

#include <jansson.h>
#include <string.h>

#include "base/str.h"
#include "registry/tagfilter.h"
#include "row.h"

/* Filters by a regular expression as the running operator does. */
static void filter_newest(const struct intake *intake, const char *last_tag, struct arena *arena,
			  struct tags_look *look)
{
	struct err err = ERR_INIT;
	const char **names = arena_new_array(arena, look->count + 1, const char *);
	struct tagfilter_match *matches;
	size_t count = 0;

	for (size_t i = 0; i < look->count; i++)
		names[i] = look->tags[i].name;
	if (tagfilter_apply(intake->pattern, names, look->count, arena, &matches, &count, &err) < 0) {
		look->pattern_error = arena_strdup(arena, err.text);
		look->count = 0;
		return;
	}
	for (size_t i = 0; i < count; i++)
		look->tags[i] = (struct tag){ matches[i].name, matches[i].key };
	look->count = count;
	names[0] = last_tag;
	if (last_tag != NULL &&
	    tagfilter_apply(intake->pattern, names, 1, arena, &matches, &count, &err) == 0 && count == 1)
		look->last_key = matches[0].key;
}

static void get_tags(void *user, const char *namespace, const struct artifact *artifact,
		     const struct intake *intake, const char *last_tag, struct arena *arena,
		     struct tags_look *ret_look)
{
	struct world_file *file = user;
	const json_t *tags = json_object_get(file->json, "tags");
	const json_t *names = json_object_get(tags, "names");
	const json_t *name;
	size_t i;

	(void)namespace;
	(void)artifact;
	if (tags == NULL)
		return;
	ret_look->state = row_knowledge(file, tags, &ret_look->failure);
	ret_look->at_ms = row_moment_at(file, tags, "at");
	ret_look->last_key = last_tag;
	ret_look->tags = arena_new_array(arena, json_array_size(names), struct tag);
	json_array_foreach(names, i, name) {
		const char *text = row_text_of(file, name, "names");

		ret_look->tags[ret_look->count++] = (struct tag){ text, text };
	}
	if (intake->policy == INTAKE_NEWEST)
		filter_newest(intake, last_tag, arena, ret_look);
}

static void each_digest(void *user, const char *namespace, const struct artifact *artifact,
			struct arena *arena, world_each_fn fn, void *fn_user)
{
	struct world_file *file = user;
	const json_t *row;
	size_t i;

	(void)namespace;
	json_array_foreach(json_object_get(file->json, "digests"), i, row) {
		struct digest_look *look = arena_new(arena, struct digest_look);

		if (!str_equal(row_text_at(row, "repository"), artifact->image))
			continue;
		look->repository = row_text_at(row, "repository");
		look->reference = row_text_of(file, json_object_get(row, "reference"), "reference");
		look->digest = row_text_at(row, "digest");
		look->at_ms = row_moment_at(file, row, "at");
		look->state = row_knowledge(file, row, &look->failure);
		fn(fn_user, look);
	}
}

/* Which bit is the key "configmap/entry" of the channel? */
static uint32_t bit_of(struct world_file *file, const char *text)
{
	const struct signatures *wanted = &file->world.channel->signatures;

	for (size_t i = 0; i < wanted->count; i++) {
		size_t len = strlen(wanted->keys[i].config_map);

		if (strncmp(text, wanted->keys[i].config_map, len) == 0 && text[len] == '/' &&
		    str_equal(text + len + 1, wanted->keys[i].entry))
			return UINT32_C(1) << i;
	}
	row_refuse(file, text, "is no key of the channel");
	return 0;
}

static void get_signature(void *user, const char *namespace, const struct artifact *artifact, const char *digest,
			  const char *policy, struct arena *arena, struct signature_look *ret_look)
{
	struct world_file *file = user;
	const json_t *row;
	const json_t *signer;
	size_t i;
	size_t k;

	(void)namespace;
	(void)policy;
	(void)arena;
	*ret_look = (struct signature_look){ .state = KNOWLEDGE_NONE };
	json_array_foreach(json_object_get(file->json, "signatures"), i, row) {
		if (!str_equal(row_text_at(row, "repository"), artifact->image) || !str_equal(row_text_at(row, "digest"), digest))
			continue;
		ret_look->state = row_knowledge(file, row, &ret_look->failure);
		ret_look->at_ms = row_moment_at(file, row, "at");
		ret_look->found = (size_t)json_integer_value(json_object_get(row, "found"));
		ret_look->note = row_text_at(row, "note");
		json_array_foreach(json_object_get(row, "signedBy"), k, signer)
			ret_look->signers |= bit_of(file, row_text_of(file, signer, "signedBy"));
	}
}

struct world_registry answers_registry(struct world_file *file)
{
	return (struct world_registry){ get_tags, each_digest, get_signature, file };
}
