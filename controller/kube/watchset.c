#include "kube/watchset.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "kube/client.h"
#include "net/loop.h"

#define SILENCE_MS 36000
#define ANSWER_MS 9000
#define SLACK 6 /* of silence_ms a sixth */

/* Small, served from memory, and every account may read it. Any answer will do. */
#define PROBE_TARGET "/version"

struct watchset {
	struct client *client;
	struct watch_handler handler;
	struct watch *watches[KIND_COUNT];
	struct timer *timer; /* when the silence will have lasted too long */
	struct client_call *probe;
	int64_t silence_ms;
	int64_t answer_ms;
	int64_t answered_ms; /* when the last probe was answered */
	bool is_running;
	bool is_closing; /* free at the end of the probe */
};

/* When a byte last came over the connection. *ret_has_stream: is any stream open that could bring
 * one? */
static int64_t last_byte_ms(const struct watchset *set, bool *ret_has_stream)
{
	int64_t last = set->answered_ms;

	*ret_has_stream = false;
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		const struct watch_report *report = watch_report(set->watches[kind]);

		if (report->state != WATCH_LIVE && report->state != WATCH_LISTING)
			continue;
		*ret_has_stream = true;
		if (report->last_byte_ms > last)
			last = report->last_byte_ms;
	}
	return last;
}

/* The silence after which the server is asked when the process is awake for something else (to renew the Lease, say);
 * at the end of silence_ms it is asked in any case. */
static int64_t enough_ms(const struct watchset *set)
{
	return set->silence_ms - set->silence_ms / SLACK;
}

static void listen_on(struct watchset *set)
{
	bool has_stream;
	int64_t silent_ms = clock_monotonic_ms() - last_byte_ms(set, &has_stream);

	/* Without a stream, or with one that has not brought a byte yet, its own time limits
	 * hold. */
	timer_start_late(set->timer, has_stream && silent_ms < enough_ms(set) ? enough_ms(set) - silent_ms : enough_ms(set),
			 set->silence_ms / SLACK);
}

static void give_up(struct watchset *set, const struct err *why)
{
	if (set->handler.on_dead != NULL)
		set->handler.on_dead(set->handler.user, why);
	client_reconnect(set->client);
	for (int kind = 0; kind < KIND_COUNT; kind++)
		watch_restart(set->watches[kind], why);
}

static void watchset_free(struct watchset *set)
{
	timer_close(set->timer);
	free(set);
}

static void on_probed(void *user, const struct client_answer *answer, const struct err *err)
{
	struct watchset *set = user;
	struct err why = *err;

	set->probe = NULL;
	if (set->is_closing) {
		watchset_free(set);
		return;
	}
	if (!set->is_running)
		return;
	if (answer->status != 0) {
		set->answered_ms = clock_monotonic_ms();
	} else {
		err_prefix(&why, "the apiserver is silent");
		give_up(set, &why);
	}
	listen_on(set);
}

static void on_silence(void *user)
{
	struct watchset *set = user;
	struct err err = ERR_INIT;
	bool has_stream;

	if (set->probe != NULL)
		return;
	if (clock_monotonic_ms() - last_byte_ms(set, &has_stream) < enough_ms(set) ||
	    !has_stream ||
	    client_send(set->client,
			&(struct client_request){ .method = "GET",
						  .target = PROBE_TARGET,
						  .is_bulk = true,
						  .is_urgent = true,
						  .timeout_ms = set->answer_ms },
			on_probed, set, &set->probe, &err) < 0)
		listen_on(set);
}

/* One has found the server: those that had not wait no longer. */
static void on_open(void *user)
{
	struct watchset *set = user;

	for (int kind = 0; kind < KIND_COUNT; kind++)
		watch_hurry(set->watches[kind]);
}

struct watchset *watchset_create(struct loop *loop, struct client *client, struct store *store,
				 const struct watchset_times *times,
				 const struct watch_handler *handler)
{
	struct watchset *set = memory_alloc(sizeof(*set));

	set->client = client;
	set->handler = *handler;
	set->silence_ms = times->silence_ms > 0 ? times->silence_ms : SILENCE_MS;
	set->answer_ms = times->answer_ms > 0 ? times->answer_ms : ANSWER_MS;
	set->timer = timer_open(loop, on_silence, set);
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		set->watches[kind] =
			watch_create(loop, client, store, (enum kind)kind, &times->watch, handler);
		watch_on_open(set->watches[kind], on_open, set);
	}
	return set;
}

void watchset_start(struct watchset *set)
{
	set->is_running = true;
	for (int kind = 0; kind < KIND_COUNT; kind++)
		watch_start(set->watches[kind]);
	listen_on(set);
}

void watchset_stop(struct watchset *set)
{
	set->is_running = false;
	timer_stop(set->timer);
	client_cancel(set->probe);
	for (int kind = 0; kind < KIND_COUNT; kind++)
		watch_stop(set->watches[kind]);
}

bool watchset_is_synced(const struct watchset *set)
{
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		if (!watch_is_synced(set->watches[kind]))
			return false;
	}
	return true;
}

const struct watch_report *watchset_report(const struct watchset *set, enum kind kind)
{
	return watch_report(set->watches[kind]);
}

void watchset_destroy(struct watchset *set)
{
	if (set == NULL)
		return;
	watchset_stop(set);
	for (int kind = 0; kind < KIND_COUNT; kind++)
		watch_destroy(set->watches[kind]);
	if (set->probe == NULL)
		watchset_free(set);
	else
		set->is_closing = true;
}
