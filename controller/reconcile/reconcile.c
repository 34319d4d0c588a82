#include "reconcile/reconcile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "reconcile/figures.h"
#include "reconcile/headroom.h"
#include "reconcile/observe.h"
#include "reconcile/quarantined.h"
#include "reconcile/queue.h"
#include "reconcile/report.h"
#include "reconcile/sources.h"

#define CONCURRENCY 16
#define LOOKS_A_TURN 64                   /* then other things on the loop have their turn */
#define LONGEST_SLEEP_MS (60 * 60 * 1000) /* the wall clock may be set in between */
#define SWEEP_MS (60 * 1000)
#define QUEUE_NAME "channel"
#define KEY_SIZE 384

struct reconciler {
	struct loop *loop;
	struct executor_tools tools;
	struct executor *executor;
	struct links *links;
	struct queue *queue;
	struct timer *timer;
	struct sources sources;
	struct figures figures;
	struct headroom headroom;
	size_t concurrency;
	int64_t swept_ms; /* monotonic */
	bool is_synced;
	bool is_leading;
	bool is_stopping;
	void (*stopped)(void *user);
	void *stopped_user;
};

/* One look under way. */
struct look {
	struct reconciler *reconciler;
	int64_t started_ms; /* monotonic */
	int64_t wake_ms;    /* monotonic; CLOCK_NEVER: only when something changes */
	bool is_notice;     /* no look, really: its object is in quarantine, and says so */
};

static bool is_working(const struct reconciler *r)
{
	return r->is_synced && r->is_leading && !r->is_stopping;
}

/* Sets the timer to when the queue has something, unless there is no room for it. */
static void schedule(struct reconciler *r)
{
	int64_t due_ms = queue_due_ms(r->queue);

	if (!is_working(r) || due_ms == CLOCK_NEVER || queue_active(r->queue) >= r->concurrency)
		timer_stop(r->timer);
	else
		timer_start(r->timer, headroom_delay_ms(&r->headroom, due_ms - clock_monotonic_ms()));
}

static void add_key(void *user, const char *key)
{
	struct reconciler *r = user;

	queue_add(r->queue, key, clock_monotonic_ms());
	metrics_queue_added(r->tools.metrics, QUEUE_NAME);
}

static void on_wake(void *user, const char *key)
{
	struct reconciler *r = user;

	add_key(r, key);
	schedule(r);
}

static void add_channel(void *user, const char *namespace, const char *name)
{
	char key[KEY_SIZE];

	(void)snprintf(key, sizeof(key), "%s/%s", namespace, name);
	add_key(user, key);
}

/* ---- one look ---- */

static void come_back_after_failure(struct reconciler *r, const char *key, const struct outcome *outcome)
{
	struct retry retry = retry_for(&outcome->err);
	int64_t at_least_ms = outcome->is_news ? 0 : retry.at_least_ms;
	int64_t delay_ms = queue_add_failed(r->queue, key, clock_monotonic_ms(), at_least_ms);

	metrics_queue_retried(r->tools.metrics, QUEUE_NAME);
	report_failure(key, outcome, &retry, delay_ms);
}

static void come_back(struct reconciler *r, const char *key, const struct look *look, const struct outcome *outcome)
{
	if (look->wake_ms != CLOCK_NEVER)
		queue_add_at(r->queue, key, look->wake_ms);
	if (outcome->failed != NULL) {
		come_back_after_failure(r, key, outcome);
		return;
	}
	if (!outcome->is_cut_short)
		queue_forget_failures(r->queue, key);
	if (outcome->is_news)
		add_key(r, key);
	if (outcome->again_ms != CLOCK_NEVER)
		queue_add_at(r->queue, key, clock_monotonic_ms() + outcome->again_ms);
}

static void finish_stopping(struct reconciler *r)
{
	void (*fn)(void *user) = r->stopped;

	if (!r->is_stopping || fn == NULL || executor_active(r->executor) > 0)
		return;
	r->stopped = NULL;
	fn(r->stopped_user);
}

static void on_carried_out(void *user, const char *key, const struct outcome *outcome)
{
	struct look *look = user;
	struct reconciler *r = look->reconciler;
	double seconds = (double)(clock_monotonic_ms() - look->started_ms) / 1000;

	metrics_reconciled(r->tools.metrics, QUEUE_NAME,
			   report_result(outcome, look->wake_ms != CLOCK_NEVER), seconds);
	if (look->is_notice && outcome->failed == NULL && !outcome->is_cut_short)
		quarantined_said(r->sources.crash_page, key);
	come_back(r, key, look, outcome);
	free(look);
	queue_done(r->queue, key, clock_monotonic_ms());
	schedule(r);
	finish_stopping(r);
}

