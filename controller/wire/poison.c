#include "wire/poison.h"

#include "domain/channel.h"

void poison_take_effect(const struct read_node *object, struct record *record)
{
	struct read_node metadata = read_object(object, "metadata");
	struct read_node annotations = read_object(&metadata, "annotations");

	CHECK(!read_is(&annotations, "sluice.dev/poison", "read"));
	if (record->kind == KIND_CHANNEL && read_is(&annotations, "sluice.dev/poison", "look")) {
		struct channel *channel = (void *)(uintptr_t)record->object;

		channel->windows = (void *)sizeof(void *);
		channel->window_count = 1;
	}
}
