#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "kube/path.h"
#include "kube/watch_internal.h"
#include "wire/record.h"

/* The server ends a stream after so long, drawn at random so that not all end together (client-go: five to ten
 * minutes). Each that ends is three or four wakings of a process that has nothing to do. */
#define STREAM_MIN_S 1200
#define STREAM_MAX_S 1800
#define STREAM_GRACE_MS 15000

/* A list that becomes due meanwhile has to wait no longer than this for the end of the stream. */
#define LATE_MIN_S 300
#define LATE_MAX_S 600

#define HEAD_TIMEOUT_MS 30000

/* A page may be the whole list, so it has long, as long as something comes. */
#define PAGE_HEAD_TIMEOUT_MS 60000
#define PAGE_TIMEOUT_MS 600000

static void drop_page(struct watch *watch)
{
	list_stream_destroy(watch->page);
	watch->page = NULL;
}

/* The request is over: what follows is the machine's, unless nobody wants the watch any more. */
static void end(struct watch *watch, const struct err *err)
{
	struct err own = err_is_set(&watch->cause) ? watch->cause : *err;

	watch->call = NULL;
	drop_page(watch);
	if (watch->is_closing)
		watch_free(watch);
	else
		watch_step(watch, WATCH_EVENT_ENDED, &own);
}

static void complain(struct watch *watch, const struct err *why)
{
	watch->report.bad_objects++;
	if (watch->handler.on_bad_object != NULL)
		watch->handler.on_bad_object(watch->handler.user, watch->kind, why);
}

/* ---- a stream ---- */

static void take_object(struct watch *watch, const struct event *event)
{
	const char *version = event->record == NULL ? event->resource_version
						    : event->record->meta->resource_version;

	watch->report.events++;
	if (event->type == EVENT_DELETED)
		(void)store_remove(watch->store, event->record);
	else if (event->record != NULL)
		(void)store_put(watch->store, event->record);
	store_advance(watch->store, watch->kind, version);
}

static void take_bookmark(struct watch *watch, const struct event *event)
{
	watch->report.bookmarks++;
	store_advance(watch->store, watch->kind, event->resource_version);
}

/* One line. false ends the stream. */
static bool on_event(void *user, const struct event *event, const struct err *why)
{
	struct watch *watch = user;
	struct err unknown = ERR_INIT;

	if (event == NULL && why->class == ERR_NOMEM) {
		watch->cause = *why; /* not the object's fault: it comes again, for nothing behind it is taken */
		return false;
	}
	if (event == NULL) {
		complain(watch, why);
		return true;
	}
	if (watch->handler.on_event != NULL)
		watch->handler.on_event(watch->handler.user, watch->kind, event->type);
	switch (event->type) {
	case EVENT_ADDED:
	case EVENT_MODIFIED:
	case EVENT_DELETED:
		take_object(watch, event);
		break;
	case EVENT_BOOKMARK:
		take_bookmark(watch, event);
		break;
	case EVENT_ERROR:
		watch->cause = event->status;
		break;
	case EVENT_UNKNOWN:
		(void)err_set(&unknown, ERR_INPUT, "watch of %s: an event of an unknown type",
			      kind_info(watch->kind)->plural);
		complain(watch, &unknown);
		break;
	}
	return !err_is_set(&watch->cause);
}

static void on_open(void *user)
{
	struct watch *watch = user;

	watch->is_open = true;
	watch->opened_ms = clock_monotonic_ms();
	watch->events_before = watch->report.events + watch->report.bookmarks;
	watch->report.last_byte_ms = watch->opened_ms;
	err_clear(&watch->report.trouble);
	watch_step(watch, WATCH_EVENT_OPENED, NULL);
}

static bool on_bytes(void *user, const char *bytes, size_t len)
{
	struct watch *watch = user;

	if (watch->is_ignored)
		return false;
	watch->report.last_byte_ms = clock_monotonic_ms();
	return event_stream_feed(watch->events, bytes, len, on_event, watch);
}

static void on_stream_done(void *user, const struct err *err)
{
	end(user, err);
}

/* Appends what every request of the kind has. */
static int put_target(struct watch *watch, struct buf *target, struct err *err)
{
	const struct kind_info *info = kind_info(watch->kind);
	int r = path_write_kind(target, watch->kind, NULL, NULL, NULL, err);

	r = r < 0 ? r : path_query(target, "labelSelector", info->label_selector, err);
	return r < 0 ? r : path_query(target, "fieldSelector", info->field_selector, err);
}

