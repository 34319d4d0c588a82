#include "wire/meta_json.h"

#include "base/clock.h"
#include "base/str.h"

static const char *text_or_empty(const struct read_node *node, const char *key)
{
	const char *text = read_text(node, key);

	return text == NULL ? "" : text;
}

static void read_owner(const struct read_node *metadata, struct meta *meta)
{
	struct read_node owners = read_list(metadata, "ownerReferences");

	for (size_t i = 0; i < read_count(&owners); i++) {
		struct read_node owner = read_item(&owners, i);

		if (!read_flag(&owner, "controller"))
			continue;
		meta->owner_uid = text_or_empty(&owner, "uid");
		meta->owner_kind = text_or_empty(&owner, "kind");
		meta->owner_name = text_or_empty(&owner, "name");
		return;
	}
}

void meta_read(const struct read_node *object, struct meta *meta)
{
	struct read_node metadata = read_object(object, "metadata");
	struct read_node labels = read_object(&metadata, "labels");

	if (!read_is_present(&metadata))
		read_complain(object, "metadata is missing");
	meta->namespace = text_or_empty(&metadata, "namespace");
	meta->name = read_needed_text(&metadata, "name");
	meta->uid = text_or_empty(&metadata, "uid");
	meta->resource_version = text_or_empty(&metadata, "resourceVersion");
	meta->generation = read_int(&metadata, "generation", 0, INT64_MAX, 0);
	meta->created_ms = read_time(&metadata, "creationTimestamp", 0);
	meta->is_deleting = read_time(&metadata, "deletionTimestamp", CLOCK_NEVER) != CLOCK_NEVER;
	meta->channel = read_text(&labels, LABEL_CHANNEL);
	read_owner(&metadata, meta);
}

void meta_write(struct writer *writer, enum kind kind, const char *namespace, const char *name,
		const char *uid, const char *resource_version)
{
	write_object(writer, NULL);
	write_text(writer, "apiVersion", kind_info(kind)->api_version);
	write_text(writer, "kind", kind_info(kind)->name);
	write_object(writer, "metadata");
	write_text(writer, "name", name);
	write_text(writer, "namespace", namespace);
	if (!str_is_empty(uid))
		write_text(writer, "uid", uid);
	if (!str_is_empty(resource_version))
		write_text(writer, "resourceVersion", resource_version);
}
