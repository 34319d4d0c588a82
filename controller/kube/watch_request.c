#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "kube/path.h"
#include "kube/watch_internal.h"
#include "wire/record.h"

/* The server ends a stream after so long, drawn at random so that not all end together
 * (client-go). */
#define STREAM_MIN_S 300
#define STREAM_MAX_S 600
#define STREAM_GRACE_MS 15000

#define HEAD_TIMEOUT_MS 30000
#define PAGE_TIMEOUT_MS 60000

/* The request is over: what follows is the machine's, unless nobody wants the watch any more. */
static void end(struct watch *watch, const struct err *err)
{
	struct err own = err_is_set(&watch->cause) ? watch->cause : *err;

	watch->call = NULL;
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

/* An object's event. While a list streams in, its events come in no order and say nothing about
 * where the stream stands. */
static void take_object(struct watch *watch, const struct event *event)
{
	const char *version = event->record->meta->resource_version;

	watch->report.events++;
	if (event->type == EVENT_DELETED)
		(void)store_remove(watch->store, event->record);
	else
		(void)store_put(watch->store, event->record);
	if (watch->report.state == WATCH_LIVE)
		store_advance(watch->store, watch->kind, version);
}

static void take_bookmark(struct watch *watch, const struct event *event)
{
	watch->report.bookmarks++;
	if (watch->report.state == WATCH_LIVE) {
		store_advance(watch->store, watch->kind, event->resource_version);
	} else if (event->is_initial_end) {
		(void)snprintf(watch->listed, sizeof(watch->listed), "%s", event->resource_version);
		watch_step(watch, WATCH_EVENT_SYNCED, NULL);
	}
}

/* One line. false ends the stream. */
static bool on_line(void *user, const char *line, size_t len, const struct err *line_err)
{
	struct watch *watch = user;
	struct err err = *line_err;
	struct event event;

	if (err_is_set(&err) || event_from_json(watch->kind, line, len, &event, &err) < 0) {
		complain(watch, &err);
		return true;
	}
	if (watch->handler.on_event != NULL)
		watch->handler.on_event(watch->handler.user, watch->kind, event.type);
	switch (event.type) {
	case EVENT_ADDED:
	case EVENT_MODIFIED:
	case EVENT_DELETED:
		take_object(watch, &event);
		record_unref(event.record);
		break;
	case EVENT_BOOKMARK:
		take_bookmark(watch, &event);
		break;
	case EVENT_ERROR:
		watch->cause = event.status;
		break;
	case EVENT_UNKNOWN:
		(void)err_set(&err, ERR_INPUT, "watch of %s: an event of an unknown type",
			      kind_info(watch->kind)->plural);
		complain(watch, &err);
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
	if (!watch->must_list)
		err_clear(&watch->report.trouble);
	watch_step(watch, WATCH_EVENT_OPENED, NULL);
}

static bool on_bytes(void *user, const char *bytes, size_t len)
{
	struct watch *watch = user;

	if (watch->is_ignored)
		return false;
	watch->report.last_byte_ms = clock_monotonic_ms();
	return linesplit_feed(&watch->lines, bytes, len, on_line, watch);
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

int watch_request_stream(struct watch *watch, bool is_list, struct err *err)
{
	const char *position = store_position(watch->store, watch->kind);
	int64_t seconds = backoff_random(STREAM_MIN_S, STREAM_MAX_S);
	auto_buf target = PATH_INIT;
	char number[24];
	int r;

	(void)snprintf(number, sizeof(number), "%lld", (long long)seconds);
	r = put_target(watch, &target, err);
	r = r < 0 ? r : path_query(&target, "watch", "1", err);
	r = r < 0 ? r : path_query(&target, "allowWatchBookmarks", "true", err);
	if (is_list) {
		r = r < 0 ? r : path_query(&target, "sendInitialEvents", "true", err);
		r = r < 0 ? r : path_query(&target, "resourceVersionMatch", "NotOlderThan", err);
	}
	r = r < 0 ? r
		  : path_query(&target, "resourceVersion", watch->takes_any ? NULL : position, err);
	r = r < 0 ? r : path_query(&target, "timeoutSeconds", number, err);
	if (r < 0)
		return r;
	linesplit_reset(&watch->lines);
	return client_watch(watch->client, buf_text(&target),
			    &(struct client_stream){
				    .on_open = on_open,
				    .on_bytes = on_bytes,
				    .on_done = on_stream_done,
				    .user = watch,
				    .head_timeout_ms = HEAD_TIMEOUT_MS,
				    .idle_timeout_ms = watch->times.idle_ms,
				    .total_timeout_ms = seconds * 1000 + STREAM_GRACE_MS,
			    },
			    &watch->call, err);
}

/* ---- a list in pages ---- */

static void take_page(struct watch *watch, struct list_page *page)
{
	for (size_t i = 0; i < page->count; i++)
		(void)store_put(watch->store, page->records[i]);
	if (page->skipped > 0) {
		watch->report.bad_objects += page->skipped - 1;
		complain(watch, &page->skipped_err);
	}
	(void)snprintf(watch->listed, sizeof(watch->listed), "%s", page->resource_version);
	free(watch->continue_token);
	watch->continue_token = page->continue_token;
	page->continue_token = NULL;
}

static void on_page(void *user, const struct client_answer *answer, const struct err *err)
{
	struct watch *watch = user;
	struct err own = *err;
	struct list_page page = { .count = 0 };

	if (watch->is_ignored || watch->is_closing || err_is_set(&own)) {
		end(watch, &own);
		return;
	}
	watch->is_open = true;
	watch->report.last_byte_ms = clock_monotonic_ms();
	if (list_from_json(watch->kind, answer->body, answer->body_len, &page, &own) < 0) {
		end(watch, &own);
		return;
	}
	take_page(watch, &page);
	list_page_finish(&page);
	if (watch->continue_token == NULL)
		watch_step(watch, WATCH_EVENT_SYNCED, NULL);
	end(watch, &own);
}

int watch_request_page(struct watch *watch, struct err *err)
{
	auto_buf target = PATH_INIT;
	char number[24];
	int r;

	(void)snprintf(number, sizeof(number), "%d", watch->page_limit);
	r = put_target(watch, &target, err);
	if (!watch->lists_whole)
		r = r < 0 ? r : path_query(&target, "limit", number, err);
	r = r < 0 ? r : path_query(&target, "continue", watch->continue_token, err);
	if (r < 0)
		return r;
	return client_send(watch->client,
			   &(struct client_request){ .method = "GET",
						     .target = buf_text(&target),
						     .is_bulk = true,
						     .max_body = CLIENT_LIST_LIMIT,
						     .timeout_ms = PAGE_TIMEOUT_MS },
			   on_page, watch, &watch->call, err);
}
