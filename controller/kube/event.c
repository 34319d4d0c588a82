#include "kube/event.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "kube/apply.h"
#include "kube/backoff.h"
#include "kube/event_queue.h"
#include "kube/path.h"

#define TIMEOUT_MS 10000

struct event_call { /* outlives the sender when it is destroyed meanwhile */
	struct event_sender *sender; /* NULL: nobody waits for the answer any more */
	struct client_call *client_call;
	bool is_patch;
};

struct event_sender {
	struct client *client;
	struct timer *timer;
	char *instance;
	struct event_queue queue;
	struct event_call *call; /* the request under way, or NULL */
};

static void pump(struct event_sender *sender);

/* What an error means for the Event. A name that is taken already can only be our own, from a request
 * whose answer was lost: then it is there. */
static enum event_outcome outcome_of(const struct err *err, bool is_patch)
{
	switch (err->class) {
	case ERR_NONE:
		return EVENT_SENT;
	case ERR_CONFLICT:
		return is_patch ? EVENT_UNSENT : EVENT_SENT;
	case ERR_NOTFOUND:
		return is_patch ? EVENT_VANISHED : EVENT_REFUSED;
	case ERR_NET:
	case ERR_BUSY:
		return EVENT_UNSENT;
	case ERR_INPUT:
	case ERR_GONE:
	case ERR_DENIED:
	case ERR_NOMEM:
	case ERR_BUG:
		break;
	}
	return EVENT_REFUSED;
}

/* Not all operators of a cluster that was away shall come back at the same moment. */
static int64_t wait_after(const struct err *err)
{
	int64_t wait_ms = EVENT_RETRY_MS * 3 / 4 + backoff_random(0, EVENT_RETRY_MS / 2);

	return err->retry_after_ms > wait_ms ? err->retry_after_ms : wait_ms;
}

static void on_answer(void *user, const struct client_answer *answer, const struct err *err)
{
	struct event_call *call = user;
	struct event_sender *sender = call->sender;
	enum event_outcome outcome = outcome_of(err, call->is_patch);

	(void)answer;
	free(call);
	if (sender == NULL)
		return;
	sender->call = NULL;
	event_queue_done(&sender->queue, outcome, wait_after(err), clock_monotonic_ms());
	pump(sender);
}

/* Writes where the request for entry goes. */
static int write_target(const struct event_entry *entry, struct buf *buf, struct err *err)
{
	bool is_patch = entry->sent_count > 0;
	int r = path_write(buf, EVENT_API, EVENT_PLURAL, event_namespace(&entry->report),
			   is_patch ? entry->name : NULL, NULL, err);

	return r < 0 ? r : path_query(buf, "fieldManager", APPLY_MANAGER, err);
}

static int write_body(const struct event_sender *sender, const struct event_entry *entry, char **ret_body,
		      struct err *err)
{
	if (entry->sent_count > 0)
		return event_write_series(&entry->series, ret_body, err);
	return event_write(&entry->report, &entry->series, entry->name, EVENT_CONTROLLER, sender->instance,
			   ret_body, err);
}

static int send_entry(struct event_sender *sender, const struct event_entry *entry, struct err *err)
{
	bool is_patch = entry->sent_count > 0;
	struct event_call *call = memory_alloc(sizeof(*call));
	auto_buf target = PATH_INIT;
	struct client_request request = {
		.method = is_patch ? "PATCH" : "POST",
		.content_type = is_patch ? "application/merge-patch+json" : NULL,
		.timeout_ms = TIMEOUT_MS,
	};
	char *body = NULL;
	int r;

	*call = (struct event_call){ .sender = sender, .is_patch = is_patch };
	r = write_target(entry, &target, err);
	if (r == 0)
		r = write_body(sender, entry, &body, err);
	if (r == 0) {
		request.target = buf_text(&target);
		request.body = body;
		request.body_len = strlen(body);
		r = client_send(sender->client, &request, on_answer, call, &call->client_call, err);
	}
	free(body);
	if (r < 0)
		free(call);
	else
		sender->call = call;
	return r;
}

/* Sends what is due, and sets the timer for what is not. */
static void pump(struct event_sender *sender)
{
	int64_t now_ms = clock_monotonic_ms();
	const struct event_entry *entry;
	int64_t wake_ms;

	while ((entry = event_queue_next(&sender->queue, now_ms)) != NULL) {
		struct err err = ERR_INIT;

		if (send_entry(sender, entry, &err) == 0)
			break;
		event_queue_done(&sender->queue, outcome_of(&err, false), wait_after(&err), now_ms);
	}
	wake_ms = event_queue_wake_ms(&sender->queue);
	if (wake_ms == CLOCK_NEVER)
		timer_stop(sender->timer);
	else
		timer_start(sender->timer, wake_ms - now_ms);
}

static void on_timer(void *user)
{
	pump(user);
}

struct event_sender *event_sender_create(struct loop *loop, struct client *client, const char *instance)
{
	struct event_sender *sender = memory_alloc(sizeof(*sender));

	sender->client = client;
	sender->instance = memory_strdup(instance);
	sender->timer = timer_open(loop, on_timer, sender);
	/* Nanoseconds leave room for a million names before the next millisecond's first. */
	event_queue_init(&sender->queue, (uint64_t)clock_now_ms() * 1000000);
	return sender;
}

void event_send(struct event_sender *sender, const struct event_report *report)
{
	event_queue_add(&sender->queue, report, clock_monotonic_ms(), clock_now_ms());
	if (sender->call == NULL)
		timer_start(sender->timer, 0);
}

uint64_t event_dropped(const struct event_sender *sender)
{
	return sender->queue.dropped;
}

size_t event_waiting(const struct event_sender *sender)
{
	return event_queue_waiting(&sender->queue);
}

void event_sender_destroy(struct event_sender *sender)
{
	if (sender == NULL)
		return;
	if (sender->call != NULL) {
		sender->call->sender = NULL;
		client_cancel(sender->call->client_call);
	}
	timer_close(sender->timer);
	event_queue_finish(&sender->queue);
	free(sender->instance);
	free(sender);
}
