#include "watches.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/memory.h"
#include "kube/watchset.h"
#include "telemetry/log.h"

struct watches {
	struct watchset *set;
	struct metrics *metrics;
	uint64_t lists[KIND_COUNT]; /* that the metrics know of */
	bool has_synced;
	void (*on_synced)(void *user);
	void *user;
};

static const char *event_type_name(enum event_type type)
{
	static const char *const names[] = { "ADDED",    "MODIFIED", "DELETED",
					     "BOOKMARK", "ERROR",    "UNKNOWN" };

	return names[type];
}

static void on_event(void *user, enum kind kind, enum event_type type)
{
	struct watches *watches = user;

	metrics_watch_event(watches->metrics, kind_info(kind)->name, event_type_name(type));
}

static void on_bad_object(void *user, enum kind kind, const struct err *why)
{
	(void)user;
	log_warn("an object cannot be read and is left out",
		 log_text("kind", kind_info(kind)->name), log_error(why));
}

static void on_state(void *user, enum kind kind, enum watch_state state, const struct err *why)
{
	struct watches *watches = user;
	const char *name = kind_info(kind)->name;
	bool is_absent = kind_info(kind)->is_optional && why->class == ERR_NOTFOUND;

	if (err_is_set(why))
		log_write(is_absent ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN, "a watch was interrupted",
			  LOG_FIELDS(log_text("kind", name), log_error(why)));
	else
		log_debug("a watch has moved on", log_text("kind", name),
			  log_text("state", watch_state_name(state)));
	if (state != WATCH_LISTING)
		return;
	metrics_watch_relisted(watches->metrics, name, watches->lists[kind]++ == 0 ? "start" : "again");
}

static void on_synced(void *user, enum kind kind)
{
	struct watches *watches = user;
	struct err err = ERR_INIT;

	log_debug("a watch has synced", log_text("kind", kind_info(kind)->name));
	if (watches->has_synced || !watches_are_synced(watches, &err))
		return;
	watches->has_synced = true;
	watches->on_synced(watches->user);
}

static void on_dead(void *user, const struct err *why)
{
	(void)user;
	log_warn("the connection of the watches is given up", log_error(why));
}

struct watches *watches_create(struct loop *loop, struct client *client, struct store *store,
			       struct metrics *metrics, int64_t relist_ms, void (*synced)(void *user),
			       void *user)
{
	struct watches *watches = memory_alloc(sizeof(*watches));
	const struct watch_handler handler = {
		.on_state = on_state,
		.on_synced = on_synced,
		.on_bad_object = on_bad_object,
		.on_event = on_event,
		.on_dead = on_dead,
		.user = watches,
	};
	const struct watchset_times times = { .watch.relist_ms = relist_ms };

	watches->metrics = metrics;
	watches->on_synced = synced;
	watches->user = user;
	watches->set = watchset_create(loop, client, store, &times, &handler);
	watchset_start(watches->set);
	return watches;
}

bool watches_are_synced(void *user, struct err *err)
{
	const struct watches *watches = user;

	for (int kind = 0; kind < KIND_COUNT; kind++) {
		const struct watch_report *report = watchset_report(watches->set, (enum kind)kind);

		if (report->is_synced)
			continue;
		(void)err_set(err, ERR_BUSY, "the watch of %s has not synced%s%s",
			      kind_info((enum kind)kind)->plural,
			      err_is_set(&report->trouble) ? ": " : "", report->trouble.text);
		return false;
	}
	return true;
}

void watches_on_collect(void *user)
{
	struct watches *watches = user;
	int64_t now_ms = clock_monotonic_ms();

	for (int kind = 0; kind < KIND_COUNT; kind++) {
		const struct watch_report *report = watchset_report(watches->set, (enum kind)kind);

		if (report->last_byte_ms > 0)
			metrics_set_watch_age(watches->metrics, kind_info((enum kind)kind)->name,
					      (double)(now_ms - report->last_byte_ms) / 1000);
	}
}

void watches_destroy(struct watches *watches)
{
	if (watches == NULL)
		return;
	watchset_destroy(watches->set);
	free(watches);
}
