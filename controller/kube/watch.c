#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "kube/watch_internal.h"

/* A server that asks for more is mistaken: what it holds changes meanwhile. */
#define RETRY_AFTER_LIMIT_MS 300000

/* Within which the watches come back when one has found the server again. */
#define HURRY_MS 500

const char *watch_state_name(enum watch_state state)
{
	switch (state) {
	case WATCH_STOPPED:
		return "Stopped";
	case WATCH_LISTING:
		return "Listing";
	case WATCH_RESUMING:
		return "Resuming";
	case WATCH_LIVE:
		return "Live";
	case WATCH_WAITING:
		return "Waiting";
	}
	return "Unknown";
}

static void enter(struct watch *watch, enum watch_state state, const struct err *why)
{
	static const struct err none = { .class = ERR_NONE };
	bool is_new = watch->report.state != state;

	watch->report.state = state;
	if (is_new && watch->handler.on_state != NULL)
		watch->handler.on_state(watch->handler.user, watch->kind, state,
					why != NULL ? why : &none);
}

static void wait_for(struct watch *watch, int64_t delay_ms, const struct err *why)
{
	timer_start(watch->timer, delay_ms);
	enter(watch, WATCH_WAITING, why);
}

/* A list starts over: nothing of an earlier attempt counts. */
static void forget_list(struct watch *watch)
{
	free(watch->continue_token);
	watch->continue_token = NULL;
	watch->listed[0] = '\0';
}

/* Sends what is due next. */
static void go_on(struct watch *watch)
{
	struct err err = ERR_INIT;
	int r;

	err_clear(&watch->cause);
	watch->is_open = false;
	if (watch->must_list && watch->continue_token == NULL) {
		watch->report.lists++;
		store_begin(watch->store, watch->kind);
		crash_page_begin_list(client_crash_page(watch->client), kind_info(watch->kind)->name);
	}
	r = watch->must_list ? watch_request_page(watch, &err) : watch_request_stream(watch, &err);
	if (r < 0)
		wait_for(watch, backoff_next(&watch->backoff, clock_monotonic_ms()), &err);
	else
		enter(watch, watch->must_list ? WATCH_LISTING : WATCH_RESUMING, NULL);
}

/* The server does not have the kind. For an optional one that is an answer: there are none. */
static int64_t react_to_absence(struct watch *watch)
{
	watch->must_list = true;
	watch->report.is_absent = true;
	forget_list(watch);
	if (!kind_info(watch->kind)->is_optional) {
		watch->report.is_synced = false;
		return backoff_next(&watch->backoff, clock_monotonic_ms());
	}
	store_clear(watch->store, watch->kind);
	err_clear(&watch->report.trouble);
	if (!watch->report.is_synced) {
		watch->report.is_synced = true;
		if (watch->handler.on_synced != NULL)
			watch->handler.on_synced(watch->handler.user, watch->kind);
	}
	return watch->times.absent_ms + backoff_random(0, watch->times.absent_ms / 10);
}

/* The version asked for is too old or too new: list. A continue token that has expired: the whole list in one. */
static int64_t react_to_expiry(struct watch *watch)
{
	bool was_list = watch->must_list;

	if (watch->continue_token != NULL)
		watch->lists_whole = true;
	watch->must_list = true;
	forget_list(watch);
	return was_list ? backoff_next(&watch->backoff, clock_monotonic_ms()) : 0;
}

/* What follows upon a failure: changes what the next request will be, and returns when it is due.
 *
 *	expired (410), too large   list again
 *	not there (404)            list again later; an optional kind is empty until then
 *	denied (401, 403)          the same again, later: an apiserver that has just started knows
 *	                           no roles
 *	throttled (429, 5xx)       the same again, not before the server wants it
 *	refused (400, 422)         list again later
 *	no usable answer           the same again, later; a list that was cut starts over
 */