static int64_t stream_s(const struct watch *watch)
{
	int64_t age_ms = clock_monotonic_ms() - watch->listed_ms;
	int64_t left_ms = watch->times.relist_ms > age_ms ? watch->times.relist_ms - age_ms : 0;
	int64_t seconds = backoff_random(STREAM_MIN_S, STREAM_MAX_S);
	int64_t latest = left_ms / 1000 + backoff_random(LATE_MIN_S, LATE_MAX_S);

	return seconds < latest ? seconds : latest;
}

/* A stream may rest, for bookmarks are no sign of life: of a kind of which nothing changes the server sends none until
 * etcd has told it how far it is, which etcd does every ten minutes if nobody has asked for more. Whether the connection
 * lives is the watchset's question. */
static int64_t silence_ms(const struct watch *watch)
{
	return kind_info(watch->kind)->is_small ? 0 : watch->times.rest_ms;
}

int watch_request_stream(struct watch *watch, struct err *err)
{
	int64_t seconds = stream_s(watch);
	auto_buf target = PATH_INIT;
	char number[24];
	int r;

	(void)snprintf(number, sizeof(number), "%lld", (long long)seconds);
	r = put_target(watch, &target, err);
	r = r < 0 ? r : path_query(&target, "watch", "1", err);
	if (!kind_info(watch->kind)->is_small)
		r = r < 0 ? r : path_query(&target, "allowWatchBookmarks", "true", err);
	r = r < 0 ? r : path_query(&target, "resourceVersion", store_position(watch->store, watch->kind), err);
	r = r < 0 ? r : path_query(&target, "timeoutSeconds", number, err);
	if (r < 0)
		return r;
	event_stream_reset(watch->events);
	return client_watch(watch->client, buf_text(&target),
			    &(struct client_stream){
				    .on_open = on_open,
				    .on_bytes = on_bytes,
				    .on_done = on_stream_done,
				    .user = watch,
				    .head_timeout_ms = HEAD_TIMEOUT_MS,
				    .idle_timeout_ms = silence_ms(watch),
				    .total_timeout_ms = seconds * 1000 + STREAM_GRACE_MS,
			    },
			    &watch->call, err);
}

/* ---- a list in pages ---- */

static void on_item(void *user, const struct record *record, const struct err *why)
{
	struct watch *watch = user;

	if (record == NULL)
		complain(watch, why);
	else
		(void)store_put(watch->store, record);
}

static void on_page_open(void *user)
{
	struct watch *watch = user;

	watch->is_open = true;
}

static bool on_page_bytes(void *user, const char *bytes, size_t len)
{
	struct watch *watch = user;

	if (watch->is_ignored)
		return false;
	watch->report.last_byte_ms = clock_monotonic_ms();
	return list_stream_feed(watch->page, bytes, len, on_item, watch, &watch->cause) == 0;
}

/* The page is complete. */
static int take_head(struct watch *watch, struct err *err)
{
	struct list_head head;
	int r = list_stream_end(watch->page, &head, err);

	if (r < 0)
		return r;
	(void)snprintf(watch->listed, sizeof(watch->listed), "%s", head.resource_version);
	free(watch->continue_token);
	watch->continue_token = head.continue_token == NULL ? NULL : strdup(head.continue_token);
	if (head.continue_token != NULL && watch->continue_token == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a continue token");
	return 0;
}

static void on_page_done(void *user, const struct err *err)
{
	struct watch *watch = user;
	struct err own = *err;

	if (!watch->is_ignored && !watch->is_closing && !err_is_set(&own) && take_head(watch, &own) == 0 &&
	    watch->continue_token == NULL)
		watch_step(watch, WATCH_EVENT_SYNCED, NULL);
	end(watch, &own);
}

int watch_request_page(struct watch *watch, struct err *err)
{
	auto_buf target = PATH_INIT;
	char number[24];
	int r;

	(void)snprintf(number, sizeof(number), "%d", PAGE_LIMIT);
	r = put_target(watch, &target, err);
	if (!watch->lists_whole)
		r = r < 0 ? r : path_query(&target, "limit", number, err);
	r = r < 0 ? r : path_query(&target, "continue", watch->continue_token, err);
	if (r < 0)
		return r;
	watch->page = list_stream_create(watch->kind);
	list_stream_note(watch->page, client_crash_page(watch->client));
	list_stream_skip(watch->page, watch_has, watch);
	r = client_watch(watch->client, buf_text(&target),
			    &(struct client_stream){
				    .on_open = on_page_open,
				    .on_bytes = on_page_bytes,
				    .on_done = on_page_done,
				    .user = watch,
				    .head_timeout_ms = PAGE_HEAD_TIMEOUT_MS,
				    .idle_timeout_ms = watch->times.idle_ms,
				    .total_timeout_ms = PAGE_TIMEOUT_MS,
			    },
			    &watch->call, err);
	if (r < 0)
		drop_page(watch);
	return r;
}
