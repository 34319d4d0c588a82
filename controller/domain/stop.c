#include "domain/stop.h"

#include <string.h>

#include "base/clock.h"
#include "domain/decision.h"

/* The value of a label, up to the next comma; NULL: there is no such label. */
static const char *find_label(const char *labels, const char *key)
{
	size_t len = strlen(key);

	while (labels != NULL) {
		if (strncmp(labels, key, len) == 0 && labels[len] == '=')
			return labels + len + 1;
		labels = strchr(labels, ',');
		labels += labels != NULL;
	}
	return NULL;
}

static bool has_value(const struct stop_term *term, const char *value)
{
	size_t len = strcspn(value, ",");

	for (size_t i = 0; i < term->count; i++) {
		if (strlen(term->values[i]) == len && strncmp(term->values[i], value, len) == 0)
			return true;
	}
	return false;
}

static bool is_met(const struct stop_term *term, const char *value)
{
	switch (term->operator) {
	case STOP_IN:
		return value != NULL && has_value(term, value);
	case STOP_NOT_IN:
		return value == NULL || !has_value(term, value);
	case STOP_EXISTS:
		return value != NULL;
	case STOP_DOES_NOT_EXIST:
		return value == NULL;
	}
	return false;
}

bool stop_names(const struct stop *stop, const char *labels)
{
	for (size_t i = 0; i < stop->count; i++) {
		if (!is_met(&stop->terms[i], find_label(labels, stop->terms[i].key)))
			return false;
	}
	return true;
}

/* Is a the older one? */
static bool is_before(const struct meta *a, const struct meta *b)
{
	return a->created_ms != b->created_ms ? a->created_ms < b->created_ms : strcmp(a->name, b->name) < 0;
}

/* A stop that cannot be read may name any channel: it holds them all. */
static const char *unread_message(struct decision *d)
{
	const struct quarantine *stop = world_find_left_out(d->world, "ChannelStop", NULL);

	return stop == NULL ? NULL
			    : arena_printf(d->arena, "ChannelStop %s cannot be read, and may name this channel: %s",
					   stop->name, quarantine_message(stop, d->arena));
}

const char *stop_message(struct decision *d)
{
	const struct stop *oldest = NULL;
	char since[CLOCK_TEXT_SIZE];

	for (size_t i = 0; i < d->world->stop_count; i++) {
		const struct stop *stop = d->world->stops[i];

		if (stop_names(stop, d->channel->labels) &&
		    (oldest == NULL || is_before(&stop->meta, &oldest->meta)))
			oldest = stop;
	}
	return oldest == NULL ? unread_message(d)
			      : arena_printf(d->arena, "ChannelStop %s since %s: %s", oldest->meta.name,
					     clock_format(oldest->meta.created_ms, since), oldest->reason);
}