static int64_t react(struct watch *watch, const struct err *err)
{
	int64_t delay_ms;

	watch->report.failures++;
	watch->report.trouble = *err;
	switch (err->class) {
	case ERR_GONE:
		return react_to_expiry(watch);
	case ERR_NOTFOUND:
		return react_to_absence(watch);
	case ERR_INPUT:
		watch->must_list = true;
		break;
	default:
		break;
	}
	forget_list(watch);
	delay_ms = backoff_next(&watch->backoff, clock_monotonic_ms());
	if (delay_ms < err->retry_after_ms)
		delay_ms = err->retry_after_ms;
	return delay_ms < RETRY_AFTER_LIMIT_MS ? delay_ms : RETRY_AFTER_LIMIT_MS;
}

/* A watch that goes on for ever would never notice what it was not told. */
static bool is_list_due(const struct watch *watch)
{
	return clock_monotonic_ms() - watch->listed_ms >= watch->times.relist_ms;
}

/* A stream is over. One that has carried something, or lasted, is resumed at once, unless a list is due. */
static void end_stream(struct watch *watch, const struct err *err)
{
	bool has_lasted = watch->is_open &&
			  (watch->report.events + watch->report.bookmarks > watch->events_before ||
			   clock_monotonic_ms() - watch->opened_ms >= watch->times.short_ms);
	bool was_live = watch->report.state == WATCH_LIVE;
	struct err why = *err;

	if (!err_is_set(&why))
		(void)err_set(&why, ERR_NET, "the stream ended at once");
	err_prefix(&why, "watch of %s", kind_info(watch->kind)->plural);
	if (was_live && has_lasted && (!err_is_set(err) || err->class == ERR_NET)) {
		if (err_is_set(err)) {
			watch->report.failures++;
			watch->report.trouble = why;
		}
		watch->must_list = !err_is_set(err) && is_list_due(watch);
		go_on(watch);
		return;
	}
	wait_for(watch, react(watch, &why), &why);
}

/* The list is complete. */
static void end_list(struct watch *watch)
{
	/* A version before what we have seen: the server's history was put back (a restored
	 * backup). Nothing that the store holds can be compared with it. */
	if (store_compare_versions(watch->listed, store_position(watch->store, watch->kind)) < 0) {
		store_clear(watch->store, watch->kind);
		watch->report.is_synced = false;
		(void)err_set(&watch->cause, ERR_GONE, "the server's versions have gone back");
		return;
	}
	(void)store_sweep(watch->store, watch->kind, watch->listed);
	crash_page_end_list(client_crash_page(watch->client), kind_info(watch->kind)->name);
	forget_list(watch);
	watch->listed_ms = clock_monotonic_ms();
	watch->must_list = false;
	watch->lists_whole = false;
	watch->report.is_synced = true;
	watch->report.is_absent = false;
	err_clear(&watch->report.trouble);
	if (watch->handler.on_synced != NULL)
		watch->handler.on_synced(watch->handler.user, watch->kind);
}

static void stop(struct watch *watch)
{
	timer_stop(watch->timer);
	if (watch->call != NULL) {
		watch->is_ignored = true;
		client_cancel(watch->call);
	}
	forget_list(watch);
	enter(watch, WATCH_STOPPED, NULL);
}

void watch_step(struct watch *watch, enum watch_event event, const struct err *err)
{
	switch (event) {
	case WATCH_EVENT_START:
		/* A request that was stopped has to end first; its end starts the next one. */
		if (watch->report.state == WATCH_STOPPED)
			wait_for(watch, 0, NULL);
		return;
	case WATCH_EVENT_TIME:
		if (watch->report.state == WATCH_WAITING && watch->call == NULL)
			go_on(watch);
		return;
	case WATCH_EVENT_OPENED:
		if (watch->report.state == WATCH_RESUMING)
			enter(watch, WATCH_LIVE, NULL);
		if (watch->on_open != NULL)
			watch->on_open(watch->on_open_user);
		return;
	case WATCH_EVENT_SYNCED:
		end_list(watch);
		return;
	case WATCH_EVENT_ENDED:
		if (watch->is_ignored) {
			watch->is_ignored = false;
			if (watch->report.state == WATCH_WAITING)
				timer_start(watch->timer, 0);
		} else if (watch->report.state == WATCH_LISTING && !err_is_set(err)) {
			go_on(watch);
		} else {
			end_stream(watch, err);
		}
		return;
	case WATCH_EVENT_STOP:
		if (watch->report.state != WATCH_STOPPED)
			stop(watch);
		return;
	}
}

