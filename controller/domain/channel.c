#include "domain/channel.h"

#include "base/str.h"

const struct artifact *channel_find_artifact(const struct channel *channel, const char *name)
{
	for (size_t i = 0; i < channel->artifact_count; i++) {
		if (str_equal(channel->artifacts[i].name, name))
			return &channel->artifacts[i];
	}
	return NULL;
}

const struct verified *channel_find_verified(const struct channel *channel, const char *id)
{
	for (size_t i = 0; i < channel->status.verified_count; i++) {
		const struct verified *entry = &channel->status.verified[i];

		if (!entry->is_revoked && release_is(&entry->release, id))
			return entry;
	}
	return NULL;
}

const struct release_stay *channel_find_history(const struct channel *channel, const char *id)
{
	for (size_t i = 0; i < channel->status.history_count; i++) {
		if (release_is(&channel->status.history[i].release, id))
			return &channel->status.history[i];
	}
	return NULL;
}

const struct release *channel_find_release(const struct channel *channel, const char *id)
{
	const struct release_stay *stay = channel_find_history(channel, id);

	if (release_is(&channel->status.current.release, id))
		return &channel->status.current.release;
	for (size_t i = 0; i < channel->status.verified_count; i++) {
		if (release_is(&channel->status.verified[i].release, id))
			return &channel->status.verified[i].release;
	}
	return stay == NULL ? NULL : &stay->release;
}

const char *workload_kind_name(enum workload_kind kind)
{
	static const char *const names[] = { "Deployment", "StatefulSet", "DaemonSet", "CronJob" };

	return names[kind];
}

const char *guard_name(enum guard guard)
{
	static const char *const names[] = { NULL, "Enforced", "FieldOwnership" };

	return names[guard];
}