/* The plan names a moment of the wall clock; sleeping goes by the other one. */
static int64_t wake_of(const struct reconciler *r, const struct plan *plan)
{
	int64_t wake_ms = plan->wake_ms < r->sources.until_ms ? plan->wake_ms : r->sources.until_ms;
	int64_t delay_ms;

	if (wake_ms == CLOCK_NEVER)
		return CLOCK_NEVER;
	delay_ms = wake_ms - r->sources.now_ms;
	if (delay_ms < 1)
		delay_ms = 1;
	if (delay_ms > LONGEST_SLEEP_MS)
		delay_ms = LONGEST_SLEEP_MS;
	return clock_monotonic_ms() + delay_ms;
}

/* Gathers, plans, and turns the plan into orders: one turn of the loop, no I/O. */
static void take_look(struct reconciler *r, const char *key, struct arena *arena, struct look *look,
		      struct orders *ret_orders)
{
	const struct world_objects objects = sources_objects(&r->sources);
	const struct world_registry registry = sources_registry(&r->sources);
	const char *slash = strchr(key, '/');
	struct world world;
	struct plan plan;

	CHECK(slash != NULL);
	r->sources.now_ms = r->tools.now_ms();
	r->sources.until_ms = CLOCK_NEVER;
	r->sources.arena = arena;
	world_gather(&objects, &registry, arena_strndup(arena, key, (size_t)(slash - key)),
		     slash + 1, r->sources.now_ms, arena, &world);
	plan_make(&world, arena, &plan);
	orders_init(ret_orders, &world, &plan);
	report_plan(key, &plan, ret_orders, r->tools.metrics);
	look->wake_ms = wake_of(r, &plan);
	plan_finish(&plan);
}

static void begin_look(struct reconciler *r, const char *key)
{
	struct look *look = memory_alloc(sizeof(*look));
	struct arena arena = ARENA_INIT;
	struct crash_entry *entry;
	struct orders orders;

	*look = (struct look){ .reconciler = r, .started_ms = clock_monotonic_ms(), .wake_ms = CLOCK_NEVER };
	look->is_notice = !quarantined_begin(r->sources.crash_page, r->tools.store, key, &arena, &entry);
	if (look->is_notice)
		quarantined_tell(entry, r->tools.now_ms(), key, r->tools.metrics, &orders);
	else
		take_look(r, key, &arena, look, &orders);
	crash_page_leave(r->sources.crash_page);
	r->sources.arena = NULL;
	arena_finish(&arena);
	execute_start(r->executor, key, &orders, on_carried_out, look);
}

static bool channel_is_there(const void *store, const char *namespace, const char *name)
{
	return store_has(store, KIND_CHANNEL, namespace, name);
}

static void sweep_now_and_then(struct reconciler *r)
{
	int64_t now_ms = clock_monotonic_ms();

	if (now_ms - r->swept_ms < SWEEP_MS)
		return;
	r->swept_ms = now_ms;
	looks_sweep(r->tools.looks, r->tools.now_ms());
	unapplied_sweep(r->tools.unapplied, r->tools.now_ms());
	keys_sweep(r->tools.keys, r->tools.now_ms());
	asked_sweep(r->tools.asked, r->tools.now_ms(), channel_is_there, r->tools.store);
	measured_sweep(r->tools.measured);
	memory_give_back();
}

static void on_timer(void *user)
{
	struct reconciler *r = user;

	for (int i = 0; i < LOOKS_A_TURN && is_working(r) && headroom_is_there(&r->headroom); i++) {
		int64_t waited_ms = 0;
		const char *key = NULL;

		if (queue_active(r->queue) < r->concurrency)
			key = queue_take(r->queue, clock_monotonic_ms(), &waited_ms);
		if (key == NULL)
			break;
		metrics_queue_waited(r->tools.metrics, QUEUE_NAME, (double)waited_ms / 1000);
		begin_look(r, key);
	}
	sweep_now_and_then(r); /* last: it takes its time, and finds what the looks have left */
	schedule(r);
}

/* ---- what happens outside ---- */

static const void *object_of(const struct record *record)
{
	return record == NULL ? NULL : record->object;
}

void reconciler_on_change(void *user, enum kind kind, const struct record *old,
			  const struct record *new)
{
	struct reconciler *r = user;
	struct change change = { .kind = kind, .before = object_of(old), .after = object_of(new) };
	struct world_objects objects = sources_objects(&r->sources);

	if (kind == KIND_CHANNEL) {
		links_update(r->links, change.before, change.after);
		figures_see(&r->figures, change.before, change.after);
	}
	if (kind == KIND_PROMOTION) {
		links_update_promotion(r->links, change.before, change.after);
		departed_see(&r->sources.departed, change.before, change.after);
	}
	change.has_voided = observe_forget(&change, r->tools.looks, r->tools.unapplied);
	if (!is_working(r))
		return;
	observe_change(&change, r->links, &objects, add_key, r);
	schedule(r);
}