/* ---- for others ---- */

static void on_time(void *user)
{
	watch_step(user, WATCH_EVENT_TIME, NULL);
}

bool watch_has(void *user, const char *namespace, const char *name, const char *uid, const char *version)
{
	const struct watch *watch = user;

	return store_confirm(watch->store, watch->kind, namespace, name, uid, version);
}

static int64_t or_default(int64_t given, int64_t usual)
{
	return given > 0 ? given : usual;
}

struct watch *watch_create(struct loop *loop, struct client *client, struct store *store,
			   enum kind kind, const struct watch_times *times,
			   const struct watch_handler *handler)
{
	struct watch *watch = memory_alloc(sizeof(*watch));

	*watch = (struct watch){
		.client = client,
		.store = store,
		.kind = kind,
		.handler = *handler,
		.times = {
			.backoff_first_ms = or_default(times->backoff_first_ms, BACKOFF_FIRST_MS),
			.backoff_limit_ms = or_default(times->backoff_limit_ms, BACKOFF_LIMIT_MS),
			.absent_ms = or_default(times->absent_ms, 30000),
			.idle_ms = or_default(times->idle_ms, 30000),
			.rest_ms = or_default(times->rest_ms, 900000),
			.short_ms = or_default(times->short_ms, 1000),
			.relist_ms = or_default(times->relist_ms, 3600000),
		},
		.must_list = true,
		.events = event_stream_create(kind),
	};
	event_stream_note(watch->events, client_crash_page(client));
	event_stream_skip(watch->events, watch_has, watch);
	watch->backoff = (struct backoff){ .first_ms = watch->times.backoff_first_ms,
					   .limit_ms = watch->times.backoff_limit_ms };
	watch->timer = timer_open(loop, on_time, watch);
	return watch;
}

void watch_start(struct watch *watch)
{
	watch_step(watch, WATCH_EVENT_START, NULL);
}

void watch_stop(struct watch *watch)
{
	watch_step(watch, WATCH_EVENT_STOP, NULL);
}

void watch_restart(struct watch *watch, const struct err *why)
{
	if (watch->call == NULL || watch->is_ignored)
		return;
	(void)err_set(&watch->cause, why->class, "%s", why->text);
	client_cancel(watch->call);
}

void watch_on_open(struct watch *watch, void (*fn)(void *user), void *user)
{
	watch->on_open = fn;
	watch->on_open_user = user;
}

/* One that had an answer is not meant: the server was there and did not like it. */
void watch_hurry(struct watch *watch)
{
	if (watch->report.state == WATCH_WAITING && watch->call == NULL && !watch->is_open &&
	    watch->report.trouble.class == ERR_NET && watch->report.trouble.http_status == 0)
		timer_start(watch->timer, backoff_random(0, HURRY_MS));
}

bool watch_is_synced(const struct watch *watch)
{
	return watch->report.is_synced;
}

const struct watch_report *watch_report(const struct watch *watch)
{
	return &watch->report;
}

void watch_free(struct watch *watch)
{
	timer_close(watch->timer);
	event_stream_destroy(watch->events);
	list_stream_destroy(watch->page);
	free(watch->continue_token);
	free(watch);
}

void watch_destroy(struct watch *watch)
{
	if (watch == NULL)
		return;
	watch->handler = (struct watch_handler){ .user = NULL };
	watch_stop(watch);
	if (watch->call == NULL)
		watch_free(watch);
	else
		watch->is_closing = true;
}