void reconciler_on_quarantine(void *user, const struct crash_entry *entry, bool is_met)
{
	struct reconciler *r = user;

	quarantined_log(entry, is_met);
	if (!is_working(r))
		return;
	quarantined_each_key(entry, r->tools.store, r->links, add_key, r);
	schedule(r);
}

void reconciler_on_observed(struct reconciler *r, const char *repository)
{
	if (!is_working(r))
		return;
	asked_each_channel(r->tools.asked, repository, add_channel, r);
	schedule(r);
}

/* What there is to look at: the channels, those that promotions name, and pins that nobody may claim any more. */
static void add_all(struct reconciler *r)
{
	struct store_cursor channels = STORE_CURSOR_INIT;
	struct store_cursor promotions = STORE_CURSOR_INIT;
	struct store_cursor pins = STORE_CURSOR_INIT;

	while (store_next(r->tools.store, KIND_CHANNEL, NULL, &channels))
		add_channel(r, channels.namespace, channels.name);
	while (store_next(r->tools.store, KIND_PROMOTION, NULL, &promotions))
		add_channel(r, promotions.namespace, promotions.channel);
	while (store_next(r->tools.store, KIND_PINS, NULL, &pins))
		add_channel(r, pins.namespace, "");
}

/* Begins, or ends, to work, or has another time. At the beginning everything is looked at once. */
static void work_changed(struct reconciler *r)
{
	executor_set_working(r->executor, is_working(r));
	if (is_working(r)) {
		add_all(r);
		quarantined_each_met_key(r->sources.crash_page, r->tools.store, r->links, add_key, r);
	}
	schedule(r);
}

void reconciler_on_clock_set(void *user)
{
	work_changed(user);
}

void reconciler_set_synced(struct reconciler *r)
{
	if (r->is_synced)
		return;
	r->is_synced = true;
	work_changed(r);
}

void reconciler_set_leading(struct reconciler *r, bool is_leading)
{
	if (r->is_leading == is_leading)
		return;
	r->is_leading = is_leading;
	work_changed(r);
}

void reconciler_stop(struct reconciler *r, void (*fn)(void *user), void *user)
{
	r->is_stopping = true;
	r->stopped = fn;
	r->stopped_user = user;
	work_changed(r);
	finish_stopping(r);
}

void reconciler_on_collect(void *user)
{
	struct reconciler *r = user;

	metrics_queue_set_depth(r->tools.metrics, QUEUE_NAME, queue_depth(r->queue));
	quarantined_collect(r->sources.crash_page, r->tools.metrics);
	figures_collect(&r->figures, r->tools.store, r->tools.metrics);
}

struct reconciler *reconciler_create(const struct reconciler_options *options)
{
	struct reconciler *r = memory_alloc(sizeof(*r));

	r->loop = options->loop;
	r->tools = options->tools;
	r->tools.looks = looks_create();
	r->tools.unapplied = unapplied_create();
	r->tools.asked = asked_create(options->tools.registry);
	r->tools.keys = keys_create();
	if (r->tools.now_ms == NULL)
		r->tools.now_ms = clock_now_ms;
	r->tools.wake = on_wake;
	r->tools.wake_user = r;
	r->tools.measured = measured_create(&(struct measured_options){
		.prometheus = r->tools.prometheus, .now_ms = r->tools.now_ms, .wake = on_wake, .user = r });
	r->executor = executor_create(&r->tools);
	r->links = links_create();
	r->queue = queue_create(options->seed);
	r->timer = timer_open(options->loop, on_timer, r);
	r->concurrency = options->concurrency == 0 ? CONCURRENCY : options->concurrency;
	r->swept_ms = clock_monotonic_ms();
	r->sources = (struct sources){ .store = r->tools.store, .links = r->links, .looks = r->tools.looks, .unapplied = r->tools.unapplied,
				       .asked = r->tools.asked, .measured = r->tools.measured, .keys = r->tools.keys,
				       .crash_page = options->crash_page, .zones = zones_create(ZONES_FOLDER) };
	return r;
}

void reconciler_destroy(struct reconciler *r)
{
	if (r == NULL)
		return;
	timer_close(r->timer);
	executor_destroy(r->executor);
	queue_destroy(r->queue);
	links_destroy(r->links);
	asked_destroy(r->tools.asked);
	measured_destroy(r->tools.measured);
	keys_destroy(r->tools.keys);
	looks_destroy(r->tools.looks);
	unapplied_destroy(r->tools.unapplied);
	zones_destroy(r->sources.zones);
	free(r);
}
